"""One queue and its servers: first come, first served."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from factory_sim.engines.reference.base.instants import FINISHES, RESUMES

if TYPE_CHECKING:
    from simpy import Event

    from factory_sim.engines.reference.base.instants import Instants
    from factory_sim.engines.reference.clock import Flow


class Refusal(Enum):
    """Why a message is not served."""

    DROPPED = auto()
    """All places were taken."""

    DOWN = auto()
    """The queue is down, or went down while it waited."""


@dataclass(eq=False)
class Server:
    """One server.

    Attributes:
        until: When it is free, or has been since; a restart included, ns.
    """

    until: int


class Desk:
    """A queue and its servers, which may become more and fewer.

    Args:
        clock: Simulated time, ns.
        servers: At the start.
        places: For messages that wait, None for any number.
        oldest: Whether a full queue drops its oldest message, not the one that comes.
    """

    def __init__(self, clock: Instants, servers: int, places: int | None, *, oldest: bool) -> None:
        self._clock, self._places, self._oldest = clock, places, oldest
        self._servers = [Server(self._clock.ns) for _ in range(servers)]
        self._idle = list(self._servers)
        self._waiting: deque[Event] = deque()
        self._working = self._worked = self._there = 0
        self._since = self._clock.ns

    def ask(self) -> Flow[Server | Refusal]:
        """Wait for a server and take it, or be refused."""
        if self._idle:
            return self._idle.pop()
        if self._places is not None and len(self._waiting) >= self._places:
            if not self._oldest or not self._places:
                return Refusal.DROPPED
            self._waiting.popleft().succeed(Refusal.DROPPED)
        turn = self._clock.event()
        self._waiting.append(turn)
        answer: Server | Refusal = yield turn
        return answer

    def serve(self, server: Server, until: int) -> Flow[None]:
        """Let a server work until a moment, ns, and take the next message."""
        self._note(1)
        server.until = until
        yield self._clock.at(until, FINISHES)
        self._note(-1)
        self._clock.process(self._set_free(server))

    def turn_out(self) -> None:
        """Turn out all messages that wait, as the queue is down."""
        while self._waiting:
            self._waiting.popleft().succeed(Refusal.DOWN)

    def resize(self, servers: int) -> None:
        """Have so many servers: those free first go, and finish what they work on."""
        self._note(0)
        while len(self._servers) < servers:
            self._servers.append(new := Server(self._clock.ns))
            self._clock.process(self._join(new))
        for server in self._free_first(len(self._servers) - servers):
            self._servers.remove(server)
            if server in self._idle:
                self._idle.remove(server)

    def restart(self, servers: int, takes: int) -> None:
        """Restart the servers that are free first, once they are, for a time, ns."""
        for server in self._free_first(servers):
            server.until = max(server.until, self._clock.ns) + takes
            if server in self._idle:
                self._idle.remove(server)
                self._clock.process(self._set_free(server))

    def utilisation(self) -> float:
        """Return the share of the servers' time that they worked since this was last asked."""
        self._note(0)
        share = self._worked / max(self._there, 1)
        self._worked = self._there = 0
        return share

    def _free_first(self, servers: int) -> list[Server]:
        return sorted(self._servers, key=lambda server: server.until)[: max(servers, 0)]

    def _join(self, server: Server) -> Flow[None]:
        """Let a new server begin after all changes of this instant."""
        yield self._clock.at(self._clock.ns, RESUMES)
        yield from self._set_free(server)

    def _set_free(self, server: Server) -> Flow[None]:
        """Give a server to who waits, once it is not restarting; one that was taken away goes."""
        while server.until > self._clock.ns:
            yield self._clock.at(server.until, FINISHES)
        if server not in self._servers:
            return
        if self._waiting:
            self._waiting.popleft().succeed(server)
        else:
            self._idle.append(server)

    def _note(self, more: int) -> None:
        """Add up the time that servers worked and were there, and begin with one more or less."""
        span = self._clock.ns - self._since
        self._worked += self._working * span
        self._there += len(self._servers) * span
        self._since = self._clock.ns
        self._working += more
