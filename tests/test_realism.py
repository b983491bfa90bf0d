"""Learning, fatigue, absence, tools and growing reliability against hand-made results.

Every case runs on both engines.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import comb, log, log2
from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis.books import tally
from factory_sim.engines import simulate
from factory_sim.engines.record import DEFECTIVE
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Fatigue, Growth, Learning, Staffing
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.pace import Attendance, Pace, absences
from factory_sim.line.plant import Inspection, Line, Plant, Section, Station, ToolChange
from plants import Constant, Exponential
from slabs import kept

if TYPE_CHECKING:
    from factory_sim.engines import Engine
    from factory_sim.line.arrays import Floats

ENGINES = ("batch", "reference")
engines = pytest.mark.parametrize("engine", ENGINES)


def line(*stages: Station | Section, **plant: object) -> Plant:
    return Plant("p", (Line("main", stages),), **plant)


def visits(plant: Plant, until: float, engine: Engine, what: str, station: int = 0) -> Floats:
    """Return one quantity of the parts that a station begins before ``until``, (n,)."""
    slabs = [slab.stations[station] for slab in _slabs(plant, until, engine)]
    values = np.concatenate([getattr(slab, what)[:, 0] for slab in slabs])
    ready = np.concatenate([slab.ready[:, 0] for slab in slabs])
    return values[ready < until]


def _slabs(plant, until, engine, replications=range(1)):
    """Yield the slabs of a run, copied: an engine writes over them."""
    yield from kept(simulate(plant, Draws(1, replications), until, engine))


def firsts(plant: Plant, replications: int) -> list[Floats]:
    """Return what the first part of each station takes, (R,) each."""
    slab = next(iter(_slabs(plant, 1.0, "batch", range(replications))))
    return [station.work[0] for station in slab.stations]


def assert_mean(samples: Floats, exact: float, sharp: float) -> None:
    """Compare a sample's mean with the exact value: four standard errors, which must be small."""
    half_width = 4 * samples.std(ddof=1) / np.sqrt(samples.size)
    assert half_width < sharp * exact
    assert abs(samples.mean() - exact) < half_width


# Learning

WRIGHT = Learning(exponent=log2(0.8), reference=4)


@engines
def test_each_doubling_of_output_takes_a_fifth_off_the_work_content(engine):
    work = visits(line(Station("s", (Constant(10.0),), learning=WRIGHT)), 99.0, engine, "work")
    assert work[[0, 1, 3, 7]] == pytest.approx([15.625, 12.5, 10.0, 8.0])


@engines
def test_learning_starts_from_what_was_made_and_ends_on_its_plateau(engine):
    curve = replace(WRIGHT, made=1, floor=0.9)
    work = visits(line(Station("s", (Constant(10.0),), learning=curve)), 99.0, engine, "work")
    assert work[[0, 2, 6]] == pytest.approx([12.5, 10.0, 9.0])
    assert work[7:] == pytest.approx(9.0)


@engines
def test_parallel_servers_learn_together(engine):
    station = Station("s", (Constant(10.0),), servers=2, learning=WRIGHT)
    work = visits(line(station), 99.0, engine, "work")
    assert work[[0, 1, 3, 7]] == pytest.approx([15.625, 12.5, 10.0, 8.0])


@engines
def test_the_positions_of_a_section_count_their_own_parts(engine):
    stations = [Station(f"s{n}", (Constant(10.0),), learning=WRIGHT) for n in range(3)]
    plant = line(Section("paced", 1.0, tuple(stations)))
    for station in range(3):
        work = visits(plant, 200.0, engine, "work", station)
        assert work[[0, 1, 3, 7]] == pytest.approx([15.625, 12.5, 10.0, 8.0])


def test_defects_halve_with_each_tenfold_output():
    """Levitt, List and Syverson (2013): 50 % per tenfold output."""
    gate = Inspection(detects=1.0, false_alarm=0.0, then="in_place", repair=Constant(0.0))
    halving = Learning(exponent=log(0.5) / log(10), reference=10)
    station = Station(
        "s", (Constant(1.0),), defect_rate=0.2, inspection=gate, defect_learning=halving
    )
    replications = range(4096)
    slabs = simulate(line(station), Draws(1, replications), 99.0, "batch")
    touched = np.concatenate([slab.touched.astype(float) for slab in slabs])
    for part, rate in ((0, 0.4), (9, 0.2), (99, 0.1)):
        assert_mean(touched[part], rate, sharp=0.3)


