"""Spans of time in which something is not available, and how much of them lies where."""

from __future__ import annotations

import numpy as np
import pytest

from factory_sim.line.spans import Spans

REPLICATIONS = 5


def spans(rows: int) -> Spans:
    """Return spans that overlap now and then, another number in each replication."""
    draws = np.random.default_rng(1)
    made = Spans(REPLICATIONS)
    begins = np.cumsum(draws.exponential(10.0, (rows, REPLICATIONS)), axis=0)
    ends = begins + draws.exponential(4.0, begins.shape)
    for some in (slice(None, rows // 2), slice(rows // 2, None)):
        made.append(begins[some], ends[some])
    return made


def by_hand(made: Spans, begin: float, end: float, column: int) -> float:
    """Return the seconds of spans in [begin, end), span by span."""
    both = zip(made.begins[:, column], made.ends[:, column], strict=True)
    return sum(max(min(last, end) - max(first, begin), 0.0) for first, last in both)


@pytest.mark.parametrize("at", [slice(None), slice(1, 4), np.array([3, 0, 0])])
@pytest.mark.parametrize("length", [0.0, 0.5, 30.0])
def test_seconds_between_times_are_those_of_every_span(at: slice | np.ndarray, length: float):
    made = spans(12)
    columns = np.arange(REPLICATIONS)[at]
    begin = np.random.default_rng(2).uniform(0.0, 150.0, (40, columns.size))
    end = begin + length
    expected = [
        [by_hand(made, *edges, column) for *edges, column in zip(*row, columns, strict=True)]
        for row in zip(begin, end, strict=True)
    ]
    np.testing.assert_allclose(made.between(begin, end, at), expected, rtol=0, atol=1e-12)
    difference = made.before(end, at) - made.before(begin, at)
    np.testing.assert_allclose(difference, expected, rtol=0, atol=1e-12)
    assert (np.sum(expected) > 0) == (length > 0)


def test_what_is_forgotten_changes_no_answer_to_the_bit():
    ours, theirs = spans(12), spans(12)
    before = ours.ends[7]
    ours.forget(before)
    assert len(ours.begins) < len(theirs.begins)
    begin = before + np.linspace(0.0, 60.0, 30)[:, None]
    everywhere = slice(None)
    for end in (begin, begin + 3.0):
        assert (ours.before(end, everywhere) == theirs.before(end, everywhere)).all()
        assert (ours.before_sum(end, everywhere) == theirs.before_sum(end, everywhere)).all()
        assert (
            ours.between(begin, end, everywhere) == theirs.between(begin, end, everywhere)
        ).all()


def test_a_replication_comes_to_the_same_whoever_is_beside_it_to_the_bit():
    made = spans(12)
    begin = np.random.default_rng(3).uniform(0.0, 150.0, (40, REPLICATIONS))
    end = begin + 9.0
    together = made.between(begin, end, slice(None))
    for column in range(REPLICATIONS):
        alone = slice(column, column + 1)
        assert (made.between(begin[:, alone], end[:, alone], alone) == together[:, alone]).all()
