"""What servers and devices do over time, as steps: the base of everything a message says.

A *track* is a row of knots: at each, the state changes or a part leaves. All devices at a
server share its track, but for those that fail themselves within the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.timeline import Spans
    from factory_sim.line.arrays import Bools, Floats, Ints

DEVICE_STATES = ("working", "blocked", "starved", "waiting", "down", "off")
"""What devices call ``analysis.states.STATES``, in the same order."""

WORKING, DOWN, OFF = (STATES.index(state) for state in ("busy", "down", "off"))


@dataclass(frozen=True)
class Track:
    """What one server, or one device there, does during a window; n knots.

    Attributes:
        times: (n,) when something changes, s, ascending; the first is the begin.
        states: (n,) the state from then on, an index into ``STATES``.
        counts: (n,) parts that have left the station by then, since time 0.
        changes: (n,) whether the state changes; not at the begin.
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

    def at(self, moment: float) -> Ints:
        """Return the knot of each track that holds at a moment, s, (k,); the first if before."""
        low, high = self.first[:-1].copy(), self.first[1:].copy()
        while np.any(high - low > 1):
            middle = (low + high) // 2
            passed = self.times[middle] <= moment
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


def server_track(spans: Spans, left: Floats) -> Track:
    """Return the track of a server.

    Args:
        spans: What it does.
        left: When parts leave its station, s, ascending.
    """
    return _track(spans.edges[:-1], spans.states, spans.edges[-1], left)


def device_track(spans: Spans, left: Floats, down: Floats) -> Track:
    """Return the track of a device that is down itself for a time.

    Args:
        spans: What its server does.
        left: When parts leave its station, s, ascending.
        down: (n, 2) when it is down, s, disjoint and ascending. Off shift it is off.
    """
    begin, end = spans.edges[0], spans.edges[-1]
    edges = np.unique(np.clip(np.concatenate([spans.edges, down.ravel()]), begin, end))[:-1]
    states = spans.states[np.searchsorted(spans.edges, edges, side="right") - 1]
    before = np.searchsorted(down[:, 0], edges, side="right")
    within = edges < np.append(-np.inf, down[:, 1])[before]
    states = np.where(within & (states != OFF), DOWN, states)
    changes = np.flatnonzero(np.diff(states, prepend=-1))
    return _track(edges[changes], states[changes], end, left)


def _track(edges: Floats, states: Ints, end: float, left: Floats) -> Track:
    """Return the track with changes of state at edges, and the departures between them."""
    amid = left[(left > edges[0]) & (left < end)]
    times = np.unique(np.concatenate([edges, amid]))
    span = np.searchsorted(edges, times, side="right") - 1
    changes = edges[span] == times
    changes[0] = False
    return Track(times, states[span], np.searchsorted(left, times, side="right"), changes)


def lagged(tracks: Tracks, levels: Floats, lag: float, first: float) -> Floats:
    """Return a quantity at all knots that nears a level in each state exponentially, (N,).

    Args:
        tracks: When the states change.
        levels: (6,) what it nears in each of ``STATES``.
        lag: Time in which 63 % of the way to a new level is gone, s.
        first: Its value at the first knot of every track.
    """
    values = np.full(tracks.times.size, first)
    sizes = np.diff(tracks.first)
    # Step by step through all tracks at once: longest first, so that those left are a prefix.
    order = np.argsort(-sizes, kind="stable")
    knots, ends = tracks.first[:-1][order], -sizes[order]
    for step in range(1, int(sizes.max(initial=0))):
        here = knots[: np.searchsorted(ends, -step)] + step
        level = levels[tracks.states[here - 1]]
        share = np.exp((tracks.times[here - 1] - tracks.times[here]) / lag)
        values[here] = level + (values[here - 1] - level) * share
    return values
