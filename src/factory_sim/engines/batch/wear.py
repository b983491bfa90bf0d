"""Breakdowns that come with the work done: thresholds on its running sum.

Each failure mode has thresholds ``up_0, up_0 + up_1, ...``; the part whose processing
carries the sum past a threshold suffers that repair. Few parts do, so their modes are
looked up together, whatever the station.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.pace import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Failure, Station

FAILURES_AHEAD = 16
"""Failures drawn at a time, per mode and replication."""


class BusyClock:
    """The work done at P stations, and the breakdowns it brings.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        shape = (len(stations), len(draws.replications))
        self._worked = np.zeros(shape)
        self._none = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        failing = [[f for f in s.failures if f.clock == "busy"] for s in stations]
        self._many = np.array([len(failures) for failures in failing])
        self._first = np.cumsum(self._many) - self._many
        self._modes = _Modes(
            [(s.name, f) for s, failures in zip(stations, failing, strict=True) for f in failures],
            draws,
        )
        self._next = np.full(shape, np.inf)
        for position, first, many in zip(
            range(len(stations)), self._first, self._many, strict=True
        ):
            if many:
                self._next[position] = self._modes.threshold[first : first + many].min(axis=0)

    def add(self, time: Floats, at: Columns) -> tuple[Floats, Ints]:
        """Add processing (P, n), s, to the clocks and return what it meets.

        Returns:
            (P, n) repairs, s, and how many breakdowns they mend.
        """
        if isinstance(at, slice):
            self._worked += time
            hit = self._worked > self._next
        else:
            self._worked[:, at] += time
            hit = self._worked[:, at] > self._next[:, at]
        if not np.count_nonzero(hit):
            down, number = self._none
            return (down, number) if isinstance(at, slice) else (down[:, at], number[:, at])
        down, number = np.zeros(hit.shape), np.zeros(hit.shape, dtype=np.int64)
        position, column = np.nonzero(hit)
        replication = column if isinstance(at, slice) else at[column]
        met = self._repair(position, replication)
        down[position, column], number[position, column] = met
        return down, number

    def _repair(self, position: Ints, replication: Ints) -> tuple[Floats, Ints]:
        """Return the repairs due at stations (n,), one replication each, s, and their number."""
        many = self._many[position]
        begin = np.cumsum(many) - many
        # One entry per mode of each of the n stations, those of a station side by side.
        which = np.repeat(np.arange(position.size), many)
        mode = np.arange(which.size) - begin[which] + self._first[position][which]
        here = (mode, replication[which])
        worked = self._worked[position, replication][which]
        down, number = np.zeros(position.size), np.zeros(position.size, dtype=np.int64)
        due = np.flatnonzero(worked > self._modes.threshold[here])
        while due.size:
            strikes = tuple(axis[due] for axis in here)
            np.add.at(down, which[due], self._modes.strike(*strikes))
            np.add.at(number, which[due], 1)
            due = due[worked[due] > self._modes.threshold[strikes]]
        self._next[position, replication] = np.minimum.reduceat(self._modes.threshold[here], begin)
        return down, number


class _Modes:
    """M failure modes, and what each does next in every replication.

    Args:
        modes: The station of each and the mode.
        draws: The randomness; gives the replications, R.

    Attributes:
        threshold: (M, R) work done at which each strikes next, s.
    """

    def __init__(self, modes: Sequence[tuple[str, Failure]], draws: Draws) -> None:
        self._failures = [failure for _, failure in modes]
        self._streams = [
            tuple(draws.stream(name, f"failure/{f.name}/{kind}") for kind in ("up", "down"))
            for name, f in modes
        ]
        shape = (len(modes), FAILURES_AHEAD, len(draws.replications))
        # The thresholds and repairs drawn and not yet passed in all replications.
        self._sums, self._repairs = np.zeros(shape), np.zeros(shape)
        self._kept = np.zeros(len(modes), dtype=np.int64)
        self._passed = np.zeros((shape[0], shape[2]), dtype=np.int64)
        for mode in range(len(modes)):
            self._draw(mode)
        self.threshold = self._sums[:, 0].copy()

    def strike(self, mode: Ints, replication: Ints) -> Floats:
        """Let modes strike, distinct pairs (n,), and return their repairs (n,), s."""
        short = self._passed[mode, replication] + 1 >= self._kept[mode]
        for one in np.unique(mode[short]):
            self._draw(int(one))
        row = self._passed[mode, replication]
        self._passed[mode, replication] = row + 1
        self.threshold[mode, replication] = self._sums[mode, row + 1, replication]
        repairs: Floats = self._repairs[mode, row, replication]
        return repairs

    def _draw(self, mode: int) -> None:
        """Drop the thresholds of a mode that all replications have passed, draw some more."""
        failure, (ups, downs) = self._failures[mode], self._streams[mode]
        up = ups.times([failure.up], FAILURES_AHEAD)[0].copy()
        down = downs.times([failure.down], FAILURES_AHEAD)[0]
        kept, old = int(self._kept[mode]), int(self._passed[mode].min())
        last = self._sums[mode, kept - 1] if kept else np.zeros(up.shape[1])
        # One after the other, as a process would add them: sums must agree to the bit.
        for before, after in pairwise([last, *up]):
            if failure.growth is not None:
                after *= grown(failure.growth, before)
            after += before
        rows = kept - old
        self._make_room(rows + len(up))
        for table, fresh in ((self._sums, up), (self._repairs, down)):
            table[mode, :rows] = table[mode, old:kept].copy()
            table[mode, rows : rows + len(fresh)] = fresh
        self._kept[mode] = rows + len(up)
        self._passed[mode] -= old

    def _make_room(self, rows: int) -> None:
        """Make the tables long enough for the mode whose replications lie farthest apart."""
        more = rows - self._sums.shape[1]
        if more > 0:
            room = ((0, 0), (0, more), (0, 0))
            self._sums, self._repairs = np.pad(self._sums, room), np.pad(self._repairs, room)
