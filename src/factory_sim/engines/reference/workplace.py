"""One station, wherever it stands: components, set-up, work, repair, inspection.

What an asynchronous station and a position of a paced section have in common. The
draws of a station are read at every start, so a draw belongs to a count of parts and
not to what happened before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.record import CAUGHT, DEFECTIVE
from factory_sim.engines.reference.log import StationLog
from factory_sim.line.pace import Tiring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.reference.availability import Availability, Renewal
    from factory_sim.engines.reference.clock import Clock, Flow, Pool
    from factory_sim.engines.reference.ends import Join
    from factory_sim.engines.reference.flow import Part
    from factory_sim.engines.reference.readings import Quantities, Uniforms
    from factory_sim.engines.reference.wear import Breakdown, Wear
    from factory_sim.line.arrays import Floats
    from factory_sim.line.pace import Pace
    from factory_sim.line.plant import Station


@dataclass(frozen=True, slots=True)
class QualityDraws:
    """The draws on which the quality of a part at a station depends.

    Attributes:
        defect: The work makes a defect if this is below the defect rate at that hour.
        inspection: The inspection stops the part if this is below its probability to do so.
        repair: What its repair would take, s.
    """

    defect: float = math.inf
    inspection: float = math.inf
    repair: float = 0.0


@dataclass(slots=True)
class Task:
    """A part at a station.

    Attributes:
        part: The part.
        row: Count of the part at this station in order of start.
        content: Work content as drawn, s.
        extras: What adds to it whatever the hour: set-up and tool change, s.
        quality: The draws on which the part's quality depends.
        found: Whether the inspection takes the part out of the flow.
        work: All of that, as the moment has it in which the work begins, s.
        down: Repair time of breakdowns that need no crew, s.
        breakdowns: Those whose repairs need one, first to strike first.
    """

    part: Part
    row: int
    content: float
    extras: tuple[float, float]
    quality: QualityDraws
    found: bool = False
    work: float = math.nan
    down: float = math.nan
    breakdowns: list[Breakdown] = field(default_factory=list)


@dataclass
class Sources:
    """What a station draws; None where it has no use for it."""

    work: Quantities
    experience: Iterator[float] | None
    tool: Quantities | None
    defect: Uniforms | None
    rarity: Iterator[float] | None
    inspection: Uniforms | None
    repair: Quantities | None


class Workplace:
    """A station and what it needs to work a part.

    Args:
        clock: Simulated time.
        station: What it is.
        sources: What it draws.
        availability: When it is available.
        renewals: Its failures on the calendar clock.
        wear: Its failures on the busy clock.
        joins: The feeders that join here.
        operators: The people its work needs one of, or None.
        pace: What the moment in which work begins makes of its content.

    Attributes:
        log: What has happened here.
    """

    def __init__(
        self,
        clock: Clock,
        station: Station,
        *,
        sources: Sources,
        availability: Availability,
        renewals: Sequence[Renewal],
        wear: Wear,
        joins: Sequence[Join],
        operators: Pool | None,
        pace: Pace,
    ) -> None:
        self.station = station
        self.availability = availability
        self.renewals = renewals
        self.log = StationLog()
        self._clock = clock
        self._sources = sources
        self._wear = wear
        self._joins = joins
        self._operators = operators
        self._pace = pace
        self._tiring = Tiring([station.defect_fatigue], 1)
        self._last_model: list[int | None] = [None] * station.servers

    def begin(self, part: Part, server: int) -> Task:
        """Put a part on a server, and draw its work content and quality."""
        if not part.begun.triggered:
            part.begun.succeed()
        content = self._sources.work.next(part.model)
        if self._sources.experience is not None:
            content *= next(self._sources.experience)
        row = self.log.begin(
            start=self._clock.now, server=server, part=part.order, model=part.model
        )
        extras = (self._setup(part, server), self._tool_change(row))
        self.log.setup.append(extras[0])
        return Task(part, row, content, extras, self._quality_draws())

    def prepare(self, task: Task) -> Flow[None]:
        """Wait until all components and a person are there: the work can begin."""
        for join in self._joins:
            yield from join.units.take()
        for join in self._joins:
            join.places.give()
        if self._operators is not None:
            yield from self._operators.take()
        self.log.ready[task.row] = self._clock.now
        self._measure(task)

    def _measure(self, task: Task) -> None:
        """Determine the work on the part, and its breakdowns, if the work begins now."""
        task.work = task.content
        now = np.full((1, 1), self._clock.now)
        if not self._pace.steady:
            task.work *= float(self._pace.factor(now, slice(None))[0, 0])
        for extra in (*task.extras, self._inspect(task, now)):
            task.work += extra
        met = self._wear.passes(task.work, self._clock.now)
        task.down = sum(b.seen + b.down for b in met if b.crew is None)
        crewed = [breakdown for breakdown in met if breakdown.crew is not None]
        task.breakdowns = sorted(crewed, key=lambda breakdown: breakdown.after)
        self.log.work[task.row], self.log.down[task.row] = task.work, task.down
        for breakdown in met:
            if breakdown.crew is None:
                self.log.strike(breakdown, task.row, breakdown.seen + breakdown.down)
            self.log.respond(breakdown, task.row)

    def work(self, task: Task) -> Flow[None]:
        """Do the work, with each breakdown at its moment.

        Where no repair waits for a crew the moment makes no difference, and work
        and repair are spent in one go.
        """
        worked = 0.0
        for breakdown in task.breakdowns:
            yield from self.availability.spend(breakdown.after - worked, task.row)
            worked = breakdown.after
            yield from self.repair(task, breakdown)
        yield from self.availability.spend(task.work - worked + task.down, task.row)

    def repair(self, task: Task, breakdown: Breakdown) -> Flow[None]:
        """Wait until it is seen, for the crew and for the end of the repair: all is downtime."""
        assert breakdown.crew is not None
        begun, lost = self._clock.now, self.availability.lost()
        if breakdown.seen:
            yield from self.availability.spend(breakdown.seen, task.row)
        yield from breakdown.crew.take(breakdown.rank)
        yield from self.availability.spend(breakdown.down, task.row)
        breakdown.crew.give()
        down = self._clock.now - begun - (self.availability.lost() - lost)
        self.log.down[task.row] += down
        self.log.strike(breakdown, task.row, down)

    def conclude(self, task: Task) -> None:
        """End the work on a part and let the person go."""
        self.log.finish[task.row] = self._clock.now
        if self._operators is not None:
            self._operators.give()

    def concluded(self, task: Task) -> bool:
        """Return whether the work on a part has ended."""
        return self.log.finish[task.row] < math.inf

    def _setup(self, part: Part, server: int) -> float:
        """Return the time to change the server to the part's model, s."""
        before, self._last_model[server] = self._last_model[server], part.model
        if self.station.setup is None or before is None:
            return 0.0
        return self.station.setup[before][part.model]

    def _tool_change(self, row: int) -> float:
        """Return the time of the tool change that the processing of a part begins with, s."""
        tool = self.station.tool_change
        if tool is None or self._sources.tool is None or row == 0 or row % tool.every:
            return 0.0
        return self._sources.tool.next()

    def _quality_draws(self) -> QualityDraws:
        """Draw for the quality of the part that starts."""
        sources = self._sources
        defect = math.inf if sources.defect is None else sources.defect.next()
        if sources.defect is not None and sources.rarity is not None:
            defect *= next(sources.rarity)
        if sources.inspection is None:
            return QualityDraws(defect)
        seen = sources.inspection.next()
        return QualityDraws(defect, seen, 0.0 if sources.repair is None else sources.repair.next())

    def _inspect(self, task: Task, now: Floats) -> float:
        """Judge the part and return the time of its repair in place, s.

        Made known when the work begins, true from the finish on; nobody asks in between.
        """
        part, inspection = task.part, self.station.inspection
        rate = self.station.defect_rate
        if not self._tiring.steady:
            rate *= float(self._tiring.factor(now, slice(None))[0, 0])
        if task.quality.defect < rate:
            part.defective = True
            self.log.verdict[task.row] = DEFECTIVE
        if inspection is None:
            return 0.0
        share = inspection.detects if part.defective else inspection.false_alarm
        if task.quality.inspection >= share:
            return 0.0
        part.defective, part.touched, part.repair = False, True, task.quality.repair
        self.log.verdict[task.row] |= CAUGHT
        task.found = inspection.then != "in_place"
        return 0.0 if task.found else task.quality.repair
