"""The digital base put together, and the way of a message through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.engines.reference.base.instants import Instants
from factory_sim.engines.reference.base.log import Log, Loss, Update
from factory_sim.engines.reference.base.replicas import Replicas
from factory_sim.engines.reference.base.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from factory_sim.engines.reference.base.given import Base, Draws, Message
    from factory_sim.engines.reference.clock import Flow


def run(base: Base, messages: Iterable[Message], draws: Draws) -> Log:
    """Return what becomes of messages in a digital base until its end.

    Args:
        base: The base.
        messages: What is sent, as ``sent`` returns it.
        draws: Of restarts; those of the messages have been read.
    """
    clock, log = Instants(base.begin), Log()
    network = _Network(clock, log, base, draws)
    for message in messages:
        clock.process(network.way(message))
    clock.run(until=base.end)
    return log


class _Network:
    """All stages of a base, and the ways through them."""

    def __init__(self, clock: Instants, log: Log, base: Base, draws: Draws) -> None:
        self._clock, self._log, self._base = clock, log, base
        self._cells = Stage(clock, log, base.cells, lambda m: m.cell, lambda m: m.airtime)
        self._gateways = Stage(
            clock, log, base.gateways, lambda m: m.device.gateway, lambda m: m.works[0]
        )
        self._broker = Stage(
            clock, log, base.broker, lambda m: m.device.partition, lambda m: m.works[1]
        )
        self._services = [
            Stage(clock, log, service.stage, lambda _: 0, _work_at(place))
            for place, service in enumerate(base.services, 2)
        ]
        for stage, service in zip(self._services, base.services, strict=True):
            Replicas(clock, log, service, stage.desks[0], draws)

    def way(self, message: Message) -> Flow[None]:
        """Bring a message from its device to the services."""
        if not (yield from self._cells.passed(message, message.ready)):
            return
        if message.latency is None:
            self._log.losses.append(Loss(message, self._base.cells.name, self._clock.ns))
            return
        if not (yield from self._gateways.passed(message, self._clock.ns + message.latency)):
            return
        if (yield from self._broker.passed(message, self._clock.ns)):
            yield from self._serviced(message, 0)

    def _serviced(self, message: Message, place: int) -> Flow[None]:
        """Bring a message through a service, to the twin, and to all services that this feeds."""
        if not (yield from self._services[place].passed(message, self._clock.ns)):
            return
        if place == self._base.twin:
            self._log.updates.append(Update(message, self._clock.ns))
        for fed in self._base.services[place].feeds:
            self._clock.process(self._serviced(message, fed))


def _work_at(place: int) -> Callable[[Message], int]:
    return lambda message: message.works[place]
