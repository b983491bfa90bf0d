"""The figures of every stage, added up by step during a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.histogram import BINS, bins
from factory_sim.fleet.base.order import ascending
from factory_sim.fleet.base.queues import NONE

if TYPE_CHECKING:
    from factory_sim.fleet.base.batch import Batch, Slab
    from factory_sim.fleet.base.stage import Passage
    from factory_sim.line.arrays import Ints

MOST_PARTS = 1 << 16
"""Parts into which a slab is cut to find when most messages wait."""


class StageRecord:
    """Figures of one stage by step; step 0 is all before the window, the last all after it.

    Attributes:
        arrived, started, lost: (steps,) messages; one lost over the air in the step in which
            its airtime begins. A message for a queue that is down counts as arrived if it is lost.
        through: (steps,) those of ``started`` that are not lost over the air.
        waiting, busy, capacity: (steps,) integrals over time of messages that wait, of
            servers that work and of servers that are there, ns.
        sojourn: (steps,) sum of times in the stage of ``through``, by start of service, ns.
        queue: (steps,) messages that wait at the end of the step.
        latencies: (BINS,) messages of the window that get through, by time in the stage.
        losses: (classes,) messages of the window lost here.
        longest: Most messages that wait at a moment of the window.
        busy_now: Utilisation in the last slab.
    """

    def __init__(self, steps: int, classes: int) -> None:
        self.arrived, self.started, self.through, self.lost, self.queue = (
            np.zeros(steps, np.int64) for _ in range(5)
        )
        self.waiting, self.busy, self.capacity, self.sojourn = (np.zeros(steps) for _ in range(4))
        self.latencies = np.zeros(BINS, np.int64)
        self.losses = np.zeros(classes, np.int64)
        self.longest = 0
        self._running = NONE

    def add(self, slab: Slab, passage: Passage, servers: int, sojourn: Ints) -> int:
        """Add what a stage did in a slab; return the time its servers worked, ns.

        Args:
            slab: It.
            passage: What was done.
            servers: Servers that are there.
            sojourn: Time in the stage of each message that gets through, ns.
        """
        at, begin, end = slab.step, slab.begin, slab.end
        self.arrived[at] += passage.arrived
        self.started[at] += passage.ids.size
        self.through[at] += sojourn.size
        before = self._running
        self._running = np.concatenate([before[before > end], passage.depart[passage.depart > end]])
        # sums of absolute times may overflow; their differences do not
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
        if 0 < at < self.arrived.size - 1:
            self.latencies += np.bincount(bins(sojourn), minlength=BINS)
            if passage.room is None or self.longest < passage.room:
                self.longest = highest(*_waits(passage, begin), slab, self.longest)
        return busy

    def lose(self, slab: Slab, batch: Batch, classes: Ints) -> None:
        """Count lost messages by class."""
        if batch.ids.size:
            self.lost[slab.step] += batch.ids.size
            if 0 < slab.step < self.lost.size - 1:
                self.losses += np.bincount(classes, minlength=self.losses.size)


def _waits(passage: Passage, begin: int) -> tuple[Ints, Ints, int]:
    """Return when messages begin and cease to wait in a slab, and how many wait at its start."""
    waited = (passage.start > passage.arrive).nonzero()[0]
    begins, ends = passage.arrive.take(waited), passage.start.take(waited)
    if passage.lost.ids.size:
        dropped = (passage.lost.times > passage.lost_arrive).nonzero()[0]
        begins = np.concatenate([begins, passage.lost_arrive[dropped]])
        ends = np.concatenate([ends, passage.lost.times[dropped]])
    begins = np.concatenate([begins, passage.waiting.times])
    before = (begins < begin).nonzero()[0]
    return np.delete(begins, before) if before.size else begins, ends, before.size


def highest(rises: Ints, falls: Ints, level: int, slab: Slab, least: int) -> int:
    """Return the maximum of a count in a slab, or ``least`` if it is never higher.

    The slab is cut into parts; only in those in which the number could be higher than
    ``least`` all that happens is put in order.

    Args:
        rises: When it rises by 1, ns.
        falls: When it falls by 1, ns; first, where it rises at the same moment.
        level: The number at the start.
        slab: The slab.
        least: A number.
    """
    if level + rises.size <= least:
        return least
    # in a part it rises by an eighth of what it must exceed, about, or 16 times
    parts = max(8 * rises.size // max(least, 8), rises.size // 16)
    part_bits = min(parts, MOST_PARTS).bit_length()
    bits = (slab.end - slab.begin).bit_length()
    shift = max(bits - part_bits, 0)
    rises, falls = rises - slab.begin, falls - slab.begin
    part, fall_part = rises >> shift, falls >> shift
    up, down = (np.bincount(at, minlength=1 << part_bits) for at in (part, fall_part))
    ends = np.cumsum(up - down)
    ends += level
    is_high = ends + down > least
    if not is_high.any():
        return max(least, level)
    before = ends - up + down
    up, down = up * is_high, down * is_high
    before -= np.cumsum(up - down) - (up - down)
    rises = ascending(rises[is_high[part]], bits)
    falls = ascending(falls[is_high[fall_part]], bits)
    levels = before[rises >> shift] + np.arange(1, rises.size + 1)
    levels -= np.searchsorted(falls, rises, "right")
    return max(least, level, int(levels.max(initial=0)))
