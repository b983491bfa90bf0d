"""Estimates read back from records, in which None stands for what is not defined."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.statistics import Estimate, Paired

if TYPE_CHECKING:
    from collections.abc import Mapping

    Record = Mapping[str, Any]


def read_estimate(
    record: Record,
    name: str = "mean",
    confidence: float | None = None,
    replications: int | None = None,
) -> Estimate:
    """Return an estimate from its record; NaN where it is not defined.

    Args:
        record: Plain data with a mean, a half-width and perhaps a unit.
        name: Key of the mean; its half-width is ``half_width`` or ``<name>_half_width``.
        confidence: Of the interval; the record says so itself if left out.
        replications: How many it rests on; likewise.
    """
    mean, half_width = (record.get(key) for key in (name, _half_width(name)))
    return Estimate(
        math.nan if mean is None else float(mean),
        math.nan if half_width is None else float(half_width),
        record["confidence"] if confidence is None else confidence,
        record["n"] if replications is None else replications,
        str(record.get("unit", "")),
    )


def read_pair(record: Record, confidence: float, replications: int) -> Paired:
    """Return a paired difference with both sides; how much pairing gained is not read."""
    difference, a, b = (
        read_estimate(record[side], "mean", confidence, replications)
        for side in ("difference", "a", "b")
    )
    return Paired(difference, a, b, math.nan)


def rescaled(estimate: Estimate, size: float) -> Estimate:
    """Return an estimate in units of ``size``, without the name of the unit."""
    return Estimate(
        estimate.mean / size, estimate.half_width / size, estimate.confidence, estimate.n
    )


def _half_width(name: str) -> str:
    return "half_width" if name == "mean" else f"{name}_half_width"
