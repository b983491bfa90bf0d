"""Estimates survive their records, and amounts are put in units that read well."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.quotient import quotient
from factory_sim.analysis.records import estimate_record
from factory_sim.analysis.statistics import Estimate
from factory_sim.report.estimates import read_estimate, rescaled
from factory_sim.report.numbers import percent_text, rate_text, thousands, three_digits

FINITE = st.floats(-1e9, 1e9)


@given(FINITE, st.floats(0.0, 1e9), st.sampled_from(["s", "parts/h", ""]))
def test_an_estimate_is_read_back_as_it_was_recorded(mean: float, half: float, unit: str) -> None:
    estimate = Estimate(mean, half, 0.9, 7, unit)
    record = estimate_record(estimate)
    assert read_estimate(record, "mean", 0.9, 7) == estimate
    assert read_estimate(record | {"confidence": 0.9, "n": 7}) == estimate


def test_a_mean_of_another_name_has_a_half_width_of_that_name() -> None:
    record = {"oee": 0.5, "oee_half_width": 0.1, "half_width": 0.2}
    assert read_estimate(record, "oee", 0.95, 3) == Estimate(0.5, 0.1, 0.95, 3)


def test_what_a_record_leaves_undefined_is_nan() -> None:
    found = read_estimate({"oee": 0.5, "oee_half_width": None}, "oee", 0.95, 3)
    assert found.mean == 0.5
    assert math.isnan(found.half_width)
    assert math.isnan(read_estimate({}, "mean", 0.95, 3).mean)


@given(FINITE, st.floats(0.0, 1e9), st.sampled_from([60.0, 3600.0]))
def test_rescaling_divides_both_mean_and_half_width(mean: float, half: float, size: float) -> None:
    found = rescaled(Estimate(mean, half, 0.95, 9, "s"), size)
    assert found == Estimate(mean / size, half / size, 0.95, 9)


@given(st.floats(0.0, 1e12))
def test_a_large_amount_of_money_keeps_at_least_two_digits_left_of_the_point(most: float) -> None:
    unit, size = thousands("CNY", most)
    assert unit == {1.0: "CNY", 1e3: "k CNY", 1e6: "M CNY", 1e9: "bn CNY"}[size]
    assert most / size >= 10 or size == 1.0
    assert most / size < 10_000 or size == 1e9


@pytest.mark.parametrize(
    ("value", "text"), [(2.345, "2.35"), (999.4, "999"), (1234.0, "1,230"), (56789.0, "56,800")]
)
def test_three_digits_count_and_thousands_are_separated(value: float, text: str) -> None:
    assert three_digits(value) == text


def test_a_message_in_four_seconds_is_no_rate_of_0() -> None:
    rates = (0.0, 0.25, 9.5, 24.6, 17_966.4)
    assert [rate_text(rate) for rate in rates] == ["0", "0.250", "9.50", "25", "17,966"]


def test_a_share_is_written_in_per_cent() -> None:
    assert [percent_text(share) for share in (0.0, 0.125, 1.0)] == ["0 %", "12.5 %", "100 %"]


def test_a_quotient_is_nan_only_where_nothing_is_divided_by() -> None:
    found = quotient(np.array([1.0, 2.0, 0.0]), np.array([4.0, 0.0, 3.0]))
    np.testing.assert_array_equal(found, [0.25, np.nan, 0.0])
    assert quotient(np.array(1.0), np.array(8.0)) == 0.125
