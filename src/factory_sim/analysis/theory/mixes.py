"""What a mix of parts costs: set-ups between models, alarms among good parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mean_setup(weights: ArrayLike, setup: ArrayLike) -> float:
    """Return the expected set-up per part, s, when orders are drawn independently.

        E[setup] = sum_ij w_i w_j setup_ij / (sum_i w_i)^2

    The part before on the same server is an independent draw whatever the number of
    servers, so it holds for each of them.

    Args:
        weights: (M,) shares of the models.
        setup: (M, M) time to change from model i to model j, s.

    Raises:
        ValueError: If the shapes do not fit or the weights are no shares.
    """
    share, matrix = np.asarray(weights, dtype=np.float64), np.asarray(setup, dtype=np.float64)
    if share.ndim != 1 or matrix.shape != (share.size, share.size):
        raise ValueError(
            f"{share.size} weights need a square of {share.size} set-ups "
            f"(got shapes {share.shape} and {matrix.shape})"
        )
    if not (share >= 0.0).all() or not 0.0 < share.sum() < math.inf:
        raise ValueError(f"weights must be 0 or more with a positive sum (got {share.tolist()})")
    share = share / share.sum()
    return float(share @ matrix @ share)


def predictive_value(prevalence: float, detects: float, false_alarm: float) -> float:
    """Return the share of the parts found defective that are: the positive predictive value.

    By Bayes: d p / (d p + f (1 - p)). Of 1 % of defects a camera that finds 98 % and
    rejects 1 % of the good rejects as many good as bad.

    Args:
        prevalence: Share p of the parts that are defective.
        detects: Share d of these that the inspection finds.
        false_alarm: Share f of the good ones that it finds, too.
    """
    found = detects * prevalence
    alarms = false_alarm * (1.0 - prevalence)
    return found / (found + alarms) if found + alarms > 0 else float("nan")
