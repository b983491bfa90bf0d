"""The critical path: by hand, on random plants, by what happens without what it blames."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory_sim.analysis.path import (
    CAUSES,
    CriticalPath,
    NoDeparture,
    bind,
    collect,
    critical_path,
    overtaken,
)
from factory_sim.engines import simulate
from factory_sim.engines.batch import summed_stations
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.plant import Inspection, Line, Orders, Plant, Section, Station, ToolChange
from plants import Constant, Exponential, Uniform, plants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.path.trajectory import Trajectory

UNTIL, WARM_UP = 60.0, 15.0
REPLICATIONS = range(63, 66)  # across a block of draws

Way = Literal["batch", "traced", "reference"]
"""Ways to simulate: ``traced`` is the batch engine where it sums visits up."""


def line(*stages: Station | Section, feeders: Sequence[Line] = (), **more: object) -> Plant:
    return Plant("line", (Line("main", stages), *feeders), **more)


def station(name: str, seconds: float, **more: object) -> Station:
    return Station(name, (Constant(seconds),), **more)


def followed(plant: Plant, until: float, seed: int = 1, many: range = range(1)) -> Trajectory:
    draws = Draws(seed, many)
    return collect(plant, simulate(plant, draws, until, "batch", detailed=overtaken(plant)), draws)


def path_of(
    plant: Plant,
    until: float,
    *,
    begin: float = 0.0,
    seed: int = 1,
    many: range = range(1),
    engine: Way = "batch",
) -> CriticalPath:
    if engine == "batch":
        return critical_path(bind(followed(plant, until, seed, many)), begin, until)
    if engine == "traced":
        draws, options = Draws(seed, many), {"window": (begin, until), "traced": True}
        slabs = simulate(plant, draws, until, "batch", detailed=overtaken(plant), **options)
        return critical_path(bind(collect(plant, slabs, draws)), begin, until)
    alone = [range(one, one + 1) for one in many]
    runs = [(one, Draws(seed, one)) for one in alone]
    return CriticalPath.merge(
        [
            critical_path(
                bind(collect(plant, simulate(plant, draws, until, "reference"), draws)),
                begin,
                until,
            )
            for _, draws in runs
        ]
    )


def charged(path: CriticalPath) -> dict[tuple[str, str], float]:
    """Return what one replication is charged, without what is nothing."""
    return {
        (place, cause): round(float(path.seconds[0, p, c]), 9)
        for p, place in enumerate(path.places)
        for c, cause in enumerate(CAUSES)
        if path.seconds[0, p, c] > 1e-9
    }


JAM = Failure("jam", "busy", Constant(12.0), Constant(3.0))
PAUSE = Calendar(100.0, (Interval(5.0, 8.0),))

BY_HAND = {
    # b is slower and always has a part: 4 parts on it, and the first on a before.
    "slow second station": (
        line(station("a", 2), station("b", 3, buffer=1)),
        15.0,
        {("a", "work"): 2, ("b", "work"): 12},
    ),
    # a is blocked from its second part on: the wait is b's work.
    "blocked first station": (
        line(station("a", 1), station("b", 3), station("c", 1)),
        14.5,
        {("a", "work"): 1, ("b", "work"): 12, ("c", "work"): 1},
    ),
    # a is the pace; each part then travels for 1 s: only the last one's way counts.
    "transport": (
        line(station("a", 2), station("b", 1, buffer=2, transport=1)),
        8.5,
        {("a", "work"): 6, ("b", "transport"): 1, ("b", "work"): 1},
    ),
    # Two servers of 4 s make the pace of 2 s: two rounds until 8, the first part at 4.
    "parallel servers": (
        line(station("a", 4, servers=2), station("b", 1, buffer=9)),
        9.5,
        {("a", "work"): 8, ("b", "work"): 1},
    ),
    # The feeder takes 5 s for a unit, the main line 2: three units, and the last part.
    "waiting for a feeder": (
        line(station("m", 2), feeders=[Line("f", (station("f0", 5),), joins="m", transport=1)]),
        18.5,
        {("f0", "work"): 15, ("f0", "transport"): 1, ("m", "work"): 2},
    ),
    # Position 1 needs 12 s of a takt of 10: from the second cycle on 2 s more each.
    "paced, no window": (
        line(Section("s", 10.0, (station("p0", 8), station("p1", 12)))),
        50.0,
        {("s", "takt"): 40, ("p1", "over takt"): 6},
    ),
    # With a window of 5 s it falls behind by 2 s a cycle: takts of 10 until it is 5 s
    # behind, cycles of 10, 10, 10, 11, 12 s; worked without a break since the second.
    "paced, with a window": (
        line(Section("s", 10.0, (station("p0", 8, window=5), station("p1", 12, window=5)))),
        60.0,
        {("s", "takt"): 50, ("p1", "over takt"): 3},
    ),
    # Work of 5 s fails when 12 s are passed: in the third part.
    "breakdown": (
        line(station("a", 5, failures=(JAM,))),
        30.0,
        {("a", "work"): 20, ("a", "down"): 3},
    ),
    # In a section the repair of 3 s comes on top of 5 s: 2 s within the takt of 6.
    "breakdown in a section": (
        line(Section("s", 6.0, (station("p", 5, failures=(JAM,)),))),
        27.0,
        {("s", "takt"): 24, ("p", "down"): 2},
    ),
    "off shift": (
        line(station("a", 4, calendar=PAUSE)),
        15.5,
        {("a", "work"): 12, ("a", "off shift"): 3},
    ),
    # Orders come every 10 s from second 10 on; the third leaves at 33.
    "no order": (
        line(station("a", 3), arrivals=Constant(10.0)),
        34.0,
        {("a", "no order"): 20, ("a", "work"): 3},
    ),
    "set-ups": (
        line(
            Station("a", (Constant(2.0), Constant(3.0)), setup=((0.0, 1.0), (4.0, 0.0))),
            orders=Orders(("x", "y"), (1.0, 1.0), (0, 1)),
        ),
        16.5,
        {("a", "work"): 10, ("a", "set-up"): 6},
    ),
    "tool changes": (
        line(station("a", 2, tool_change=ToolChange(2, Constant(5.0)))),
        16.5,  # 2, 4, then a change: 11, 13 (and the next at 20)
        {("a", "work"): 8, ("a", "tool change"): 5},
    ),
    "repairs in place": (
        line(station("a", 2, inspection=Inspection(1.0, 1.0, "in_place", Constant(3.0)))),
        11.0,
        {("a", "work"): 4, ("a", "repair"): 6},
    ),
}


@pytest.mark.parametrize("engine", ["batch", "traced", "reference"])
@pytest.mark.parametrize("case", BY_HAND)
def test_charges_are_those_found_by_hand(case: str, engine: Way) -> None:
    plant, until, expected = BY_HAND[case]
    assert charged(path_of(plant, until, engine=engine)) == expected


def test_a_window_cuts_the_path_and_counts_the_step_across_it_by_its_share() -> None:
    plant = line(station("a", 2), station("b", 3, buffer=1))
    path = path_of(plant, 15.0, begin=4.0)  # b works from 2 to 5, and on
    assert charged(path) == {("b", "work"): 10}
    assert path.first[0] == 4.0
    assert path.departures[0] == 4


def test_a_path_says_by_how_many_parts_a_feeder_moved_it_back() -> None:
    plant, until, _ = BY_HAND["waiting for a feeder"]
    assert path_of(plant, until).parts.tolist() == [[0, 3]]


def test_a_path_says_over_how_many_orders_it_waited() -> None:
    plant, until, _ = BY_HAND["no order"]
    assert path_of(plant, until).ordered.tolist() == [2]


def test_work_left_over_is_on_the_path_in_full() -> None:
    """Of 48 s of work since the second cycle, 5 s fit into the window at the end."""
    plant, until, _ = BY_HAND["paced, with a window"]
    path = path_of(plant, until)
    assert path.content[0, path.places.index("p1")] == pytest.approx(48)


def test_one_more_place_releases_what_the_path_waited_for() -> None:
    """B stops for 5 s on its third part, from 6 to 12; the fourth waits on a from 8 on.

    With one more place it would have left a at 8: 4 s. It gains less, 1 s, since b is then
    the next that the path waits for: a release says what to try, not what it gains.
    """
    jam = Failure("jam", "busy", Constant(2.5), Constant(5.0))
    plant = line(station("a", 2), station("b", 1, failures=(jam,)))
    path = path_of(plant, 15.5)
    assert charged(path) == {("a", "work"): 8, ("b", "work"): 2, ("b", "down"): 5}
    assert path.release[0, path.places.index("b")] == 4
    roomier = bind(followed(without(plant, "b", buffer=1), 15.5))
    fifth = int(path.departures[0]) - 1
    assert path.last[0] - roomier.exit.time[fifth, 0] == 1


@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
def test_charges_sum_to_the_time_and_do_not_depend_on_the_engine(plant: Plant, seed: int) -> None:
    assert_charges_hold(plant, seed)


@pytest.mark.slow
@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
def test_charges_hold_on_many_random_plants(plant: Plant, seed: int) -> None:
    assert_charges_hold(plant, seed)


def assert_charges_hold(plant: Plant, seed: int) -> None:
    try:
        ours = path_of(plant, UNTIL, begin=WARM_UP, seed=seed, many=REPLICATIONS)
    except NoDeparture:
        return
    assert ours.seconds.min() >= -1e-9
    np.testing.assert_allclose(ours.seconds.sum(axis=(1, 2)), ours.last - ours.first, 1e-9, 1e-9)
    asked = {"begin": WARM_UP, "seed": seed, "many": REPLICATIONS}
    assert_alike(ours, path_of(plant, UNTIL, **asked, engine="reference"), 1e-7)
    assert_alike(ours, path_of(plant, UNTIL, **asked, engine="traced"), 0.0)


def assert_alike(ours: CriticalPath, theirs: CriticalPath, tolerance: float) -> None:
    for field in fields(CriticalPath):
        mine, expected = getattr(ours, field.name), getattr(theirs, field.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_allclose(mine, expected, tolerance, tolerance, err_msg=field.name)


@pytest.mark.parametrize("begin", [0.0, WARM_UP])
def test_a_path_is_the_same_where_visits_are_summed_up(begin: float) -> None:
    """A section that has all that a path asks about, and whose stations all hold it at times."""
    hours = Calendar(20.0, (Interval(7.0, 8.0), Interval(15.0, 17.5)))
    work = (Uniform(0.4, 1.6), Uniform(0.5, 1.3))
    paced = Station("p", work, calendar=hours, window=0.3, defect_rate=0.3)
    check = Inspection(0.9, 0.1, "in_place", Exponential(0.6))
    special = {
        0: {"setup": ((0.0, 0.4), (0.6, 0.0))},
        1: {"failures": (Failure("jam", "busy", Exponential(9.0), Uniform(0.2, 2.0)),)},
        2: {"tool_change": ToolChange(4, Constant(1.0))},
        3: {"inspection": check},
        4: {"window": 0.0},
    }
    stations = tuple(replace(paced, name=f"p{n}", **special.get(n, {})) for n in range(6))
    section = Section("s", 1.0, stations, buffer=2, calendar=hours)
    feeder = Line("f", (Station("f0", (Exponential(0.9),) * 2),), joins="p5", buffer=1)
    first = Station("first", (Uniform(0.5, 1.0),) * 2)
    orders = Orders(("a", "b"), (1.0, 1.0), (0, 1, 1))
    plant = line(first, section, feeders=[feeder], orders=orders)
    assert summed_stations(plant) == len(stations)
    asked = {"begin": begin, "many": REPLICATIONS}
    told, traced = (path_of(plant, 400.0, **asked, engine=way) for way in ("batch", "traced"))
    assert_alike(told, traced, 0.0)
    causes = told.seconds.sum(axis=0)
    charged_to = {(told.places[p], CAUSES[c]) for p, c in zip(*np.nonzero(causes), strict=True)}
    asked_about = {("p0", "set-up"), ("p1", "down"), ("p2", "tool change"), ("p3", "repair")}
    assert asked_about < charged_to
    assert {("p4", "over takt"), ("f0", "work"), ("s", "off shift")} < charged_to


def test_work_done_just_as_the_takt_is_over_counts_as_carried_on() -> None:
    """Both bind, and which is taken must not depend on who tells the run, nor on rounding."""
    works = Station("p", (Constant(0.7), Constant(1.2)), window=0.3)
    plant = line(Section("s", 0.7, (works,)), orders=Orders(("a", "b"), (2.0, 1.0), (0, 0, 1)))
    told, traced, theirs = (
        path_of(plant, 100.0, engine=way) for way in ("batch", "traced", "reference")
    )
    assert_alike(told, traced, 0.0)
    assert_alike(told, theirs, 1e-9)
    assert told.content[0, 0] > 90  # without a break since the first part


JAMS = (Failure("jam", "busy", Exponential(20.0), Exponential(6.0)),)
JAMMED = line(
    Station("a", (Exponential(1.0),), failures=JAMS),
    Station("b", (Uniform(0.5, 1.5),), buffer=3, transport=0.4, failures=JAMS),
    Station("c", (Exponential(0.95),), buffer=2, failures=JAMS),
)


TIMES = (Uniform(0.3, 0.9), Uniform(0.3, 0.9))
HINDERED = line(
    Station("a", TIMES, setup=((0.0, 0.4), (0.4, 0.0)), tool_change=ToolChange(6, Constant(1.5))),
    Station(
        "b",
        TIMES,
        buffer=2,
        defect_rate=0.4,
        inspection=Inspection(1.0, 0.0, "in_place", Exponential(1.0)),
    ),
    Station("c", TIMES, buffer=2),
    orders=Orders(("x", "y"), (1.0, 1.0)),
)


def without(plant: Plant, name: str, **fields_: object) -> Plant:
    stages = tuple(replace(s, **fields_) if s.name == name else s for s in plant.main.stages)
    return replace(plant, lines=(replace(plant.main, stages=stages), *plant.lines[1:]))


@pytest.mark.parametrize(
    ("plant", "name", "cause", "gone"),
    [
        (JAMMED, "a", "down", {"failures": ()}),
        (JAMMED, "b", "down", {"failures": ()}),
        (JAMMED, "c", "down", {"failures": ()}),
        (JAMMED, "b", "transport", {"transport": 0.0}),
        (JAMMED, "a", "work", {"work": (Constant(0.0),)}),
        (HINDERED, "a", "set-up", {"setup": None}),
        (HINDERED, "a", "tool change", {"tool_change": None}),
        (HINDERED, "b", "repair", {"inspection": None}),
    ],
)
def test_without_what_is_blamed_the_end_comes_earlier_by_at_most_the_charge(
    plant: Plant, name: str, cause: str, gone: dict[str, object]
) -> None:
    """The rest of the path is a path still, so the bound holds in every replication.

    (Not so with parallel servers: another part may then be the n-th.)

    Breakdowns of a station without work would vanish with it: there the charge of both
    bounds the gain.
    """
    many, until = range(32), 400.0
    path = path_of(plant, until, many=many)
    other = bind(followed(without(plant, name, **gone), until, many=many))
    nth = path.departures.astype(int) - 1
    gain = path.last - other.exit.time[nth, np.arange(len(many))]
    charge = path.of(name, cause)
    if cause == "work":
        charge = charge + path.of(name, "down")
    assert (gain >= -1e-9).all()
    assert (gain <= charge + 1e-9 * until).all()
    assert charge.mean() > 1  # there is something to lose
    assert gain.mean() > 0.15 * charge.mean()  # and most of what is lost is not covered up


@pytest.mark.parametrize("what", ["finish", "leave", "start", "work"])
def test_records_that_contradict_each_other_are_noticed(what: str) -> None:
    """Negative control: one time on the path is wrong by a tenth of a second."""
    run = followed(JAMMED, 100.0)
    visits = run.visits["b"]
    wrong = getattr(visits, what).copy()
    wrong[:] += 0.1
    broken = replace(run, visits={**run.visits, "b": replace(visits, **{what: wrong})})
    with pytest.raises(AssertionError, match="the records do"):
        critical_path(bind(broken), 0.0, 100.0)


def test_a_holder_that_did_not_hold_is_noticed() -> None:
    plant, until, _ = BY_HAND["paced, no window"]
    run = followed(plant, until)
    cycles = run.cycles["s"]
    wrong = replace(cycles, holder=1 - cycles.holder)
    with pytest.raises(AssertionError, match="p0 lets its section go"):
        critical_path(bind(replace(run, cycles={"s": wrong})), 0.0, until)


def test_a_line_that_makes_nothing_has_no_path() -> None:
    with pytest.raises(NoDeparture, match=r"between 0 s and 1 s in replication 0; set a longer"):
        path_of(line(station("a", 2)), 1.0)


@pytest.mark.parametrize("then", ["rework", "scrap", "off_line"])
def test_parts_that_leave_their_way_are_followed_all_the_same(then: str) -> None:
    inspection = Inspection(
        0.9,
        0.1,
        then,
        repair=Exponential(1.0) if then == "off_line" else None,
        back_to="b" if then == "rework" else None,
    )
    plant = line(
        Station("a", (Exponential(1.3),)),
        Station("b", (Exponential(0.8),), buffer=-1, transport=0.2, defect_rate=0.3),
        Station("c", (Exponential(0.9),), buffer=2, inspection=inspection),
        Station("d", (Exponential(0.9),), buffer=1),
    )
    path = path_of(plant, 400.0, many=range(4), engine="reference")
    np.testing.assert_allclose(path.seconds.sum(axis=(1, 2)), path.last - path.first, rtol=1e-9)
    assert (path.seconds >= 0).all()


def test_a_wait_for_shared_people_is_charged_to_the_station_that_waits() -> None:
    """One person does a (2 s) and b (3 s) in turn: a part every 5 s."""
    plant = line(
        station("a", 2, operators="crew"),
        station("b", 3, buffer=1, operators="crew"),
        pools={"crew": 1},
    )
    path = path_of(plant, 100.0, engine="reference")
    assert path.seconds.sum() == pytest.approx(path.last[0])
    assert path.of("b", "people")[0] + path.of("a", "people")[0] > 0
