"""The states of devices over time as step functions, from which messages follow.

A *track* is a row of knots: at each, the state changes or a part leaves the station. All
devices at a station share its track, but for those that are down themselves for a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.timeline import NONE
from factory_sim.fleet.sending import TICKS
from factory_sim.fleet.states import DEVICE_STATES, DOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.fleet.states import DeviceSpans
    from factory_sim.line.arrays import Bools, Floats, Ints

UNPOWERED = len(DEVICE_STATES)
"""Down while the station is off shift: reported as down, but no current is drawn."""


@dataclass(frozen=True)
class Track:
    """What one device does during a window; n knots.

    Attributes:
        times: (n,) when something changes, s, ascending; the first is the start.
        states: (n,) the state from then on, an index into ``DEVICE_STATES`` or ``UNPOWERED``.
        counts: (n,) parts that have left the station by then, since time 0.
        changes: (n,) whether the state changes; not at the start.
    """

    times: Floats
    states: Ints
    counts: Ints
    changes: Bools


@dataclass(frozen=True)
class Tracks:
    """Several tracks in one table, N knots in all, one track after the other.

    Attributes:
        first: (k + 1,) the first knot of each of k tracks, and N.
        times: (N,) as in ``Track``; so are the others.
        states: (N,)
        counts: (N,)
        changes: (N,)
    """

    first: Ints
    times: Floats
    states: Ints
    counts: Ints
    changes: Bools

    @cached_property
    def stamps(self) -> Floats:
        """(N,) the time stamps of the knots, ms."""
        return np.rint(self.times * TICKS)

    @cached_property
    def holds_from(self) -> Floats:
        """(N,) the first time stamps, ms, that find a knot passed."""
        return np.ceil(self.times * TICKS)

    def within(self, begin: float, end: float) -> tuple[Ints, Ints]:
        """Return which knots of each track matter to time stamps in [begin, end), ms, (k,) each.

        The first is the one that holds at the start, or the very first; the last is stamped
        before the end.
        """
        lead = self._last(self.holds_from, begin)
        return lead, np.maximum(self._last(self.stamps, end - 1), lead)

    def _last(self, values: Floats, most: float) -> Ints:
        """Return the last knot of each track whose value, ascending, is not above ``most``."""
        low, high = self.first[:-1].copy(), self.first[1:].copy()
        while np.any(high - low > 1):
            middle = (low + high) // 2
            passed = values[middle] <= most
            low = np.where(passed, middle, low)
            high = np.where(passed, high, middle)
        return low


def join(tracks: Sequence[Track]) -> Tracks:
    """Return several tracks as one table."""
    return Tracks(
        first=np.cumsum([0, *(track.times.size for track in tracks)]),
        times=np.concatenate([track.times for track in tracks]),
        states=np.concatenate([track.states for track in tracks]),
        counts=np.concatenate([track.counts for track in tracks]),
        changes=np.concatenate([track.changes for track in tracks]),
    )


def track(spans: DeviceSpans, off: Floats, left: Floats) -> Track:
    """Return the track of a device.

    Args:
        spans: What it does.
        off: (n, 2) when its station is off shift, s, disjoint and ascending.
        left: When parts leave its station, s, ascending.
    """
    begin, end = spans.edges[0], spans.edges[-1]
    amid = (np.concatenate([left, off.ravel()]), spans.edges[:-1])
    times = np.unique(np.concatenate(amid))
    times = times[(times >= begin) & (times < end)]
    states = spans.states[np.searchsorted(spans.edges, times, side="right") - 1]
    ends = np.append(-np.inf, off[:, 1])[np.searchsorted(off[:, 0], times, side="right")]
    states = np.where((states == DOWN) & (times < ends), UNPOWERED, states)
    changes = np.diff(states, prepend=NONE) != 0
    changes[0] = False
    return Track(times, states, np.searchsorted(left, times, side="right"), changes)


def lagged(tracks: Tracks, levels: Floats, lag: float, first: float) -> Floats:
    """Return a quantity at all knots that nears a level in each state exponentially, (N,).

    Args:
        tracks: When the states change.
        levels: What it nears in each of ``DEVICE_STATES`` and in ``UNPOWERED``.
        lag: Time in which 63 % of the way to a new level is gone, s.
        first: Its value at the first knot of every track.
    """
    values = np.full(tracks.times.size, first)
    sizes = np.diff(tracks.first)
    # Step by step through all tracks at once, the longest first: those left are a prefix.
    order = np.argsort(-sizes, kind="stable")
    knots, shorter = tracks.first[:-1][order], -sizes[order]
    for step in range(1, int(sizes.max(initial=0))):
        here = knots[: np.searchsorted(shorter, -step)] + step
        level = levels[tracks.states[here - 1]]
        share = np.exp((tracks.times[here - 1] - tracks.times[here]) / lag)
        values[here] = level + (values[here - 1] - level) * share
    return values
