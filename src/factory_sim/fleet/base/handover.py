"""Handovers of moving devices between cells, and the messages that wait meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.times import law
from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.fleet.base.times import Law
    from factory_sim.line.arrays import Ints
    from factory_sim.scenario.digital_base import Handover


class Handovers:
    """The handovers of the devices of one class, kept as long as they may matter.

    In the gap of a handover a device sends nothing; what waited goes out after it, to the
    new cell. Where the next handover begins within a gap, it waits for that one, too.

    Args:
        plan: The run.
        name: Name of the class.
        count: Its devices.
        moves: Laws of handovers.
    """

    def __init__(self, plan: Plan, name: str, count: int, moves: Handover) -> None:
        self._cells, self._end = plan.base.cells.count, plan.end
        self._laws = {"every": law(moves.every), "gap": law(moves.gap)}
        self._streams = {p: generator(plan.seed, 0, name, f"handover {p}") for p in self._laws}
        self._passed = np.zeros(count, np.int64)
        # how far a device is from its first handover is random, too
        share = generator(plan.seed, 0, name, "handover phase").random(count)
        first = plan.begin + (self._drawn("every") * share).astype(np.int64)
        self._begins, self._ends = first[np.newaxis], (first + self._drawn("gap"))[np.newaxis]

    def _drawn(self, purpose: str) -> Ints:
        drawn: Law = self._laws[purpose]
        return drawn.times(self._streams[purpose].random(self._passed.size))

    def _cover(self, low: int, high: int) -> None:
        """Keep the handovers that may affect messages made between two moments; draw those missing.

        Of each device the last handover known begins after all earlier ones have ended, or
        after the run.
        """
        begins, ends = list(self._begins), list(self._ends)
        reach = self._ends[:-1].max(axis=0, initial=low)
        while (begins[-1] <= np.where(reach < self._end, np.maximum(reach, high), high)).any():
            reach = np.maximum(reach, ends[-1])
            begins.append(begins[-1] + np.maximum(self._drawn("every"), 1))
            ends.append(begins[-1] + self._drawn("gap"))
        self._begins, self._ends = np.array(begins), np.array(ends)
        over = self._ends.max(axis=1) < low
        done = int(np.argmin(over)) if not over.all() else over.size - 1
        self._passed += done
        self._begins, self._ends = self._begins[done:], self._ends[done:]

    def applied(self, created: Ints, own: Ints, cell: Ints, low: int) -> tuple[Ints, Ints]:
        """Return when messages may be sent, ns, and through which cells.

        Args:
            created: When they are made, ns.
            own: Number of the sender of each in its class; senders take turns.
            cell: Cell in which the sender began.
            low: No message here or in a later call is made before this moment, ns.
        """
        high = int(created.max())
        self._cover(low, high)
        moved = self._passed + (self._begins <= low).sum(axis=0)
        ready, changes = created.copy(), moved[own]
        moving = ((self._begins <= high) & (self._ends > low)).sum(axis=0)
        turns = self._passed.size
        for first in moving[own[:turns]].nonzero()[0].tolist():
            mine, device = slice(first, None, turns), own[first]
            ready[mine], moves = self._sent(created[mine], device)
            changes[mine] = self._passed[device] + moves
        return ready, (cell + changes) % self._cells

    def _sent(self, created: Ints, device: np.int64) -> tuple[Ints, Ints]:
        """Return when messages of a device may be sent, ns, and its handovers begun by then."""
        begins = self._begins[:, device]
        reach = np.maximum.accumulate(self._ends[:, device])
        # the last handover of each run of handovers that begin before the former have ended
        lasts = np.append(begins[1:] > reach[:-1], True).nonzero()[0]
        runs = lasts[np.searchsorted(lasts, np.arange(begins.size))]
        known = np.searchsorted(begins, created, "right") - 1
        waits = (known >= 0) & (created < reach[known])
        last = np.where(waits, runs[known], known)
        return np.where(waits, reach[last], created), last + 1
