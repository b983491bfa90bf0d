"""What every stage did, added up by step while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.histogram import BINS, bins
from factory_sim.fleet.base.queues import NONE

if TYPE_CHECKING:
    from factory_sim.fleet.base.batch import Batch, Slab
    from factory_sim.fleet.base.stage import Passage
    from factory_sim.line.arrays import Ints


class StageRecord:
    """Figures of one stage by step; step 0 is all before the window, the last all after it.

    Attributes:
        arrived, started, lost: (steps,) messages; one lost over the air in the step in which
            its airtime begins. What comes to a queue that is down arrives if it is lost.
        waiting, busy, capacity: (steps,) integrals over time of messages that wait, of
            servers that work and of servers that are there, ns.
        sojourn: (steps,) sum of times in the stage, by start of service, ns.
        queue: (steps,) messages that wait at the end of the step.
        longest: (steps,) most that wait at the end of a slab of it.
        latencies: (BINS,) messages of the window by time in the stage.
        losses: (classes,) messages of the window lost here.
        busy_now: Utilisation in the last slab.
    """

    def __init__(self, steps: int, classes: int) -> None:
        self.arrived, self.started, self.lost, self.queue, self.longest = (
            np.zeros(steps, np.int64) for _ in range(5)
        )
        self.waiting, self.busy, self.capacity, self.sojourn = (np.zeros(steps) for _ in range(4))
        self.latencies = np.zeros(BINS, np.int64)
        self.losses = np.zeros(classes, np.int64)
        self._running = NONE

    def add(self, slab: Slab, passage: Passage, servers: int, sojourn: Ints) -> int:
        """Add what a stage did in a slab; return the time its servers worked, ns.

        Args:
            slab: It.
            passage: What was done.
            servers: Servers that are there.
            sojourn: Time in the stage of each message served, ns.
        """
        at, begin, end = slab.step, slab.begin, slab.end
        self.arrived[at] += passage.arrived
        self.started[at] += passage.ids.size
        before = self._running
        self._running = np.concatenate([before[before > end], passage.depart[passage.depart > end]])
        # sums of absolute times may wrap around; their differences do not
        started = passage.start.sum()
        busy = int(passage.depart.sum() - started)
        busy += int((before - begin).sum() - (self._running - end).sum())
        self.busy[at] += busy
        self.capacity[at] += servers * (end - begin)
        early = passage.arrive[passage.arrive < begin]
        waits = int(started - passage.arrive.sum() - (begin - early).sum())
        waits += int((end - np.maximum(passage.waiting.times, begin)).sum())
        waits += int((passage.lost.times - np.maximum(passage.lost_arrive, begin)).sum())
        self.waiting[at] += waits
        self.sojourn[at] += int(sojourn.sum())
        self.queue[at] = passage.waiting.ids.size
        self.longest[at] = max(self.longest[at], passage.waiting.ids.size)
        if 0 < at < self.arrived.size - 1:
            self.latencies += np.bincount(bins(sojourn), minlength=BINS)
        return busy

    def lose(self, slab: Slab, batch: Batch, classes: Ints) -> None:
        """Count lost messages by class."""
        if batch.ids.size:
            self.lost[slab.step] += batch.ids.size
            if 0 < slab.step < self.lost.size - 1:
                self.losses += np.bincount(classes, minlength=self.losses.size)
