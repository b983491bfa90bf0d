"""Queues, first come first served, as recursions over whole vectors; all times in ns.

Every kernel takes the messages of one queue in order of arrival and says when their
service starts. A message that does not start before ``until`` is left to the next call,
with those that arrive later: only then is it known what the servers do by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.finite import dropping_newest, dropping_oldest
from factory_sim.fleet.base.pool import pool

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints


@dataclass(frozen=True)
class Served:
    """The outcome for the messages of a queue.

    Attributes:
        served: Places, in order of arrival, of those whose service started; None is the
            first ``start.size`` of them.
        start: When it started, ns, in that order.
        done: Places in that order by the end of service, as far as known; None is as they are.
        free: When each server is free again, ascending, ns.
        lost: Places of those that were dropped.
        lost_at: When, ns.
        waiting: Places of those that wait at the end; None is all after the first
            ``start.size``.
    """

    served: Ints | None
    start: Ints
    done: Ints | None
    free: Ints
    lost: Ints
    lost_at: Ints
    waiting: Ints | None


HIGHEST = 1 << 62
"""Most that queues are offset from each other, ns, so that sums fit into 64 bits."""

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
    if not arrive.size:
        return arrive
    sizes = np.diff(edges)
    used = np.flatnonzero(sizes)
    firsts, lasts = edges[used], edges[used + 1] - 1
    latest = max(int(arrive[lasts].max()), int(free[used].max()))
    span = latest - int(arrive[firsts].min()) + int(work.sum()) + 1
    if not 0 < span <= HIGHEST // used.size:
        queues = zip(pairwise(edges.tolist()), free.tolist(), strict=True)
        alone = [single_server(arrive[a:b], work[a:b], idle) for (a, b), idle in queues]
        return np.concatenate(alone)
    # work before each message, less the offset of its queue
    before = np.empty_like(work)
    before[0], before[1:] = 0, work[:-1]
    before[firsts[1:]] -= span
    np.cumsum(before, out=before)
    start = arrive - before
    start[firsts] = np.maximum(start[firsts], free[used] - before[firsts])
    np.maximum.accumulate(start, out=start)
    start += before
    return start


def serve(
    arrive: Ints, work: Ints, free: Ints, until: int, *, places: int | None, drop: str
) -> Served:
    """Return the outcome of a queue of ``places`` in front of c servers.

    While the queue never fills, it is an unlimited one; whether it fills, the starts
    say: message k finds the queue full if k - ``places`` has not started by then. Only
    if it does, the messages are treated one after the other.

    Args:
        arrive: (n,) arrivals, ns, ascending.
        work: (n,) service times, ns.
        free: (c,) when the servers are free, ns, ascending.
        until: Starts from then on are not decided, ns; nothing arrives later.
        places: Places for messages that wait, None for any number.
        drop: Which message is lost when all are taken, ``newest`` or ``oldest``.
    """
    done = None
    if free.size == 1:
        start = single_server(arrive, work, int(free[0]))
        decided = int(np.searchsorted(start, until))
        after = free if decided == 0 else start[decided - 1 : decided] + work[decided - 1]
    else:
        start, done, after = pool(arrive, work, free, until)
        decided = start.size
    if places is None or not _fills(arrive, start, decided, places):
        return Served(None, start[:decided], done, after, NONE, NONE, None)
    dropping = dropping_oldest if drop == "oldest" else dropping_newest
    some = dropping(arrive, work, free, until, places)
    after = np.sort(np.concatenate([free, some.start + work[some.served]]))[some.start.size :]
    return Served(some.served, some.start, None, after, some.lost, some.lost_at, some.waiting)


def _fills(arrive: Ints, start: Ints, decided: int, places: int) -> bool:
    """Return whether an arrival finds all places taken."""
    if arrive.size <= places:
        return False
    late = arrive[places:]
    # messages that are not decided start after the last arrival
    known = start[: min(decided, late.size)]
    return bool(late.size > decided or (known > late[: known.size]).any())
