"""The end of the warm-up, by the truncation rule MSER-5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.statistics import finite

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BATCH = 5
"""Observations per batch of MSER-5; White, Cobb & Spratt (2000)."""

TAIL = 5
"""Batches at least kept by MSER-5: fewer may agree by chance; Hoad, Robinson & Davies (2010)."""


@dataclass(frozen=True)
class Truncation:
    """How much of a series belongs to its warm-up.

    Attributes:
        cut: Observations to drop from the start.
        reliable: The cut lies in the first half of a series of ten batches or more.
            If not, the series is too short to tell its warm-up from its steady state.
    """

    cut: int
    reliable: bool


def mser5(series: ArrayLike) -> Truncation:
    """Return the end of the warm-up of a series, by the rule MSER-5.

    Of the means y_0, ..., y_{m-1} of batches of 5 observations the rule drops the first
    d that make the squared standard error of the mean of the others smallest:

        d = argmin sum_{i >= d} (y_i - mean_d)^2 / (m - d)^2

    At least five batches are kept, and a rest of fewer than 5 observations at the end is
    ignored. A series of fewer than ten batches is too short to tell: nothing is cut, and the
    truncation is not reliable. Cost is O(n).

    Args:
        series: (n,) observations in order of time; best an average over replications
            (Welch 1983), in which the noise has fallen and the transient has not.

    Returns:
        The cut in observations, a multiple of 5, and whether it can be relied on.

    Raises:
        ValueError: If an observation is not finite.

    Source: White (1997), Simulation 69(6); White, Cobb & Spratt (2000), "A comparison of
    five steady-state truncation heuristics for simulation", WSC; Hoad, Robinson & Davies
    (2010), J. Oper. Res. Soc. 61, for the batches that must be kept.
    """
    values = finite(series, "series", least=0)
    batches = values.size // BATCH
    if batches < 2 * TAIL:
        return Truncation(cut=0, reliable=False)
    backwards = values[: batches * BATCH].reshape(batches, BATCH).mean(axis=1)[::-1]
    backwards = backwards - backwards[0]
    count = np.arange(1, batches + 1)
    mean = np.cumsum(backwards) / count
    # Each batch adds to the sum of squares of those after it (Welford 1962): all terms
    # are positive, so nothing cancels, and a constant series scores exactly 0.
    growth = (backwards[1:] - mean[:-1]) ** 2 * (count[:-1] / count[1:])
    squares = np.concatenate([[0.0], np.cumsum(growth)])
    score = (squares / count**2)[::-1]
    dropped = int(np.argmin(score[: batches - TAIL + 1]))
    return Truncation(cut=dropped * BATCH, reliable=2 * dropped <= batches)
