"""Queues with few places, which lose messages; all times in ns.

Which message is lost depends on those served before it, so served messages are handled one by
one; lost ones cost nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from heapq import heapreplace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints


@dataclass(frozen=True)
class Outcome:
    """The outcome for the messages of a queue with few places, as indices of messages.

    Attributes:
        served: Messages whose service started, in order.
        start: When it started, ns.
        lost: Messages that were dropped.
        lost_at: When they were dropped, ns.
        waiting: Messages that wait at the end.
    """

    served: Ints
    start: Ints
    lost: Ints
    lost_at: Ints
    waiting: Ints


def dropping_oldest(arrive: Ints, work: Ints, free: Ints, until: int, places: int) -> Outcome:
    """Return the outcome of a queue that, when full, drops its oldest message for a new one.

    Message k is dropped when message k + ``places`` arrives, unless it has left the queue by
    then: so a server takes the next message that has not been dropped yet. A server that
    becomes free at the moment of an arrival takes its message first.

    Args:
        arrive: (n,) arrivals, ns, ascending, before ``until``.
        work: (n,) service times, ns.
        free: (c,) when the servers are free, ns, ascending.
        until: Starts from then on are not decided, ns.
        places: Places for messages that wait.
    """
    take = _taken_by_one if free.size == 1 else _taken_by_several
    served, starts, left = take(arrive.tolist(), work.tolist(), free.tolist(), until, places)
    lost = np.ones(left, bool)
    lost[served] = False
    gone = np.flatnonzero(lost)
    return Outcome(
        np.array(served, np.int64),
        np.array(starts, np.int64),
        gone,
        arrive[gone + places],
        np.arange(left, arrive.size),
    )


def _taken_by_one(
    arrive: list[int], work: list[int], free: list[int], until: int, places: int
) -> tuple[list[int], list[int], int]:
    """Return the messages that one server takes, when, and the first one left in the queue."""
    served: list[int] = []
    starts: list[int] = []
    k, (now,) = 0, free
    full = len(arrive) - places
    while k < len(arrive):
        if k < full and arrive[k + places] < now:
            k = bisect_left(arrive, now, k + places) - places
            continue
        if arrive[k] > now:
            now = arrive[k]
        if now >= until:
            break
        served.append(k)
        starts.append(now)
        now += work[k]
        k += 1
    return served, starts, k


def _taken_by_several(
    arrive: list[int], work: list[int], free: list[int], until: int, places: int
) -> tuple[list[int], list[int], int]:
    """Return the same for several servers; ``free`` is used up."""
    served: list[int] = []
    starts: list[int] = []
    k, full = 0, len(arrive) - places
    while k < len(arrive):
        if k < full and arrive[k + places] < free[0]:
            k = bisect_left(arrive, free[0], k + places) - places
            continue
        begins = max(free[0], arrive[k])
        if begins >= until:
            break
        served.append(k)
        starts.append(begins)
        heapreplace(free, begins + work[k])
        k += 1
    return served, starts, k


def dropping_newest(arrive: Ints, work: Ints, free: Ints, until: int, places: int) -> Outcome:
    """Return the outcome of a queue that, when full, turns new messages away.

    A message finds a place once the one that was let in ``places`` before it has started;
    without places, once a server is free. Arguments are those of ``dropping_oldest``.
    """
    heap, arrives, works = free.tolist(), arrive.tolist(), work.tolist()
    taken: list[int] = []
    starts: list[int] = []
    k = 0
    while True:
        if len(taken) >= places:
            k = bisect_left(arrives, starts[len(taken) - places] if places else heap[0], k)
        if k >= len(arrives):
            break
        begins = max(heap[0], arrives[k])
        taken.append(k)
        starts.append(begins)
        heapreplace(heap, begins + works[k])
        k += 1
    lost = np.ones(arrive.size, bool)
    lost[taken] = False
    gone = np.flatnonzero(lost)
    decided = bisect_left(starts, until)
    let_in = np.array(taken, np.int64)
    return Outcome(
        let_in[:decided],
        np.array(starts[:decided], np.int64),
        gone,
        arrive[gone],
        let_in[decided:],
    )
