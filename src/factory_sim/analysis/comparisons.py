"""Which of several plants is best, and which cannot be told apart from it.

Comparing k plants pair by pair at 95 % each would declare some of them worse by chance far
more often than once in 20 times. Multiple comparisons with the best hold for all pairs at
once: the set of plants that may be the best contains the true best with the confidence asked
for.

Source: Hsu (1984), "Constrained simultaneous confidence intervals for multiple
comparisons with the best", Ann. Stat. 12(3), 1136-1144; Yang & Nelson (1991), "Using
common random numbers and control variates in multiple-comparison procedures", Oper.
Res. 39(4), 583-591, for paired differences with Bonferroni's inequality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats


@dataclass(frozen=True)
class WithTheBest:
    """Each of k plants against the best of the others.

    Attributes:
        leader: Which has the best mean in the sample.
        low: (k,) lower ends of the intervals of mean_i - max of the other means, <= 0.
        high: (k,) their upper ends, >= 0.
        possible: (k,) which plants may be the best; each of the others is worse than some plant.
        confidence: Probability that all intervals hold at once, and so that the best plant is
            among the possible ones.
    """

    leader: int
    low: Floats
    high: Floats
    possible: Bools
    confidence: float


def with_the_best(samples: Floats, confidence: float = 0.95) -> WithTheBest:
    """Return simultaneous intervals for each plant against the best of the others.

    With d_ij the mean of the paired differences of plants i and j, s_ij their standard
    deviation and m the number of plants that differ,

        h_ij   = t(R - 1, 1 - alpha / (m - 1)) s_ij / sqrt(R)
        high_i = max(0, min_{j != i} d_ij + h_ij)
        low_i  = min(0, min_{j != i, j possible} d_ij - h_ij)

    and i is possible if min_j d_ij + h_ij >= 0. All hold at once if, for the truly best
    plant alone, m - 1 one-sided bounds hold; Bonferroni's inequality allots each of them
    alpha / (m - 1) whatever the dependence, so that the draws may be shared. Plants with
    equal samples are one plant. For figures of which less is better, pass them negated.

    Args:
        samples: (R, k) one value per replication and plant, replications on shared draws.
        confidence: 1 - alpha, between 0 and 1.

    Returns:
        The comparison. With one replication there is no spread, and every plant is
        possible.

    Raises:
        ValueError: If there is no plant, a sample is not finite, or the confidence is
            not between 0 and 1.
    """
    if samples.ndim != 2 or not samples.size:
        raise ValueError(f"samples must have a row per replication (got shape {samples.shape})")
    if not np.isfinite(samples).all():
        raise ValueError("samples hold a value that is not finite; leave that plant out")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1 (got {confidence})")
    mean, margin = _differences(samples, confidence)
    others = ~np.eye(samples.shape[1], dtype=bool)
    above = np.min(mean + margin, axis=1, where=others, initial=math.inf)
    possible = above >= 0.0
    rivals = others & possible[None, :]
    below = np.min(mean - margin, axis=1, where=rivals, initial=math.inf)
    return WithTheBest(
        leader=int(np.argmax(samples.mean(axis=0))),
        low=np.minimum(below, 0.0),
        high=np.maximum(above, 0.0),
        possible=possible,
        confidence=confidence,
    )


def _differences(samples: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return (k, k) the mean of each paired difference, and how far each may be off."""
    replications, plants = samples.shape
    mean, margin = np.empty((2, plants, plants))
    reach = _reach(replications, np.unique(samples, axis=1).shape[1], confidence)
    for plant in range(plants):
        differences = samples[:, [plant]] - samples
        mean[plant] = differences.mean(axis=0)
        # One replication says nothing about the spread, not even of plants without any.
        spread = differences.std(axis=0, ddof=1) if replications > 1 else 1.0
        margin[plant] = np.where(spread == 0, 0.0, reach * spread)
    return mean, margin


def _reach(replications: int, distinct: int, confidence: float) -> float:
    """Return how many standard deviations of a difference its bound reaches beyond its mean."""
    if distinct == 1:
        return 0.0
    if replications == 1:
        return math.inf
    quantile = float(stdtrit(replications - 1, 1.0 - (1.0 - confidence) / (distinct - 1)))
    return quantile / math.sqrt(replications)
