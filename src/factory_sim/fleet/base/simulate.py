"""A run of the digital base: slab after slab, message for message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.batch import Slab, longest_slab
from factory_sim.fleet.base.network import Network
from factory_sim.fleet.base.times import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from factory_sim.fleet.base.plan import Plan

MOST_UNDER_WAY = 2_000_000
"""Most messages that may wait or be in transit at once, which bounds the memory of a run."""

KEPT = 31 << 20
"""Bytes of a block that is freed once: the allocator of glibc then keeps up to twice as much
for itself, so that the arrays of the next slab need no new pages. It takes at most 32 MiB."""

SLAB_MESSAGES = 60_000
"""Messages of a slab: enough to make numpy's calls cheap, few enough for the cache."""

MOST_TIMES = 8
"""Factor by which a slab may exceed that where many messages wait."""


class CongestionError(Exception):
    """More messages are under way than can be held in memory.

    Attributes:
        stage: Name of the stage where most of them are.
        count: How many are there.
        at: When, ns from the start of the window.
    """

    def __init__(self, stage: str, count: int, at: int) -> None:
        super().__init__(f"{count} messages wait at {stage}")
        self.stage, self.count, self.at = stage, count, at


def simulated(
    plan: Plan,
    *,
    slab_messages: int = SLAB_MESSAGES,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Network:
    """Return the stages of a digital base after all messages of a plan.

    Args:
        plan: What is simulated.
        slab_messages: Messages that are treated together; moves no result.
        progress: Called with the seconds of messages that are done, and their total.

    Raises:
        CongestionError: If a queue without bound grows beyond what can be held.
    """
    np.empty(KEPT, np.uint8)
    network = Network(plan)
    for slab in _slabs(plan, network, slab_messages):
        network.run(slab)
        progress(*((edge - plan.begin) // SECOND for edge in (slab.end, plan.end)))
    return network


def _slabs(plan: Plan, network: Network, messages: int) -> Iterator[Slab]:
    """Yield the slabs of a run: they end where steps, faults and changes of replicas do."""
    now, step = plan.begin, 0
    base = plan.base
    queues = max(base.cells.count, base.gateways.count, base.broker.partitions)
    edges = (*plan.steps, plan.end)
    cuts = sorted({cut for f in plan.faults for cut in (f.begin, f.end)})
    while now < plan.end:
        while now >= edges[step]:
            step += 1
            network.ages.turn(now, step)
        network.turn(now)
        fixed = [cut for cut in cuts if cut > now][:1]
        if (under_way := network.under_way) > MOST_UNDER_WAY:
            raise CongestionError(*network.fullest, now)
        # waiting messages are handled again in every slab: the more wait, the fewer the slabs
        some = max(messages, min(under_way, MOST_TIMES * messages))
        length = max(int(some / plan.highest_rate(now) * SECOND), 1)
        length = min(length, longest_slab(network.traffic.most + some, queues))
        end = min(now + length, edges[step], network.next_change, *fixed)
        yield Slab(now, end, step)
        now = end
