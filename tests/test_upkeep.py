"""What is done about failures: seen, come to, prevented. Hand-computed cases and closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.books import account
from factory_sim.analysis.theory.failures import prevented_share
from factory_sim.analysis.theory.mixes import predictive_value
from factory_sim.engines import batch, reference
from factory_sim.engines.reference.availability import break_from
from factory_sim.line.calendars import Calendar, Interval, next_break, on_shift
from factory_sim.line.detection import Blind, Law, Repeated, Round, Steady, excess
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure, Prediction
from factory_sim.line.plant import Inspection, Line, Plant, Station
from factory_sim.line.renewals import FAR, PLANNED, Renewal
from plants import Constant, Exponential

ALWAYS = Calendar()
SHIFTS = Calendar(1000.0, (Interval(100.0, 110.0), Interval(500.0, 510.0)))


def finishes(station: Station, until: float, pools: dict[str, int] | None = None) -> list[float]:
    """Return when a saturated station finishes its parts; both engines must say the same."""
    plant = Plant("one", (Line("main", (station,)),), pools=pools or {})
    slab = reference.run(plant, Draws(1, range(1)), until)
    oracle = slab.stations[0].finish[:, 0]
    oracle = oracle[oracle < until]
    if pools is None:
        slabs = [
            s.stations[0].finish[:, 0].copy() for s in batch.run(plant, Draws(1, range(1)), until)
        ]
        ours = np.concatenate(slabs)
        np.testing.assert_allclose(ours[ours < until], oracle, rtol=1e-12)
    return oracle.tolist()


def machine(*failures: Failure, calendar: Calendar = ALWAYS, work: float = 10.0) -> Station:
    return Station("m", (Constant(work),), calendar=calendar, failures=failures)


def breaking(up: float, clock: str = "busy", **answers: object) -> Failure:
    return Failure("f", clock, Constant(up), Constant(5.0), **answers)


def predicted(begins: float, repair: float, chance: float = 1.0) -> Prediction:
    return Prediction(begins, chance, Constant(repair), SHIFTS)


def test_down_is_the_time_until_seen_and_the_way_and_the_repair():
    failure = breaking(35.0, seen=Steady(Constant(3.0)), dispatch=Constant(2.0))
    # The fourth part fails at 35 and is held up by 3 + 2 + 5.
    assert finishes(machine(failure), 75.0) == [10, 20, 30, 50, 60, 70]


def test_the_delay_is_that_of_the_moment_in_which_the_failure_strikes():
    law = Law((0.0, 34.0, 36.0), (0.0, 1.0), ((0.0, 0.0), (20.0, 20.0), (0.0, 0.0)))
    # At 35, within the part from 30 to 40: late. The next at 70 of work, which is at 95: not.
    assert finishes(machine(breaking(35.0, seen=law)), 115.0)[3:] == [65, 75, 85, 95, 110]
    early = replace(law, begins=(0.0, 30.0, 34.0))
    assert finishes(machine(breaking(35.0, seen=early)), 50.0)[3:] == [45]


def test_the_delay_on_the_calendar_is_that_of_the_clock():
    failure = breaking(35.0, "calendar", seen=Blind(Constant(1.0), 30.0, 40.0))
    # Down from 35: blind until 40, a second more, repair of 5: until 46. Again at 81, until 87.
    assert finishes(machine(failure), 99.0) == [10, 20, 30, 51, 61, 71, 81, 97]


def test_a_planned_repair_comes_in_the_break_and_stops_the_station_for_the_rest():
    failure = breaking(105.0, prediction=predicted(0.9, 25.0))
    # Wear shows at 94.5; the break is from 100 to 110, the repair until 125. It is new then,
    # and fails after 105 more of work, in the part from 225 on, as no break comes before.
    times = finishes(machine(failure, calendar=SHIFTS), 250.0)
    assert times[9:12] == [100, 135, 145]
    assert times[19:22] == [225, 240]


def test_a_failure_before_the_break_is_not_prevented():
    failure = breaking(95.0, prediction=predicted(0.9, 25.0))
    # It fails in the tenth part, at 95, and takes 5; nothing is planned in the break any more.
    assert finishes(machine(failure, calendar=SHIFTS), 140.0)[9:12] == [115, 125, 135]


def test_wear_that_nobody_sees_ends_in_a_failure():
    failure = breaking(105.0, prediction=predicted(0.9, 25.0, chance=0.0))
    assert finishes(machine(failure, calendar=SHIFTS), 140.0)[9:11] == [100, 125]


def test_the_part_that_the_break_interrupts_waits_for_the_rest_of_the_repair():
    failure = breaking(105.0, prediction=predicted(0.9, 25.0))
    # A part of 98 is half done at the break; its second half of 47 begins at 125.
    times = finishes(machine(failure, calendar=SHIFTS, work=97.0), 300.0)
    assert times[:2] == [97, 97 + 3 + 25 + 94]


def test_a_repair_that_fits_into_the_break_costs_nothing():
    failure = breaking(105.0, prediction=predicted(0.9, 10.0))
    never = machine(calendar=SHIFTS)
    assert finishes(machine(failure, calendar=SHIFTS), 190.0) == finishes(never, 190.0)


@pytest.mark.parametrize("clock", ["busy", "calendar"])
def test_wear_that_shows_at_once_is_repaired_once_a_break(clock: str):
    nights = Calendar(100.0, (Interval(0.0, 10.0),))
    failure = breaking(1000.0, clock, prediction=replace(predicted(0.0, 25.0), breaks=nights))
    # Not in the break that begins at 0, and in that of 100 once, though the new life shows
    # wear before it is over. The part of 195 is half done at 200.
    times = finishes(machine(failure, calendar=nights), 235.0)
    assert times == [*range(20, 101, 10), *range(135, 196, 10), 230]


@given(st.floats(0.5, 50.0), st.integers(0, 200), st.sets(st.integers(0, 18), min_size=1))
def test_the_next_break_begins_later_by_both_engines(period: float, cycle: int, places: set[int]):
    begins = [0.05 * place * period for place in sorted(places)]
    calendar = Calendar(period, tuple(Interval(b, b + 0.01 * period) for b in begins))
    t = np.array([cycle * period + begin for begin in begins])  # as a break begins
    found = next_break(calendar, t)
    assert (found > t).all()
    assert found.tolist() == [break_from(calendar, one) for one in t.tolist()]


def test_a_planned_repair_on_the_calendar_spans_the_break_and_the_rest():
    failure = breaking(105.0, "calendar", prediction=predicted(0.9, 25.0))
    renewal = Renewal("m", failure, Draws(1, range(1)))
    spans = renewal.until(700.0)[:, :, 0]
    # New at 125; 105 later, at 230, it fails as no break comes while wear shows.
    assert spans[:, 0].tolist() == [100.0, 125.0, PLANNED]
    assert spans[:, 1].tolist() == [230.0, 235.0, 0.0]
    assert finishes(machine(failure, calendar=SHIFTS), 150.0)[9:] == [100, 135, 145]


def test_a_false_alarm_brings_somebody_in_the_next_break_and_is_no_failure():
    alarm = Failure("alarm", "calendar", Constant(60.0), Constant(25.0), visits=SHIFTS)
    assert finishes(machine(alarm, calendar=SHIFTS), 150.0)[9:] == [100, 135, 145]
    plant = Plant("one", (Line("main", (machine(alarm, calendar=SHIFTS),)),))
    accounts = account(plant, 1, range(1), 0.0, 480.0, "batch")
    # Alarms at 60, 120, ... 480: those until 100 are looked at in the first break.
    assert accounts.failures.sum() == 0
    assert accounts.planned.sum() == 1
    assert accounts.states[0, 0, 4] * 480.0 == pytest.approx(15.0)


def test_a_crew_goes_to_the_smaller_rank_first():
    def failing(name: str, up: float, rank: int) -> Station:
        failure = Failure("f", "calendar", Constant(up), Constant(50.0), crew="fitters", rank=rank)
        return Station(name, (Constant(1.0),), failures=(failure,), buffer=9)

    stations = (failing("a", 10.0, 1), failing("b", 20.0, 1), failing("c", 30.0, 0))
    plant = Plant("three", (Line("main", stations),), pools={"fitters": 1})
    slab = reference.run(plant, Draws(1, range(1)), 200.0)
    ends = [s.outages.failed(200.0)[1][0, 1] for s in slab.stations]
    # The crew is at a until 60; c has waited for less time than b but comes first.
    assert ends == [60, 160, 110]


@pytest.mark.parametrize("clock", ["calendar", "busy"])
def test_repairs_in_breaks_prevent_the_share_of_failures_that_theory_says(clock: str):
    """A control with another begin of wear misses the share."""
    mean, begins, distance = 4000.0, 0.8, 500.0
    breaks = Calendar(distance, (Interval(100.0, 100.0 + 1e-6),))
    ahead = Prediction(begins, 0.6 * 0.85, Constant(0.0), breaks)
    failure = Failure("f", clock, Exponential(mean), Constant(0.0), prediction=ahead)
    # Work without a pause, so that work is time on either clock.
    plant = Plant("one", (Line("main", (machine(failure, calendar=breaks, work=100.0),)),))
    accounts = account(plant, 3, range(64), 0.0, 40 * mean, "batch")
    prevented, failed = accounts.planned.sum(axis=1), accounts.failures.sum(axis=1)
    expected = prevented_share((1 - begins) * mean, distance, 0.51)
    ratio = prevented.sum() / (prevented + failed).sum()
    error = np.std(prevented - ratio * (prevented + failed)) / (prevented + failed).mean() / 8
    # A cut life is followed by a new one: the prevented ends are counted per end, not per life.
    assert abs(ratio - expected) < 4 * error
    assert error < 0.012
    assert abs(ratio - prevented_share(0.4 * mean, distance, 0.51)) > 4 * error


def test_monitoring_changes_the_delay_alone():
    def spans(seen: object) -> np.ndarray:
        failure = Failure("f", "calendar", Exponential(900.0), Exponential(60.0), seen=seen)
        return Renewal("m", failure, Draws(2, range(64))).until(1000.0)

    patrol, twin = spans(Round(100.0)), spans(Steady(Constant(2.0)))
    first = patrol[0, 0] < FAR
    np.testing.assert_array_equal(patrol[0, 0, first], twin[0, 0, first])
    repair = (patrol[1] - patrol[0] - patrol[2])[0, first]
    np.testing.assert_allclose(repair, (twin[1] - twin[0] - twin[2])[0, first])
    assert 0 <= patrol[2, 0, first].min() < patrol[2, 0, first].max() < 100


def test_accounts_tell_how_late_failures_are_seen_on_both_clocks():
    failures = (
        breaking(35.0, seen=Steady(Constant(3.0))),
        Failure("c", "calendar", Constant(100.0), Constant(1.0), seen=Steady(Constant(7.0))),
        Failure("own", "busy", Constant(1000.0), Constant(1.0)),
    )
    plant = Plant("one", (Line("main", (machine(*failures),)),))
    for engine in ("batch", "reference"):
        accounts = account(plant, 1, range(1), 0.0, 500.0, engine)
        busy = accounts.failures.sum() - 4
        assert accounts.awaited.sum() == busy + 4
        # The edge of the window cuts the repair of one part.
        assert accounts.unseen.sum() == pytest.approx(3 * busy + 7 * 4, abs=3)


LAW = Law(
    (0.0, 100.0, 160.0), (0.0, 0.5, 1.0), ((0.0, 1.0, 4.0), (10.0, 40.0, 70.0), (0.0, 1.0, 4.0))
)


def test_a_law_has_its_quantiles_between_straight_lines():
    t = np.array([0.0, 99.9, 100.0, 159.0, 160.0, 1e9])
    assert LAW.delay(t, np.full(6, 0.75)).tolist() == [2.5, 2.5, 55.0, 55.0, 2.5, 2.5]
    assert LAW.mean(t).tolist() == [1.5, 1.5, 40.0, 40.0, 1.5, 1.5]
    u = np.random.default_rng(0).random(20_000)
    drawn = LAW.delay(np.full_like(u, 120.0), u)
    assert abs(drawn.mean() - 40.0) < 4 * drawn.std() / np.sqrt(u.size)


def test_the_excess_is_the_integral_of_the_later_delay():
    usual = replace(LAW, begins=(0.0,), quantiles=LAW.quantiles[:1])
    assert excess(LAW, usual, 0.0, 1000.0) == pytest.approx(60 * 38.5)
    assert excess(Blind(Constant(2.0), 50.0, 80.0), Steady(Constant(2.0)), 0.0, 100.0) == (
        pytest.approx(30**2 / 2)
    )
    again = Repeated(LAW, 100.0, 160.0)
    assert excess(again, usual, 0.0, 600.0) == pytest.approx(600 * 38.5)
    assert again.delay(np.array([7.0]), np.array([0.5])).tolist() == [40.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"begins": (1.0, 100.0, 160.0)}, "begins must ascend from 0"),
        ({"shares": (0.0, 0.5, 0.9)}, "shares must ascend from 0 to 1"),
        ({"quantiles": LAW.quantiles[:2]}, "a row for each of the 3 pieces"),
        ({"quantiles": ((0.0, 1.0, 0.5), *LAW.quantiles[1:])}, "not fall"),
    ],
)
def test_a_law_of_another_form_is_refused(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        replace(LAW, **change)


def test_breaks_and_what_they_leave():
    t = np.array([0.0, 100.0, 100.5, 510.0, 1100.0])
    assert next_break(SHIFTS, t).tolist() == [100, 500, 500, 1100, 1500]
    assert next_break(Calendar(), t).tolist() == [np.inf] * 5
    begin, end = np.array([90.0, 105.0, 95.0, 200.0]), np.array([120.0, 108.0, 1120.0, 100.0])
    assert on_shift(SHIFTS, begin, end).tolist() == [20, 0, 995, 0]


def test_the_predictive_value_of_an_inspection():
    """parameters.md 4.5: of 1 % of defects, 98 % found and 1 % false calls, half are true."""
    assert predictive_value(0.01, 0.98, 0.01) == pytest.approx(0.4975, abs=5e-5)
    assert predictive_value(0.01, 0.80, 1 / 3) < 0.03  # by eye


def test_an_inspection_rejects_what_its_predictive_value_says():
    check = Inspection(0.98, 0.05, "in_place", Constant(0.0))
    station = Station("m", (Constant(1.0),), defect_rate=0.1, inspection=check)
    plant = Plant("one", (Line("main", (station,)),))
    accounts = account(plant, 1, range(64), 0.0, 500.0, "batch")
    rejected = accounts.caught.sum() / accounts.processed.sum()
    expected = 0.98 * 0.1 / predictive_value(0.1, 0.98, 0.05)
    error = np.sqrt(expected * (1 - expected) / accounts.processed.sum())
    assert abs(rejected - expected) < 4 * error
