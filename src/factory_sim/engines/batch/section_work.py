"""The content of each cycle of a section in step: work, breakdowns, defects, inspections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.ahead import Ahead, AheadOptions
from factory_sim.engines.batch.flow import DEFECT, MODEL, TOUCHED
from factory_sim.engines.batch.kinds import kinds_of, standing
from factory_sim.engines.batch.outcome import Outcome
from factory_sim.engines.batch.process import Setups, distinct_models, of_model
from factory_sim.engines.batch.rows import ALL
from factory_sim.engines.batch.tools import ToolChanges
from factory_sim.engines.batch.wear import BusyClock
from factory_sim.line.pace import Tiring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.context import Context, SectionContext
    from factory_sim.engines.batch.events import Events
    from factory_sim.engines.batch.parts import Parts
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.record import Strikes
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Inspection, Station


class SectionWork:
    """The content of visits to S positions, all replications in step.

    Args:
        context: The surroundings of the section.
        plan: What it is given besides.
        parts: The parts at its positions.

    Attributes:
        kinds: The kinds of stations at the positions.
        chunk: The cycles computed ahead, of which the running one is one.
        row: Which of them it is.
        ahead: Whether work and breakdowns are known ahead, but for repairs in place.
        mends: Positions at which parts are repaired in place.
        fails: Whether a position has failures on the busy clock.
        judges: Whether quality can change at a position.
    """

    def __init__(self, context: Context, plan: SectionContext, parts: Parts) -> None:
        draws, pace, orders, variants = context.draws, context.pace, plan.orders, plan.variants
        self.kinds = kinds = kinds_of(variants)
        stations, every = variants[0], [kind.station for kind in kinds]
        self._pace, self._parts = pace, parts
        self.fails = any(map(_ages, every))
        self.judges = any(s.defect_rate > 0 or s.inspection for s in every)
        self._setups = Setups(stations, draws) if any(s.setup for s in stations) else None
        self._tools = ToolChanges(stations, draws) if any(s.tool_change for s in stations) else None
        self._none = np.zeros((len(stations), len(draws.replications)), dtype=np.int64)
        self._open = not plan.ordered and distinct_models(every) > 1
        self._adjusts = not pace.steady or self._setups or self._tools
        tiring = Tiring([s.defect_fatigue for s in stations], len(draws.replications))
        # Who makes no defects makes no more of them when tired.
        errs = not tiring.steady and any(station.defect_rate > 0 for station in every)
        self._tiring = tiring if errs else None
        varies = bool(self._adjusts or self._open)
        options = AheadOptions(
            ordered=plan.ordered,
            breakdowns=self.fails
            and plan.window is not None
            and not varies
            and _work_alone_ages(every),
            defects=not errs,
        )
        follow = self.fails and not options["breakdowns"]
        self.ahead = not (varies or follow)
        checks = [(place, s.inspection) for place, s in enumerate(stations) if s.inspection]
        self.mends = [place for place, check in checks if check.then == "in_place"]
        self._clock = BusyClock(stations, draws) if follow else None
        key = (kinds, orders, tuple(options.values()))
        self._next = draws.one.series(key, lambda draws: Ahead(kinds, orders, draws, **options))
        self.chunk, self.row, self._base = self._next(), 0, 0
        self._replications = len(draws.one.replications)
        # Which of the kinds stands at a position in a plant; None if all stand in one plant.
        self._kind = standing(kinds) if len(variants) > 1 else None
        self._seen, self._repair = self._wide(self.chunk.seen, self.chunk.repair)
        self._checks = [(number, *check) for number, check in enumerate(checks)]

    def next(self, part: int, begin: Floats, joined: Sequence[tuple[int, Floats]]) -> Outcome:
        """Return the content of the cycle that begins as ``part`` enters.

        Args:
            part: Count of the part.
            begin: (R,) begin of the cycle, s.
            joined: Positions that feeders join, and (R,) when work can begin there, s.
        """
        if part - self._base == len(self.chunk.work):
            self._base, self.chunk = part, self._next()
            self._seen, self._repair = self._wide(self.chunk.seen, self.chunk.repair)
        row, chunk = part - self._base, self.chunk
        self.row = row
        content = chunk.work[row]
        if self._open:
            content = of_model(content, self._model(part))
        now = Outcome(content, self.spread, joined=joined)
        if self._adjusts:
            self._adjust(now, part, begin)
        if self._tiring is not None:
            rates = chunk.rates * self._tiring.factor(self._ready(now, begin), ALL)
            position, replication = np.nonzero(chunk.draws[row] < rates)
            now.defects = (position, replication)
            self._parts.mark(part, DEFECT, position, replication)
        elif chunk.defects is not None and (found := _events(chunk.defects, row)) is not None:
            now.defects = defects = found[:2]
            self._parts.mark(part, DEFECT, *defects)
        for number, place, check in self._checks:
            if part >= place:
                seen, repair = self._seen[row, number], self._repair[row, number]
                self._inspect(now, part, place, check, seen, repair)
        if self._clock is not None:
            met = self._clock.add(now.work(ALL), ALL, part)
            down, failures = met.down, met.failures
            position, replication = np.nonzero(failures)
            if position.size:
                some = (position, replication)
                now.struck = (position, replication, down[some], failures[some])
        elif chunk.breakdowns is not None:
            now.struck = _events(chunk.breakdowns, row)
        return now

    def _adjust(self, now: Outcome, part: int, begin: Floats) -> None:
        """Apply what depends on the moment or on the part before: pace, set-up, tool changes."""
        if not self._pace.steady:
            now.content = now.content * self._pace.factor(self._ready(now, begin), ALL)
        if self._setups is not None:
            now.setup = self._setups.change(ALL, self._model(part), self._none)
            now.content = now.content + now.setup
        if self._tools is not None:
            now.content = now.content + self._tools.changes(part, ALL, part)

    def spread(self, seconds: Floats, at: Columns) -> Floats:
        """Return seconds of kinds (K, R / L) as those of S positions, (S, n)."""
        if self._kind is None:
            return seconds[:, at]
        if isinstance(at, slice):
            return seconds.take(self._kind, axis=0).reshape(len(self._kind), -1)
        plant, replication = np.divmod(at, self._replications)
        return seconds[self._kind[:, plant], replication]

    def spread_at(self, seconds: Floats, place: int) -> Floats:
        """Return seconds of kinds (K, R / L) as those of one position, (R,)."""
        if self._kind is None:
            one: Floats = seconds[place]
            return one
        of_plants: Floats = seconds.take(self._kind[place], axis=0).reshape(-1)
        return of_plants

    def _wide(self, *draws: Floats) -> list[Floats]:
        """Return draws (..., R / L) of one plant, repeated for all plants, (..., R)."""
        plants = 1 if self._kind is None else self._kind.shape[1]
        return list(draws) if plants == 1 else [np.tile(one, plants) for one in draws]

    def _ready(self, now: Outcome, begin: Floats) -> Floats:
        """Return when work can begin at each position, (S, R), s."""
        ready: Floats = np.empty(self._none.shape)
        ready[:] = begin
        for position, since in now.joined:
            ready[position] = since
        return ready

    def strikes(self) -> Sequence[Strikes | None]:
        """Return the breakdowns at each position since the last call; None if not recorded."""
        return [None] * len(self._none) if self._clock is None else self._clock.strikes()

    def _model(self, part: int) -> Ints:
        """Return the model of the part at each position, (S, R); -1 for no part."""
        some = self._parts.numbers(part) >= 0
        carried = np.where(some, self._parts.carried(part, ALL, MODEL), -1.0)
        model: Ints = carried.astype(np.int64)
        return model

    def _inspect(
        self,
        now: Outcome,
        part: int,
        place: int,
        check: Inspection,
        seen: Floats,
        repair: Floats,
    ) -> None:
        """Inspect the part at a position, and repair in place what is found."""
        carried = self._parts.at(part, place)
        found = seen < np.where(carried[DEFECT] > 0, check.detects, check.false_alarm)
        if not np.count_nonzero(found):
            return
        now.caught.append((place, found))
        np.maximum(carried[TOUCHED], found, out=carried[TOUCHED])
        if check.then == "in_place":
            seconds = np.where(found, repair, 0.0)
            now.mended.append((place, seconds))
            carried[DEFECT, found] = 0.0


def _ages(station: Station) -> bool:
    """Return whether a station has failures on the busy clock."""
    return any(failure.clock == "busy" for failure in station.failures)


def _work_alone_ages(stations: Sequence[Station]) -> bool:
    """Return whether no busy clock counts repairs in place, which depend on inspections."""
    return not any(_ages(station) and station.inspection for station in stations)


def _events(events: Events, row: int) -> tuple[Ints, Ints, Floats, Ints] | None:
    """Return the events of one cycle; None if there are none."""
    first, last = events.bounds[row], events.bounds[row + 1]
    if first == last:
        return None
    here = slice(first, last)
    return (
        events.position[here],
        events.replication[here],
        events.seconds[here],
        events.number[here],
    )
