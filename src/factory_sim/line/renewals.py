"""Failures on the calendar clock: up, down, up, down, ... whatever the station does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.lives import Lives, grown, repairs

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats
    from factory_sim.line.draws import Draws, Stream
    from factory_sim.line.plant import Failure

FAR = 1e300
"""A time that never comes; finite, so that the difference of two is not NaN."""

SPANS_AHEAD = 16
"""Spans drawn at a time; a few hundred would cost memory, one would cost calls."""


class Renewal:
    """Failures of one mode on the calendar clock: up, down, up, down, ...

    Args:
        station: Name of the station, part of the address of the draws.
        failure: The mode.
        draws: The randomness; gives the replications, R.

    Attributes:
        rate: Failures per second in the long run.
    """

    def __init__(self, station: str, failure: Failure, draws: Draws) -> None:
        self.rate = 1.0 / (failure.up.mean + failure.down.mean)
        self._station, self._failure, self._draws = station, failure, draws
        self._lives = Lives(station, failure, draws)
        # Most devices never fail, so that repairs are drawn when the first one does.
        self._down: Stream | None = None
        self._ahead = 1
        self._next = self._lives.next(1)[0]
        if failure.growth is not None:
            self._next *= grown(failure.growth, 0.0)
        self._begins, self._ends = np.empty((2, 0, self._next.size))

    def until(self, reach: float) -> tuple[Floats, Floats]:
        """Return the failures that begin before ``reach`` and were not returned yet.

        Returns:
            (rows, R) begins and ends, s; ``FAR`` for none.
        """
        begins, ends = [self._begins], [self._ends]
        while self._next.min() < reach:
            more = self._more(min(self._ahead, SPANS_AHEAD))
            begins.append(more[0])
            ends.append(more[1])
            self._ahead *= 2
        begin, end = np.concatenate(begins), np.concatenate(ends)
        now = begin < reach
        later = (begin < FAR) & ~now
        self._begins = np.where(now, FAR, begin)[later.any(axis=1)]
        self._ends = np.where(now, FAR, end)[later.any(axis=1)]
        some = now.any(axis=1)
        return np.where(now, begin, FAR)[some], np.where(now, end, FAR)[some]

    def _more(self, number: int) -> tuple[Floats, Floats]:
        """Return the next failures, (number, R), and draw when the one after them comes."""
        if self._down is None:
            self._down = repairs(self._station, self._failure, self._draws)
        begins, ends = np.empty((2, number, self._next.size))
        downs = self._down.times([self._failure.down], number)[0]
        for row, (up, down) in enumerate(zip(self._lives.next(number), downs, strict=True)):
            begins[row], ends[row] = self._next, self._next + down
            if self._failure.growth is not None:
                up *= grown(self._failure.growth, ends[row])
            self._next = ends[row] + up
        return begins, ends