# Fatigue

SHIFT = Calendar(200.0, (Interval(60.0, 70.0), Interval(130.0, 200.0)))
"""Work from 0 to 130 with a break from 60 to 70, then nothing until 200."""

TIRING = Fatigue(
    200.0,
    begins=(0.0, 60.0, 70.0, 130.0),
    values=(0.0, 0.05, 0.05, 0.0),
    slopes=(0.2 / 120, 0.0, 0.2 / 120, 0.0),
)
"""A rise of 20 % over 120 s of work; the break takes back half."""


def tired(t: float) -> float:
    """Return the factor at a time, by hand."""
    t %= 200.0
    if t < 60:
        return 1 + 0.2 * t / 120
    if t < 130:
        return 1.05 + 0.2 * max(t - 70, 0) / 120
    return 1.0


@engines
def test_work_takes_longer_as_the_shift_goes_on_and_less_after_a_break(engine):
    station = Station("s", (Constant(7.0),), calendar=SHIFT, fatigue=TIRING)
    plant = line(station)
    ready = visits(plant, 900.0, engine, "ready")
    work = visits(plant, 900.0, engine, "work")
    assert work == pytest.approx([7.0 * tired(t) for t in ready])
    assert work.max() > 7.0 * 1.13  # towards the end of a shift


@engines
@pytest.mark.parametrize(("arrives", "factor"), [(30.0, 1.05), (65.0, 1.05), (150.0, 1.0)])
def test_the_moment_counts_in_which_work_begins(engine, arrives, factor):
    """Before the break, in it (worked by people who have rested) and after the shift."""
    station = Station("s", (Constant(10.0),), calendar=SHIFT, fatigue=TIRING)
    plant = line(station, arrivals=Constant(arrives))
    work = visits(plant, arrives + 1, engine, "work")
    assert work == pytest.approx([10.0 * factor])


@engines
def test_fatigue_changes_neither_set_up_nor_repair_nor_tool(engine):
    """Only the work of people on a part tires: 10 s of tool change stay 10 s."""
    tool = ToolChange(1, Constant(10.0))
    station = Station("s", (Constant(20.0),), fatigue=TIRING, tool_change=tool)
    work = visits(line(station), 50.0, engine, "work")
    assert work[1] == pytest.approx(20.0 * tired(20.0) + 10.0)


WORSE = replace(TIRING, values=(0.0, 1.0, 1.0, 0.0), slopes=(4 / 120, 0.0, 4 / 120, 0.0))
"""Twenty times as far: fivefold defects by the end of the shift."""


def found_at(engine: Engine, replications: int, fatigue: Fatigue | None) -> tuple[Floats, Floats]:
    """Return when the work on each part begins, and the share of them that is made defective."""
    gate = Inspection(detects=1.0, false_alarm=0.0, then="in_place", repair=Constant(0.0))
    station = Station(
        "s",
        (Constant(7.0),),
        calendar=SHIFT,
        defect_rate=0.1,
        inspection=gate,
        defect_fatigue=fatigue,
    )
    slabs = _slabs(line(station), 590.0, engine, range(replications))
    pairs = [(s.stations[0].ready, s.stations[0].verdict & DEFECTIVE) for s in slabs]
    ready, defective = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    within = ready[:, 0] < 590.0
    return ready[within, 0], defective[within]


def test_defects_become_more_frequent_as_the_shift_goes_on():
    """At each moment by hand: 10 % x (1 + 2 x (t / 60)) before the break, half of it after."""
    ready, defective = found_at("batch", 8192, WORSE)
    for moment, made in zip(ready, defective, strict=True):
        assert_mean(made, 0.1 * (1 + 20 * (tired(moment) - 1)), sharp=0.15)
    assert defective.mean(axis=1).max() > 0.25


def test_defects_of_people_who_never_tire_would_not_pass():
    ready, defective = found_at("batch", 8192, None)
    with pytest.raises(AssertionError):
        assert_mean(defective[8], 0.1 * (1 + 20 * (tired(ready[8]) - 1)), sharp=0.15)


