"""Failure modes on the busy clock: one renewal process for each mode and replication.

A station may have hundreds of modes, one for each of its devices. Most of them never
fail within a run, so only the first threshold of each is drawn to begin with.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.lives import Lives, grown, repairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws, Stream
    from factory_sim.line.failures import Failure

FAILURES_AHEAD = 16
"""Most failures drawn at a time for a mode, per replication."""


class Modes:
    """The next failure of M failure modes in every replication.

    Thresholds and repairs that are drawn, but not yet passed in all replications, are kept
    in two tables, in which each mode has a region of consecutive rows. A region that has
    become too short is moved to the end of the table.

    Args:
        modes: The station of each and the mode.
        draws: The randomness; gives the replications, R.

    Attributes:
        threshold: (M, R) work done at which each strikes next, s.
    """

    def __init__(self, modes: Sequence[tuple[str, Failure]], draws: Draws) -> None:
        self._modes, self._draws = modes, draws
        self._lives = [Lives(name, failure, draws) for name, failure in modes]
        self._repairs_of: dict[int, Stream] = {}
        self._first = np.arange(len(modes))
        self._room, self._kept = np.ones((2, len(modes)), dtype=np.int64)
        self._ahead = np.ones(len(modes), dtype=np.int64)
        self._passed = np.zeros((len(modes), len(draws.replications)), dtype=np.int64)
        self._used = len(modes)
        self._sums = np.empty(self._passed.shape)
        for mode, lives in enumerate(self._lives):
            self._sums[mode] = self._thresholds(mode, np.zeros(len(draws.replications)), lives, 1)
        self._repairs = np.empty_like(self._sums)
        self.threshold = self._sums.copy()

    def strike(self, mode: Ints, replication: Ints) -> Floats:
        """Advance modes past their next failure and return the repairs, s.

        Args:
            mode: (n,) modes.
            replication: (n,) replications; the pairs are distinct.
        """
        passed = self._passed[mode, replication]
        short = passed + 1 >= self._kept[mode]
        if np.count_nonzero(short):
            for one in np.unique(mode[short]):
                self._draw(int(one))
            passed = self._passed[mode, replication]
        row = self._first[mode] + passed
        self._passed[mode, replication] = passed + 1
        self.threshold[mode, replication] = self._sums[row + 1, replication]
        repair: Floats = self._repairs[row, replication]
        return repair

    def _thresholds(self, mode: int, last: Floats, lives: Lives, number: int) -> Floats:
        """Return the thresholds (number, R) that follow one (R,)."""
        growth = self._modes[mode][1].growth
        up = lives.next(number)
        # Added one after the other, as the reference engine does: sums agree to the bit.
        for before, after in pairwise([last, *up]):
            if growth is not None:
                after *= grown(growth, before)
            after += before
        return up

    def _draw(self, mode: int) -> None:
        """Drop the thresholds of a mode that all replications have passed, draw some more."""
        kept, old = int(self._kept[mode]), int(self._passed[mode].min())
        more = min(int(self._ahead[mode]), FAILURES_AHEAD)
        self._ahead[mode] = 2 * more
        first = int(self._first[mode])
        up = self._thresholds(mode, self._sums[first + kept - 1], self._lives[mode], more)
        down = self._next_repairs(mode, more)
        # A mode that has never struck has a threshold, and no repair yet.
        mended = kept - (len(down) - more)
        rows = kept - old + more
        to = self._region(mode, rows)
        for table, fresh, here in ((self._sums, up, kept), (self._repairs, down, mended)):
            table[to : to + here - old] = table[first + old : first + here].copy()
            table[to + here - old : to + rows] = fresh
        self._first[mode], self._kept[mode] = to, rows
        self._passed[mode] -= old

    def _next_repairs(self, mode: int, number: int) -> Floats:
        """Return as many repairs as thresholds, and on the first call one more; (n, R), s."""
        name, failure = self._modes[mode]
        if mode not in self._repairs_of:
            self._repairs_of[mode] = repairs(name, failure, self._draws)
            number += 1
        return self._repairs_of[mode].times([failure.down], number)[0]

    def _region(self, mode: int, rows: int) -> int:
        """Return the first row of a region that is long enough for a mode."""
        if rows <= self._room[mode]:
            return int(self._first[mode])
        room, first = 2 * rows, self._used
        self._room[mode], self._used = room, first + room
        more = self._used - len(self._sums)
        if more > 0:
            # By half as much again at least, so that growing costs little per row.
            shape = (max(more, len(self._sums) // 2), self._sums.shape[1])
            self._sums = np.concatenate([self._sums, np.empty(shape)])
            self._repairs = np.concatenate([self._repairs, np.empty(shape)])
        return first
