"""Spans of time in which something is not available, per replication."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats, Ints

    Columns = slice | Ints


class Spans:
    """Disjoint spans per replication, (rows, R), ascending, padded with ``FAR``."""

    def __init__(self, replications: int) -> None:
        self.begins = np.full((1, replications), FAR)
        self.ends = np.full((1, replications), FAR)
        self._forgotten = np.zeros(replications)

    def append(self, begins: Floats, ends: Floats) -> None:
        """Add spans that begin after all before them; overlaps are merged."""
        begins = np.concatenate([self.begins, begins])
        ends = np.concatenate([self.ends, ends])
        order = np.argsort(begins, axis=0, kind="stable")
        begins = np.take_along_axis(begins, order, axis=0)
        ends = np.maximum.accumulate(np.take_along_axis(ends, order, axis=0), axis=0)
        begins[1:] = np.maximum(begins[1:], ends[:-1])
        used = int((begins < FAR).any(axis=1).sum())
        # One row of padding always stays: it says "no span known from here on".
        self.begins, self.ends = begins[: used + 1], ends[: used + 1]

    def forget(self, before: Floats) -> None:
        """Drop spans that ended by ``before`` (R,)."""
        old = self.ends <= before
        if np.count_nonzero(old) < old.size // 2:
            return
        self._forgotten = _added(self._forgotten, np.where(old, self.ends - self.begins, 0.0))
        self.begins = np.where(old, FAR, self.begins)
        self.ends = np.where(old, FAR, self.ends)
        nothing = np.empty((0, self.begins.shape[1]))
        self.append(nothing, nothing)

    def before(self, t: Floats, at: Columns) -> Floats:
        """Return the seconds within spans in [0, t], (n, R), of some replications."""
        begins, ends = self.begins[:, at], self.ends[:, at]
        past, amid = self._past(t, begins, ends, self._forgotten[at])
        total: Floats = np.empty(t.shape)
        total[:] = past
        for row in np.flatnonzero(amid.any(axis=1)):
            some = np.flatnonzero(amid[row])
            begin, end = begins[row, some], ends[row, some]
            total[:, some] += np.minimum(np.maximum(t[:, some] - begin, 0.0), end - begin)
        return total

    def before_sum(self, t: Floats, at: Columns) -> Floats:
        """Return the sum over rows of the seconds within spans in [0, t], (R,), likewise."""
        begins, ends = self.begins[:, at], self.ends[:, at]
        past, amid = self._past(t, begins, ends, self._forgotten[at])
        total: Floats = len(t) * past
        for row in np.flatnonzero(amid.any(axis=1)):
            some = np.flatnonzero(amid[row])
            begin, end = begins[row, some], ends[row, some]
            within = np.minimum(np.maximum(t[:, some] - begin, 0.0), end - begin)
            total[some] += within.sum(axis=0)
        return total

    @staticmethod
    def _past(t: Floats, begins: Floats, ends: Floats, forgotten: Floats) -> tuple[Floats, Bools]:
        """Return the seconds of the spans before all times (R,), and which spans lie amid.

        Few replications have an outage within the times asked for.
        """
        first, last = t.min(axis=0, initial=FAR), t.max(axis=0, initial=0.0)
        past = _added(forgotten, np.where(ends <= first, ends - begins, 0.0))
        amid: Bools = (ends > first) & (begins < last)
        return past, amid

    def first(self, until: float) -> Floats:
        """Return those of the first replication that begin before a time, (n, 2), s."""
        begins, ends = self.begins[:, 0], self.ends[:, 0]
        some = (begins < until) & (ends > begins)
        return np.stack([begins[some], ends[some]], axis=1)

    def first_open(self, t: Floats, replication: Ints) -> Ints:
        """Return the row of the first span that ends after t, (n,)."""
        row: Ints = (self.ends[:, replication] <= t).sum(axis=0)
        return row


def _added(total: Floats, seconds: Floats) -> Floats:
    """Return a total (R,) with the seconds (n, R) of spans, added one after the other.

    So it does not depend, to the bit, on how many of them were added before.
    """
    added: Floats = np.add.accumulate(np.concatenate([total[None], seconds]), axis=0)[-1]
    return added
