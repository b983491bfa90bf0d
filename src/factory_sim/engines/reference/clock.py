"""Simulated time that is hit exactly, and things lent first come, first served."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Generator
from heapq import heappush
from typing import Any, TypeAlias, TypeVar

from simpy import Environment, Event
from simpy.events import NORMAL, EventPriority

T = TypeVar("T")

Flow: TypeAlias = Generator[Event, Any, T]
"""What a process goes through: it yields events and returns a ``T``."""


class Clock(Environment):
    """A SimPy environment whose timed events name the time instead of the delay.

    Two things make instants exact. A delay would be added to the present time and
    rounded, and could miss the time that is meant by one unit in the last place; so
    events are put on the clock at the time itself. And what an event sets off at its
    own instant (a place freed, a part moving up) comes before any other event that the
    clock holds for that instant; so ties never depend on who was scheduled first.
    """

    def at(self, time: float, order: int = 0) -> Event:
        """Return an event that happens at a time, s, not before now.

        Args:
            time: When.
            order: Who goes first at the same time: the smaller.
        """
        event = self.event()
        event._ok = True
        event._value = None
        priority = EventPriority(NORMAL + 1 + order)
        heappush(self._queue, (time, priority, next(self._eid), event))
        return event


class Pool:
    """Equal things that are lent first come, first served, or by rank.

    Places, servers, people and units that wait to be built in are all pools.

    Args:
        clock: Simulated time.
        free: How many there are at first; ``math.inf`` for no limit.

    Attributes:
        queue: Who waits, and for which event, in order of rank and then of asking.
    """

    def __init__(self, clock: Clock, free: float) -> None:
        self.queue: deque[tuple[Event, object]] = deque()
        self._ranks: deque[int] = deque()
        self._clock = clock
        self._free = free

    def ask(self, who: object = None, rank: int = 0) -> Event | None:
        """Take one now and return None, or return the event of getting one later.

        Args:
            who: Who asks.
            rank: The smaller is served first.
        """
        if self._free > 0:
            self._free -= 1
            return None
        turn = self._clock.event()
        place = bisect_right(self._ranks, rank)
        self._ranks.insert(place, rank)
        self.queue.insert(place, (turn, who))
        return turn

    def take(self, rank: int = 0) -> Flow[None]:
        """Wait until one is free and take it; the smaller ``rank`` is served first."""
        turn = self.ask(rank=rank)
        if turn is not None:
            yield turn

    def give(self) -> None:
        """Give one back, or add one: to whoever is first in the queue."""
        if self.queue:
            turn, _ = self.queue.popleft()
            self._ranks.popleft()
            turn.succeed()
        else:
            self._free += 1
