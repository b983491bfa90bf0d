"""Parallel servers with one queue in front, first come first served; all times in ns."""

from __future__ import annotations

from heapq import heapreplace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.order import MOST_BITS, ascending, with_places

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints

LARGEST_CHUNK, SMALLEST_CHUNK = 1 << 16, 512
"""Messages treated at once: many where few wait, few where most do."""

LONGEST_STRETCH = 1 << 13
"""Messages that are served one by one before the next attempt to treat many at once."""

MOST_ROUNDS = 48
"""Most rounds for a chunk. They end earlier once as many starts have moved as there are
messages: from then on it is faster to take the settled ones and serve the others singly."""

FEW_MOVED = 64
"""If fewer than one in so many has moved, the keys are still almost in order."""


def pool(arrive: Ints, work: Ints, free: Ints, until: int) -> tuple[Ints, Ints, Ints]:
    """Serve messages at c parallel servers, those whose service starts before ``until``.

    The k-th message starts at the k-th smallest of all moments at which a server
    becomes free, ``start[k] = max(arrive[k], sorted(free + finish)[k])``. A finish
    that counts for k is that of an earlier message, so the equation has one solution;
    iteration from below, from ``finish = arrive + work``, goes towards it, since no start may
    move back. It takes one round where nobody waits, and few where few do. Where
    most wait for each other it is long: then the messages that are settled are taken,
    and if these are few it goes on message by message for a while.

    Args:
        arrive: (n,) arrivals, ns, ascending.
        work: (n,) service times, ns, at least 1: only then is a finish after its start.
        free: (c,) when the servers are free, ns, ascending.
        until: Starts from then on are not decided, ns.

    Returns:
        The starts; the places of these messages by the end of their service, as far as
        chunks go; and when the servers are free then.
    """
    size, smallest = LARGEST_CHUNK, max(SMALLEST_CHUNK, 4 * free.size)
    stretch = smallest
    starts, orders, begin, ended = [arrive[:0]], [arrive[:0]], 0, False
    while begin < arrive.size and not ended:
        here = slice(begin, begin + size)
        start, after = _settled(arrive[here], work[here], free)
        if start.size < smallest and begin + start.size < arrive.size:
            here = slice(begin, begin + stretch)
            start, after = _in_turn(arrive[here], work[here], free), None
            size, stretch = 2 * smallest, min(2 * stretch, LONGEST_STRETCH)
        else:
            size, stretch = min(2 * max(start.size, smallest), LARGEST_CHUNK), smallest
        ended = bool(start[-1] >= until)
        if ended:
            start, after = start[: np.searchsorted(start, until)], None
        order, free = after or _done(start, work[begin : begin + start.size], free)
        starts.append(start)
        orders.append(order + begin)
        begin += start.size
    return np.concatenate(starts), np.concatenate(orders), free


def _settled(arrive: Ints, work: Ints, free: Ints) -> tuple[Ints, tuple[Ints, Ints] | None]:
    """Return the starts of the first messages, as many as are settled after some rounds.

    Those before the first that moved in the last round are: what is done later than they
    start counts for none of them, and so nothing that moved does. If these are all, what
    ``_done`` returns of them comes with them.
    """
    count, base = arrive.size, min(int(arrive[0]), int(free[0]))
    # a message that waits starts once the work before it is done by all servers
    latest = max(int(arrive[-1]), int(free[-1])) + int(work.sum()) // free.size + int(work.max())
    place_bits = (count + free.size).bit_length()
    bits = (latest + 1 - base).bit_length() + place_bits
    if bits > MOST_BITS:
        return arrive[:0], None
    # all moments at which a server becomes free, with whose service ends there
    start = np.maximum(arrive, free[0]) - base
    keys = np.concatenate([start + work, free - base])
    keys <<= place_bits
    keys += np.arange(keys.size)
    keys = ascending(keys, bits)
    moves = 0
    for _ in range(MOST_ROUNDS):
        moments = keys[:count] >> place_bits
        moved = (moments > start).nonzero()[0]
        if not moved.size:
            # servers that were free before are among the first of all moments
            last = int(keys.searchsorted(int(free[-1]) - base + 1 << place_bits))
            places = keys & ((1 << place_bits) - 1)
            early = places[:last]
            order = np.concatenate([early[early < count], places[last:]])
            return start + base, (order, (keys[count:] >> place_bits) + base)
        moves += moved.size
        if moves > count:
            break
        at = keys.searchsorted((start[moved] + work[moved] << place_bits) + moved)
        start[moved] = moments[moved]
        keys[at] = (start[moved] + work[moved] << place_bits) + moved
        if moved.size < count // FEW_MOVED:
            keys.sort(kind="stable")
        else:
            keys = ascending(keys, bits)
    return start[: moved[0]] + base, None


def _done(start: Ints, work: Ints, free: Ints) -> tuple[Ints, Ints]:
    """Return places by the end of service, and when the servers are free then."""
    ends, order = with_places(start + work)
    moments = np.concatenate([free, ends])
    # two runs that ascend are merged
    moments.sort(kind="stable")
    return order, moments[start.size :]


def _in_turn(arrive: Ints, work: Ints, free: Ints) -> Ints:
    """Return the starts of some messages, one after the other."""
    heap = free.tolist()
    starts = []
    for arrives, works in zip(arrive.tolist(), work.tolist(), strict=True):
        starts.append(begins := max(heap[0], arrives))
        heapreplace(heap, begins + works)
    return np.array(starts, np.int64)