def test_both_engines_make_the_same_parts_defective():
    _, ours = found_at("batch", 8, WORSE)
    _, first = found_at("reference", 1, WORSE)
    assert first.any()
    np.testing.assert_array_equal(ours[:, :1], first)


# Absence

GROUP = Staffing("main", ("a", "b"), rate=0.3, utility=1, unmanned=2.5, period=100.0, ends=(60.0,))
CREWS = {"a": 3.0, "b": 2.0}


def staffed(group: Staffing = GROUP) -> Plant:
    stations = (Station(name, (Constant(1.0),), crew=CREWS[name]) for name in "ab")
    return line(*stations, staffing=(group,))


def expected_factors(group: Staffing) -> tuple[float, float]:
    """Return the mean factors at a and b, over all that the binomial law allows."""

    def chance(posts: int, absent: int) -> float:
        return comb(posts, absent) * group.rate**absent * (1 - group.rate) ** (posts - absent)

    def factor(crew: float, still_open: int) -> float:
        return crew / (crew - still_open) if still_open < crew else group.unmanned

    mean = np.zeros(2)
    for absent_a, absent_b in product(range(4), range(3)):
        helped_a = min(group.utility, absent_a)
        helped_b = min(group.utility - helped_a, absent_b)
        factors = factor(3, absent_a - helped_a), factor(2, absent_b - helped_b)
        mean += chance(3, absent_a) * chance(2, absent_b) * np.array(factors)
    return float(mean[0]), float(mean[1])


@pytest.mark.parametrize("utility", [0, 1, 2])
def test_open_posts_follow_the_binomial_law_and_are_filled_in_flow_order(utility):
    group = replace(GROUP, utility=utility)
    for work, exact in zip(firsts(staffed(group), 8192), expected_factors(group), strict=True):
        assert_mean(work, exact, sharp=0.03)


def test_a_mean_of_other_people_would_not_pass():
    """Negative control: one utility worker more or less is seen."""
    for work, wrong in zip(
        firsts(staffed(), 8192), expected_factors(replace(GROUP, utility=0)), strict=True
    ):
        with pytest.raises(AssertionError):
            assert_mean(work, wrong, sharp=0.03)


@engines
def test_people_are_the_same_all_shift_and_others_in_the_next(engine):
    group = replace(GROUP, stations=("a",), utility=0)
    plant = line(Station("a", (Constant(10.0),), crew=3.0), staffing=(group,))
    ready, work = (visits(plant, 9000.0, engine, what) for what in ("ready", "work"))
    shift = (ready - 60.0) // 100.0
    by_shift = [set(np.round(work[shift == n], 9)) for n in np.unique(shift)]
    assert {len(factors) for factors in by_shift} == {1}
    assert set.union(*by_shift) == {10.0, 15.0, 30.0, 25.0}


@engines
def test_a_share_of_a_person_is_not_a_post(engine):
    plant = line(
        Station("a", (Constant(1.0),), crew=0.125), staffing=(replace(GROUP, stations=("a",)),)
    )
    assert set(visits(plant, 900.0, engine, "work")) == {1.0}


def test_everybody_absent_leaves_the_factor_of_an_unmanned_station():
    group = replace(GROUP, rate=1.0, utility=3)
    a, b = firsts(staffed(group), 3)
    assert set(a) == {1.0}  # the three utility workers stand here
    assert set(b) == {2.5}


def test_utility_workers_count_in_the_labour_hours():
    end = 360.0
    plain = replace(staffed(), staffing=())
    hours = [
        tally(plant, simulate(plant, Draws(1, range(2)), end, "batch"), 0.0, end, 2).labour_hours
        for plant in (plain, staffed(), staffed(replace(GROUP, utility=4)))
    ]
    assert np.array(hours) == pytest.approx(np.array([[0.5, 0.5], [0.6, 0.6], [0.9, 0.9]]))


def test_shifts_that_are_over_are_forgotten_and_the_rest_stays():
    draws = Draws(1, range(5))
    forgetful, lasting = (Attendance(GROUP, CREWS, draws) for _ in range(2))
    place, replication = np.repeat([0, 1], 5), np.tile(np.arange(5), 2)
    for shift in range(0, 900, 3):
        asked = np.full(10, shift), place, replication
        np.testing.assert_array_equal(forgetful.factors(*asked), lasting.factors(*asked))
        forgetful.forget(100.0 * shift)
    assert len(forgetful._factors) < 100 < len(lasting._factors)


