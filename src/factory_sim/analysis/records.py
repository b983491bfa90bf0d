"""Figures as plain data for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate


def estimate_record(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data."""
    return {
        "mean": defined(estimate.mean),
        "half_width": defined(estimate.half_width),
        "unit": estimate.unit,
    }


def defined(value: Any) -> Any:
    """Return data as JSON can hold it: NaN and infinities, which it cannot, as None.

    Tuples and arrays become lists.
    """
    if isinstance(value, dict):
        return {key: defined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [defined(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return defined(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
