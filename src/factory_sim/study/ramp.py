"""Output per day from the first part on: how fast a plant comes up to its rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.deliveries import DAY
from factory_sim.analysis.statistics import Estimate, interval
from factory_sim.line.calendars import off_until
from factory_sim.study.measures import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.plant import Plant

UP_TO_RATE = 0.9
"""Share of the final rate at which a plant counts as up to rate."""

IN_A_ROW = 3
"""Working days that must reach it one after the other: one good day is luck."""

FINAL_DAYS = 6
"""Working days at the end that make the final rate, or a third of them if there are few."""


@dataclass(frozen=True)
class Ramp:
    """How a plant comes up to rate; rates are parts per scheduled hour of the main line.

    Attributes:
        final: Rate of the last days.
        first: Rate of the first working day.
        day: Day, from 1, on which 90 % of the final rate is reached and kept for three
            working days; nan if some replication never does.
    """

    final: Estimate
    first: Estimate
    day: Estimate


def ramps_up(plant: Plant) -> bool:
    """Return whether people learn or machines mature, so that the start is what is asked about."""
    return any(
        s.learning or s.defect_learning or any(failure.growth for failure in s.failures)
        for s in plant.stations()
    )


def scheduled_hours(plant: Plant, days: int) -> Floats:
    """Return the hours of each day since time 0 in which the end of the main line works."""
    edges: Floats = DAY * np.arange(days + 1.0)
    hours: Floats = np.diff(edges - off_until(plant.main.stages[-1].calendar, edges))
    return hours / SECONDS_PER_HOUR


def ramp(plant: Plant, accounts: Accounts, confidence: float) -> Ramp | None:
    """Return how a run that is watched from time 0 came up to rate.

    Args:
        plant: What was simulated.
        accounts: What came of it.
        confidence: Of the intervals.

    Returns:
        None if the start was cut, or there are too few working days to tell.
    """
    hours = scheduled_hours(plant, accounts.daily.shape[1])
    working = np.flatnonzero(hours > 0)
    last = min(FINAL_DAYS, working.size // 3)
    if accounts.begin > 0 or not last:
        return None
    end = working[-last:]
    final = accounts.daily[:, end].sum(axis=1) / hours[end].sum()
    rates = accounts.daily[:, working] / hours[working]
    numbers = working.astype(np.float64) + 1.0
    day = _first_kept(rates >= UP_TO_RATE * final[:, None], numbers)
    unit = "parts/h"
    return Ramp(
        final=interval(final, confidence, unit),
        first=interval(rates[:, 0], confidence, unit),
        day=Estimate(np.nan, np.nan, confidence, day.size, "d")
        if np.isnan(day).any()
        else interval(day, confidence, "d"),
    )


def recorded_ramp(
    record: Mapping[str, Mapping[str, Any]], confidence: float, replications: int
) -> Ramp:
    """Return what a record says of how a plant came up to rate.

    Raises:
        KeyError: If it lacks something.
    """

    def read(name: str) -> Estimate:
        mean, half_width = (
            np.nan if record[name][key] is None else float(record[name][key])
            for key in ("mean", "half_width")
        )
        return Estimate(mean, half_width, confidence, replications, record[name]["unit"])

    return Ramp(final=read("final"), first=read("first"), day=read("day"))


def _first_kept(holds: Bools, day: Floats) -> Floats:
    """Return the first of the days (W,) from which on ``holds`` (R, W) stays for some, (R,)."""
    windows = np.lib.stride_tricks.sliding_window_view(holds, min(IN_A_ROW, day.size), axis=1)
    kept: Bools = np.all(windows, axis=2)
    first: Floats = np.where(kept.any(axis=1), day[kept.argmax(axis=1)], np.nan)
    return first


def daily_columns(plant: Plant, accounts: Accounts, confidence: float) -> dict[str, list[Any]]:
    """Return the output of each whole day since time 0, the warm-up included, as columns.

    The columns: ``day`` from 1; ``hours``, those in which the end of the main line
    works; ``delivered``, mean parts over the replications, and ``half_width`` of its
    interval.
    """
    days = accounts.daily.shape[1]
    estimates = [interval(accounts.daily[:, day], confidence, "parts") for day in range(days)]
    return {
        "day": list(range(1, days + 1)),
        "hours": scheduled_hours(plant, days).tolist(),
        "delivered": [estimate.mean for estimate in estimates],
        "half_width": [estimate.half_width for estimate in estimates],
    }


def daily_table(plant: Plant, accounts: Accounts, confidence: float) -> pa.Table:
    """Return :func:`daily_columns` as an Arrow table."""
    import pyarrow as pa

    return pa.table(daily_columns(plant, accounts, confidence))
