"""Formulas of money and energy, by hand; and what a scenario may say about either."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import Estimate, ScenarioError, loads
from factory_sim.analysis.economics import (
    annuity_factor,
    discounted_payback,
    energy,
    net_present_value,
    payback,
    recovery,
)
from factory_sim.analysis.statistics import interval

SMALL = """name: small
horizon: 1 h
economics: {currency: RMB, wage: 45, hours_per_year: 5000}
stations:
  - {name: press, cycle_time: 50 s}
"""

interests = st.one_of(st.just(0.0), st.floats(1e-6, 0.5))
years = st.floats(0.5, 40.0)
amounts = st.floats(1.0, 1e6)


def test_an_annuity_by_hand():
    # 1/1.1 + 1/1.21
    assert annuity_factor(0.10, 2) == pytest.approx(1 / 1.1 + 1 / 1.21)
    assert annuity_factor(0.0, 7) == 7


@given(interests, years)
def test_an_annuity_without_interest_is_the_limit_of_little_interest(interest, years):
    assert annuity_factor(interest, years) <= years * (1 + 1e-12)
    assert annuity_factor(1e-12, years) == pytest.approx(years, rel=1e-9)


def test_paybacks_by_hand():
    assert payback(100.0, 40.0) == 2.5
    # at 10 % a gain of 60 is worth 60/1.1 + 60/1.21 = 104.13 in two years
    assert discounted_payback(60 / 1.1 + 60 / 1.21, 60.0, 0.10) == pytest.approx(2.0)
    assert net_present_value(100.0, 60.0, 0.10, 2) == pytest.approx(4.132, abs=1e-3)


@given(amounts, amounts, interests)
def test_at_the_discounted_payback_the_net_present_value_is_nothing(investment, gain, interest):
    time = discounted_payback(investment, gain, interest)
    if math.isinf(time):
        assert interest * investment >= gain * (1 - 1e-12)
    else:
        assert time >= payback(investment, gain) * (1 - 1e-12)
        worth = net_present_value(investment, gain, interest, time)
        assert worth == pytest.approx(0.0, abs=1e-6 * investment)


def test_what_does_not_pay_never_comes_back_and_nothing_needs_no_time():
    assert payback(100.0, 0.0) == payback(100.0, -5.0) == math.inf
    assert discounted_payback(100.0, 5.0, 0.05) == math.inf  # the interest alone takes it
    assert payback(0.0, 5.0) == payback(-10.0, 0.0) == discounted_payback(0.0, 5.0, 0.1) == 0.0
    assert math.isnan(payback(0.0, 0.0))
    assert math.isnan(payback(-10.0, -1.0))
    assert math.isnan(payback(100.0, math.nan))


def test_the_interval_of_a_payback_is_that_of_the_gain():
    found = recovery(120.0, Estimate(40.0, 10.0, 0.9, 8), payback, "years")
    assert (found.value, found.low, found.high) == (3.0, 2.4, 4.0)
    assert (found.confidence, found.unit) == (0.9, "years")
    unsure = recovery(120.0, Estimate(40.0, 50.0, 0.9, 8), payback, "years")
    assert unsure.high == math.inf


def test_the_interval_of_a_payback_covers_the_truth_as_often_as_it_claims():
    gains = np.random.default_rng(0).normal(40.0, 15.0, size=(2000, 10))
    found = [recovery(120.0, interval(some), payback, "years") for some in gains]
    covered = np.mean([f.low <= 3.0 <= f.high for f in found])
    slack = 4 * math.sqrt(0.95 * 0.05 / len(found))
    assert abs(covered - 0.95) < slack
    naive = np.mean([abs(f.value - 3.0) < 0.5 * (f.value - f.low) for f in found])
    assert abs(naive - 0.95) > slack  # the control: half the interval would not do


def test_energy_of_two_stations_by_hand():
    # busy, blocked, starved, waiting, down, off
    states = np.array([[[0.5, 0.1, 0.0, 0.0, 0.15, 0.25], [0.25, 0.0, 0.5, 0.0, 0.0, 0.25]]])
    busy, idle, shift = np.array([8.0, 2.0]), np.array([4.0, 0.0]), np.array([9.0])
    used = energy(states, busy, idle, 3.0, 12.0, shift)
    # 12 h x (0.5 x 8 + 0.25 x 4 + 0.25 x 2) + 9 h x 3 kW
    assert used == pytest.approx([12 * (4.0 + 1.0 + 0.5) + 27.0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("wage: 45", "wage: -1", "3: economics.wage: must be at least 0 (got -1)"),
        ("wage: 45", "wage: lots", '3: economics.wage: must be a number (got "lots")'),
        ("wage: 45, ", "", "3: economics.wage: is missing; write wage: 45"),
        ("currency: RMB, ", "", "3: economics.currency: is missing; write currency: RMB"),
        ("5000", "0", "3: economics.hours_per_year: must be greater than 0 (got 0)"),
        ("wage: 45", "wage: 1, lifetime: 0", "3: economics.lifetime: must be greater than 0 (got"),
        ("wage: 45", "wage: 1, base_power: 3 mW", "3: economics.base_power: must be a power such "),
        ("wage: 45", "wages: 1", "3: economics.wages: unknown key; did you mean wage?"),
        ("50 s", "50 s, capital: -3", "5: stations[0].capital: must be at least 0 (got -3)"),
        ("50 s", "50 s, power: -3 kW", "5: stations[0].power: must be a power such as 5 kW or "),
        ("50 s", "50 s, power: -3", "5: stations[0].power: must be at least 0 kW (got -3)"),
        ("50 s", "50 s, power: {idle: 2}", "5: stations[0].power.busy: is missing; write busy: 5 "),
    ],
)
def test_what_is_wrong_about_money_or_power_is_said(old, new, message):
    with pytest.raises(ScenarioError) as error:
        loads(SMALL.replace(old, new), "x.yaml")
    assert f"x.yaml:{message}" in str(error.value)


def test_powers_have_units_and_a_bare_one_is_drawn_at_work():
    text = SMALL.replace("50 s}", "50 s, power: 500 W}").replace("wage", "base_power: 2 MW, wage")
    scenario = loads(text)
    assert scenario.stations[0].power.busy == 0.5
    assert scenario.stations[0].power.idle == 0.0
    assert scenario.economics.base_power == 2000.0
    assert {f.path for f in scenario.figures} >= {"stations[0].power", "economics.base_power"}