def test_a_time_that_misses_an_edge_by_a_rounding_is_at_it():
    station = Station("s", (Constant(1.0),), fatigue=TIRING)
    edges = np.array([[60.0, 70.0, 130.0, 200.0]]) + 200.0 * 12345
    pace = [
        Pace([station], (), Draws(1, range(4))).factor(edges * f, slice(None))
        for f in (1 - 3e-16, 1, 1 + 3e-16)
    ]
    np.testing.assert_allclose(pace[0], pace[1], rtol=1e-9)
    np.testing.assert_allclose(pace[2], pace[1], rtol=1e-9)


# Tools


@engines
@pytest.mark.parametrize("servers", [1, 2])
def test_a_tool_is_changed_after_every_third_part(engine, servers):
    tool = ToolChange(3, Constant(5.0))
    station = Station("s", (Constant(10.0),), servers=servers, tool_change=tool)
    work = visits(line(station), 90.0, engine, "work")
    assert work[:8].tolist() == [10, 10, 10, 15, 10, 10, 15, 10]


@engines
def test_tool_changes_age_the_busy_clock(engine):
    tool = ToolChange(3, Constant(5.0))
    failure = Failure("f", "busy", Constant(34.0), Constant(7.0))
    station = Station("s", (Constant(10.0),), failures=(failure,), tool_change=tool)
    down = visits(line(station), 90.0, engine, "down")
    assert down[:6].tolist() == [0, 0, 0, 7, 0, 0]  # 30 s of work, then 45 s


def test_the_time_of_a_tool_change_may_spread():
    tool = ToolChange(2, Exponential(8.0))
    plant = line(Station("s", (Constant(1.0),), tool_change=tool))
    third = np.concatenate(
        [slab.stations[0].work for slab in _slabs(plant, 9.0, "batch", range(4096))]
    )[2]
    assert_mean(third, 9.0, sharp=0.1)


# Growth of reliability

GROWING = Growth(first=0.5, over=100.0)


@engines
def test_work_between_failures_grows_with_the_work_done(engine):
    """Thresholds by hand: 100 x 0.5 = 50, + 100 x 0.75 = 125, + 100 = 225."""
    failure = Failure("f", "busy", Constant(100.0), Constant(1.0), growth=GROWING)
    plant = line(Station("s", (Constant(10.0),), failures=(failure,)))
    down = visits(plant, 300.0, engine, "down")
    assert np.flatnonzero(down).tolist()[:3] == [5, 12, 22]


@engines
def test_time_between_failures_grows_with_the_time_on_the_wall(engine):
    """Down in 50-70, then 100 x 0.85 later in 155-175, then 100 later in 275-295, 395-415."""
    failure = Failure("f", "calendar", Constant(100.0), Constant(20.0), growth=GROWING)
    plant = line(Station("s", (Constant(400.0),), failures=(failure,)))
    assert visits(plant, 500.0, engine, "finish")[0] == pytest.approx(480.0)


@pytest.mark.parametrize("clock", ["busy", "calendar"])
def test_failures_while_reliability_grows_are_the_integral_of_their_rate(clock):
    """Rate 1 / (mtbf g(t)), so over / (mtbf (1 - first)) x ln(1 / first) in all."""
    mtbf, repair, over = 4.0, 1e-6, 400.0
    growth = Growth(first=0.25, over=over)
    failure = Failure("f", clock, Exponential(mtbf), Constant(repair), growth=growth)
    plant = line(Station("s", (Constant(1.0),), failures=(failure,)))
    end, replications = over, 128
    accounts = tally(
        plant,
        simulate(plant, Draws(1, range(replications)), end, "batch"),
        0.0,
        end,
        replications,
    )
    failures = accounts.states[:, 0, 4] * end / repair
    assert_mean(failures, over / (mtbf * 0.75) * log(4), sharp=0.03)


def test_the_absent_of_a_crew_of_any_size_are_binomial():
    np.testing.assert_allclose(absences(2, 0.1), [0.81, 0.99], rtol=1e-12)
    many = absences(1_200, 0.05)
    assert many.shape == (1_200,)
    assert (np.diff(many) >= 0).all()
    mean = (1.0 - many).sum()
    assert mean == pytest.approx(60.0, rel=1e-9)
