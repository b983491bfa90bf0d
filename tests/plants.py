"""Random plants for property tests: every feature, mixed, small enough to simulate often.

The default run tries a property on a few of them, ``pytest -m slow`` on many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Fatigue, Growth, Learning, Staffing
from factory_sim.line.detection import Law, Round, Steady
from factory_sim.line.devices import SteadyAge
from factory_sim.line.failures import Failure, Prediction, Slowing
from factory_sim.line.plant import (
    UNLIMITED,
    Inspection,
    Line,
    Orders,
    Plant,
    Section,
    Station,
    ToolChange,
)
from factory_sim.scenario.unbounded import Weibull

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.line.arrays import Floats


def costly(examples: int) -> settings:
    """Return the settings of a property each of whose examples takes its time."""
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


def thoroughly(
    test: Callable[..., None], given: Callable[..., Callable[..., None]], *, examples: int = 100
) -> Callable[..., None]:
    """Return a property on many more examples, for ``pytest -m slow``.

    Args:
        test: The property as the default run tests it, on a few examples; its settings stand
            above what it is given, so that they are not settings of the twin, too.
        given: What it is given.
        examples: How many there are now.
    """
    return pytest.mark.slow(costly(examples)(given(test.hypothesis.inner_test)))


@dataclass(frozen=True)
class Constant:
    """Always the same time."""

    mean: float
    sd: float = 0.0

    def quantile(self, u: Floats) -> Floats:
        return np.full_like(u, self.mean)


@dataclass(frozen=True)
class Exponential:
    """No memory."""

    mean: float

    @property
    def sd(self) -> float:
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)


@dataclass(frozen=True)
class Uniform:
    """Between two bounds."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def sd(self) -> float:
        return (self.high - self.low) / 12**0.5

    def quantile(self, u: Floats) -> Floats:
        return self.low + (self.high - self.low) * u


