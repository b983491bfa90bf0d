"""Queues side by side: which one a message goes to, and what becomes of it if that is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.engines.reference.base.desk import Desk, Refusal
from factory_sim.engines.reference.base.instants import ARRIVES, BREAKS
from factory_sim.engines.reference.base.log import Log, Loss, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.engines.reference.base import given
    from factory_sim.engines.reference.base.given import Fault, Message
    from factory_sim.engines.reference.base.instants import Instants
    from factory_sim.engines.reference.clock import Flow


class Stage:
    """Radio cells, gateways, partitions of the broker, or a service.

    Args:
        clock: Simulated time, ns.
        log: Where visits and losses are written down.
        of: What it is.
        queue_of: Queue that a message belongs to.
        work_of: Time that a message takes there, ns.

    Attributes:
        desks: Its queues.
    """

    def __init__(
        self,
        clock: Instants,
        log: Log,
        of: given.Stage,
        queue_of: Callable[[Message], int],
        work_of: Callable[[Message], int],
    ) -> None:
        self._clock, self._log, self._of = clock, log, of
        self._queue_of, self._work_of = queue_of, work_of
        self.desks = [
            Desk(clock, of.servers, of.places, oldest=of.oldest) for _ in range(of.queues)
        ]
        for fault in of.faults:
            if fault.slower is None:
                clock.process(self._break(fault))

    def passed(self, message: Message, at: int) -> Flow[bool]:
        """Bring a message through that comes at a moment, ns; return False if it is lost here."""
        while True:
            yield self._clock.at(at, ARRIVES + message.number)
            queue = self._open_queue(message)
            refused = Refusal.DOWN if queue is None else (yield from self._visited(message, queue))
            if refused is None:
                return True
            again = None if refused is Refusal.DROPPED else self._again(message)
            if again is None:
                break
            at = again
        if queue is None:
            own = self._queue_of(message)
            self._log.visits.append(
                Visit(message, self._of.name, own, self._clock.ns, leave=self._clock.ns)
            )
        self._log.losses.append(Loss(message, self._of.name, self._clock.ns))
        return False

    def _visited(self, message: Message, queue: int) -> Flow[Refusal | None]:
        """Let a message wait in a queue and be served; return why it is not, if so."""
        desk = self.desks[queue]
        visit = Visit(message, self._of.name, queue, self._clock.ns)
        self._log.visits.append(visit)
        server = yield from desk.ask()
        if isinstance(server, Refusal):
            visit.leave = self._clock.ns
            return server
        visit.start = self._clock.ns
        visit.leave = self._clock.ns + self._takes(message, queue)
        yield from desk.serve(server, visit.leave)
        return None

    def _again(self, message: Message) -> int | None:
        """Return when a message comes again whose queue is down, ns; None if it is lost."""
        if self._of.when_down == "resend":
            back = max(fault.end for fault in self._down(self._queue_of(message)))
            return back + int(message.device.share * self._of.resend_within)
        if self._of.when_down == "neighbour" and self._open_queue(message) is not None:
            return self._clock.ns
        return None

    def _takes(self, message: Message, queue: int) -> int:
        """Return how long a message takes that a server begins with now, ns."""
        factor = 1.0
        for fault in self._of.faults:
            if fault.slower is not None and fault.strikes(queue) and fault.holds(self._clock.ns):
                factor *= fault.slower
        return round(self._work_of(message) * factor)

    def _open_queue(self, message: Message) -> int | None:
        """Return the queue that takes a message now: its own, or perhaps the next that is up."""
        own = self._queue_of(message)
        others = range(1, self._of.queues) if self._of.when_down == "neighbour" else ()
        queues = (own, *((own + step) % self._of.queues for step in others))
        return next((queue for queue in queues if not self._down(queue)), None)

    def _down(self, queue: int) -> list[Fault]:
        """Return the faults that keep a queue down now."""
        return [
            fault
            for fault in self._of.faults
            if fault.slower is None and fault.strikes(queue) and fault.holds(self._clock.ns)
        ]

    def _break(self, fault: Fault) -> Flow[None]:
        """Turn out who waits when a queue goes down; the message in work is finished."""
        yield self._clock.at(fault.begin, BREAKS)
        for queue, desk in enumerate(self.desks):
            if fault.strikes(queue):
                desk.turn_out()
