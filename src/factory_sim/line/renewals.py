"""Failures on the calendar clock: the renewal process of a mode, and totals of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.calendars import next_break
from factory_sim.line.lives import Lives, grown
from factory_sim.line.responses import Responses, prevented

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.failures import Failure
    from factory_sim.line.responses import Response

FAR = 1e300
"""A time that never comes; finite, so that the difference of two is not NaN."""

SPANS_AHEAD = 16
"""Spans drawn at a time; a few hundred would cost memory, one would cost calls."""

PLANNED = -1.0
"""In place of the detection delay of spans that are planned repairs or false alarms."""


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
        self.rate = 1.0 / (failure.up.mean + (0.0 if failure.visits else failure.down.mean))
        self._failure = failure
        self._lives = Lives(station, failure, draws)
        self._responses = Responses(station, failure, draws)
        self._ahead = 1
        self._next = self._lives.next(1)[0]
        if failure.growth is not None:
            self._next *= grown(failure.growth, 0.0)
        self._born, self._life = np.zeros_like(self._next), self._lives.age + self._next
        self._left = np.empty((3, 0, self._next.size))

    def until(self, reach: float) -> Floats:
        """Return what begins before ``reach`` and was not returned yet.

        Returns:
            (3, rows, R) begin and end of each span and how late the failure was seen, s,
            ``PLANNED`` for what is no failure; ``FAR`` for none.
        """
        drawn = [self._left]
        while self._soonest() < reach:
            drawn.append(self._more(min(self._ahead, SPANS_AHEAD)))
            self._ahead *= 2
        spans = np.concatenate(drawn, axis=1)
        now = spans[0] < reach
        later = (spans[0] < FAR) & ~now
        self._left = np.where(later, spans, FAR)[:, later.any(axis=1)]
        found: Floats = np.where(now, spans, FAR)[:, now.any(axis=1)]
        return found

    def _soonest(self) -> float:
        """Return a time before which no span that is not drawn yet can begin, s."""
        ahead = self._failure.prediction
        if ahead is None:
            return float(self._next.min())
        return float((self._next - (1.0 - ahead.begins) * self._life).min())

    def _more(self, number: int) -> Floats:
        """Return the next ``number`` spans, in the form of ``until``."""
        failure, responses = self._failure, self._responses.next(number)
        spans = np.empty((3, number, self._next.size))
        for row, up in enumerate(self._lives.next(number)):
            spans[:, row], born = self._span(responses.of_life(row))
            if failure.growth is not None:
                up *= grown(failure.growth, born)
            self._born, self._life, self._next = born, up, born + up
        return spans

    def _span(self, response: Response) -> tuple[Floats, Floats]:
        """Return the span (3, R) that ends the present life, and when the next begins, s."""
        failure, fails = self._failure, self._next
        if failure.visits is not None:
            begin = next_break(failure.visits, fails)
            return np.stack([begin, begin + response.takes, np.full_like(begin, PLANNED)]), fails
        seen = response.seen(failure, fails)
        begin, end = fails, fails + seen + response.takes
        if failure.prediction is not None:
            spared, at = prevented(failure, response, self._born, self._life, fails)
            begin = np.where(spared, at, begin)
            end = np.where(spared, at + response.planned, end)
            seen = np.where(spared, PLANNED, seen)
        return np.stack([begin, end, seen]), end


class Known:
    """Spans that are known from the start, with the interface of a renewal process."""

    def __init__(self, spans: Floats) -> None:
        self._spans = spans
        self.rate = 1.0 / FAR

    def until(self, _reach: float) -> Floats:
        """Return them all, once."""
        spans, self._spans = self._spans, self._spans[:, :0]
        return spans


class Failed:
    """The failures of M modes, (rows, R) in any order, padded with ``FAR``.

    Planned repairs and false alarms are among them, and told apart.

    Args:
        modes: M.
        replications: R.
    """

    def __init__(self, modes: int, replications: int) -> None:
        self._mode = np.empty(0, dtype=np.int64)
        self._begins, self._ends, self._seen = np.empty((3, 0, replications))
        self._forgotten = np.zeros((4, modes, replications))

    def append(self, mode: int, spans: Floats) -> None:
        """Add spans of a mode as :meth:`Renewal.until` returns them, (3, rows, R)."""
        begins, ends, seen = spans
        self._mode = np.append(self._mode, np.full(len(begins), mode))
        self._begins = np.concatenate([self._begins, begins])
        self._ends = np.concatenate([self._ends, ends])
        self._seen = np.concatenate([self._seen, seen])

    def forget(self, before: Floats) -> None:
        """Keep of those that ended up to a time (R,), s, only their totals."""
        past = self._ends <= before
        if np.count_nonzero(past) * 2 <= past.size:
            return
        for total, amount in zip(self._forgotten, self._amounts(past, FAR), strict=True):
            np.add.at(total, self._mode, amount)
        left = ~past & (self._begins < FAR)
        rows = left.any(axis=1)
        self._mode = self._mode[rows]
        self._begins, self._ends, self._seen = (
            np.where(left, values, FAR)[rows] for values in (self._begins, self._ends, self._seen)
        )

    def until(self, t: float) -> Floats:
        """Return totals of what began in [0, t], (4, M, R).

        They are: the failures, the seconds down up to ``t``, the seconds until failures
        were seen, and the planned repairs and false alarms.
        """
        total: Floats = self._forgotten.copy()
        for amount, added in zip(total, self._amounts(self._begins <= t, t), strict=True):
            np.add.at(amount, self._mode, added)
        return total

    def first(self, until: float) -> tuple[Ints, Floats]:
        """Return mode (n,) and span (n, 2), s, of those of the first replication."""
        begins, ends = self._begins[:, 0], self._ends[:, 0]
        some = begins < until
        return self._mode[some], np.stack([begins[some], ends[some]], axis=1)

    def _amounts(self, some: Bools, t: float) -> tuple[Bools, Floats, Floats, Bools]:
        """Return the contributions of some spans to each total by a time."""
        failures = some & (self._seen >= 0.0)
        down = np.where(some, np.minimum(self._ends, t) - self._begins, 0.0)
        return failures, down, np.where(failures, self._seen, 0.0), some & ~failures
