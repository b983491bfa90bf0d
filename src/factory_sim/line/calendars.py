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


def calendar_spans(calendar: Calendar, begin: float, end: float) -> tuple[Floats, Floats]:
    """Return the off spans that begin in [begin, end), s."""
    if not calendar.off:
        return np.empty(0), np.empty(0)
    cycles = np.arange(begin // calendar.period, end // calendar.period + 1) * calendar.period
    first = np.array([span.begin for span in calendar.off])
    last = np.array([span.end for span in calendar.off])
    begins, ends = (cycles[:, None] + first).ravel(), (cycles[:, None] + last).ravel()
    inside = (begins >= begin) & (begins < end)
    return begins[inside], ends[inside]


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
    """Return when the first break begins after times ``t``, s; inf without breaks.

    Not at ``t``: what is repaired as a break begins, and shows wear at once, would be
    repaired in that break for ever.
    """
    if not calendar.off:
        return np.full_like(t, np.inf)
    begins = np.array([span.begin for span in calendar.off])
    # Lives without an end in sight give times that no integer holds.
    cycle = np.floor(t / calendar.period)
    place = np.searchsorted(begins, t - cycle * calendar.period, "right").astype(np.float64)
    number = cycle * begins.size + place
    found = _begin_of_break(calendar.period, begins, number)
    # Times are rounded: the break that begins at ``t`` may seem to be still ahead.
    later: Floats = np.where(found > t, found, _begin_of_break(calendar.period, begins, number + 1))
    return later


def _begin_of_break(period: float, begins: Floats, number: Floats) -> Floats:
    """Return when breaks begin, s, by their numbers from 0."""
    cycle, place = np.divmod(number, begins.size)
    # The same expression as in ``outages``, so that both give the same begin to the bit.
    found: Floats = cycle * period + begins[place.astype(np.int64)]
    return found


def breaks_until(calendar: Calendar, end: float) -> Floats:
    """Return when the breaks in [0, end) begin, (n,), s, ascending."""
    if not calendar.off:
        return np.empty(0)
    cycles = np.arange(np.ceil(end / calendar.period))
    begins = np.array([span.begin for span in calendar.off])
    found: Floats = (cycles[:, None] * calendar.period + begins).ravel()
    return found[found < end]
