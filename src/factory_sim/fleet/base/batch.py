"""Messages on the move between stages, and how they are put in order at the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.order import MOST_BITS, ascending
from factory_sim.fleet.base.queues import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Bools, Ints


@dataclass(frozen=True)
class Slab:
    """A span of time that is computed stage by stage.

    Attributes:
        begin: ns.
        end: ns; what happens then belongs to the next slab.
        step: Step of figures over time it lies in, 0 before the window.
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
        """Return the messages at some places; faster than by brackets."""
        return Batch(self.ids.take(places), self.times.take(places))

    def renumbered(self, numbers: Ints) -> Batch:
        """Return it with the new number of each message."""
        return Batch(numbers[self.ids], self.times)


EMPTY = Batch(NONE, NONE)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return several batches as one, in their order."""
    some = [batch for batch in batches if batch.ids.size]
    if len(some) < 2:
        return some[0] if some else EMPTY
    return Batch(np.concatenate([b.ids for b in some]), np.concatenate([b.times for b in some]))


def in_order(
    batch: Batch, slab: Slab, groups: Ints | None = None, count: int = 1
) -> tuple[Batch, list[int], Batch]:
    """Return what arrives by group and time, ties by number; where groups begin; what is later.

    Group, time and number make up one integer each, so that nothing has to be looked
    up; numbers ascend by class, turn and device, whatever the slabs, so ties are broken
    alike in all of them.

    Args:
        batch: Messages that arrive within the slab or later.
        slab: It.
        groups: Queue of each message, from 0; one queue if None. Its memory is used up.
        count: Number of queues.
    """
    late = (batch.times >= slab.end).nonzero()[0]
    size = batch.ids.size - late.size
    id_bits = int(batch.ids.max()).bit_length() if batch.ids.size else 0
    time_bits = (slab.end - slab.begin).bit_length()
    key = batch.times - slab.begin
    if groups is not None:
        groups <<= time_bits
        key += groups
    key <<= id_bits
    key |= batch.ids
    # what is late makes a group of its own at the end
    key[late] = count << time_bits + id_bits
    key = ascending(key, count.bit_length() + time_bits + id_bits)[:size]
    ids = key & ((1 << id_bits) - 1)
    key >>= id_bits
    bounds = [0, size]
    if groups is not None:
        bounds = np.searchsorted(key, np.arange(count + 1) << time_bits).tolist()
        key &= (1 << time_bits) - 1
    key += slab.begin
    return Batch(ids, key), bounds, batch[late] if late.size else EMPTY


def longest_slab(messages: int, queues: int) -> int:
    """Return the longest slab, ns, whose keys fit into 63 bits.

    Args:
        messages: Most messages in it and under way.
        queues: Most queues of a stage.
    """
    return 1 << MOST_BITS - messages.bit_length() - queues.bit_length() - 1
