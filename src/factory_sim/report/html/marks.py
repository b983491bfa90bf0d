"""The elements of the charts of a page: figures with a title, means with intervals, numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.numbers import plus_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

Chart = dict[str, Any]

MOST_PLACES = 60
"""Bars of a chart; its table has all."""


def measure(label: str, unit: str, series: list[Chart], say: Catalogue) -> Chart:
    """Return what one figure shows, its title with the unit."""
    return {"label": label, "title": say.with_unit(label, unit), "unit": unit, "series": series}


def interval(estimate: Estimate, scale: float, *, signed: bool = False) -> Chart:
    """Return a mean, the ends of its interval, and how both are written."""
    ends = [estimate.mean / scale, estimate.low / scale, estimate.high / scale]
    mean, low, high = (end if math.isfinite(end) else None for end in ends)
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "text": plus_minus(estimate, scale, signed=signed),
    }


def plain(values: Sequence[float] | np.ndarray[Any, Any]) -> list[float | None]:
    """Return numbers with what a screen can show of them; None for what is not defined."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]
