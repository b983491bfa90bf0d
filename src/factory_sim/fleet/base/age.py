"""What the twin knows of each device: the age of its information, and when it sees a failure.

A message carries the state of its device at the moment it was made. What the twin knows of a
device is as old as the latest-made message that has arrived; the age rises by a second per
second and drops when a more recent message arrives. A failure is seen when the first message
made after it arrives. Both follow from the same drops: an arrival at e that brings the state
of g1 where that of g0 was known ends a rise at age e - g0, begins one at e - g1, and reveals
all failures between g0 and g1, with delays between e - g1 and e - g0.

Source of the age: Kaul, Yates and Gruteser (2012), "Real-time status: how often should one
update?", IEEE INFOCOM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.histogram import BINS, Spans, bins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Bools, Floats, Ints


class Ages:
    """Ages and detections of all devices, added up by step and class.

    Rows are ``step * classes + class``. Step 0 is all time before the window, the last one all
    time after it; they hold what reaches into the window from outside.

    Attributes:
        latencies: (rows, BINS) messages by the time from device to twin, by arrival.
        ages: Time by age of the information, by row.
        delays: Time of failures by the delay until the twin sees them, by row.
        area: (steps + 2, classes) integral of the age over time and devices, s^2.
        fresh: (steps + 2, classes) device-time with the age within its aim, s.
    """

    def __init__(self, plan: Plan, known: Sequence[Floats]) -> None:
        """Start from what is known.

        Args:
            plan: The run.
            known: For each class, when the latest message of each device was made, ns.
        """
        self._classes = len(plan.classes)
        counts = [each.count for each in plan.classes]
        self._firsts = np.concatenate([[0], np.cumsum(counts)])
        self._class = np.repeat(np.arange(self._classes), counts)
        self._known = np.concatenate([np.asarray(k) for k in known]).astype(np.int64)
        aims = [each.fresh_within for each in plan.classes]
        self._aims = np.array([np.inf if aim is None else aim * 1e9 for aim in aims])
        infinite = np.iinfo(np.int64).max
        self._edges = np.array([-infinite, *plan.steps, infinite])
        rows = (len(plan.steps) + 1) * self._classes
        self.latencies = np.zeros((rows, BINS), np.int64)
        self.ages, self.delays = Spans(rows), Spans(rows)
        shape = len(plan.steps) + 1, self._classes
        self.area, self.fresh = np.zeros(shape), np.zeros(shape)

    def turn(self, now: int, step: int) -> None:
        """Close step ``step - 1`` and begin ``step`` at ``now``, ns."""
        ages = now - self._known
        rows = self._class + step * self._classes
        self.ages.add(rows, ages, 1)
        self.ages.add(rows - self._classes, ages, -1)
        for at, sign in ((step, -1), (step - 1, 1)):
            self._sum(at, self._firsts, ages, sign)

    def _sum(self, step: int, firsts: Ints, ages: Ints, sign: int) -> None:
        """Add ages at which rises end (sign 1) or begin (-1); those of class c from firsts[c]."""
        seconds = ages / 1e9
        for c, aim in enumerate(self._aims.tolist()):
            mine = seconds[firsts[c] : firsts[c + 1]]
            self.area[step, c] += sign * float((mine * mine).sum()) / 2
            if np.isfinite(aim):
                self.fresh[step, c] += sign * float(np.minimum(mine, aim / 1e9).sum())

    def arrive(self, step: int, device: Ints, at: Ints, created: Ints) -> None:
        """Take in messages that reach the twin.

        Args:
            step: Step of all of them.
            device: Number of the device, ascending.
            at: When they arrive, ns, ascending for each device.
            created: When they were made, ns.
        """
        if not device.size:
            return
        is_first = np.ones(device.size, bool)
        np.not_equal(device[1:], device[:-1], out=is_first[1:])
        begins = np.flatnonzero(is_first)
        own = device[begins]
        known = self._known[own]
        after = created.copy()
        after[begins] = np.maximum(created[begins], known)
        _carry(after, is_first)
        stale = np.flatnonzero(after != created)
        before = np.empty_like(after)
        before[1:] = after[:-1]
        before[begins] = known
        self._known[own] = after[np.append(begins[1:], device.size) - 1]
        firsts = np.searchsorted(device, self._firsts)
        rows = np.repeat(np.arange(self._classes), np.diff(firsts))
        low, high = at - after, at - before
        begun, ended = self._binned(rows, low), self._binned(rows, high)
        block = slice(step * self._classes, (step + 1) * self._classes)
        for spans in (self.ages, self.delays):
            spans.counts[block] += begun[0] - ended[0]
            spans.sums[block] += begun[1] - ended[1]
        self.latencies[block] += begun[0]
        if stale.size:
            self.latencies[block] -= self._counted(rows[stale], low[stale])
            self.latencies[block] += self._counted(rows[stale], (at - created)[stale])
        self._sum(step, firsts, high, 1)
        self._sum(step, firsts, low, -1)
        self._reassign(step, before, after, at, rows)

    def _counted(self, rows: Ints, ages: Ints) -> Ints:
        """Return the (classes, BINS) number of ages in each row and bin."""
        found = np.bincount(rows * BINS + bins(ages), minlength=self._classes * BINS)
        return found.reshape(self._classes, BINS)

    def _binned(self, rows: Ints, ages: Ints) -> tuple[Ints, Floats]:
        """Return number and sum, ns, of the ages in each row and bin, both (classes, BINS)."""
        shape = self._classes, BINS
        places = rows * BINS
        places += bins(ages)
        counts = np.bincount(places, minlength=self._classes * BINS)
        sums = np.bincount(places, weights=ages, minlength=self._classes * BINS).astype(float)
        return counts.reshape(shape), sums.reshape(shape)

    def _reassign(self, step: int, before: Ints, after: Ints, at: Ints, rows: Ints) -> None:
        """Count failures that this step detects but that happened earlier in their own steps."""
        crossing = np.flatnonzero(before < self._edges[step])
        if not crossing.size:
            return
        before, after, at = before[crossing], after[crossing], at[crossing]
        rows = rows[crossing] + step * self._classes
        self.delays.add(rows, at - after, -1)
        self.delays.add(rows, at - before, 1)
        first = np.searchsorted(self._edges, before, "right") - 1
        last = np.maximum(np.searchsorted(self._edges, after, "left") - 1, first)
        parts = last - first + 1
        which = np.repeat(np.arange(parts.size), parts)
        part = np.arange(which.size) - np.repeat(np.cumsum(parts) - parts, parts)
        steps = first[which] + part
        begin = np.maximum(before[which], self._edges[steps])
        end = np.minimum(after[which], self._edges[steps + 1])
        own = rows[which] + (steps - step) * self._classes
        self.delays.add(own, at[which] - end, 1)
        self.delays.add(own, at[which] - begin, -1)


def _carry(youngest: Ints, is_first: Bools) -> None:
    """Replace each moment by the latest up to it in the row of its device, in place.

    Args:
        youngest: Moments in a row for each device.
        is_first: Whether the row of a device begins.
    """
    falls = np.flatnonzero(youngest[1:] < youngest[:-1]) + 1
    falls = falls[~is_first[falls]]
    while falls.size:
        youngest[falls] = youngest[falls - 1]
        falls = np.union1d(falls, falls + 1)
        falls = falls[: np.searchsorted(falls, youngest.size)]
        falls = falls[~is_first[falls] & (youngest[falls] < youngest[falls - 1])]
