"""How often failures come that wear announces: against simulation, and at the limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from factory_sim.analysis.books import account
from factory_sim.analysis.states import STATES
from factory_sim.line.calendars import Calendar, Interval, breaks_until
from factory_sim.line.devices import SteadyAge
from factory_sim.line.failures import Failure, Prediction
from factory_sim.line.plant import Line, Plant, Station
from factory_sim.scenario.unbounded import Weibull
from factory_sim.study.rates import Window, rate_of
from plants import Constant, Exponential

HOUR = 3600.0
DAY = 24 * HOUR
SHIFT = Calendar(
    DAY,
    (Interval(0.0, 6 * HOUR), Interval(10 * HOUR, 10.5 * HOUR), Interval(22 * HOUR, DAY)),
)
WINDOW = Window(12 * HOUR, 5 * DAY)
AGEING = Weibull(shape=1.5, mean=40 * HOUR)
LAWS = {
    "new": (Exponential(40 * HOUR), None),
    "steady": (AGEING, SteadyAge(AGEING)),
    "young": (Weibull(shape=4.0, mean=20 * HOUR), None),
}


def worn(clock: str, law: str = "new", chance: float = 0.8, breaks: Calendar = SHIFT) -> Failure:
    up, age = LAWS[law]
    ahead = Prediction(0.8, chance, Constant(0.0), breaks)
    return Failure("f", clock, up, Constant(600.0), age=age, prediction=ahead)


@pytest.mark.parametrize("clock", ["busy", "calendar"])
@pytest.mark.parametrize("law", LAWS)
def test_as_many_failures_are_expected_as_come(clock: str, law: str) -> None:
    """A control without prevention misses them."""
    failure = worn(clock, law)
    station = Station("m", (Constant(100.0),), calendar=SHIFT, failures=(failure,))
    plant = Plant("one", (Line("main", (station,)),))
    accounts = account(plant, 5, range(256), WINDOW.begin, WINDOW.end, "batch")
    load = float(accounts.states[:, 0, STATES.index("busy")].mean())
    came = accounts.failures.sum(axis=1)
    tolerance = 4 * came.std(ddof=1) / np.sqrt(came.size) + 0.02 * came.mean()
    length = WINDOW.end - WINDOW.begin
    expected = length * rate_of(failure, load, SHIFT, WINDOW)
    assert abs(expected - came.mean()) < tolerance
    without = length * rate_of(replace(failure, prediction=None), load, SHIFT, WINDOW)
    assert without - came.mean() > tolerance


@pytest.mark.parametrize("clock", ["busy", "calendar"])
@pytest.mark.parametrize("law", ["new", "steady"])
def test_wear_that_nobody_sees_changes_no_rate(clock: str, law: str) -> None:
    failure = worn(clock, law, chance=0.0)
    usual = rate_of(replace(failure, prediction=None), 0.6, SHIFT, WINDOW)
    assert rate_of(failure, 0.6, SHIFT, WINDOW) == pytest.approx(usual, rel=3e-3)
    never = worn(clock, law, breaks=Calendar())
    assert rate_of(never, 0.6, SHIFT, WINDOW) == pytest.approx(usual, rel=3e-3)


def test_with_a_break_at_every_moment_nothing_fails() -> None:
    always = Calendar(60.0, (Interval(30.0, 30.0 + 1e-9),))
    rate = rate_of(worn("calendar", "young", 1.0, always), 0.6, always, WINDOW)
    assert rate < 1e-6 / (20 * HOUR)
    seldom = rate_of(worn("busy", "new", 1.0, always), 0.6, always, WINDOW)
    assert seldom < 0.01 * 0.6 / (40 * HOUR)


def test_a_station_that_never_works_breaks_nothing_on_the_busy_clock() -> None:
    assert rate_of(worn("busy"), 0.0, SHIFT, WINDOW) == 0.0


def test_of_long_runs_between_even_breaks_the_rate_is_that_of_renewal_theory() -> None:
    """E(1 - p) / E(age at the end), for exponential lives and breaks at a constant distance."""
    mean, last, chance, distance = 40 * HOUR, 0.2, 0.8, 4 * HOUR
    breaks = Calendar(distance, (Interval(HOUR, HOUR + 1e-6),))
    failure = Failure(
        "f", "busy", Exponential(mean), Constant(0.0),
        prediction=Prediction(1 - last, chance, Constant(0.0), breaks),
    )  # fmt: skip
    window = last * -mean * np.log1p(-(np.arange(100_000) + 0.5) / 100_000)
    met = np.minimum(window, distance)
    spared = chance * met.mean() / distance
    saved = chance * (met * (window - met / 2)).mean() / distance
    theory = (1 - spared) / (mean - saved)
    found = rate_of(failure, 1.0, Calendar(), Window(20 * DAY, 60 * DAY))
    assert found == pytest.approx(theory, rel=0.01)
    assert abs(found * mean - 1) > 0.1  # far from what it is without


def test_breaks_begin_before_an_end() -> None:
    assert breaks_until(SHIFT, DAY + 10 * HOUR).tolist() == [0, 10 * HOUR, 22 * HOUR, DAY]
    assert breaks_until(Calendar(), DAY).size == 0
