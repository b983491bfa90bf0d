"""The warm-up: how much of each replication is cut at its start, by the rule MSER-5."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.truncation import mser5
from factory_sim.line.calendars import off_until

if TYPE_CHECKING:
    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.arrays import Floats
    from factory_sim.line.calendars import Calendar
    from factory_sim.line.plant import Plant

FEWEST, MOST = 20, 64
"""Bounds on the replications of a pilot. Their mean deliveries keep the transient and lose
the noise; with fewer than 20 the rule often mistakes noise for a transient."""


def mser_warm_up(plant: Plant, accounts: Accounts) -> tuple[float, bool]:
    """Return the warm-up by MSER-5, s, and whether the rule can be relied on.

    The rule is applied to the deliveries per second on shift of the main line, averaged
    over replications, since a night without deliveries is not a transient.
    """
    return mser_warm_up_of_deliveries(plant, accounts.series.mean(axis=0), accounts.end)


def mser_warm_up_of_deliveries(plant: Plant, deliveries: Floats, end: float) -> tuple[float, bool]:
    """Return :func:`mser_warm_up` from the mean deliveries in equal spans of [0, end], (B,)."""
    edges = np.linspace(0.0, end, deliveries.size + 1)
    scheduled = np.diff(edges - off_until(_calendar(plant), edges))
    on_shift = np.flatnonzero(scheduled >= 0.5 * (edges[1] - edges[0]))
    rate = deliveries[on_shift] / scheduled[on_shift]
    truncation = mser5(rate)
    if not truncation.cut:
        return 0.0, truncation.reliable
    return float(edges[on_shift[truncation.cut]]), truncation.reliable


def pilot(replications: int) -> range:
    """Return the replications of the pilot before a run of ``replications``."""
    return range(min(max(replications, FEWEST), MOST))


def rounded_to_periods(plant: Plant, warm_up: float, horizon: float) -> float:
    """Return a warm-up, s, rounded up so that the window contains every shift equally often.

    A window of a day and a half would count one night but two mornings. The warm-up is not
    rounded if the line never closes, if the horizon is not a whole number of periods of its
    calendar, or if more than half of the horizon would be cut.
    """
    period = _calendar(plant).period
    if not warm_up or not period or not math.isclose(horizon % period, 0.0, abs_tol=1e-6):
        return warm_up
    whole = period * math.ceil(warm_up / period)
    return whole if whole <= horizon / 2 else warm_up


def _calendar(plant: Plant) -> Calendar:
    """Return the calendar of the main line: that of the stage which is off longest."""

    def share_off(calendar: Calendar) -> float:
        return sum(s.end - s.begin for s in calendar.off) / (calendar.period or 1.0)

    return max((stage.calendar for stage in plant.main.stages), key=share_off)
