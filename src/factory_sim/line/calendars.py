"""Calendars: when a station is off shift, and when the breaks begin in which it is repaired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats


@dataclass(frozen=True)
class Interval:
    """A span [begin, end) of the clock in which a station is off, s."""

    begin: float
    end: float


@dataclass(frozen=True)
class Calendar:
    """When a station is off shift: a pattern of spans that repeats.

    Attributes:
        period: Length of the pattern, s (a day or a week); 0 when never off.
        off: Disjoint spans within [0, period), ascending.
    """

    period: float = 0.0
    off: tuple[Interval, ...] = ()


ALWAYS_OPEN = Calendar()
"""The calendar of a station that is never off shift."""


def off_until(calendar: Calendar, t: Floats) -> Floats:
    """Return the seconds off shift in [0, t], shaped like ``t``."""
    if not calendar.off:
        return np.zeros_like(t)
    cycles, rest = np.divmod(t, calendar.period)
    off: Floats = cycles * sum(span.end - span.begin for span in calendar.off)
    for span in calendar.off:
        off = off + np.clip(rest - span.begin, 0.0, span.end - span.begin)
    return off


def on_shift(calendar: Calendar, begin: Floats, end: Floats) -> Floats:
    """Return the seconds on shift in [begin, end), shaped like both; 0 where end < begin."""
    span: Floats = np.maximum(end - begin, 0.0)
    if calendar.off:
        span = np.maximum(span - (off_until(calendar, end) - off_until(calendar, begin)), 0.0)
    return np.where(end > begin, span, 0.0)


def next_break(calendar: Calendar, t: Floats) -> Floats:
    """Return when the first break begins at or after times ``t``, s; inf without breaks."""
    if not calendar.off:
        return np.full_like(t, np.inf)
    begins = np.array([span.begin for span in calendar.off])
    cycle = np.floor(t / calendar.period)
    rest = t - cycle * calendar.period
    place = np.searchsorted(begins, rest, side="left")
    over = place == begins.size
    # The same expression as in ``outages``, so that both give the same begin to the bit.
    found: Floats = (cycle + over) * calendar.period + begins[np.where(over, 0, place)]
    return found


def breaks_until(calendar: Calendar, end: float) -> Floats:
    """Return when the breaks in [0, end) begin, (n,), s, ascending."""
    if not calendar.off:
        return np.empty(0)
    cycles = np.arange(np.ceil(end / calendar.period))
    begins = np.array([span.begin for span in calendar.off])
    found: Floats = (cycles[:, None] * calendar.period + begins).ravel()
    return found[found < end]
