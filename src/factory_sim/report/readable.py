"""Which figures are informative of a plant, and in which units they are read."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from factory_sim.report.numbers import time_unit
from factory_sim.study.measures import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.rows import Run


def is_informative(name: str, result: Run) -> bool:
    """Return whether a figure is informative of this plant, so that reports show it."""
    mean = {key: estimate.mean for key, estimate in result.estimates.items()}
    match name:
        case "lead_time_p50" | "lead_time_p95":
            return False
        case "jph":
            return not math.isclose(mean["jph"], mean["throughput"])
        case "first_time_through":
            return mean[name] < 1
        case "scrapped" | "labour_hours_per_part" | "stops" | "stopped_time" | "planned_repairs":
            return mean[name] > 0
    return True


def readable(unit: str, magnitude: float) -> tuple[str, float]:
    """Return the unit in which a figure is shown, and its size in the unit it has.

    A time lost in each hour is always given in minutes.
    """
    if unit == "s":
        return time_unit(magnitude)
    if unit == "s/h":
        return "min/h", SECONDS_PER_MINUTE
    return (unit, 1.0) if unit else ("%", 0.01)


def margin_of(made: Estimate, asked: float) -> Estimate:
    """Return how far a rate is from the one that is asked for, in percent of that."""
    off = 100.0 * abs(made.mean / asked - 1.0)
    return replace(made, mean=off, half_width=100.0 * made.half_width / asked)
