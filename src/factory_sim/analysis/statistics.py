"""Inference from independent replications: intervals, sample sizes, paired differences.

Replications are independent runs of one plant, so that one figure of each of R runs is
an independent sample (R,) and Student's t interval holds for its mean (Law 2015, 9.4.1).
Within a replication observations are neither independent nor, at first, in steady state;
``truncation`` looks at those.

Samples are shifted by their first value before any sum is taken: a constant then has a
variance of exactly 0, and a difference of equal runs is exactly 0.

Source: Law (2015), Simulation Modeling and Analysis, 5th ed., chapter 9.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from factory_sim.line.arrays import Floats


@dataclass(frozen=True)
class Estimate:
    """A mean over replications with its confidence interval.

    Attributes:
        mean: Average of the samples.
        half_width: Of the t interval; NaN for one sample, which says nothing about the spread.
        confidence: Share of such intervals that hold the true mean.
        n: Replications.
        unit: Of mean and half-width; empty for a share or a count.
    """

    mean: float
    half_width: float
    confidence: float
    n: int
    unit: str = ""

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half_width


@dataclass(frozen=True)
class Paired:
    """Two plants on the same draws, replication by replication.

    Attributes:
        difference: Of b - a.
        a: The first plant alone.
        b: The second plant alone.
        variance_reduction: Share of the variance of an unpaired difference that pairing
            takes away: 1 for equal runs, 0 for unrelated ones, negative where pairing
            hurts. NaN for one replication.
    """

    difference: Estimate
    a: Estimate
    b: Estimate
    variance_reduction: float


def interval(samples: ArrayLike, confidence: float = 0.95, unit: str = "") -> Estimate:
    """Return the mean of independent samples with its Student t interval.

        half_width = t(R - 1, (1 + confidence) / 2) * s / sqrt(R)

    It is exact for normal samples and close for averages over a run, which are nearly
    normal.

    Args:
        samples: (R,) one value per replication.
        confidence: Between 0 and 1.
        unit: Of the samples.

    Returns:
        The estimate. With R = 1 its half-width is NaN; for constant samples it is
        exactly 0.

    Raises:
        ValueError: If there is no sample, one is not finite, or the confidence is not
            between 0 and 1.

    Source: Student (1908); Law (2015), 4.5.
    """
    values = finite(samples, "samples")
    mean, variance = _moments(values)
    half_width = _half_width(variance, values.size, confidence)
    return Estimate(mean, half_width, confidence, values.size, unit)


def is_precise(samples: ArrayLike, relative_half_width: float, confidence: float = 0.95) -> bool:
    """Return whether the mean is known within a share of its true value.

    True if ``half_width <= gamma' |mean|`` with ``gamma' = gamma / (1 + gamma)`` and gamma
    the ``relative_half_width``. The correction makes gamma bound the error relative to
    the *true* mean: |mean - true| <= gamma' |mean| implies |mean - true| <= gamma |true|.

    One sample is never precise. Constant samples always are, two or more.

    Args:
        samples: (R,) one value per replication.
        relative_half_width: gamma, the largest error as a share of the true mean, > 0.
        confidence: Between 0 and 1.

    Raises:
        ValueError: If the samples or the confidence are not fit for ``interval``, or the
            relative half-width is not positive.

    Source: Law (2015), 9.4.1, procedure for a relative error.
    """
    gamma = _corrected(relative_half_width)
    estimate = interval(samples, confidence)
    return estimate.half_width <= gamma * abs(estimate.mean)


def replications_needed(
    samples: ArrayLike,
    relative_half_width: float,
    confidence: float = 0.95,
    *,
    at_most: int = 1_000_000,
) -> int:
    """Return how many replications in all the precision seems to take.

    The smallest n >= R for which ``is_precise`` would hold, were mean and variance of n
    samples those of the R at hand:

        n = min{i >= R: t(i - 1, (1 + confidence) / 2) sqrt(s^2 / i) <= gamma' |mean|}

    Used in turns with further replications until ``is_precise``: as the half-width falls
    to 0 against the mean, such a sequence covers the true mean with the confidence that
    was asked for (Chow & Robbins 1965). A small variance among few first samples may end
    it too early, so it should start with ten replications or more and ask for 15 % or less
    (Law).

    Args:
        samples: (R,) one value per replication.
        relative_half_width: gamma, the largest error as a share of the true mean, > 0.
        confidence: Between 0 and 1.
        at_most: The answer when the precision takes more, or cannot be reached because
            the mean is 0.

    Returns:
        R if the samples are precise; otherwise more, up to ``at_most``. With R = 1 it is
        2, the fewest that show a spread. Never less than R.

    Raises:
        ValueError: As ``is_precise``.

    Source: Chow & Robbins (1965), Ann. Math. Stat. 36; Law (2015), 9.4.1.
    """
    gamma = _corrected(relative_half_width)
    values = finite(samples, "samples")
    mean, variance = _moments(values)
    if values.size == 1:
        return max(1, min(2, at_most))
    candidates = range(values.size, at_most)
    more = bisect_left(
        candidates,
        True,
        key=lambda n: _half_width(variance, n, confidence) <= gamma * abs(mean),
    )
    return values.size + more


def paired(a: ArrayLike, b: ArrayLike, confidence: float = 0.95, unit: str = "") -> Paired:
    """Return the difference b - a of two plants simulated on the same draws.

    Good and bad luck hit both alike, so the interval is that of the differences, not of
    two independent means. What this gains is

        variance_reduction = 1 - var(b - a) / (var(a) + var(b))

    If both are constant there is no variance left to take away, and it is 1.

    Args:
        a: (R,) one value per replication.
        b: (R,) the same replications of the other plant.
        confidence: Between 0 and 1.
        unit: Of the samples.

    Raises:
        ValueError: If a and b differ in length or are not fit for ``interval``.

    Source: Law (2015), 10.2.1 and 11.2, common random numbers.
    """
    first, second = finite(a, "a"), finite(b, "b")
    if first.size != second.size:
        raise ValueError(
            f"a has {first.size} replications and b has {second.size}; "
            "a pair needs the same replications of both"
        )
    difference = second - first
    unpaired = _moments(first)[1] + _moments(second)[1]
    left = _moments(difference)[1]
    return Paired(
        difference=interval(difference, confidence, unit),
        a=interval(first, confidence, unit),
        b=interval(second, confidence, unit),
        variance_reduction=1.0 if unpaired == 0.0 else 1.0 - left / unpaired,
    )


def _moments(values: Floats) -> tuple[float, float]:
    """Return mean and unbiased variance (NaN for one value)."""
    shifted = values - values[0]
    mean = float(values[0] + shifted.mean())
    return mean, float(shifted.var(ddof=1)) if values.size > 1 else math.nan


def _half_width(variance: float, n: int, confidence: float) -> float:
    """Return the half-width of the t interval of the mean of n samples."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1 (got {confidence})")
    if n == 1:
        return math.nan
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + 0.5 * confidence)) * math.sqrt(variance / n)


def _corrected(relative_half_width: float) -> float:
    """Return gamma', which relates an error to the estimate as gamma does to the truth."""
    if not 0.0 < relative_half_width < math.inf:
        raise ValueError(f"relative_half_width must be positive (got {relative_half_width})")
    return relative_half_width / (1.0 + relative_half_width)


def finite(values: ArrayLike, name: str, *, least: int = 1) -> Floats:
    """Return the values as an array (n,).

    Args:
        values: Finite numbers.
        name: What they are called in the message.
        least: How many there must be, 0 or 1.

    Raises:
        ValueError: If they are not one row of finite numbers, or too few.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers (got shape {array.shape})")
    if array.size < least:
        raise ValueError(f"{name} is empty; a mean needs at least one value")
    if not np.isfinite(array).all():
        first = int(np.argmin(np.isfinite(array)))
        raise ValueError(f"{name}[{first}] is {array[first]}; every value must be a finite number")
    return array
