"""Intervals hold the truth as often as they claim, from plants whose truth is known.

Two exponential stations of rate 1 with b buffer places between them make (b + 2) / (b + 3)
parts per mean cycle (Hunt 1956). A run of many replications is split into many studies of
few, as so many seeds would give them; the slow tests take the seeds one by one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from factory_sim import compare, explain, loads, simulate, sweep
from factory_sim.analysis.comparisons import with_the_best
from factory_sim.analysis.statistics import interval, paired

LINE = """
name: two stations
horizon: 60 min
warm_up: 20 min
replications: 8
stations:
  - {name: first, cycle_time: {dist: exponential, mean: 60 s}}
  - {name: second, buffer: 0, cycle_time: {dist: exponential, mean: 60 s}}
"""
EACH, STUDIES, SEEDS = 8, 700, 400
CONFIDENCE = 0.95
BUFFERS = (0, 1, 2, 3)


def truth(buffer: int) -> float:
    """Return the parts per hour of the line in the long run."""
    return 60.0 * (buffer + 2) / (buffer + 3)


def line(buffer: int):
    return loads(LINE, overrides=[f"stations.second.buffer={buffer}"])


@cache
def throughput(buffer: int) -> np.ndarray:
    """Return the throughput of every study, (STUDIES, EACH); draws are shared by buffers."""
    samples = simulate(line(buffer), replications=STUDIES * EACH).accounts.throughput
    return samples.reshape(STUDIES, EACH)


def assert_covers(held: list[bool] | np.ndarray, claim: float = CONFIDENCE) -> None:
    """Compare how often an interval holds the truth with its claim: 4 binomial s.e."""
    off = 4 * np.sqrt(claim * (1 - claim) / len(held))
    assert abs(np.mean(held) - claim) < off, np.mean(held)


def test_a_paired_difference_covers_the_true_one_as_often_as_it_claims():
    exact = truth(1) - truth(0)
    pairs = zip(throughput(0), throughput(1), strict=True)
    held = [paired(a, b, CONFIDENCE, "").difference for a, b in pairs]
    assert_covers([d.low <= exact <= d.high for d in held])


def test_an_interval_a_fifth_too_narrow_would_be_caught():
    exact = truth(1) - truth(0)
    pairs = zip(throughput(0), throughput(1), strict=True)
    found = [paired(a, b, CONFIDENCE, "").difference for a, b in pairs]
    with pytest.raises(AssertionError):
        assert_covers([abs(d.mean - exact) <= 0.8 * d.half_width for d in found])


def test_intervals_of_runs_that_share_no_draws_would_be_too_wide():
    """What pairing gains must not be claimed by calling the runs independent."""
    exact = truth(1) - truth(0)
    held = []
    for a, b in zip(throughput(0), throughput(1), strict=True):
        one, other = interval(a, CONFIDENCE), interval(b, CONFIDENCE)
        reach = np.hypot(one.half_width, other.half_width)
        held.append(abs(other.mean - one.mean - exact) <= reach)
    with pytest.raises(AssertionError):
        assert_covers(held)


def test_every_difference_of_a_sweep_covers_the_true_one_as_often_as_it_claims():
    """A sweep's points as a user gets them are the runs that are split here."""
    found = sweep(line(0), vary={"stations.second.buffer": list(BUFFERS)}, replications=EACH)
    for buffer, point in zip(BUFFERS, found.points, strict=True):
        np.testing.assert_array_equal(point.samples["throughput"], throughput(buffer)[0])
        first = paired(throughput(0)[0], throughput(buffer)[0], CONFIDENCE, "").difference
        assert point.differences["throughput"].mean == pytest.approx(first.mean)
        assert point.differences["throughput"].half_width == pytest.approx(first.half_width)
    for buffer in BUFFERS[1:]:
        exact = truth(buffer) - truth(0)
        differences = throughput(buffer) - throughput(0)
        estimates = [interval(d, CONFIDENCE) for d in differences]
        assert_covers([e.low <= exact <= e.high for e in estimates])


def test_the_price_of_a_second_is_the_derivative_of_the_rate_and_its_interval_covers_that():
    """Without places between the stations a part takes m + n - m n / (m + n), m and n the means.

    At 60 s each that is 90 s, and 3/4 s less for a second less at either; so 40 parts/h gain
    40 * (3/4) / 90. The window holds so few parts that one more or less at an edge would show.
    """
    exact = 40 * 0.75 / 90
    found = explain(line(0), replications=STUDIES * EACH, measure=0)
    prices = [gain.price for gain in found.gains if gain.price.kind == "cycle"]
    assert [price.amount for price in prices] == [1.0, 1.0]
    for price in prices:
        mean = interval(price.samples)
        assert abs(mean.mean - exact) < 2 * mean.half_width < 0.02 * exact
        every = [interval(study, CONFIDENCE) for study in price.samples.reshape(STUDIES, EACH)]
        assert_covers([one.low <= exact <= one.high for one in every])


def gap(buffer: int) -> float:
    """Return how far a line is ahead of the best of the others."""
    return truth(buffer) - max(truth(other) for other in BUFFERS if other != buffer)


def test_all_comparisons_with_the_best_hold_at_once_at_least_as_often_as_they_claim():
    every = np.stack([throughput(buffer) for buffer in BUFFERS], axis=2)
    exact = np.array([gap(buffer) for buffer in BUFFERS])
    held = []
    for samples in every:
        found = with_the_best(samples, CONFIDENCE)
        assert found.possible.any()
        held.append(bool(np.all((found.low <= exact) & (exact <= found.high))))
    assert np.mean(held) > CONFIDENCE - 4 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / STUDIES)


def test_pairwise_intervals_do_not_hold_at_once_as_often():
    """Negative control: what is 95 % for each is less for all, which is why Hsu's are used."""
    differences = np.stack([throughput(b) - throughput(b - 1) for b in BUFFERS[1:]], axis=2)
    exact = np.array([truth(b) - truth(b - 1) for b in BUFFERS[1:]])
    held = []
    for study in differences:
        estimates = [interval(d, CONFIDENCE) for d in study.T]
        held.append(all(e.low <= x <= e.high for e, x in zip(estimates, exact, strict=True)))
    assert np.mean(held) < CONFIDENCE - 4 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / STUDIES)


@pytest.mark.slow
def test_comparisons_on_many_seeds_cover_the_true_difference():
    exact = truth(1) - truth(0)
    found = [compare(line(0), line(1), seed=seed).differences for seed in range(SEEDS)]
    covers = [d["throughput"].difference for d in found]
    assert_covers([d.low <= exact <= d.high for d in covers])


@pytest.mark.slow
def test_sweeps_on_many_seeds_cover_the_true_differences_and_keep_the_best():
    held: dict[int, list[bool]] = {buffer: [] for buffer in BUFFERS[1:]}
    kept = []
    for seed in range(SEEDS):
        found = sweep(line(0), vary={"stations.second.buffer": list(BUFFERS)}, seed=seed)
        for buffer, point in list(zip(BUFFERS, found.points, strict=True))[1:]:
            difference = point.differences["throughput"]
            exact = truth(buffer) - truth(0)
            held[buffer].append(difference.low <= exact <= difference.high)
        (best,) = (one for one in found.best if one.name == "throughput")
        kept.append(len(BUFFERS) - 1 in best.possible)
    for covered in held.values():
        assert_covers(covered)
    assert np.mean(kept) > CONFIDENCE - 4 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / SEEDS)
