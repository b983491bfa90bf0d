"""Laws that hold on every path, whatever the draws: no tolerance but rounding."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import account
from factory_sim.engines import batch
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Fatigue, Staffing
from factory_sim.line.detection import Law, Round, Steady
from factory_sim.line.devices import SteadyAge
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Inspection, Line, Plant, Section, Station, ToolChange
from factory_sim.scenario.unbounded import Weibull
from plants import Constant, Exponential, Uniform, costly, plants, thoroughly
from slabs import kept

if TYPE_CHECKING:
    from factory_sim.line.failures import Failure, Prediction, Slowing

UNTIL, WARM_UP = 60.0, 15.0
REPLICATIONS = range(63, 66)
RANDOM_PLANTS = costly(3)
SERIAL_LINES = costly(10)

seeds = st.integers(0, 2**32)


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_states_fill_the_clock_and_the_audit_finds_nothing(plant: Plant, seed: int) -> None:
    accounts = account(plant, seed, REPLICATIONS, WARM_UP, UNTIL, "batch")
    assert accounts.findings == ()
    np.testing.assert_allclose(accounts.states.sum(axis=2), 1.0, rtol=1e-9)
    assert accounts.states.min() >= -1e-9
    assert accounts.states.max() <= 1 + 1e-9


test_states_fill_the_clock_and_the_audit_finds_nothing_thoroughly = thoroughly(
    test_states_fill_the_clock_and_the_audit_finds_nothing,
    given(plant=plants(), seed=seeds),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_accounts_do_not_depend_on_the_engine(plant: Plant, seed: int) -> None:
    ours, theirs = (
        account(plant, seed, REPLICATIONS, WARM_UP, UNTIL, engine)
        for engine in ("batch", "reference")
    )
    assert ours.findings == theirs.findings == ()
    for field in fields(Accounts):
        mine, expected = getattr(ours, field.name), getattr(theirs, field.name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(mine, expected, 1e-9, 1e-9, err_msg=field.name)


test_accounts_do_not_depend_on_the_engine_thoroughly = thoroughly(
    test_accounts_do_not_depend_on_the_engine, given(plant=plants(), seed=seeds), examples=60
)


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_parts_are_conserved(plant: Plant, seed: int) -> None:
    """No station gives out more than it took, nor does the plant, at any time."""
    accounts = account(plant, seed, REPLICATIONS, 0.0, UNTIL, "batch")
    slabs = kept(batch.run(plant, Draws(seed, REPLICATIONS), UNTIL))
    for n in range(len(accounts.states[0])):
        start, leave = (
            np.sort(np.concatenate([getattr(slab.stations[n], kind) for slab in slabs]), axis=0)
            for kind in ("start", "leave")
        )
        rows = min(len(start), len(leave))
        assert (leave[:rows] >= start[:rows]).all()
    entered, delivered, scrapped = (
        sum((getattr(slab, kind) <= UNTIL).sum(axis=0) for slab in slabs)
        for kind in ("entered", "delivered", "scrapped")
    )
    assert (entered >= delivered + scrapped).all()
    np.testing.assert_array_equal(accounts.delivered, delivered)
    np.testing.assert_array_equal(accounts.scrapped, scrapped)


test_parts_are_conserved_thoroughly = thoroughly(
    test_parts_are_conserved, given(plant=plants(), seed=seeds), examples=60
)


@st.composite
def serial_lines(draw: st.DrawFn) -> tuple[Station, ...]:
    """A saturated line of one to five stations, one server each, one model, no quality."""
    return tuple(
        Station(
            f"s{n}",
            (draw(st.one_of(st.builds(Exponential, st.floats(0.2, 3.0)), st.just(Constant(1.0)))),),
            buffer=draw(st.integers(0, 3)),
            transport=draw(st.sampled_from([0.0, 0.7])),
        )
        for n in range(draw(st.integers(1, 5)))
    )


def departures(
    stations: tuple[Station, ...], seed: int, *, until: float = UNTIL, parts: int | None = None
) -> list[np.ndarray]:
    """Return when parts leave each station of a line, all (K, R) with the same K."""
    plant = Plant("line", (Line("main", stations),))
    slabs = kept(batch.run(plant, Draws(seed, REPLICATIONS), until))
    leave = [np.concatenate([s.stations[n].leave for s in slabs]) for n in range(len(stations))]
    return [times[: parts or len(leave[-1])] for times in leave]


def assert_never_later(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    """Compare the departures that both runs know, station by station."""
    for station, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        rows = min(len(mine), len(other))
        assert rows > 0
        late = mine[:rows] - other[:rows]
        assert (late <= 1e-9 * (1 + other[:rows])).all(), f"station {station}: {late.max()} s later"


@SERIAL_LINES
@given(stations=serial_lines(), seed=seeds, data=st.data())
def test_one_more_buffer_place_never_delays_a_part(
    stations: tuple[Station, ...], seed: int, data: st.DataObject
) -> None:
    """On single servers, with times that belong to the part: a max-plus linear system."""
    where = data.draw(st.integers(0, len(stations) - 1))
    larger = list(stations)
    larger[where] = replace(larger[where], buffer=larger[where].buffer + 1)
    assert_never_later(departures(tuple(larger), seed), departures(stations, seed))


test_one_more_buffer_place_never_delays_a_part_thoroughly = thoroughly(
    test_one_more_buffer_place_never_delays_a_part,
    given(stations=serial_lines(), seed=seeds, data=st.data()),
    examples=60,
)


def test_one_more_buffer_place_is_worth_something() -> None:
    """Negative control of the comparison: it is not the same line."""
    stations = tuple(Station(f"s{n}", (Exponential(1.0),), buffer=n % 2) for n in range(3))
    larger = (*stations[:2], replace(stations[2], buffer=1))
    better, worse = departures(larger, 1)[-1], departures(stations, 1)[-1]
    rows = min(len(better), len(worse))
    assert (better[:rows] < worse[:rows]).any()


@SERIAL_LINES
@given(stations=serial_lines(), seed=seeds, data=st.data(), more=st.floats(1.01, 3.0))
def test_longer_work_never_makes_a_part_earlier(
    stations: tuple[Station, ...], seed: int, data: st.DataObject, more: float
) -> None:
    where = data.draw(st.integers(0, len(stations) - 1))
    slower = list(stations)
    work = slower[where].work[0]
    slower[where] = replace(slower[where], work=(replace(work, mean=work.mean * more),))
    assert_never_later(departures(stations, seed), departures(tuple(slower), seed))


test_longer_work_never_makes_a_part_earlier_thoroughly = thoroughly(
    test_longer_work_never_makes_a_part_earlier,
    given(stations=serial_lines(), seed=seeds, data=st.data(), more=st.floats(1.01, 3.0)),
    examples=60,
)


@dataclass(frozen=True)
class Assigned:
    """Work times (K, R) that are given part by part; parts after the K-th take the mean.

    A quantile function sees the draws of consecutive parts, first part first, and may
    answer with anything of the same shape.
    """

    times: tuple[tuple[float, ...], ...]
    mean: float = 1.0
    sd: float = 1.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        assigned = np.full(u.shape, self.mean)
        rows = min(len(u), len(self.times))
        assigned[:rows] = np.array(self.times[:rows])
        return assigned


@SERIAL_LINES
@given(
    seed=seeds,
    sizes=st.lists(st.integers(0, 3), max_size=4),
    parts=st.integers(1, 12),
)
def test_a_line_run_backwards_takes_as_long(seed: int, sizes: list[int], parts: int) -> None:
    """Reverse stations, buffers and parts: the last part leaves at the same time.

    The makespan is the longest path through a grid of work times; reversal turns every
    path round and keeps its length. Saturated, one server, no failures.

    Source: Yamazaki & Sakasegawa (1975), Ann. Inst. Statist. Math. 27.
    """
    work = np.random.default_rng(seed).exponential(size=(len(sizes) + 1, parts, len(REPLICATIONS)))
    forward, backward = (
        tuple(
            Station(f"s{n}", (Assigned(tuple(map(tuple, rows))),), buffer=b)
            for n, (rows, b) in enumerate(zip(assigned, (0, *buffers), strict=True))
        )
        for assigned, buffers in ((work, sizes), (work[::-1, ::-1], sizes[::-1]))
    )
    last, mirrored = (
        departures(stations, seed, until=3.0 * work.sum(), parts=parts)[-1]
        for stations in (forward, backward)
    )
    np.testing.assert_allclose(mirrored[-1], last[-1], rtol=1e-9)


test_a_line_run_backwards_takes_as_long_thoroughly = thoroughly(
    test_a_line_run_backwards_takes_as_long,
    given(
        seed=seeds,
        sizes=st.lists(st.integers(0, 3), max_size=4),
        parts=st.integers(1, 12),
    ),
    examples=60,
)


def scaled(plant: Plant, factor: float) -> Plant:
    """Return a plant all of whose times are longer by a factor."""

    def time(quantity: object) -> object:
        if isinstance(quantity, Exponential | Constant):
            return replace(quantity, mean=quantity.mean * factor)
        if isinstance(quantity, Uniform):
            return Uniform(quantity.low * factor, quantity.high * factor)
        if isinstance(quantity, Weibull):
            return Weibull(shape=quantity.shape, scale=quantity.scale * factor)
        if isinstance(quantity, SteadyAge | Steady):
            return replace(quantity, of=time(quantity.of))
        if isinstance(quantity, Round):
            return Round(quantity.every * factor)
        if isinstance(quantity, Law):
            begins = tuple(begin * factor for begin in quantity.begins)
            rows = tuple(tuple(t * factor for t in row) for row in quantity.quantiles)
            return Law(begins, quantity.shares, rows)
        assert quantity is None, quantity
        return quantity

    def calendar(pattern: Calendar) -> Calendar:
        spans = (Interval(span.begin * factor, span.end * factor) for span in pattern.off)
        return Calendar(pattern.period * factor, tuple(spans))

    def prediction(of: Prediction | None) -> Prediction | None:
        return of and replace(of, repair=time(of.repair), breaks=calendar(of.breaks))

    def failure(mode: Failure) -> Failure:
        return replace(
            mode,
            up=time(mode.up),
            down=time(mode.down),
            growth=mode.growth and replace(mode.growth, over=mode.growth.over * factor),
            age=time(mode.age),
            seen=time(mode.seen),
            dispatch=time(mode.dispatch),
            prediction=prediction(mode.prediction),
            visits=mode.visits and calendar(mode.visits),
        )

    def slowing(device: Slowing) -> Slowing:
        return replace(device, failures=tuple(map(failure, device.failures)))

    def inspection(check: Inspection | None) -> Inspection | None:
        return check and replace(check, repair=time(check.repair))

    def fatigue(pattern: Fatigue | None) -> Fatigue | None:
        return pattern and Fatigue(
            pattern.period * factor,
            tuple(begin * factor for begin in pattern.begins),
            pattern.values,
            tuple(slope / factor for slope in pattern.slopes),
        )

    def tool(change: ToolChange | None) -> ToolChange | None:
        return change and replace(change, takes=time(change.takes))

    def staffing(group: Staffing) -> Staffing:
        ends = tuple(end * factor for end in group.ends)
        return replace(group, period=group.period * factor, ends=ends)

    def station(here: Station) -> Station:
        setup = here.setup and tuple(tuple(t * factor for t in row) for row in here.setup)
        return replace(
            here,
            work=tuple(map(time, here.work)),
            transport=here.transport * factor,
            calendar=calendar(here.calendar),
            failures=tuple(map(failure, here.failures)),
            setup=setup,
            inspection=inspection(here.inspection),
            window=here.window * factor,
            fatigue=fatigue(here.fatigue),
            defect_fatigue=fatigue(here.defect_fatigue),
            tool_change=tool(here.tool_change),
            slowing=tuple(map(slowing, here.slowing)),
        )

    def stage(here: Station | Section) -> Station | Section:
        if isinstance(here, Station):
            return station(here)
        return replace(
            here,
            takt=here.takt * factor,
            stations=tuple(map(station, here.stations)),
            transport=here.transport * factor,
            calendar=calendar(here.calendar),
        )

    lines = tuple(
        replace(line, stages=tuple(map(stage, line.stages)), transport=line.transport * factor)
        for line in plant.lines
    )
    return replace(
        plant,
        lines=lines,
        arrivals=time(plant.arrivals),
        staffing=tuple(map(staffing, plant.staffing)),
    )


def event_times(plant: Plant, seed: int, until: float) -> dict[str, np.ndarray]:
    """Return starts, finishes, departures and deliveries of some replications, sorted."""
    slabs = kept(batch.run(plant, Draws(seed, REPLICATIONS), until))
    found = {
        f"{record.station.name} {kind}": np.concatenate(
            [getattr(slab.stations[n], kind) for slab in slabs]
        )
        for n, record in enumerate(slabs[0].stations)
        for kind in ("start", "finish", "leave")
    }
    found["delivered"] = np.concatenate([slab.delivered for slab in slabs])
    return {name: np.sort(times, axis=0) for name, times in found.items()}


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds, power=st.integers(-8, 12))
def test_scaling_all_times_scales_all_events(plant: Plant, seed: int, power: int) -> None:
    """Powers of two scale without rounding, so that even ties stay ties."""
    factor = 2.0**power
    ours = event_times(scaled(plant, factor), seed, UNTIL * factor)
    theirs = event_times(plant, seed, UNTIL)
    for name, times in theirs.items():
        before = (times < UNTIL).sum(axis=0)
        for column, count in enumerate(before):
            np.testing.assert_allclose(
                ours[name][:count, column], factor * times[:count, column], 1e-9, err_msg=name
            )


test_scaling_all_times_scales_all_events_thoroughly = thoroughly(
    test_scaling_all_times_scales_all_events,
    given(plant=plants(), seed=seeds, power=st.integers(-8, 12)),
    examples=60,
)
