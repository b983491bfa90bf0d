"""How an estimate settles as replications add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from factory_sim.line.arrays import Floats


def running(samples: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the mean and half-width of the first n samples, for every n.

    Each is what :func:`analysis.statistics.interval` gives for those samples, at a cost
    of O(R) in all. They are not independent, and an interval inspected after every replication
    covers the true value less often than its confidence: they show how an estimate settles and
    are no stopping rule.

    Args:
        samples: (R,) one value per replication, in order, all finite.
        confidence: Between 0 and 1.

    Returns:
        (R,) means and (R,) half-widths; the first half-width is NaN.

    Source: Welford (1962), Technometrics 4, for the sums of squares.
    """
    values = np.asarray(samples, dtype=np.float64)
    shifted = values - values[0]
    n = np.arange(1, values.size + 1)
    means = np.cumsum(shifted) / n
    # All terms are positive, so nothing cancels, and constant samples have no spread.
    growth = (shifted[1:] - means[:-1]) ** 2 * (n[:-1] / n[1:])
    squares = np.cumsum(growth)
    half_widths = np.full(values.size, np.nan)
    quantile = stdtrit(n[:-1], 0.5 + 0.5 * confidence)
    half_widths[1:] = quantile * np.sqrt(squares / n[:-1] / n[1:])
    return values[0] + means, half_widths
