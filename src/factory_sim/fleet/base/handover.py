"""Moving devices: when they change their cell, and the messages that wait meanwhile."""

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

    Args:
        plan: The run.
        name: Name of the class.
        count: Its devices.
        moves: Laws of handovers.
    """

    def __init__(self, plan: Plan, name: str, count: int, moves: Handover) -> None:
        self._cells = plan.base.cells.count
        self._laws = {"every": law(moves.every), "gap": law(moves.gap)}
        self._streams = {p: generator(plan.seed, 0, name, f"handover {p}") for p in self._laws}
        self._passed = np.zeros(count, np.int64)
        # how far a device is on its way to the first one is as random as the rest
        share = generator(plan.seed, 0, name, "handover phase").random(count)
        first = plan.begin + (self._drawn("every") * share).astype(np.int64)
        self._begins, self._gaps = first[np.newaxis], self._drawn("gap")[np.newaxis]

    def _drawn(self, purpose: str) -> Ints:
        drawn: Law = self._laws[purpose]
        return drawn.times(self._streams[purpose].random(self._passed.size))

    def _cover(self, low: int, high: int) -> None:
        """Keep what may concern messages made between two moments, drawing what is missing."""
        while self._begins[-1].min() <= high:
            later = self._begins[-1] + np.maximum(self._drawn("every"), 1)
            self._begins = np.vstack([self._begins, later])
            self._gaps = np.vstack([self._gaps, self._drawn("gap")])
        over = (self._begins + self._gaps).max(axis=1) < low
        done = int(np.argmin(over)) if not over.all() else over.size - 1
        self._passed += done
        self._begins, self._gaps = self._begins[done:], self._gaps[done:]

    def applied(self, created: Ints, rank: Ints, own: Ints, cell: Ints) -> tuple[Ints, Ints]:
        """Return when messages may be sent, ns, and their cells.

        Args:
            created: When they are made, ns.
            rank: Rank of the sender of each; ranks follow each other round and round.
            own: Number of the sender in its class.
            cell: Cell in which the sender began.
        """
        low, high = int(created.min()), int(created.max())
        self._cover(low, high)
        before = self._passed + (self._begins <= low).sum(axis=0)
        ready, cell = created.copy(), cell + before[own]
        ends = self._begins + self._gaps
        rows, devices = np.nonzero((self._begins <= high) & (ends > low))
        count = self._passed.size
        place = np.empty(count, np.int64)
        place[own[:count]] = (rank[:count] - rank[0]) % count
        known = np.zeros(count, bool)
        known[own[:count]] = True
        for row, device in zip(rows.tolist(), devices.tolist(), strict=True):
            if not known[device]:
                continue
            begin, end = self._begins[row, device], ends[row, device]
            mine = slice(int(place[device]), None, count)
            if begin > low:
                cell[mine] += created[mine] >= begin
            waits = (created[mine] >= begin) & (created[mine] < end)
            ready[mine] = np.where(waits, np.maximum(ready[mine], end), ready[mine])
        return ready, cell % self._cells
