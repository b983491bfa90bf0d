"""The states of every server over time, in one replication.

Where ``analysis.states`` sums, this keeps the spans, by the same rules: off (shift), down
(breakdown), busy, blocked (finished, no place ahead), waiting (for components or people),
starved; the first that applies wins. The spans of a server fill the window without gap
or overlap, and the lengths of each state add up to what the accounts say.

A breakdown on the calendar clock is placed where it happened. Of one on the busy clock a run
records which part it hit and how long it took, but not when during the work it happened. It is
placed in the middle of that work; where an edge of the window cuts the work, the breakdown is
cut pro rata, as in the accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.trace import Observation
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Station

BUSY, BLOCKED, STARVED, WAITING, DOWN, OFF = range(len(STATES))

NONE = -1
"""Stands for no state, before the first span."""

TIMES = ("start", "ready", "finish", "leave", "down")

FAR_ENOUGH = 1e9
"""After all outages: no work is that long, and the digits of a double suffice, s."""


@dataclass(frozen=True)
class Spans:
    """What one server does during a window, n spans.

    Attributes:
        station: Name of its station.
        server: Its number there, from 0.
        edges: (n + 1,) the start of each span, s, and the end of the window.
        states: (n,) the state in each, an index into ``STATES``; no two neighbours alike.
    """

    station: str
    server: int
    edges: Floats
    states: Ints

    def seconds(self) -> Floats:
        """Return the time spent in each of ``STATES``, (6,), s."""
        seconds = np.zeros(len(STATES))
        np.add.at(seconds, self.states, np.diff(self.edges))
        return seconds


def timeline(seen: Observation, begin: float, end: float) -> list[Spans]:
    """Return what every server of a plant does during a window.

    Args:
        seen: One replication, observed until the end of the window at least.
        begin: Start of the window, s.
        end: End of the window, s.

    Returns:
        One entry per server, stations in the order of the plant.

    Raises:
        ValueError: If the window is empty, or not all of it was observed.
    """
    seen.check_window(begin, end)
    return [
        _spans(seen, station, server, (begin, end))
        for station in seen.plant.stations()
        for server in range(station.servers)
    ]


def _spans(seen: Observation, station: Station, server: int, window: tuple[float, float]) -> Spans:
    """Return the spans of one server."""
    off, lost = seen.off[station.name], seen.lost[station.name]
    here = seen.counts("server", station.name) == server
    visits = {name: seen.times(name, station.name)[here] for name in TIMES}
    times, states = _steps(visits, lost, window)
    edges = np.concatenate([times, lost.ravel(), off.ravel(), window])
    edges = np.unique(np.clip(edges, *window))
    shown = states[np.searchsorted(times, edges[:-1], side="right") - 1]
    # States go on beneath the outages, which cover them.
    for spans, state in ((lost, DOWN), (off, OFF)):
        shown = np.where(_within(spans, edges[:-1]), state, shown)
    changes = np.flatnonzero(np.diff(shown, prepend=NONE))
    return Spans(station.name, server, np.append(edges[changes], window[1]), shown[changes])


def _steps(
    visits: Mapping[str, Floats], lost: Floats, window: tuple[float, float]
) -> tuple[Floats, Ints]:
    """Return when a server changes its state, outages apart, and to what.

    Of changes at the same moment the last one holds. The first, at time 0, is to starved.
    """
    start, ready, finish, leave = (
        np.minimum(visits[name], window[1]) for name in ("start", "ready", "finish", "leave")
    )
    # Rounding must not put a breakdown outside the work.
    breaks, mended = (np.clip(t, ready, finish) for t in _breakdown(visits, lost, window))
    times = np.stack([start, ready, breaks, mended, finish, leave], axis=1)
    states = np.tile([WAITING, BUSY, DOWN, BUSY, BLOCKED, STARVED], len(times))
    return np.append(0.0, times.ravel()), np.append(STARVED, states)


def _breakdown(
    visits: Mapping[str, Floats], lost: Floats, window: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Return when each visit's breakdown on the busy clock is taken to start and end, (n,), s.

    It is in the middle of that part of the work which lies in the window, on the clock
    of the available time, which stands still during outages.
    """
    ready, finish, down = visits["ready"], visits["finish"], visits["down"]
    # Work whose finish is not known has not begun in the window.
    known = np.isfinite(finish) & (down > 0)
    ready, finish, down = (np.where(known, values, 0.0) for values in (ready, finish, down))
    clock = AvailableTime(lost)
    first, last = (clock.passed(np.clip(t, *window)) for t in (ready, finish))
    whole = clock.passed(finish) - clock.passed(ready)
    half = 0.5 * down * np.divide(last - first, whole, out=np.zeros_like(whole), where=whole > 0)
    middle = 0.5 * (first + last)
    return clock.wall(middle - half), clock.wall(middle + half)


class AvailableTime:
    """The available time of a station.

    Args:
        lost: (n, 2) the spans in which it stands still, s, disjoint and ascending.
    """

    def __init__(self, lost: Floats) -> None:
        # One knot after the last span, so that both clocks run on.
        beyond = lost[-1, 1] if len(lost) else 0.0
        self._knots = np.concatenate([[0.0], lost.ravel(), [beyond + FAR_ENOUGH]])
        runs = np.diff(self._knots)
        runs[1::2] = 0.0
        self._passed = np.append(0.0, np.cumsum(runs))

    def passed(self, t: Floats) -> Floats:
        """Return the available seconds in [0, t]."""
        passed: Floats = np.interp(t, self._knots, self._passed)
        return passed

    def wall(self, passed: Floats) -> Floats:
        """Return a time by which so many available seconds have passed, s."""
        wall: Floats = np.interp(passed, self._passed, self._knots)
        return wall


def _within(spans: Floats, times: Floats) -> Bools:
    """Return which times lie in one of some disjoint ascending spans (n, 2)."""
    before = np.searchsorted(spans[:, 0], times, side="right")
    ends = np.append(-np.inf, spans[:, 1])
    within: Bools = times < ends[before]
    return within
