"""Output per day from the first part on: how fast a plant comes up to its rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.deliveries import DAY
from factory_sim.analysis.statistics import Estimate, Paired, interval, paired
from factory_sim.line.calendars import off_until
from factory_sim.study.measures import SECONDS_PER_HOUR, estimated

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


COMPARED = {
    "first_rate": ("first day", "parts/h"),
    "final_rate": ("final rate", "parts/h"),
    "day_up_to_rate": ("time to 90 % of it", "d"),
}
"""What two ramps are compared by, label and unit: rates are per hour on shift."""


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
    samples = _samples(plant, accounts)
    if samples is None:
        return None
    first, final, day = (
        estimated(samples[name], confidence, unit) for name, (_, unit) in COMPARED.items()
    )
    return Ramp(final=final, first=first, day=day)


def ramp_differences(
    a: tuple[Plant, Accounts], b: tuple[Plant, Accounts], confidence: float
) -> dict[str, Paired]:
    """Return by what two plants that come up to rate differ, b - a, on the same draws.

    Args:
        a: The first plant and what came of it.
        b: The second.
        confidence: Of the intervals.

    Returns:
        The pairs by the names of ``COMPARED``, without those that some replication does not
        define; empty where neither plant ramps up or :func:`ramp` knows nothing of either.
    """
    of_a, of_b = _samples(*a), _samples(*b)
    if of_a is None or of_b is None or not (ramps_up(a[0]) or ramps_up(b[0])):
        return {}
    return {
        name: paired(of_a[name], of_b[name], confidence, unit)
        for name, (_, unit) in COMPARED.items()
        if not np.isnan(of_a[name] + of_b[name]).any()
    }


def _samples(plant: Plant, accounts: Accounts) -> dict[str, Floats] | None:
    """Return the figures of ``COMPARED`` in every replication, (R,) each; None as in ``ramp``."""
    hours = scheduled_hours(plant, accounts.daily.shape[1])
    working = np.flatnonzero(hours > 0)
    last = min(FINAL_DAYS, working.size // 3)
    if accounts.begin > 0 or not last:
        return None
    end = working[-last:]
    final = accounts.daily[:, end].sum(axis=1) / hours[end].sum()
    rates = accounts.daily[:, working] / hours[working]
    day = _first_kept(rates >= UP_TO_RATE * final[:, None], working.astype(np.float64) + 1.0)
    return {"first_rate": rates[:, 0], "final_rate": final, "day_up_to_rate": day}


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
