"""The measures of performance of a run: name, unit, and one value per replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis import jackknife
from factory_sim.analysis.states import STATES
from factory_sim.analysis.statistics import Estimate, interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.arrays import Floats
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Plant

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class Measure:
    """A figure with one value per replication.

    Attributes:
        name: Its key in records and tables.
        label: Its name in reports.
        unit: Unit of each sample; empty for a share.
        samples: Returns its value in each replication, (R,), from the accounts; for a ratio
            of sums, the jackknife pseudovalues instead. NaN where a replication does not
            define it, such as the lead time when nothing was delivered.
    """

    name: str
    label: str
    unit: str
    samples: Callable[[Accounts], Floats]


def _hours(accounts: Accounts) -> float:
    return (accounts.end - accounts.begin) / SECONDS_PER_HOUR


def _labour_hours_per_part(accounts: Accounts) -> Floats:
    parts = np.where(accounts.delivered > 0, accounts.delivered, np.nan)
    return accounts.labour_hours / parts


MEASURES = (
    Measure("throughput", "throughput", "parts/h", lambda a: a.throughput),
    Measure("jph", "JPH on shift", "parts/h", lambda a: a.scheduled_throughput),
    Measure("lead_time", "lead time", "s", lambda a: a.lead_time),
    Measure("lead_time_p50", "lead time, median", "s", lambda a: a.lead_time_p50),
    Measure("lead_time_p95", "lead time, 95 %", "s", lambda a: a.lead_time_p95),
    Measure("wip", "WIP", "parts", lambda a: a.wip),
    Measure("first_time_through", "first time through", "", lambda a: a.first_time_through),
    Measure("scrapped", "scrapped", "parts/h", lambda a: a.scrapped / _hours(a)),
    Measure("labour_hours_per_part", "labour", "h/part", _labour_hours_per_part),
    Measure("stops", "line stops", "stops/h", lambda a: a.stops.sum(axis=1) / _hours(a)),
    Measure("stopped_time", "line held", "s/h", lambda a: a.lost.sum(axis=1) / _hours(a)),
)
"""The measures of every run, in the order of reports."""


def _down(accounts: Accounts) -> Floats:
    """Return the seconds per hour in which stations are down, all stations, (R,)."""
    shares: Floats = accounts.states[:, :, STATES.index("down")].sum(axis=1)
    return SECONDS_PER_HOUR * shares


def _delay(accounts: Accounts) -> Floats:
    """Return pseudovalues (R,) of the mean time until a failure is seen, s.

    This is a mean over all failures (``jackknife.ratio``). The mean over replications of
    their means would give failures in replications with few of them more weight, and be
    undefined if a replication has none.
    """
    return jackknife.ratio(accounts.unseen.sum(axis=1), accounts.awaited.sum(axis=1))


MAINTENANCE_MEASURES = (
    Measure("downtime", "downtime of stations", "s/h", _down),
    Measure("failures", "failures", "failures/h", lambda a: a.failures.sum(axis=1) / _hours(a)),
    Measure("unseen", "failures not seen yet", "s/h", lambda a: a.unseen.sum(axis=1) / _hours(a)),
    Measure("detection_delay", "time until a failure is seen", "s", _delay),
    Measure(
        "planned_repairs",
        "planned repairs",
        "repairs/h",
        lambda a: a.planned.sum(axis=1) / _hours(a),
    ),
)
"""Further measures, of plants in which failures must be detected or repairs are planned."""


def measures(*plants: Plant) -> tuple[Measure, ...]:
    """Return the measures of runs of some plants, in the order of reports."""
    failures = (f for plant in plants for s in plant.stations() for f in s.failures)
    return (*MEASURES, *MAINTENANCE_MEASURES) if any(map(_is_maintained, failures)) else MEASURES


def _is_maintained(failure: Failure) -> bool:
    return failure.maintained or failure.visits is not None


def measure(name: str) -> Measure:
    """Return the measure with that name.

    Raises:
        KeyError: If there is none.
    """
    return {m.name: m for m in (*MEASURES, *MAINTENANCE_MEASURES)}[name]


def estimate(what: Measure, accounts: Accounts, confidence: float) -> Estimate:
    """Return the mean of a measure over the replications, with its t interval.

    If a replication does not define the measure, mean and half-width are NaN, since to drop
    that replication would bias them.
    """
    return estimated(what.samples(accounts), confidence, what.unit)


def estimated(samples: Floats, confidence: float, unit: str = "") -> Estimate:
    """Return the mean of samples (R,) with its t interval; both are NaN if a sample is."""
    if np.isnan(samples).any():
        return Estimate(np.nan, np.nan, confidence, samples.size, unit)
    return interval(samples, confidence, unit)
