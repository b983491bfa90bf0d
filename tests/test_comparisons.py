"""Multiple comparisons with the best: they hold for all plants at once, and pair by pair not."""

from __future__ import annotations

import numpy as np
import pytest

from factory_sim.analysis import comparisons
from factory_sim.analysis.comparisons import with_the_best

CONFIDENCE = 0.90
RUNS = 1000


def plants(means, *, runs=RUNS, replications=8, seed=0):
    """Return normal samples, (runs, R, k); most of their luck is common."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(runs, replications, 1))
    own = rng.normal(size=(runs, replications, len(means)))
    return np.array(means) + 3.0 * common + own


def wrongs(means):
    """Return how often the best plant is ruled out, and how often some interval is wrong."""
    truth = np.array(means)
    best = int(truth.argmax())
    others = [np.delete(truth, k).max() for k in range(truth.size)]
    lost = missed = 0
    for samples in plants(means):
        found = with_the_best(samples, CONFIDENCE)
        lost += not found.possible[best]
        gap = truth - others
        missed += bool(((gap < found.low) | (gap > found.high)).any())
    return lost / RUNS, missed / RUNS


SLACK = 4 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / RUNS)


@pytest.mark.parametrize("means", [(0.0,) * 5, (0.0, 0.0, 0.3, 0.6, 0.9), (0.0, 5.0)])
def test_the_best_plant_is_kept_as_often_as_is_claimed(means):
    lost, missed = wrongs(means)
    assert lost < 1 - CONFIDENCE + SLACK
    assert missed < 1 - CONFIDENCE + SLACK


def test_without_bonferroni_the_best_of_equals_would_be_lost_too_often(monkeypatch):
    reach = comparisons._reach
    monkeypatch.setattr(comparisons, "_reach", lambda r, _, confidence: reach(r, 2, confidence))
    lost, _ = wrongs((0.0,) * 5)
    assert lost > 1 - CONFIDENCE + SLACK  # the check above can fail


def test_plants_that_differ_by_much_are_told_apart():
    (samples,) = plants((0.0, 3.0, 3.2, -2.0), runs=1, replications=10)
    found = with_the_best(samples)
    assert found.possible.tolist() == [False, True, True, False]
    assert (found.low <= 0).all()
    assert (found.high >= 0).all()
    assert found.high[0] == found.high[3] == 0.0


def test_shared_draws_tell_apart_what_other_draws_do_not():
    (samples,) = plants((0.0, 1.5), runs=1, replications=10)
    shuffled = np.stack([samples[:, 0], np.random.default_rng(1).permutation(samples[:, 1])], 1)
    assert with_the_best(samples).possible.sum() == 1
    assert with_the_best(shuffled).possible.sum() == 2


def test_equal_plants_are_one_and_tie_exactly():
    column = np.random.default_rng(0).normal(size=(6, 1))
    found = with_the_best(np.hstack([column, column, column - 1.0]))
    assert found.leader == 0
    assert found.possible.tolist() == [True, True, False]
    assert found.low[:2].tolist() == found.high[:2].tolist() == [0.0, 0.0]
    # two plants differ, not three: the margin is that of one comparison
    alone = with_the_best(np.hstack([column, column - 1.0]))
    assert alone.low[1] == found.low[2]


def test_one_replication_rules_nothing_out():
    found = with_the_best(np.array([[1.0, 9.0]]))
    assert found.leader == 1
    assert found.possible.all()


def test_by_hand():
    samples = np.array([[0.0, 2.0], [0.0, 4.0]])  # d = 3, s = sqrt(2), t(1, 0.95) = 6.314
    found = with_the_best(samples, 0.95)
    margin = 6.313751514675041 * np.sqrt(2.0) / np.sqrt(2.0)
    assert found.high == pytest.approx([margin - 3.0, margin + 3.0])
    assert found.low == pytest.approx([-3.0 - margin, min(0.0, 3.0 - margin)])


@pytest.mark.parametrize("samples", [np.zeros((0, 2)), np.zeros(3), np.array([[np.nan, 1.0]])])
def test_samples_that_cannot_be_compared_are_refused(samples):
    with pytest.raises(ValueError, match="samples"):
        with_the_best(samples)
