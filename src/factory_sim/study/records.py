"""Figures as plain data for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.fleet.base.result import BaseResult


def estimate_record(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data."""
    return {
        "mean": defined(estimate.mean),
        "half_width": defined(estimate.half_width),
        "unit": estimate.unit,
    }


def defined(value: Any) -> Any:
    """Return plain data as JSON can hold it: NaN and infinities, which it cannot, as None."""
    if isinstance(value, dict):
        return {key: defined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [defined(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def base_record(base: BaseResult) -> dict[str, Any]:
    """Return a digital base as plain data, but for the time it took: that is no result."""
    return {key: value for key, value in base.record().items() if key != "seconds"}
