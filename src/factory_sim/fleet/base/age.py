"""What the twin knows of each device: the age of its information, and when it sees a failure.

A message tells the state of its device at the moment it was made. What the twin knows of a
device is as old as the youngest message that has arrived; the age rises by a second
per second and falls when a younger message arrives. A failure is seen when the first message
made after it arrives. Both follow from the same falls: an arrival at e that brings the
state of g1 where that of g0 was known ends a rise at age e - g0, begins one at e - g1, and
shows all failures between g0 and g1, with delays between e - g1 and e - g0.

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
    from factory_sim.line.arrays import Floats, Ints


class Ages:
    """Ages and detections of all devices, added up by step and class.

    Rows are ``step * classes + class``. Step 0 is all time before the window, the last one
    all time after it; both are there for what reaches into the window.

    Attributes:
        latencies: (rows, BINS) messages by the time from device to twin, by arrival.
        ages: Time by age of the information, by row.
        delays: Time of failures by the delay until the twin sees them, by row.
        area: (steps + 2, classes) integral of the age over time and devices, s^2.
        fresh: (steps + 2, classes) device-time with the age within its aim, s.
    """

    def __init__(self, plan: Plan, known: Sequence[Floats]) -> None:
        """Begin with what is known.

        Args:
            plan: The run.
            known: For each class, when the youngest message of each device was made, ns.
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
        begins = np.flatnonzero(device[1:] != device[:-1]) + 1
        begins = np.concatenate([[0], begins])
        own = device[begins]
        after = self._youngest(begins, np.maximum(created[begins], self._known[own]), created)
        before = np.empty_like(after)
        before[1:] = after[:-1]
        before[begins] = self._known[own]
        ends = np.append(begins[1:], device.size) - 1
        self._known[own] = after[ends]
        firsts = np.searchsorted(device, self._firsts)
        rows = np.repeat(np.arange(self._classes) + step * self._classes, np.diff(firsts))
        low, high = at - after, at - before
        low_place, high_place = rows * BINS + bins(low), rows * BINS + bins(high)
        stale = np.flatnonzero(after != created)
        self._count(low_place, step, 1)
        if stale.size:
            self._count(low_place[stale], step, -1)
            self._count(rows[stale] * BINS + bins((at - created)[stale]), step, 1)
        self._spread(step, low, high, low_place, high_place)
        self._sum(step, firsts, high, 1)
        self._sum(step, firsts, low, -1)
        self._reassign(step, rows, before, after, at)

    def _youngest(self, begins: Ints, first: Ints, created: Ints) -> Ints:
        """Return when the youngest message known after each arrival was made, ns."""
        youngest = created.copy()
        youngest[begins] = first
        falls = youngest[1:] < youngest[:-1]
        falls[begins[1:] - 1] = False
        if falls.any():
            # lift each device above the one before, so that one scan serves all
            base = int(youngest.min())
            span = int(youngest.max()) - base + 1
            lift = np.zeros(created.size, np.int64)
            lift[begins[1:]] = span
            np.cumsum(lift, out=lift)
            youngest += lift
            np.maximum.accumulate(youngest, out=youngest)
            youngest -= lift
        return youngest

    def _block(self, step: int) -> slice:
        return slice(step * self._classes, (step + 1) * self._classes)

    def _count(self, places: Ints, step: int, sign: int) -> None:
        here = self.latencies[self._block(step)]
        offset = step * self._classes * BINS
        found = np.bincount(places - offset, minlength=here.size).reshape(here.shape)
        here += sign * found

    def _spread(self, step: int, low: Ints, high: Ints, low_at: Ints, high_at: Ints) -> None:
        """Add rises that begin at ``low`` and others that end at ``high`` to one step."""
        offset = step * self._classes * BINS
        shape = self._classes, BINS
        size = self._classes * BINS
        block = self._block(step)
        for ages, places, sign in ((low, low_at - offset, 1), (high, high_at - offset, -1)):
            counts = sign * np.bincount(places, minlength=size).reshape(shape)
            sums = sign * np.bincount(places, weights=ages, minlength=size).reshape(shape)
            for spans in (self.ages, self.delays):
                spans.counts[block] += counts
                spans.sums[block] += sums

    def _reassign(self, step: int, rows: Ints, before: Ints, after: Ints, at: Ints) -> None:
        """Move failures before this step, seen in it only now, to the steps in which they were."""
        crossing = np.flatnonzero(before < self._edges[step])
        if not crossing.size:
            return
        before, after, at = before[crossing], after[crossing], at[crossing]
        rows = rows[crossing]
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
