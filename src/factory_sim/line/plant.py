"""The plant as the engines see it: an in-tree of lines, compiled and validated.

A plant is a main line and feeder lines that join it (or another feeder) at an
assembly station. A line is a chain of *stages*: a stage is one asynchronous
station or one paced section (a moving line of stations that index together).

Everything here is frozen data; times are seconds, `buffer` counts parts.
Nothing here knows YAML, and nothing here draws a random number.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from factory_sim.line.calendars import ALWAYS_OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from factory_sim.line.calendars import Calendar
    from factory_sim.line.conditions import Fatigue, Learning, Staffing
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.failures import Failure, Slowing

UNLIMITED = -1
"""Buffer size of a station whose queue is never full."""

ROUNDING = 1e-12
"""Relative to the clock: work left over that is shorter is a rounding, and none."""


@dataclass(frozen=True)
class Inspection:
    """A check after a station's work, and what follows when it finds a defect.

    Attributes:
        detects: Probability that a defective part is found.
        false_alarm: Probability that a good part is found defective.
        then: ``in_place`` adds the repair to the work of this station;
            ``off_line`` sends the part to a repair shop of ``servers`` places and
            an unlimited queue, from where it is delivered; ``scrap`` removes it;
            ``rework`` sends it back to ``back_to`` (reference engine).
        repair: Time of a repair, s; None for scrap and rework.
        servers: Parallel repair places, ``off_line`` only.
        back_to: Name of an earlier station of the same line, ``rework`` only.
        buffer: Places where parts wait to go back, ``rework`` only; with none they wait
            on the station; ``UNLIMITED``.
    """

    detects: float
    false_alarm: float
    then: Literal["in_place", "off_line", "scrap", "rework"]
    repair: Distribution | None = None
    servers: int = 1
    back_to: str | None = None
    buffer: int = 0


@dataclass(frozen=True)
class ToolChange:
    """A tool that wears with the parts made.

    Attributes:
        every: Parts of the station from one change to the next, at least 1; the first
            part finds a fresh tool.
        takes: Time of a change, s; the processing of the next part begins with it.
    """

    every: int
    takes: Distribution


@dataclass(frozen=True)
class Station:
    """A place where parts are worked, with its buffer in front.

    Attributes:
        name: Unique in the plant; the address of its draws.
        work: Work content of one part, s, one distribution per model.
        servers: Parts worked at the same time, 1 in a paced section.
        buffer: Places in front, besides those on the servers; ``UNLIMITED``.
        transport: Time from leaving the upstream stage to arriving here, s.
        calendar: When the station is off shift.
        failures: Failure modes, names unique.
        setup: ``setup[i][j]``, s, to change a server from model i to j; or None.
        defect_rate: Probability that the work makes a part defective.
        inspection: The check after the work, or None.
        window: Paced only: how far work may run over the cycle before it stops
            the section, s (Andon).
        crew: People who stand at the station, for the labour account.
        operators: Name of a shared pool the work needs one person of, or None.
        automated: Works automatically under the plan of the scenario.
        operations: Operations it stands for, for the shares of automation.
        hand_content: Work content by hand, s; the weight in the work-content share.
        learning: How work content falls with the parts started, or None.
        defect_learning: How the probability of a defect does, or None.
        fatigue: How work content grows within a shift, or None.
        defect_fatigue: How the probability of a defect does, or None.
        tool_change: Of the tool that all servers share, or None.
        planned: The spans of its calendar that are planned stops within the shifts.
        slowing: Devices that slow it while they are down.
    """

    name: str
    work: tuple[Distribution, ...]
    servers: int = 1
    buffer: int = 0
    transport: float = 0.0
    calendar: Calendar = ALWAYS_OPEN
    failures: tuple[Failure, ...] = ()
    setup: tuple[tuple[float, ...], ...] | None = None
    defect_rate: float = 0.0
    inspection: Inspection | None = None
    window: float = 0.0
    crew: float = 0.0
    operators: str | None = None
    automated: bool = False
    operations: int = 1
    hand_content: float = 0.0
    learning: Learning | None = None
    defect_learning: Learning | None = None
    fatigue: Fatigue | None = None
    defect_fatigue: Fatigue | None = None
    tool_change: ToolChange | None = None
    planned: Calendar = ALWAYS_OPEN
    slowing: tuple[Slowing, ...] = ()

    @property
    def capacity(self) -> int:
        """Places in all, on the servers and in front; ``UNLIMITED`` if so."""
        return UNLIMITED if self.buffer == UNLIMITED else self.servers + self.buffer


@dataclass(frozen=True)
class Section:
    """A paced section: stations whose parts index together.

    Attributes:
        name: Unique in the plant.
        takt: Shortest cycle, s of scheduled time.
        stations: The positions, in flow order; each holds one part.
        buffer: Places in front of the first position.
        transport: Time from the upstream stage into the buffer, s; 0 if no buffer.
        calendar: When the conveyor is off shift.
    """

    name: str
    takt: float
    stations: tuple[Station, ...]
    buffer: int = 0
    transport: float = 0.0
    calendar: Calendar = ALWAYS_OPEN

    @cached_property
    def uniform(self) -> bool:
        """Whether every position keeps the hours of the conveyor, and repairs just happen."""
        return all(
            station.calendar == self.calendar
            and all(f.clock == "busy" and not f.maintained for f in station.failures)
            for station in self.stations
        )


Stage = Station | Section


def stations_of(stage: Stage) -> tuple[Station, ...]:
    """Return the stations of a stage: those of a paced section, or the station itself."""
    return stage.stations if isinstance(stage, Section) else (stage,)


def diverts(stage: Stage) -> bool:
    """Return whether parts may leave their line at a stage.

    They do where an inspection scraps them, or has them repaired off line or reworked.
    """
    checks = (station.inspection for station in stations_of(stage))
    return any(check is not None and check.then != "in_place" for check in checks)


@dataclass(frozen=True)
class Line:
    """A chain of stages; a feeder says where its units go.

    Attributes:
        name: Unique in the plant.
        stages: In flow order, at least one.
        joins: Name of the assembly station that takes one unit per part; None on
            the main line.
        buffer: Places for finished units before that station, at least 1.
        transport: Time from the feeder's last stage to that station, s (a unit
            under way occupies its place).
    """

    name: str
    stages: tuple[Stage, ...]
    joins: str | None = None
    buffer: int = 1
    transport: float = 0.0

    def stations(self) -> Iterator[Station]:
        """Yield the stations in flow order, those of paced sections included."""
        for stage in self.stages:
            yield from stations_of(stage)


def changed(line: Line, change: Callable[[Station], Station]) -> Line:
    """Return a line with each of its stations changed by a function."""
    stages = (
        replace(stage, stations=tuple(map(change, stage.stations)))
        if isinstance(stage, Section)
        else change(stage)
        for stage in line.stages
    )
    return replace(line, stages=tuple(stages))


@dataclass(frozen=True)
class Orders:
    """What is built, in which order; every line follows the same sequence.

    Attributes:
        models: Names, at least one.
        weights: Probability of each model; orders are drawn independently.
        sequence: Indices into ``models``, repeated for ever; replaces ``weights``.
    """

    models: tuple[str, ...] = ("part",)
    weights: tuple[float, ...] = (1.0,)
    sequence: tuple[int, ...] = ()

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of each model in the long run."""
        if self.sequence:
            return tuple(
                self.sequence.count(m) / len(self.sequence) for m in range(len(self.models))
            )
        return tuple(weight / sum(self.weights) for weight in self.weights)


@dataclass(frozen=True)
class Plant:
    """All lines, what they build and when orders arrive.

    Attributes:
        name: For reports.
        lines: The main line first, then the feeders.
        orders: The models and their sequence.
        arrivals: Time between orders at the main line, s; None when saturated.
        pools: People per shared pool (operators and repair crews), by name.
        staffing: Who may be absent; every station is in one group at most.
    """

    name: str
    lines: tuple[Line, ...]
    orders: Orders = Orders()
    arrivals: Distribution | None = None
    pools: Mapping[str, int] = field(default_factory=dict)
    staffing: tuple[Staffing, ...] = ()

    @property
    def main(self) -> Line:
        """The line whose parts are delivered."""
        return self.lines[0]

    def stations(self) -> tuple[Station, ...]:
        """Return every station, main line first; the order of all station arrays."""
        return tuple(s for line in self.lines for s in line.stations())

    def sections(self) -> Iterator[Section]:
        """Yield the paced sections, main line first."""
        for line in self.lines:
            yield from (stage for stage in line.stages if isinstance(stage, Section))

    def feeders(self, station: str) -> tuple[Line, ...]:
        """Return the lines that join at a station."""
        return tuple(line for line in self.lines if line.joins == station)
