"""What is claimed of replications: intervals that cover, cuts that suffice, exact pairs.

Every check of a statistical claim comes with a control that must fail the same check.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis import jackknife
from factory_sim.analysis.statistics import (
    Estimate,
    interval,
    is_precise,
    paired,
    replications_needed,
)
from factory_sim.analysis.truncation import BATCH, TAIL, Truncation, mser5

SEEDS = 2_000
TRUTH, SPREAD = 3.0, 2.0

values = st.floats(-1e6, 1e6).map(lambda x: round(x, 6))
confidences = st.floats(0.5, 0.999)


def covers_as_claimed(covered: np.ndarray, confidence: float) -> bool:
    """Return whether a share of hits fits a confidence, within 4 binomial standard errors."""
    error = math.sqrt(confidence * (1 - confidence) / covered.size)
    return abs(float(covered.mean()) - confidence) < 4 * error


def normal_samples(n: int) -> np.ndarray:
    return np.random.default_rng(n).normal(TRUTH, SPREAD, size=(SEEDS, n))


# --- intervals


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [2, 4, 30])
def test_an_interval_covers_the_truth_as_often_as_it_claims(n: int, confidence: float) -> None:
    estimates = [interval(x, confidence) for x in normal_samples(n)]
    covered = np.array([e.low < TRUTH < e.high for e in estimates])
    assert covers_as_claimed(covered, confidence)


def test_an_interval_with_the_normal_quantile_would_be_caught() -> None:
    x = normal_samples(4)
    z = NormalDist().inv_cdf(0.975)
    half_width = z * x.std(axis=1, ddof=1) / math.sqrt(4)
    assert not covers_as_claimed(abs(x.mean(axis=1) - TRUTH) < half_width, 0.95)


@given(x=values, confidence=confidences)
def test_one_sample_has_a_mean_and_an_unknown_half_width(x: float, confidence: float) -> None:
    estimate = interval([x], confidence, "parts/h")
    assert estimate.mean == x
    assert math.isnan(estimate.half_width)
    assert (estimate.confidence, estimate.n, estimate.unit) == (confidence, 1, "parts/h")


@given(x=values, y=values, confidence=confidences)
def test_two_samples_have_the_interval_of_a_cauchy_quantile(
    x: float, y: float, confidence: float
) -> None:
    # Student's t with one degree of freedom is Cauchy's: t = tan(pi/2 confidence).
    estimate = interval([x, y], confidence)
    assert estimate.mean == pytest.approx((x + y) / 2, rel=1e-12, abs=1e-9)
    expected = math.tan(math.pi / 2 * confidence) * abs(x - y) / 2
    assert estimate.half_width == pytest.approx(expected, rel=1e-9)


@given(x=values, n=st.integers(2, 50))
def test_constant_samples_are_known_exactly(x: float, n: int) -> None:
    estimate = interval([x] * n)
    assert (estimate.mean, estimate.half_width) == (x, 0.0)
    assert estimate.low == estimate.high == x


@given(x=st.lists(values, min_size=2, max_size=8), scale=st.sampled_from([-4.0, 0.5, 1024.0]))
def test_an_interval_scales_with_its_unit(x: list[float], scale: float) -> None:
    one, other = interval(x), interval([scale * v for v in x])
    assert other.mean == pytest.approx(scale * one.mean, rel=1e-12, abs=1e-9)
    assert other.half_width == pytest.approx(abs(scale) * one.half_width, rel=1e-9)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([1.0, math.nan], r"samples\[1\] is nan; every value must be a finite number"),
        ([math.inf], r"samples\[0\] is inf; every value must be a finite number"),
        ([], "samples is empty; a mean needs at least one value"),
        ([[1.0, 2.0]], r"samples must be one row of numbers \(got shape \(1, 2\)\)"),
    ],
)
def test_samples_that_are_no_numbers_are_refused(samples: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        interval(samples)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, math.nan])
@pytest.mark.parametrize("samples", [[1.0], [1.0, 2.0]])
def test_a_confidence_is_a_probability(samples: list[float], confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
        interval(samples, confidence)


# --- warm-up


def scores(series: np.ndarray) -> list[float]:
    """Return the MSER-5 statistic of every admissible cut, straight from its definition."""
    m = series.size // BATCH
    y = series[: m * BATCH].reshape(m, BATCH).mean(axis=1)
    return [float(y[d:].var() / (m - d)) for d in range(m - TAIL + 1)]


@given(n=st.integers(2 * TAIL * BATCH, 200), seed=st.integers(0, 2**32))
def test_the_cut_has_the_smallest_standard_error_of_all(n: int, seed: int) -> None:
    series = np.random.default_rng(seed).normal(size=n)
    truncation = mser5(series)
    all_scores = scores(series)
    assert truncation.cut % BATCH == 0
    assert all_scores[truncation.cut // BATCH] == pytest.approx(min(all_scores), rel=1e-9)
    assert truncation.reliable == (truncation.cut // BATCH <= n // BATCH / 2)


@given(n=st.integers(0, 2 * TAIL * BATCH - 1))
def test_a_series_too_short_to_judge_is_not_cut(n: int) -> None:
    assert mser5(np.arange(n)) == Truncation(cut=0, reliable=False)


@given(x=values, n=st.integers(2 * TAIL * BATCH, 300))
def test_a_constant_series_has_no_warm_up(x: float, n: int) -> None:
    assert mser5(np.full(n, x)) == Truncation(cut=0, reliable=True)


@given(batches=st.integers(1, 20), level=values.filter(bool), x=values)
def test_a_start_that_differs_is_cut_to_the_batch(batches: int, level: float, x: float) -> None:
    series = np.full(40 * BATCH, x)
    series[: batches * BATCH] += level
    assert mser5(series) == Truncation(cut=batches * BATCH, reliable=True)


def test_a_series_that_never_settles_is_called_unreliable() -> None:
    assert not mser5(np.arange(1_000.0)).reliable


def autocorrelated(start: float, *, runs: int = 300, n: int = 1_000) -> np.ndarray:
    """Return AR(1) series (runs, n) with mean 0 that start far from it and forget slowly."""
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(n, runs))
    series = np.empty((n, runs))
    last = np.full(runs, start)
    for i in range(n):
        last = series[i] = 0.95 * last + noise[i]
    return series.T


def is_unbiased(means: np.ndarray) -> bool:
    """Return whether means of independent runs fit a true mean of 0, within 4 standard errors."""
    return bool(abs(means.mean()) < 4 * means.std(ddof=1) / math.sqrt(means.size))


def test_the_cut_removes_the_bias_of_the_start() -> None:
    runs = autocorrelated(start=60.0)  # 19 standard deviations off
    cuts = [mser5(series) for series in runs]
    kept = np.array([s[t.cut :].mean() for s, t in zip(runs, cuts, strict=True)])
    assert is_unbiased(kept)
    assert np.mean([t.reliable for t in cuts]) > 0.9
    # Without the cut the same check fails: it is sharp enough to mean something.
    assert not is_unbiased(runs.mean(axis=1))


def test_a_series_in_steady_state_keeps_most_of_itself() -> None:
    cuts = [mser5(series) for series in autocorrelated(start=0.0)]
    assert np.median([t.cut for t in cuts]) < 250


@given(seed=st.integers(0, 2**32), shift=st.sampled_from([-8.0, 1024.0]))
def test_the_cut_depends_on_neither_unit_nor_zero(seed: int, shift: float) -> None:
    # Multiples of the batch have exact means, so that no rounding can decide a tie.
    series = BATCH * np.random.default_rng(seed).integers(0, 100, size=120).astype(float)
    assert mser5(series) == mser5(4.0 * series + shift)


def test_a_series_with_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^series\[7\] is nan"):
        mser5(np.where(np.arange(100) == 7, np.nan, 1.0))


# --- replications


@given(
    x=st.lists(values, min_size=2, max_size=20),
    relative=st.floats(1e-3, 2.0),
    confidence=confidences,
)
def test_no_more_replications_are_needed_exactly_if_they_are_precise(
    x: list[float], relative: float, confidence: float
) -> None:
    needed = replications_needed(x, relative, confidence)
    assert needed >= len(x)
    assert (needed == len(x)) == is_precise(x, relative, confidence)


@given(x=st.lists(values, min_size=2, max_size=6), relative=st.floats(0.01, 1.0))
def test_the_number_needed_is_the_smallest_that_does(x: list[float], relative: float) -> None:
    needed = replications_needed(x, relative, at_most=10_000)
    if needed in (len(x), 10_000):
        return
    # The half-width of n samples with this mean and variance, from the one of two samples
    # that have them.
    mean, deviation = float(np.mean(x)), float(np.std(x, ddof=1))
    target = relative / (1 + relative) * abs(mean)

    def half_width(n: int) -> float:
        unit = np.zeros(n)
        unit[:2] = math.sqrt((n - 1) / 2), -math.sqrt((n - 1) / 2)
        return interval(unit).half_width * deviation

    assert half_width(needed) <= target * (1 + 1e-9)
    assert half_width(needed - 1) > target * (1 - 1e-9)


@given(x=values, relative=st.floats(1e-3, 10.0))
def test_one_sample_is_never_precise_and_asks_for_a_second(x: float, relative: float) -> None:
    assert not is_precise([x], relative)
    assert replications_needed([x], relative) == 2
    assert replications_needed([x], relative, at_most=1) == 1


@given(x=values, n=st.integers(2, 20))
def test_constant_samples_are_precise_at_once(x: float, n: int) -> None:
    assert is_precise([x] * n, 1e-6)
    assert replications_needed([x] * n, 1e-6) == n


def test_a_mean_of_zero_is_never_precise_and_takes_all_there_are() -> None:
    assert not is_precise([-1.0, 1.0], 0.5)
    assert replications_needed([-1.0, 1.0], 0.5, at_most=2_000) == 2_000


@pytest.mark.parametrize("relative", [0.0, -0.1, math.nan, math.inf])
def test_a_precision_is_a_positive_number(relative: float) -> None:
    with pytest.raises(ValueError, match="relative_half_width must be positive"):
        is_precise([1.0, 2.0], relative)
    with pytest.raises(ValueError, match="relative_half_width must be positive"):
        replications_needed([1.0, 2.0], relative)


def until_precise(samples: np.ndarray, relative: float, first: int) -> np.ndarray:
    """Return the samples that the sequential rule takes of those there are."""
    n = first
    while not is_precise(samples[:n], relative):
        n = replications_needed(samples[:n], relative, at_most=samples.size)
    return samples[:n]


def keeps_precision(means: np.ndarray, truth: float, relative: float) -> bool:
    """Return whether 95 % of means are as close as promised, within 4 binomial errors."""
    close = np.mean(abs(means - truth) <= relative * truth)
    return bool(close > 0.95 - 4 * math.sqrt(0.95 * 0.05 / means.size))


def test_the_sequential_rule_keeps_its_precision() -> None:
    relative, truth, seeds = 0.1, 1.0, 500
    # Exponential samples, cv 1: about (1.96 / 0.091)^2 = 460 are needed.
    all_samples = np.random.default_rng(3).exponential(truth, size=(seeds, 2_000))
    taken = [until_precise(x, relative, first=20) for x in all_samples]
    assert max(x.size for x in taken) < 2_000  # none was cut short
    assert keeps_precision(np.array([x.mean() for x in taken]), truth, relative)
    # The first 20 alone do not keep it, nor does half of what the rule asks for.
    assert not keeps_precision(all_samples[:, :20].mean(axis=1), truth, relative)
    halves = np.array([x[: x.size // 2].mean() for x in taken])
    assert not keeps_precision(halves, truth, relative)


# --- pairs


@given(x=st.lists(values, min_size=1, max_size=10))
def test_a_plant_does_not_differ_from_itself(x: list[float]) -> None:
    pair = paired(x, x)
    assert pair.difference.mean == 0.0
    for side in (pair.a, pair.b):
        np.testing.assert_equal(asdict(side), asdict(interval(x)))
    if len(x) == 1:
        assert math.isnan(pair.difference.half_width)
        assert math.isnan(pair.variance_reduction)
    else:
        assert pair.difference.half_width == 0.0
        assert pair.variance_reduction == 1.0


@given(x=values, y=values, n=st.integers(2, 10))
def test_constant_plants_differ_by_an_exact_amount(x: float, y: float, n: int) -> None:
    pair = paired([x] * n, [y] * n, unit="s")
    assert pair.difference == Estimate(y - x, 0.0, 0.95, n, "s")
    assert pair.variance_reduction == 1.0


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.9])
def test_pairing_reduces_variance_by_the_correlation_of_the_draws(correlation: float) -> None:
    n = 20_000
    rng = np.random.default_rng(11)
    a, other = rng.normal(size=(2, n))
    b = 1.0 + correlation * a + math.sqrt(1 - correlation**2) * other
    pair = paired(a, b)
    # With equal variances, 1 - var(b - a) / (var(a) + var(b)) is the correlation, whose
    # estimate has a standard error of (1 - correlation^2) / sqrt(n) (Fisher 1915).
    assert abs(pair.variance_reduction - correlation) < 4 * (1 - correlation**2) / math.sqrt(n)
    assert pair.difference.low < 1.0 < pair.difference.high


def test_a_paired_interval_covers_the_true_difference_as_often_as_it_claims() -> None:
    rng = np.random.default_rng(13)
    luck, a, b = rng.normal(size=(3, SEEDS, 8))
    pairs = [
        paired(luck + a, luck + b + TRUTH)
        for luck, a, b in zip(3 * luck, 0.5 * a, 0.5 * b, strict=True)
    ]
    covered = np.array([p.difference.low < TRUTH < p.difference.high for p in pairs])
    assert covers_as_claimed(covered, 0.95)
    # An interval from the two spreads as if they were unrelated covers far too often.
    unpaired = np.array([math.hypot(p.a.half_width, p.b.half_width) for p in pairs])
    means = np.array([p.difference.mean for p in pairs])
    assert not covers_as_claimed(abs(means - TRUTH) < unpaired, 0.95)


def test_plants_with_other_replications_are_no_pair() -> None:
    with pytest.raises(ValueError, match=r"^a has 2 replications and b has 3; a pair needs"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0])


# --- ratios of sums


def test_a_ratio_of_sums_has_the_jackknife_interval_worked_by_hand() -> None:
    """Three runs: two failures seen after 10 s in all, none, one seen after 20 s.

    30 s / 3 = 10 s. Without the first run 20 / 1, without the second 30 / 3, without the
    third 10 / 2 s: 20, 10 and 5, whose mean is 35/3 and whose squares about it add up to
    1050/9. The variance of the ratio is 2/3 of that.
    """
    unseen, seen = np.array([10.0, 0.0, 20.0]), np.array([2.0, 0.0, 1.0])
    estimate = interval(jackknife.ratio(unseen, seen))
    assert estimate.mean == pytest.approx(10.0, rel=1e-12)
    quantile = 0.95 / math.sqrt(2 * 0.975 * 0.025)  # of Student's t, 2 degrees of freedom
    assert estimate.half_width == pytest.approx(quantile * math.sqrt(2 / 3 * 1050 / 9), rel=1e-10)
    # The mean of what each run that has a failure says is another figure.
    assert (10.0 / 2 + 20.0 / 1) / 2 == 12.5


def test_the_difference_of_two_ratios_has_the_jackknife_interval_of_a_difference() -> None:
    random = np.random.default_rng(0)
    under = random.poisson(2.0, size=(2, 12)).astype(float)
    over = random.gamma(under + 1e-9, 3.0)
    a, b = (jackknife.ratio(x, n) for x, n in zip(over, under, strict=True))
    difference = paired(a, b).difference
    first, second = (
        jackknife.left_out(x) / jackknife.left_out(n) for x, n in zip(over, under, strict=True)
    )
    assert difference.mean == pytest.approx(
        over[1].sum() / under[1].sum() - over[0].sum() / under[0].sum(), rel=1e-9
    )
    spread = jackknife.half_width(second - first, 0.95)
    assert difference.half_width == pytest.approx(float(spread), rel=1e-9)


def test_a_ratio_of_few_events_covers_the_truth_as_often_as_it_claims() -> None:
    """0.7 failures a run, so that half the runs have none; later in runs that have more.

    With T | n exponential of mean 1 + n seconds per failure, the mean over failures is
    1 + E n^2 / E n = 2.7 s; over runs that have one it is 1 + 0.7 / (1 - exp(-0.7)).
    """
    random = np.random.default_rng(0)
    runs, seeds = 200, 1_000
    number = random.poisson(0.7, size=(seeds, runs)).astype(float)
    unseen = random.gamma(np.maximum(number, 1e-12), 1.0 + number)
    estimates = [interval(jackknife.ratio(x, n)) for x, n in zip(unseen, number, strict=True)]
    covered = np.array([e.low < 2.7 < e.high for e in estimates])
    assert covers_as_claimed(covered, 0.95)
    # Control: the mean of the means of the runs that have one answers another question.
    means = [interval((x / np.maximum(n, 1))[n > 0]) for x, n in zip(unseen, number, strict=True)]
    assert not covers_as_claimed(np.array([e.low < 2.7 < e.high for e in means]), 0.95)


def test_a_ratio_without_anything_to_divide_by_is_not_defined() -> None:
    none = np.zeros(3)
    assert np.isnan(jackknife.ratio(none, none)).all()
    one = np.array([0.0, 2.0, 0.0])  # says nothing of the spread
    assert np.isnan(jackknife.ratio(one, one)).all()
    np.testing.assert_array_equal(jackknife.ratio(one[1:2] * 3, one[1:2]), [3.0])
    # Exact for a constant, so that equal plants differ by 0 and nothing else.
    same = jackknife.ratio(7.5 * np.array([1.0, 3.0, 0.0, 2.0]), np.array([1.0, 3.0, 0.0, 2.0]))
    np.testing.assert_array_equal(same, np.full(4, 7.5))
