"""Spans of time in which something is not available, per replication."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.arrays import sum_of_rows
from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.line.arrays import Floats, Ints

    Columns = slice | Ints


class Spans:
    """Disjoint spans per replication, (rows, R), ascending, padded with ``FAR``."""

    def __init__(self, replications: int) -> None:
        self.begins = np.full((1, replications), FAR)
        self.ends = np.full((1, replications), FAR)
        self._forgotten = np.zeros(replications)
        # The row of the first span that later calls may still ask about.
        self._open = np.zeros(replications, dtype=np.int64)
        self._note()

    def append(self, begins: Floats, ends: Floats) -> None:
        """Add spans that begin after all before them; overlaps are merged."""
        begins = np.concatenate([self.begins, begins])
        ends = np.concatenate([self.ends, ends])
        order = np.argsort(begins, axis=0, kind="stable")
        begins = np.take_along_axis(begins, order, axis=0)
        ends = np.maximum.accumulate(np.take_along_axis(ends, order, axis=0), axis=0)
        begins[1:] = np.maximum(begins[1:], ends[:-1])
        used = int((begins < FAR).any(axis=1).sum())
        # One row of padding always stays: it stands for no more known spans.
        self.begins, self.ends = begins[: used + 1], ends[: used + 1]
        self._note()

    def _note(self) -> None:
        """Update what is derived from the spans: seconds before each, and the extent of rows."""
        # Added one after the other, so that forgetting spans changes no bit of a sum.
        seconds = np.concatenate([self._forgotten[None], self.ends - self.begins])
        self._passed: Floats = np.add.accumulate(seconds, axis=0)
        self._earliest, self._latest = self.begins.min(axis=1), self.ends.max(axis=1)

    def forget(self, before: Floats) -> None:
        """Drop spans that ended by ``before`` (R,)."""
        old = self.ends <= before
        if np.count_nonzero(old) < old.size // 2:
            return
        number = np.count_nonzero(old, axis=0)
        self._forgotten = self._passed[number, np.arange(number.size)]
        self._open = np.maximum(self._open - number, 0)
        self.begins = np.where(old, FAR, self.begins)
        self.ends = np.where(old, FAR, self.ends)
        nothing = np.empty((0, self.begins.shape[1]))
        self.append(nothing, nothing)

    def before(self, t: Floats, at: Columns) -> Floats:
        """Return the seconds within spans in [0, t], (n, R), of some replications."""
        first, past = self._past(t, at)
        total: Floats = np.empty(t.shape)
        total[:] = past
        for some, begin, end in self._amid(first, t.max(axis=0, initial=0.0), at):
            total[:, some] += np.minimum(np.maximum(t[:, some] - begin, 0.0), end - begin)
        return total

    def before_sum(self, t: Floats, at: Columns) -> Floats:
        """Return the sum over rows of the seconds within spans in [0, t], (R,), likewise."""
        first, past = self._past(t, at)
        total: Floats = len(t) * past
        for some, begin, end in self._amid(first, t.max(axis=0, initial=0.0), at):
            within = np.minimum(np.maximum(t[:, some] - begin, 0.0), end - begin)
            total[some] += sum_of_rows(within)
        return total

    def between(self, begin: Floats, end: Floats, at: Columns) -> Floats:
        """Return the seconds within spans in each [begin, end), (n, R), of some replications."""
        total: Floats = np.zeros(begin.shape)
        for span in self._rows(float(begin.min(initial=FAR)), float(end.max(initial=0.0))):
            opens, closes = self.begins[span, at], self.ends[span, at]
            # Few of the times that are asked for meet a span.
            meets = np.flatnonzero((end > opens) & (begin < closes))
            row, column = np.divmod(meets, opens.size)
            until, since = end[row, column], begin[row, column]
            within = np.minimum(until, closes[column]) - np.maximum(since, opens[column])
            total[row, column] += np.maximum(within, 0.0)
        return total

    def _past(self, t: Floats, at: Columns) -> tuple[Floats, Floats]:
        """Return the first of times (n, R) in each replication, and the seconds of spans before."""
        first: Floats = t.min(axis=0, initial=FAR)
        over = np.count_nonzero(self.ends[:, at] <= first, axis=0)
        return first, self._passed[:, at][over, np.arange(over.size)]

    def _amid(
        self, first: Floats, last: Floats, at: Columns
    ) -> Iterator[tuple[Columns, Floats, Floats]]:
        """Yield spans that overlap [first, last], (R,) each: replications, begins and ends.

        Few replications have an outage within the times asked for.
        """
        for row in self._rows(float(first.min(initial=FAR)), float(last.max(initial=0.0))):
            begin, end = self.begins[row, at], self.ends[row, at]
            amid = (end > first) & (begin < last)
            if amid.all():
                yield slice(None), begin, end
            else:
                some = np.flatnonzero(amid)
                if some.size:
                    yield some, begin[some], end[some]

    def _rows(self, first: float, last: float) -> Ints:
        """Return the rows in which a span of any replication overlaps [first, last]."""
        return np.flatnonzero((self._latest > first) & (self._earliest < last))

    def first(self, until: float) -> Floats:
        """Return the spans of the first replication that begin before a time, (n, 2), s."""
        begins, ends = self.begins[:, 0], self.ends[:, 0]
        some = (begins < until) & (ends > begins)
        return np.stack([begins[some], ends[some]], axis=1)

    def begin_with(self, replication: Ints) -> Ints:
        """Return the row from which to look for spans, (n,): what was not passed by."""
        row: Ints = self._open[replication]
        return row

    def first_open(self, t: Floats, replication: Ints, row: Ints) -> Ints:
        """Return the row of the first span that ends after t, (n,), from ``row`` (n,) on."""
        while np.count_nonzero(over := self.ends[row, replication] <= t):
            row = row + over
        return row

    def pass_by(self, row: Ints, replication: Ints) -> None:
        """Promise that no question will be about a span before a row, (n,)."""
        self._open[replication] = row
