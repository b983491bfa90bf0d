"""Parts in and out of the plant: throughput, lead time, work in process, quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.quotient import quotient
from factory_sim.line.arrays import sum_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.engines.record import Slab
    from factory_sim.line.arrays import Bools, Floats, Ints

SPANS = 2000
"""Equal spans of [0, end] in which deliveries are counted, for the warm-up rule; with a
few hundred, nights taken out, MSER-5 often takes a calm end for the steady state."""

DAY = 86_400.0
MOST_DAYS = 1000
"""Days from time 0 whose output is counted separately, at most; it bounds the memory of a long
run."""

BINS = 4096
SHORTEST, LONGEST = 1e-3, 1e9
"""Lead times are counted in bins equal in logarithm, 0.7 % wide, and interpolated."""

ONE = np.int32(1)
"""One in the dtype of the counts; with another, ``np.add.at`` would take forty times as long."""


class DeliveryTally:
    """What entered and left the main line, summed up slab by slab.

    Args:
        begin: Start of the window, s.
        end: End of the window, s.
        replications: R.

    Attributes:
        delivered: (R,) parts delivered in the window.
        scrapped: (R,) parts scrapped in the window.
        longest: (R,) longest time in the main line of those delivered, s.
        daily: (R, D) parts delivered in each whole day since time 0, warm-up included;
            D is at most ``MOST_DAYS``.
    """

    def __init__(self, begin: float, end: float, replications: int) -> None:
        self.begin, self.end = begin, end
        self.delivered, self.scrapped, self._untouched = np.zeros((3, replications))
        self._lead = np.zeros(replications)
        self._entered, self._left, self._thrown = np.zeros((3, replications))
        self._shortest = np.full(replications, np.inf)
        self.longest = np.zeros(replications)
        self._histogram = np.zeros((replications, BINS), dtype=np.int32)
        self._series = np.zeros((replications, SPANS))
        self.daily = np.zeros((replications, min(int(end // DAY), MOST_DAYS)))
        self._columns = np.arange(replications)

    def add(self, slab: Slab) -> None:
        """Add what entered and left during a slab."""
        self._entered = self._until_end(self._entered, slab.entered)
        self._left = self._until_end(self._left, slab.delivered)
        self._thrown = self._until_end(self._thrown, slab.scrapped)
        self.scrapped += self._inside(slab.scrapped).sum(axis=0)
        inside = self._inside(slab.delivered)
        self.delivered += inside.sum(axis=0)
        self._untouched += (inside & ~slab.touched).sum(axis=0)
        if inside.any():
            self._add_lead(slab.delivered - np.where(inside, slab.born, 0.0), inside)
        # Replication by replication, so that the current counts stay in the cache.
        times = np.ascontiguousarray(slab.delivered.T)
        self._add_series(times)
        self._add_daily(times)

    def lead_time(self) -> Floats:
        """Return the mean time in the main line, (R,), s."""
        return quotient(self._lead, self.delivered)

    def lead_time_quantiles(self, *shares: float) -> list[Floats]:
        """Return quantiles of the time in the main line, (R,) each, s."""
        # Most bins are empty in all replications.
        used = np.flatnonzero(self._histogram.any(axis=0))
        first, last = (used[0], used[-1]) if used.size else (0, 0)
        counts = np.cumsum(self._histogram[:, first : last + 1], axis=1, dtype=np.int32)
        return [self._lead_time_at(share * self.delivered, counts, first) for share in shares]

    def _lead_time_at(self, rank: Floats, counts: NDArray[np.int32], first: int) -> Floats:
        """Return the lead time of a rank (R,), from counts of all up to each bin (R, B)."""
        place = np.minimum(np.count_nonzero(counts < rank[:, None], axis=1), counts.shape[1] - 1)
        bin_ = first + place
        inside = self._histogram[self._columns, bin_]
        below = counts[self._columns, place] - inside
        position = bin_ + quotient(rank - below, inside.astype(float))
        width = np.log(LONGEST / SHORTEST) / BINS
        value = SHORTEST * np.exp(width * position)
        longest = np.maximum(self.longest, self._shortest)
        clipped: Floats = np.clip(value, self._shortest, longest)
        return clipped

    def wip(self) -> Floats:
        """Return the mean number of parts in the main line, (R,)."""
        presence = self._entered - self._left - self._thrown
        return presence / (self.end - self.begin)

    def first_time_through(self) -> Floats:
        """Return the share of all parts that left which were delivered untouched, (R,)."""
        return quotient(self._untouched, self.delivered + self.scrapped)

    def series(self) -> Floats:
        """Return the deliveries per span, (R, ``SPANS``)."""
        return self._series

    def _inside(self, times: Floats) -> Bools:
        inside: Bools = (times > self.begin) & (times <= self.end)
        return inside

    def _until_end(self, total: Floats, times: Floats) -> Floats:
        """Return a sum (R,) with the time left in the window added row by row, (n, R), s.

        Added one after the other it does not depend on where a slab ends.
        """
        left = self.end - np.clip(times, self.begin, self.end)
        return sum_of_rows(np.concatenate([total[None], left]))

    def _add_lead(self, lead: Floats, inside: Bools) -> None:
        """Add the lead times (n, R) of the parts delivered inside the window."""
        self._lead += sum_of_rows(np.where(inside, lead, 0.0))
        np.minimum(self._shortest, np.where(inside, lead, np.inf).min(axis=0), out=self._shortest)
        np.maximum(self.longest, np.where(inside, lead, 0.0).max(axis=0), out=self.longest)
        lead, column = _chosen(np.ascontiguousarray(lead.T), inside.T)
        scaled = np.log(np.maximum(lead, SHORTEST) / SHORTEST)
        bin_ = (scaled * (BINS / np.log(LONGEST / SHORTEST))).astype(np.int64)
        np.add.at(self._histogram.ravel(), column * BINS + np.minimum(bin_, BINS - 1), ONE)

    def _add_series(self, delivered: Floats) -> None:
        """Count deliveries (R, n) by span."""
        delivered, column = _chosen(delivered, delivered < self.end)
        span = (delivered * (SPANS / self.end)).astype(np.int64)
        np.add.at(self._series.ravel(), column * SPANS + np.minimum(span, SPANS - 1), 1.0)

    def _add_daily(self, delivered: Floats) -> None:
        """Count deliveries (R, n) by day; like the window, a day holds its end, not its start."""
        days = self.daily.shape[1]
        if days:
            delivered, column = _chosen(delivered, delivered <= days * DAY)
            day = np.ceil(delivered / DAY).astype(np.int64) - 1
            np.add.at(self.daily.ravel(), column * days + np.maximum(day, 0), 1.0)


def _chosen(times: Floats, some: Bools) -> tuple[Floats, Ints]:
    """Return the selected ones of times (R, n), by replication, and the replication of each."""
    flat = np.flatnonzero(some)
    return times.ravel()[flat], flat // times.shape[1]
