"""The planned breaks of a calendar: when the next one begins, and what they leave of a span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Calendar


def next_break(calendar: Calendar, t: Floats) -> Floats:
    """Return when the first break begins at or after times ``t``, s; inf without breaks."""
    if not calendar.off:
        return np.full_like(t, np.inf)
    begins = np.array([span.begin for span in calendar.off])
    cycle = np.floor(t / calendar.period)
    rest = t - cycle * calendar.period
    place = np.searchsorted(begins, rest, side="left")
    over = place == begins.size
    # As the outages write their begins, so that both are the same to the bit.
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


def on_shift(calendar: Calendar, begin: Floats, end: Floats) -> Floats:
    """Return the seconds on shift in [begin, end), at least 0, shaped like both."""
    span: Floats = np.maximum(end - begin, 0.0)
    if calendar.off:
        span = np.maximum(span - (_off_until(calendar, end) - _off_until(calendar, begin)), 0.0)
    return np.where(end > begin, span, 0.0)


def _off_until(calendar: Calendar, t: Floats) -> Floats:
    """Return the seconds off shift in [0, t], shaped like ``t``."""
    cycle = np.floor(t / calendar.period)
    rest = t - cycle * calendar.period
    off: Floats = cycle * sum(span.end - span.begin for span in calendar.off)
    for span in calendar.off:
        off = off + np.clip(rest - span.begin, 0.0, span.end - span.begin)
    return off
