"""What a run of the digital base is given: its parts, their faults, and the draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Law: TypeAlias = Callable[[float], int]
"""A random time: from a uniform draw in [0, 1) to ns."""

Draw: TypeAlias = Callable[[], float]
"""Gives the uniform draws of one address, one after the other."""

Draws: TypeAlias = Callable[[str, str], Draw]
"""From an object and a purpose to its draws."""


@dataclass(frozen=True)
class Span:
    """From a moment on, ns, until before another."""

    begin: int
    end: int

    def holds(self, now: int) -> bool:
        """Return whether a moment lies in it."""
        return self.begin <= now < self.end


@dataclass(frozen=True)
class Fault(Span):
    """A queue that is down for a time, or slow.

    Attributes:
        queue: Its number, from 0; None for all of the stage.
        slower: Factor on the time of every message that it begins with, None if it is down.
    """

    queue: int | None = None
    slower: float | None = None

    def strikes(self, queue: int) -> bool:
        """Return whether it concerns a queue."""
        return self.queue in (None, queue)


@dataclass(frozen=True)
class Stage:
    """Queues side by side, each with servers: radio cells, gateways, partitions, or a service.

    Attributes:
        name: Unique.
        queues: Number of queues.
        servers: Servers of each at the start.
        places: Places of each for messages that wait, None for any number.
        oldest: Whether a full queue drops its oldest message, not the one that comes.
        when_down: What becomes of the messages at a queue that is down.
        resend_within: Time over which devices spread what they kept, ns.
        faults: Of its queues.
    """

    name: str
    queues: int = 1
    servers: int = 1
    places: int | None = None
    oldest: bool = False
    when_down: Literal["neighbour", "lost", "resend"] = "lost"
    resend_within: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Autoscale:
    """How the number of replicas follows the load; times in ns.

    Attributes:
        target: Utilisation that is aimed at.
        most, fewest: Bounds of the number of replicas.
        every: Time between decisions.
        delay: Time until a new replica works.
        tolerance: Deviation from the target, as a share of it, at which nothing changes.
        settle: Time for which fewer must do before any is taken away.
    """

    target: float
    most: int
    fewest: int
    every: int
    delay: int
    tolerance: float
    settle: int


@dataclass(frozen=True)
class Restarts:
    """Time between restarts of a service, one replica at a time, and what each takes."""

    every: Law
    takes: Law


@dataclass(frozen=True)
class Fixed(Span):
    """A time in which a service has so many replicas, whatever autoscaling wants."""

    replicas: int


@dataclass(frozen=True)
class Service:
    """A service: one queue that its replicas take messages from.

    Attributes:
        stage: Its queue.
        replicas: At the start.
        workers: Messages that a replica works on at a time.
        feeds: Places of the services that get its results.
        autoscale, restarts: None for none.
        fixed: Of several that hold at a time, the last one counts.
    """

    stage: Stage
    replicas: int = 1
    workers: int = 1
    feeds: tuple[int, ...] = ()
    autoscale: Autoscale | None = None
    restarts: Restarts | None = None
    fixed: tuple[Fixed, ...] = ()


@dataclass(frozen=True)
class Faster(Span):
    """A time in which devices send so many times as often."""

    factor: float


@dataclass(frozen=True)
class Handover:
    """Time from one handover of a moving device to its next, and the gap without a cell."""

    every: Law
    gap: Law


@dataclass(frozen=True)
class Uplink:
    """How messages get over the air.

    Attributes:
        latency: From the cell to the gateway.
        loss: Share of transmissions that fail.
        attempts: Transmissions of a message before it is given up.
        again_after: Time that each failed one adds, ns.
    """

    latency: Law
    loss: float = 0.0
    attempts: int = 1
    again_after: int = 0


@dataclass(frozen=True)
class Class:
    """Devices of one kind.

    Attributes:
        name: Unique; part of the address of their draws.
        count: Their number.
        period: From one message of a device to the next, ns.
        jitter: Most that this strays from the period, as a share of it.
        airtime: Time that one transmission occupies a cell, ns.
        uplink: How their messages get over the air.
        handover: Of moving devices, else None.
        faster: When they send more often.
    """

    name: str
    count: int
    period: float
    airtime: int
    uplink: Uplink
    jitter: float = 0.0
    handover: Handover | None = None
    faster: tuple[Faster, ...] = ()


@dataclass(frozen=True)
class Base:
    """A digital base and what is sent through it.

    Attributes:
        begin: When the first device may send, ns.
        end: When the run ends, ns.
        classes: The devices, numbered through in this order.
        cells, gateways, broker: The stages before the services.
        services: The first is fed by the broker.
        twin: Place of the service that updates the twin.
        works: Time of a message at a gateway, the broker and each service, with the purpose
            of its draws, in this order.
    """

    begin: int
    end: int
    classes: tuple[Class, ...]
    cells: Stage
    gateways: Stage
    broker: Stage
    services: tuple[Service, ...]
    twin: int
    works: tuple[tuple[str, Law], ...]


@dataclass(frozen=True)
class Device:
    """A device and its queues.

    Attributes:
        number: Among all.
        cell: In which it begins.
        gateway: Its gateway.
        partition: Its partition of the broker.
        share: When it sends what it kept, as a share of the time allowed for that.
    """

    number: int
    cell: int
    gateway: int
    partition: int
    share: float


@dataclass(frozen=True)
class Message:
    """A message and what chance has in store for it.

    Attributes:
        number: Decides who goes first among messages that arrive at the same instant.
        device: Who sends it.
        created: When it is made, ns.
        ready: When it may be sent, ns: later where its device is between two cells.
        cell: To which cell.
        airtime: Time that it occupies the cell, all transmissions together, ns.
        latency: From there to the gateway, ns; None if no transmission gets there.
        works: Time at a gateway, the broker and each service, ns.
    """

    number: int
    device: Device
    created: int
    ready: int
    cell: int
    airtime: int
    latency: int | None
    works: tuple[int, ...]
