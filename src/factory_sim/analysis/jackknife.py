"""Intervals for figures that are not means, such as ratios of sums over replications.

A ratio of means is less biased than a mean of ratios, and it is defined even where the
denominator of some replications is 0. Its spread is that of the figure recomputed with each
replication left out in turn:

    half_width = t(R - 1, (1 + confidence) / 2) sqrt((R - 1)/R sum_r (f_(r) - mean f_(.))^2)

For a mean this is Student's interval. Figures computed from others (OEE) stay consistent with
them, as all are functions of the same means.

Source: Quenouille (1956), Biometrika 43; Miller (1974), "The jackknife: a review",
Biometrika 61(1), 1-15; Efron & Tibshirani (1993), chapter 11.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.quotient import quotient

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats


def mean(samples: Floats) -> Floats:
    """Return the mean over replications, (R, ...) to (...), exact for a constant."""
    average: Floats = samples[0] + (samples - samples[0]).mean(axis=0)
    return average


def left_out(samples: Floats) -> Floats:
    """Return the means without each replication, (R, ...), R at least 2.

    They are exact for a constant and where all but one are 0, so that an undefined ratio never
    becomes a division by a rounding error.
    """
    shifted = samples - samples[0]
    means: Floats = samples[0] + (shifted.sum(axis=0) - shifted) / (len(samples) - 1)
    return means


def half_width(without: Floats, confidence: float) -> Floats:
    """Return the half-width of the interval of a figure.

    Args:
        without: (R, ...) the figure made of ``left_out`` means.
        confidence: Between 0 and 1.

    Returns:
        (...) half-widths; NaN where R is 1 or the figure depends on a single replication.
    """
    from scipy.special import stdtrit

    replications = len(without)
    if replications < 2:
        return np.full(without.shape[1:], math.nan)
    deviation = without - without[0]
    deviation = deviation - deviation.mean(axis=0)
    variance = (replications - 1) / replications * (deviation**2).sum(axis=0)
    spread: Floats = stdtrit(replications - 1, 0.5 + 0.5 * confidence) * np.sqrt(variance)
    return spread


def ratio(over: Floats, under: Floats) -> Floats:
    """Return values whose mean is a ratio of sums and whose t interval is the jackknife's.

    With f = sum(over) / sum(under), and f_(r) the same without replication r,

        value_r = f + (R - 1) (mean f_(.) - f_(r))

    which are Tukey's pseudo-values moved so that their mean is f. They can be used like
    replications wherever these are paired or added: the interval of the mean of differences is
    that of the difference of two ratios on the same draws.

    Args:
        over: (R,) numerators, such as the seconds until failures were detected.
        under: (R,) denominators, such as the number of failures; not below 0.

    Returns:
        (R,) values; NaN where all denominators are 0, or all but one of several, as the spread
        is unknown then.
    """
    replications = len(over)
    whole = quotient(over.sum(), under.sum())
    if replications < 2:
        return np.full(replications, whole)
    without = quotient(over.sum() - over, under.sum() - under)
    shifted = without - without[0]
    values: Floats = whole + (replications - 1) * (shifted.mean() - shifted)
    return values
