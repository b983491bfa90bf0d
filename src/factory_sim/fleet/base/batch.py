"""Messages on their way between stages, and their order of arrival at the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.order import MOST_BITS, ascending
from factory_sim.fleet.base.queues import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.line.arrays import Bools, Ints


@dataclass(frozen=True)
class Slab:
    """A span of time that is computed stage by stage.

    Attributes:
        begin: ns.
        end: ns; an event at this moment belongs to the next slab.
        step: The step of the figures over time in which it lies, 0 before the window.
    """

    begin: int
    end: int
    step: int


@dataclass(frozen=True)
class Batch:
    """Messages and a moment for each.

    Attributes:
        ids: Places in the arrays of ``Messages``.
        times: When they arrive somewhere, ns.
    """

    ids: Ints
    times: Ints

    def __getitem__(self, some: slice | Ints | Bools) -> Batch:
        return Batch(self.ids[some], self.times[some])

    def at(self, places: Ints) -> Batch:
        """Return the messages at some places; faster than indexing."""
        return Batch(self.ids.take(places), self.times.take(places))

    def renumbered(self, numbers: Ints) -> Batch:
        """Return the batch with the new number of each message."""
        return Batch(numbers[self.ids], self.times)


EMPTY = Batch(NONE, NONE)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return several batches as one, in their order."""
    some = [batch for batch in batches if batch.ids.size]
    if len(some) < 2:
        return some[0] if some else EMPTY
    return Batch(np.concatenate([b.ids for b in some]), np.concatenate([b.times for b in some]))


def in_order(
    batches: Sequence[Batch],
    slab: Slab,
    queue_of: Callable[[Ints], Ints] | None = None,
    count: int = 1,
) -> tuple[Batch, Ints, Batch]:
    """Return arrivals by queue and time, ties by number; where queues begin; later arrivals.

    Queue, time and number make up one integer each, so that nothing has to be looked
    up; numbers ascend by class, turn and device however time is cut into slabs, so ties are
    always broken the same way.

    Args:
        batches: Messages that arrive within the slab or later.
        slab: It.
        queue_of: Returns the queues of messages, from 0; there is only one if None.
        count: Number of queues.
    """
    highest = max((int(batch.ids.max()) for batch in batches), default=0)
    id_bits, time_bits = highest.bit_length(), (slab.end - slab.begin).bit_length()
    keys = np.empty(sum(batch.ids.size for batch in batches), np.int64)
    begin, later = 0, []
    for batch in batches:
        key = keys[begin : begin + batch.ids.size]
        np.subtract(batch.times, slab.begin, out=key)
        if queue_of is not None:
            key += queue_of(batch.ids) << time_bits
        key <<= id_bits
        key |= batch.ids
        late = (batch.times >= slab.end).nonzero()[0]
        # messages that arrive after the slab form a queue of their own at the end
        key[late] = count << time_bits + id_bits
        later.append(batch.at(late))
        begin += batch.ids.size
    after = joined(later)
    keys = ascending(keys, count.bit_length() + time_bits + id_bits)
    keys = keys[: keys.size - after.ids.size]
    ids = keys & ((1 << id_bits) - 1)
    keys >>= id_bits
    bounds = np.array([0, keys.size])
    if queue_of is not None:
        bounds = np.searchsorted(keys, np.arange(count + 1) << time_bits)
        keys &= (1 << time_bits) - 1
    keys += slab.begin
    return Batch(ids, keys), bounds, after


def longest_slab(messages: int, queues: int) -> int:
    """Return the longest slab, ns, whose keys fit into 63 bits.

    Args:
        messages: Most messages in it and in transit.
        queues: Most queues of a stage.
    """
    return 1 << MOST_BITS - messages.bit_length() - queues.bit_length() - 1
