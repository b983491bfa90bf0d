"""Messages through stages in a row, as one would write it in SimPy: queues that never break."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import simpy

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


@dataclass(frozen=True)
class Hop:
    """A stage on the way of all messages.

    Attributes:
        queue: Queue of each message, from 0.
        work: Service time of each.
        delay: Time of each from there to the next stage; negative where it is lost.
        servers: Servers of each queue.
        places: Places for waiting messages of each queue, None for any number.
        oldest: Whether a full queue drops its oldest message, not the newest.
    """

    queue: Sequence[int]
    work: Sequence[int]
    delay: Sequence[int]
    servers: int = 1
    places: int | None = None
    oldest: bool = False


class _Desk:
    """One queue with its servers."""

    def __init__(self, env: simpy.Environment, hop: Hop) -> None:
        self._env, self._hop = env, hop
        self._free = hop.servers
        self._waiting: deque[simpy.Event] = deque()

    def serve(self, work: int) -> Generator[simpy.Event, bool, bool]:
        """Wait for a server and its work; return whether the message was served."""
        if self._free:
            self._free -= 1
        elif not (yield from self._wait()):
            return False
        yield self._env.timeout(work)
        if self._waiting:
            self._waiting.popleft().succeed(True)
        else:
            self._free += 1
        return True

    def _wait(self) -> Generator[simpy.Event, bool, bool]:
        places = self._hop.places
        if places is not None and len(self._waiting) >= places:
            if not self._hop.oldest or not places:
                return False
            self._waiting.popleft().succeed(False)
        turn = self._env.event()
        self._waiting.append(turn)
        return bool((yield turn))


def arrivals(ready: Sequence[int], hops: Sequence[Hop]) -> list[int | None]:
    """Return when each message has passed all stages, None if it was lost on the way.

    Args:
        ready: When each is sent, not negative.
        hops: The stages in order.
    """
    env = simpy.Environment()
    desks = [[_Desk(env, hop) for _ in range(max(hop.queue) + 1)] for hop in hops]
    found: list[int | None] = [None] * len(ready)

    def way(k: int) -> Generator[simpy.Event, bool, None]:
        yield env.timeout(ready[k])
        for hop, queues in zip(hops, desks, strict=True):
            if not (yield from queues[hop.queue[k]].serve(hop.work[k])) or hop.delay[k] < 0:
                return
            if hop.delay[k]:
                yield env.timeout(hop.delay[k])
        found[k] = int(env.now)

    for k in range(len(ready)):
        env.process(way(k))
    env.run()
    return found
