"""Queues, first come first served, as recursions over whole vectors; all times in ns.

Every kernel takes the messages of one queue in order of arrival and says when their
service starts. A message that does not start before ``until`` is left to the next call,
with those that arrive later: only then is it known what the servers do by then.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heapify, heapreplace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints

LARGEST_CHUNK, SMALLEST_CHUNK = 8192, 512
"""Messages that a pool treats at once: many where nobody waits, few where all do."""

FEW_ROUNDS, MOST_ROUNDS = 2, 8
"""Rounds after which a chunk is halved, or, if it is a smallest one, computed in turn."""


@dataclass(frozen=True)
class Served:
    """What became of the messages of a queue.

    Attributes:
        served: Places, in order of arrival, of those whose service started; None is the
            first ``start.size`` of them.
        start: When it started, ns, in that order.
        free: When each server is free again, ascending, ns.
        lost: Places of those that were dropped.
        lost_at: When, ns.
        waiting: Places of those that wait at the end; None is all after the first
            ``start.size``.
    """

    served: Ints | None
    start: Ints
    free: Ints
    lost: Ints
    lost_at: Ints
    waiting: Ints | None


HIGHEST = 1 << 62
"""How far queues may be lifted above each other, ns, so that sums fit into 64 bits."""

NONE = np.empty(0, np.int64)
"""No messages."""


def single_server(arrive: Ints, work: Ints, free: int) -> Ints:
    """Return when the service of each message starts at one server, ns.

    Lindley's recursion ``start[k] = max(arrive[k], start[k-1] + work[k-1])`` is, with W
    the cumulative work before k, ``W[k] + max(free, max over j <= k of arrive[j] - W[j])``.

    Args:
        arrive: (n,) arrivals, ns, ascending.
        work: (n,) service times, ns.
        free: When the server is free for the first of them, ns.

    Source: Lindley (1952), "The theory of queues with a single server", Mathematical
    Proceedings of the Cambridge Philosophical Society 48(2).
    """
    before = np.cumsum(work)
    before -= work
    start = arrive - before
    if start.size:
        start[0] = max(start[0], free)
    np.maximum.accumulate(start, out=start)
    start += before
    return start


def single_servers(arrive: Ints, work: Ints, edges: Ints, free: Ints) -> Ints:
    """Return when the service of each message starts, at queues of one server side by side.

    It is :func:`single_server` for all queues in one scan: each is lifted above the one
    before it, so that no maximum reaches from one into the next.

    Args:
        arrive: (n,) arrivals, ns, queue after queue, ascending in each.
        work: (n,) service times, ns.
        edges: (q + 1,) where each queue begins, and n.
        free: (q,) when each server is free for the first of them, ns.
    """
    before = np.cumsum(work)
    before -= work
    start = arrive - before
    if not start.size:
        return start
    sizes = np.diff(edges)
    used = np.flatnonzero(sizes)
    firsts = edges[used]
    start[firsts] = np.maximum(start[firsts], free[used] - before[firsts])
    span = int(start.max()) - int(start.min()) + 1
    if span > HIGHEST // sizes.size:
        queues = zip(pairwise(edges.tolist()), free.tolist(), strict=True)
        alone = [single_server(arrive[a:b], work[a:b], idle) for (a, b), idle in queues]
        return np.concatenate(alone)
    lift = np.repeat(np.arange(sizes.size) * span, sizes)
    start += lift
    np.maximum.accumulate(start, out=start)
    start -= lift
    start += before
    return start


def pool(arrive: Ints, work: Ints, free: Ints, until: int) -> tuple[Ints, Ints]:
    """Return the starts before ``until`` at c parallel servers, and when those are free then.

    The k-th message starts at the k-th smallest of all moments at which a server
    becomes free, ``start[k] = max(arrive[k], sorted(free + finish)[k])``. A finish
    that counts for k is that of an earlier message, so the equation has one solution;
    iteration from below, ``finish = arrive + work``, reaches it, since no start may move
    back. It takes one round where nobody waits, one more for each message that waits for
    one that waited; so chunks are shorter where more wait, and those that are busy
    throughout are computed message by message.

    Args:
        arrive: (n,) arrivals, ns, ascending.
        work: (n,) service times, ns, at least 1: only then is a finish after its start.
        free: (c,) when the servers are free, ns, ascending.
        until: Starts from then on are not decided, ns.
    """
    size, smallest = LARGEST_CHUNK, max(SMALLEST_CHUNK, 4 * free.size)
    starts = []
    begin = 0
    while begin < arrive.size:
        here = slice(begin, begin + size)
        solved = _chunk(arrive[here], work[here], free, smallest)
        if solved is None:
            size = max(size // 4, smallest)
            continue
        start, moments = solved
        if start[-1] >= until:
            start = start[: np.searchsorted(start, until)]
            starts.append(start)
            moments = np.concatenate([free, start + work[begin : begin + start.size]])
            moments.sort()
            free = moments[start.size :]
            break
        free = moments[start.size :]
        starts.append(start)
        begin += start.size
        size = min(2 * size, LARGEST_CHUNK)
    return np.concatenate(starts) if starts else NONE, free


def _chunk(arrive: Ints, work: Ints, free: Ints, smallest: int) -> tuple[Ints, Ints] | None:
    """Return the starts of a chunk and, sorted, all moments at which a server becomes free.

    None if it takes too many rounds and the chunk is larger than ``smallest``.
    """
    count = arrive.size
    start = np.maximum(arrive, free[0])
    rounds = FEW_ROUNDS if count > smallest else MOST_ROUNDS
    for _ in range(rounds):
        moments = np.concatenate([free, start + work])
        moments.sort()
        later = np.maximum(arrive, moments[:count])
        if not (later > start).any():
            return start, moments
        start = later
    return None if count > smallest else _in_turn(arrive, work, free)


def _in_turn(arrive: Ints, work: Ints, free: Ints) -> tuple[Ints, Ints]:
    """Return the starts of a chunk, one after the other, and all moments as in ``_chunk``."""
    heap = free.tolist()
    starts = []
    for arrives, works in zip(arrive.tolist(), work.tolist(), strict=True):
        starts.append(begins := max(heap[0], arrives))
        heapreplace(heap, begins + works)
    start = np.array(starts, np.int64)
    return start, np.concatenate([start, np.sort(np.array(heap, np.int64))])


def serve(
    arrive: Ints, work: Ints, free: Ints, until: int, *, places: int | None, drop: str
) -> Served:
    """Return what a queue of ``places`` before c servers does with its messages.

    While the queue never fills, it is an unlimited one; whether it fills, the starts
    say: message k finds the queue full if k - ``places`` has not started by then. Only
    if it does, the messages are treated one by one.

    Args:
        arrive: (n,) arrivals, ns, ascending.
        work: (n,) service times, ns.
        free: (c,) when the servers are free, ns, ascending.
        until: Starts from then on are not decided, ns; nothing arrives later.
        places: Places for messages that wait, None for any number.
        drop: Which message is lost when all are taken, ``newest`` or ``oldest``.
    """
    if free.size == 1:
        start = single_server(arrive, work, int(free[0]))
        decided = int(np.searchsorted(start, until))
        after = free if decided == 0 else start[decided - 1 : decided] + work[decided - 1]
    else:
        start, after = pool(arrive, work, free, until)
        decided = start.size
    if places is not None and _fills(arrive, start, decided, places):
        return _bounded(arrive, work, free, until, places, oldest=drop == "oldest")
    return Served(None, start[:decided], after, NONE, NONE, None)


def _fills(arrive: Ints, start: Ints, decided: int, places: int) -> bool:
    """Return whether an arrival finds all places taken."""
    if arrive.size <= places:
        return False
    late = arrive[places:]
    # whoever is not decided starts after the last arrival
    known = start[: min(decided, late.size)]
    return bool(late.size > decided or (known > late[: known.size]).any())


def _bounded(
    arrive: Ints, work: Ints, free: Ints, until: int, places: int, *, oldest: bool
) -> Served:
    """Return what a full queue does, message by message; a server that is freed goes first."""
    heap = free.tolist()
    heapify(heap)
    works = work.tolist()
    queue: deque[int] = deque()
    served: list[int] = []
    starts: list[int] = []
    lost: list[tuple[int, int]] = []
    for k, now in enumerate(arrive.tolist()):
        while queue and heap[0] <= now:
            served.append(first := queue.popleft())
            starts.append(heap[0])
            heapreplace(heap, heap[0] + works[first])
        if heap[0] <= now:
            served.append(k)
            starts.append(now)
            heapreplace(heap, now + works[k])
        elif len(queue) < places:
            queue.append(k)
        elif oldest and places:
            lost.append((queue.popleft(), now))
            queue.append(k)
        else:
            lost.append((k, now))
    while queue and heap[0] < until:
        served.append(first := queue.popleft())
        starts.append(heap[0])
        heapreplace(heap, heap[0] + works[first])
    gone = np.array(lost, np.int64).reshape(-1, 2)
    return Served(
        np.array(served, np.int64),
        np.array(starts, np.int64),
        np.sort(np.array(heap, np.int64)),
        gone[:, 0],
        gone[:, 1],
        np.array(queue, np.int64),
    )
