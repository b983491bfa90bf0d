"""The figures of a run: what each is called, its unit, and its value per replication."""

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
    """A figure that every replication yields once.

    Attributes:
        name: Its key in records and tables.
        label: What a report calls it.
        unit: Of each sample; empty for a share.
        samples: Reads it from the accounts, one value per replication, (R,), or of a ratio
            of sums as many that stand for them. NaN where a replication does not define
            it (the lead time when nothing was delivered).
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
"""Everything a run estimates, in the order of reports."""


def _down(accounts: Accounts) -> Floats:
    """Return the seconds per hour in which stations are down, all stations, (R,)."""
    shares: Floats = accounts.states[:, :, STATES.index("down")].sum(axis=1)
    return SECONDS_PER_HOUR * shares


def _delay(accounts: Accounts) -> Floats:
    """Return values (R,) for the mean time until a failure was seen, s; see ``jackknife.ratio``.

    It is a mean over failures. That of the means of replications would weigh a failure
    by how few others its replication has, and be undefined where one has none.
    """
    return jackknife.ratio(accounts.unseen.sum(axis=1), accounts.awaited.sum(axis=1))


ANSWERED = (
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
"""What a run estimates besides where something is done about failures."""


def measures(*plants: Plant) -> tuple[Measure, ...]:
    """Return everything that runs of some plants estimate, in the order of reports."""
    failures = (f for plant in plants for s in plant.stations() for f in s.failures)
    return (*MEASURES, *ANSWERED) if any(map(_is_maintained, failures)) else MEASURES


def _is_maintained(failure: Failure) -> bool:
    return failure.maintained or failure.visits is not None


def measure(name: str) -> Measure:
    """Return the figure of that name.

    Raises:
        KeyError: If there is none.
    """
    return {m.name: m for m in (*MEASURES, *ANSWERED)}[name]


def estimate(what: Measure, accounts: Accounts, confidence: float) -> Estimate:
    """Return a figure's mean over the replications with its t interval.

    A figure that some replication does not define has no honest mean (to drop those
    replications would bias it), so mean and half-width are NaN then.
    """
    return estimated(what.samples(accounts), confidence, what.unit)


def estimated(samples: Floats, confidence: float, unit: str = "") -> Estimate:
    """Return the mean of samples (R,) with its t interval; NaN if one is not defined."""
    if np.isnan(samples).any():
        return Estimate(np.nan, np.nan, confidence, samples.size, unit)
    return interval(samples, confidence, unit)
