"""The window of the accounts, on the clock of one station's available time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.line.arrays import sum_of_rows
from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from factory_sim.analysis.layout import Layout
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.outages import Outages


ALL = slice(None)


class Window:
    """The window of the accounts on the clock of one station's available time.

    Args:
        begin: Its start, s.
        end: Its end, s.
        layout: Of the replications, R.
    """

    def __init__(self, begin: float, end: float, layout: Layout) -> None:
        self._begin, self._end, self.span = begin, end, end - begin
        self._layout, self._replications = layout, layout.columns
        self._outages: Outages | None = None
        self._lost: list[Floats] = []
        self._off: list[Floats] = []
        self._failed: list[tuple[Floats, Floats]] = []
        self._maintained: list[tuple[Floats, Floats]] = []
        self._whole = self._gaps = False
        self._begun: Bools | None = None
        self._meets: Bools | None = None
        self._ended = np.zeros(self._replications, dtype=bool)

    def look(self, record: StationRecord) -> Literal["before", "across", "after"]:
        """Note how a slab overlaps the window; record outages at the edges that it crosses."""
        self._outages = None if record.outages.none else record.outages
        if not record.start.size:
            return "before"
        first, last, self._gaps, unfinished = _extent(record)
        if unfinished:
            last = FAR
        self._note(last)
        # A visit of zero length that ends as the window begins is not in it.
        self._whole = first > self._begin and last <= self._end and not self._gaps
        self._begun = self._meets = None
        self._ended = np.full(self._replications, last >= self._end)
        if not self._whole and self._layout.plants > 1:
            self._look_by_plant(record)
        if last <= self._begin:
            return "before"
        return "after" if first >= self._end else "across"

    def _look_by_plant(self, record: StationRecord) -> None:
        """Determine for each plant whether the slab reaches into the window.

        A plant adds to its sums only what it would add alone, to the bit.
        """
        first = np.minimum(record.start.min(axis=0), record.leave.min(axis=0, initial=FAR))
        last = np.maximum(record.finish.max(axis=0), record.leave.max(axis=0, initial=0.0))
        shape = self._layout.plants, self._layout.replications
        begun = first.reshape(shape).min(axis=1) < self._end
        latest = last.reshape(shape).max(axis=1)
        plants = begun, begun & (latest > self._begin), latest >= self._end
        self._begun, self._meets, self._ended = (np.repeat(some, shape[1]) for some in plants)

    def follow(self, outages: Outages, last: float) -> None:
        """Record the outages at the edges that cycles up to a time, s, have passed."""
        self._outages = None if outages.none else outages
        self._note(last)

    def staying(self, record: StationRecord) -> int | Ints:
        """Return how many more parts entered than left in a slab, for all or (R,)."""
        if self._gaps:
            came, left = (np.count_nonzero(t < FAR, axis=0) for t in (record.start, record.leave))
            more: Ints = came - left
            return more
        many = len(record.start) - len(record.leave)
        # A slab that ends past the window counts back from there: see ``total``.
        return many * (~self._ended if self._begun is None else self._begun & ~self._ended)

    def close(self) -> None:
        """Record the outages at edges that no part has crossed."""
        self._note(FAR)

    def _note(self, last: float) -> None:
        """Record the time lost before each edge of the window that lies up to ``last``, s."""
        for edge, at in enumerate((self._begin, self._end)):
            if last >= at and len(self._lost) == edge and self._outages is not None:
                when = np.full((1, self._replications), at)
                self._lost.append(self._outages.lost(when)[0])
                self._off.append(self._outages.off(when)[0])
                self._failed.append(self._outages.repaired(at))
                self._maintained.append(self._outages.responses(at))

    def present(self, times: Floats) -> Bools | None:
        """Return which rows are not empty, (n, R); None for all."""
        return times < FAR if self._gaps else None

    def total(self, times: Floats, some: Bools | None) -> Floats:
        """Return the sum over rows of the available time from an edge to each, (R,).

        The edge is the start of the window; in a slab that ends past the window it is the end,
        so that parts beyond it count for nothing, however many they are.

        Args:
            times: (n, R) s.
            some: (n, R) which rows count, as ``present`` returns them.
        """
        if some is not None:
            return self._total_of(times, some)
        inside = times if self._whole else self.cut(times)
        total: Floats = sum_of_rows(inside) - len(times) * self._begin
        if self._outages is not None:
            total -= self._outages.lost_sum(inside) - len(times) * self._lost[0]
        if self._ended.any():
            total = np.where(self._ended, self._to_end(inside), total)
        return total if self._meets is None else np.where(self._meets, total, 0.0)

    def _to_end(self, inside: Floats) -> Floats:
        """Return the sum over rows of the available time from the end of the window, (R,)."""
        available = inside - self._end
        if self._outages is not None:
            available -= self._outages.lost(inside) - self._lost[1]
        return sum_of_rows(available)

    def _total_of(self, times: Floats, some: Bools) -> Floats:
        """Return ``total`` where rows are empty."""
        first = times.min(axis=0, initial=FAR)
        # Empty rows get the first time: outages before it may be forgotten.
        inside = self.cut(np.where(some, times, np.where(first < FAR, first, self._begin)))
        available = inside - self._begin
        if self._outages is not None:
            available -= self._outages.lost(inside) - self._lost[0]
        return sum_of_rows(np.where(some, available, 0.0))

    def share(self, record: StationRecord, seconds: Floats | None) -> Floats:
        """Return how much of some seconds on the servers, (n, R), lies in the window, (R,)."""
        if seconds is None:
            return np.zeros(self._replications)
        if self._whole:
            return sum_of_rows(seconds)
        some = record.finish < FAR
        ready, finish = np.where(some, record.ready, 0.0), np.where(some, record.finish, 0.0)
        part = self.part(ready, finish, ALL)
        return sum_of_rows(np.where(some, seconds * part, 0.0))

    def part(self, ready: Floats, finish: Floats, at: slice | Ints) -> Floats:
        """Return which share of the available time from ready to finish lies in the window.

        Where that is no time at all, it is the share of the moment: 1 in the window, else 0.

        Args:
            ready: (n, r) s.
            finish: (n, r) s.
            at: The r replications.
        """
        inside = self.between(self.cut(ready), self.cut(finish), at)
        length = self.between(ready, finish, at)
        moment = self.inside(finish).astype(float)
        part: Floats = np.divide(inside, length, out=moment, where=length > 0)
        return part

    def cut(self, times: Floats) -> Floats:
        """Return times as far as they lie in the window, else its edge, s."""
        inside: Floats = np.clip(times, self._begin, self._end)
        return inside

    def between(self, begin: Floats, end: Floats, at: slice | Ints) -> Floats:
        """Return the available time from each start to each end, (n, r), of r replications, s."""
        length: Floats = end - begin
        if self._outages is not None:
            length -= self._outages.lost_between(begin, end, at)
        return length

    def count(self, times: Floats) -> Floats:
        """Return how many times lie in the window, (R,)."""
        if self._whole:
            return np.full(self._replications, float(len(times)))
        count: Floats = self.inside(times).sum(axis=0).astype(float)
        return count

    def sum(self, numbers: Ints, times: Floats) -> Floats:
        """Return the sum of the numbers (n, R) whose times lie in the window, (R,)."""
        inside = True if self._whole else self.inside(times)
        total: Floats = numbers.sum(axis=0, where=inside).astype(float)
        return total

    def inside(self, times: Floats) -> Bools:
        """Return which times lie in the window."""
        inside: Bools = (times > self._begin) & (times <= self._end)
        return inside

    def available(self) -> Floats:
        """Return the available seconds of the window, (R,)."""
        if self._outages is None:
            return np.full(self._replications, self.span)
        available: Floats = self.span - (self._lost[1] - self._lost[0])
        return available

    def off(self) -> Floats:
        """Return the seconds of the window off shift, (R,)."""
        if self._outages is None:
            return np.zeros(self._replications)
        off: Floats = self._off[1] - self._off[0]
        return off

    def failures(self) -> Floats:
        """Return the failures on the calendar clock that began in the window, (R,)."""
        if self._outages is None:
            return np.zeros(self._replications)
        failures: Floats = self.repaired()[0].sum(axis=0)
        return failures

    def responses(self) -> tuple[Floats, Floats]:
        """Return seconds until failures were seen, and planned repairs, by calendar, (R,)."""
        if self._outages is None:
            return np.zeros(self._replications), np.zeros(self._replications)
        (waited, visited), (seen, planned) = self._maintained
        return seen - waited, planned - visited

    def repaired(self) -> tuple[Floats, Floats]:
        """Return failures and seconds of repair of each mode on the calendar clock, (M, R)."""
        (begun, spent), (failures, seconds) = self._failed
        return failures - begun, seconds - spent


def latest(times: Floats) -> tuple[float, bool]:
    """Return the last of the times that are known, s, 0 for none, and whether all are."""
    last = float(times.max(initial=0.0))
    if last < FAR:
        return last, True
    return float(times.max(initial=0.0, where=times < FAR)), False


def _extent(record: StationRecord) -> tuple[float, float, bool, bool]:
    """Return the first and last time of a slab, s, and what has no time.

    That is: whether rows are empty, and whether a part that started did not finish.
    """
    last, gaps = 0.0, False
    for times in (record.start[-1:], record.finish, record.leave):
        found, all_known = latest(times)
        last, gaps = max(last, found), gaps or not all_known
    unfinished = gaps and bool(((record.start < FAR) & (record.finish >= FAR)).any())
    # Departures lag behind: the first may be of a part that started in an earlier slab.
    left = record.leave if gaps else record.leave[:1]
    first = min(float(record.start.min()), float(left.min(initial=FAR)))
    return first, last, gaps, unfinished