times = st.one_of(
    st.builds(Exponential, st.floats(0.2, 3.0)),
    st.builds(Uniform, st.floats(0.0, 1.0), st.floats(1.0, 3.0)),
    st.builds(Constant, st.sampled_from([0.0, 1.0, 1.7])),
)
random_times = st.builds(Exponential, st.floats(0.2, 3.0))
chances = st.sampled_from([0.0, 0.1, 0.4])


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A pattern of up to three off spans."""
    period = draw(st.floats(10.0, 60.0))
    edges = sorted(draw(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=6, unique=True)))
    spans = [
        Interval(a * period, b * period)
        for a, b in zip(edges[::2], edges[1::2], strict=False)
        if b - a < 0.6
    ]
    return Calendar(period, tuple(spans)) if spans else Calendar()


growths = st.builds(Growth, first=st.floats(0.05, 1.0), over=st.floats(1.0, 90.0))
failures = st.lists(
    st.builds(
        Failure,
        st.sampled_from(["a", "b"]),
        st.sampled_from(["busy", "calendar"]),
        st.builds(Exponential, st.floats(4.0, 30.0)),
        st.builds(Exponential, st.floats(0.5, 6.0)),
        growth=st.one_of(st.none(), growths),
    ),
    max_size=2,
    unique_by=lambda f: f.name,
).map(tuple)


lives = st.builds(Weibull, shape=st.floats(0.6, 4.0), scale=st.floats(4.0, 40.0))
tough = st.builds(Weibull, shape=st.floats(0.6, 2.0), scale=st.floats(20.0, 90.0))


@st.composite
def device_modes(draw: st.DrawFn, device: str, clock: str | None = None) -> tuple[Failure, ...]:
    """The failure modes of one device, of any age, made new or only minimally repaired."""
    modes = []
    for name in "pq"[: draw(st.integers(1, 2))]:
        minimal = draw(st.booleans())
        # What is never made new fails more and more often: not so often that no work is done.
        law = draw(tough) if minimal else draw(lives)
        ages = st.sampled_from([None, SteadyAge(law), Uniform(0.0, 50.0)])
        modes.append(
            Failure(
                f"{device}/{name}",
                clock or draw(st.sampled_from(["busy", "calendar"])),
                law,
                draw(random_times),
                age=draw(ages),
                minimal=minimal,
            )
        )
    return tuple(modes)


@st.composite
def stopping(draw: st.DrawFn) -> tuple[Failure, ...]:
    """The failure modes of up to five devices of a class at one station."""
    names = [f"robots-{number}" for number in range(draw(st.sampled_from([0, 0, 1, 5])))]
    return tuple(mode for name in names for mode in draw(device_modes(name)))


@st.composite
def slowing(draw: st.DrawFn) -> tuple[Slowing, ...]:
    """Up to three devices that slow their station."""
    return tuple(
        Slowing(draw(st.sampled_from([1.2, 2.5])), draw(device_modes(f"fans-{number}", "calendar")))
        for number in range(draw(st.sampled_from([0, 0, 1, 3])))
    )


@st.composite
def detections(draw: st.DrawFn) -> Round | Steady | Law | None:
    """Any way to see a failure; most change with the clock."""
    kind = draw(st.sampled_from(["at once", "round", "steady", "law", "law"]))
    if kind == "at once":
        return None
    if kind == "round":
        return Round(draw(st.floats(0.5, 9.0)))
    if kind == "steady":
        return Steady(draw(random_times))
    later = draw(st.lists(st.floats(0.1, 90.0), max_size=3, unique=True).map(sorted))
    rows = [draw(st.lists(st.floats(0.0, 8.0), min_size=3, max_size=3)) for _ in (0.0, *later)]
    return Law((0.0, *later), (0.0, 0.4, 1.0), tuple(tuple(sorted(row)) for row in rows))


@st.composite
def maintained(draw: st.DrawFn, calendar: Calendar) -> tuple[Failure, ...]:
    """Up to three failures that are seen, come to and prevented, and false alarms."""
    prediction = st.builds(
        Prediction,
        begins=st.sampled_from([0.0, 0.3, 0.9]),
        chance=st.sampled_from([0.5, 1.0]),
        repair=random_times,
        breaks=st.just(calendar),
    )
    found = []
    for name in "abc"[: draw(st.integers(1, 3))]:
        law = Weibull(shape=draw(st.floats(0.6, 4.0)), scale=draw(st.floats(20.0, 60.0)))
        age = draw(st.sampled_from([None, SteadyAge(law), Uniform(0.0, 50.0)]))
        found.append(
            Failure(
                name,
                draw(st.sampled_from(["busy", "calendar"])),
                law,
                draw(random_times),
                growth=draw(st.one_of(st.none(), growths)) if age is None else None,
                age=age,
                seen=draw(detections()),
                dispatch=draw(st.one_of(st.none(), random_times)),
                prediction=draw(st.one_of(st.none(), prediction)),
            )
        )
    if draw(st.booleans()):
        every = Exponential(draw(st.floats(10.0, 50.0)))
        found.append(Failure("alarm", "calendar", every, Exponential(1.0), visits=calendar))
    return tuple(found)


experience = st.builds(
    Learning,
    exponent=st.floats(-0.6, 0.0),
    reference=st.floats(1.0, 30.0),
    made=st.sampled_from([0.0, 3.0]),
    floor=st.sampled_from([0.3, 0.9, 1.2]),
)
tools = st.builds(ToolChange, every=st.integers(1, 5), takes=times)


@st.composite
def fatigues(draw: st.DrawFn) -> Fatigue:
    """Up to four pieces of lines, with jumps between them."""
    period = draw(st.floats(5.0, 60.0))
    inner = draw(st.lists(st.floats(0.01, 0.99), max_size=3, unique=True).map(sorted))
    shares = st.floats(0.0, 0.5)
    return Fatigue(
        period,
        begins=(0.0, *(share * period for share in inner)),
        values=tuple(draw(shares) for _ in range(len(inner) + 1)),
        slopes=tuple(draw(shares) / period for _ in range(len(inner) + 1)),
    )


@st.composite
def staffings(draw: st.DrawFn, name: str, names: tuple[str, ...]) -> Staffing:
    """A group with up to three shifts in a pattern."""
    period = draw(st.floats(5.0, 40.0))
    ends = draw(st.lists(st.floats(0.0, 0.99), min_size=1, max_size=3, unique=True).map(sorted))
    return Staffing(
        name,
        names,
        rate=draw(st.sampled_from([0.0, 0.3, 0.6, 1.0])),
        utility=draw(st.integers(0, 3)),
        unmanned=draw(st.sampled_from([1.0, 2.5])),
        period=period,
        ends=tuple(share * period for share in ends),
    )


@st.composite
def stations(
    draw: st.DrawFn, name: str, models: int, *, paced: bool = False, main: bool = True
) -> Station:
    """One station with any of the features that both engines have."""
    kinds = ["in_place"] if paced else ["in_place", "scrap", *(["off_line"] if main else [])]
    kind = draw(st.sampled_from(kinds))
    inspection = Inspection(
        detects=draw(st.sampled_from([0.5, 0.9])),
        false_alarm=draw(st.sampled_from([0.0, 0.1])),
        then=kind,
        repair=None if kind == "scrap" else draw(random_times),
        servers=draw(st.integers(1, 2)),
    )
    setup = [[0.0 if i == j else 0.5 + i + 2 * j for j in range(models)] for i in range(models)]
    content = (
        [draw(times) for _ in range(models)] if draw(st.booleans()) else [draw(times)] * models
    )
    calendar = draw(st.one_of(st.just(Calendar()), calendars()))
    return Station(
        name=name,
        work=tuple(content),
        servers=1 if paced else draw(st.sampled_from([1, 1, 2, 3])),
        buffer=draw(st.sampled_from([0, 0, 1, 2, UNLIMITED])),
        transport=draw(st.sampled_from([0.0, 0.0, 0.7])),
        calendar=calendar,
        failures=draw(st.one_of(failures, maintained(calendar), stopping())),
        setup=tuple(map(tuple, setup)) if draw(st.booleans()) else None,
        defect_rate=draw(chances),
        inspection=inspection if draw(st.integers(0, 3)) == 0 else None,
        window=draw(st.sampled_from([0.0, 0.5, 2.0])) if paced else 0.0,
        crew=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5])),
        learning=draw(st.one_of(st.none(), experience)),
        defect_learning=draw(st.one_of(st.none(), experience)),
        fatigue=draw(st.one_of(st.none(), fatigues())),
        defect_fatigue=draw(st.one_of(st.none(), fatigues())),
        tool_change=draw(st.one_of(st.none(), tools)),
        slowing=draw(slowing()),
    )


@st.composite
def sections(draw: st.DrawFn, name: str, models: int) -> Section:
    """A paced section of up to four stations that keep its hours."""
    calendar = draw(st.one_of(st.just(Calendar()), calendars()))
    buffer = draw(st.integers(0, 2))
    positions = draw(st.integers(1, 4))
    inside = [draw(stations(f"{name}.{p}", models, paced=True)) for p in range(positions)]
    return Section(
        name=name,
        takt=draw(st.floats(0.1, 3.0)),
        stations=tuple(
            Station(**{**vars(s), "calendar": calendar, "buffer": 0, "transport": 0.0})
            for s in inside
        ),
        buffer=buffer,
        transport=draw(st.sampled_from([0.0, 0.4])) if buffer else 0.0,
        calendar=calendar,
    )


@st.composite
def lines(draw: st.DrawFn, name: str, models: int, joins: str | None) -> Line:
    """A line of up to four stages."""
    stages: list[Station | Section] = []
    for number in range(draw(st.integers(1, 4 if joins is None else 2))):
        place = f"{name}{number}"
        if draw(st.integers(0, 3)) == 0:
            stages.append(draw(sections(place, models)))
        else:
            stages.append(draw(stations(place, models, main=joins is None)))
    return Line(
        name,
        tuple(stages),
        joins=joins,
        buffer=draw(st.integers(1, 3)),
        transport=draw(st.sampled_from([0.0, 0.6])),
    )


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    """A main line, up to three feeders (of feeders, too), orders and arrivals."""
    models = draw(st.sampled_from([1, 1, 2, 3]))
    names = tuple("ABC"[:models])
    sequence = st.lists(st.integers(0, models - 1), min_size=1, max_size=4).map(tuple)
    made = [draw(lines("m", models, None))]
    for name in "fgh"[: draw(st.sampled_from([0, 0, 1, 2, 3]))]:
        places = [s.name for line in made for s in line.stations()]
        made.append(draw(lines(name, models, draw(st.sampled_from(places)))))
    everybody = tuple(s.name for line in made for s in line.stations())
    groups = [] if draw(st.booleans()) else [draw(staffings("plant", everybody))]
    # A saturated line without any work would make parts for ever at time 0.
    assume(all(work.mean > 0 for line in made for work in next(line.stations()).work))
    return Plant(
        name="random",
        lines=tuple(made),
        orders=Orders(
            names,
            weights=tuple(draw(st.floats(0.1, 1.0)) for _ in names),
            sequence=draw(st.one_of(st.just(()), sequence)),
        ),
        arrivals=draw(st.one_of(st.none(), random_times)),
        staffing=tuple(groups),
    )


@st.composite
def chained(draw: st.DrawFn) -> Plant:
    """A plant with long rows of single servers that no part leaves on the way."""
    plant = draw(plants())
    models = len(plant.orders.models)
    row = [
        Station(**{**vars(draw(stations(f"c{n}", models))), "servers": 1})
        for n in range(draw(st.integers(2, 6)))
    ]
    assume(all(work.mean > 0 for work in row[0].work))
    main = Line("m", (*row, *plant.main.stages))
    return Plant(
        plant.name,
        tuple(keeping(line) for line in (main, *plant.lines[1:])),
        plant.orders,
        plant.arrivals,
    )


def keeping(line: Line) -> Line:
    """Return a line whose inspections repair in place what they find."""

    def mended(stage: Station | Section) -> Station | Section:
        if isinstance(stage, Section) or stage.inspection is None:
            return stage
        check = stage.inspection
        in_place = Inspection(
            check.detects, check.false_alarm, "in_place", check.repair or Exponential(1.0)
        )
        return Station(**{**vars(stage), "inspection": in_place})

    stages = tuple(mended(stage) for stage in line.stages)
    return Line(line.name, stages, line.joins, line.buffer, line.transport)
