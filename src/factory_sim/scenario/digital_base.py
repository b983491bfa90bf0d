"""What a user writes about the digital base: what the messages of the devices go through.

A message goes from its device over the air into a gateway, from there into a partition
of the broker, and on through a chain of services, the last of which updates the twin.
What breaks or is changed, and when, is told in ``base_faults``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from factory_sim.scenario.base_faults import Fault
from factory_sim.scenario.distributions import Distribution
from factory_sim.scenario.model import Schema, Shorthand
from factory_sim.scenario.quantities import (
    Clock,
    Count,
    Duration,
    Name,
    OpenPlaces,
    Portion,
    PositiveDuration,
    Share,
)
from factory_sim.scenario.readers import DAY, number, shown
from factory_sim.scenario.station import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

_BITS = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
_RATE = re.compile(r"\s*([0-9.eE+-]+)\s*([kMG]?bit/s)\s*")
_RATE_TEXT = r"^\s*[0-9.eE+-]+\s*[kMG]?bit/s\s*$"


def _bit_rate(value: object) -> float:
    """Return bit/s, from ``100 Mbit/s`` or a number."""
    rate = _RATE.fullmatch(value) if isinstance(value, str) else None
    try:
        result = float(rate[1]) * _BITS[rate[2]] if rate else number(value)
    except ValueError:
        raise ValueError(f"must be a rate such as 100 Mbit/s (got {shown(value)})") from None
    if not 0 < result <= 1e15:
        raise ValueError(f"must be greater than 0 bit/s, at most 1e15 (got {shown(value)})")
    return result


BitRate = Annotated[
    float,
    PlainValidator(_bit_rate),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": _RATE_TEXT},
            ]
        }
    ),
]
"""A capacity, bit/s."""

Law = Annotated[Distribution, Field(examples=["1 ms"])]


class Uplink(Schema):
    """A class of radio service: how long a message takes over the air and how often it is lost."""

    latency: Law
    """Time from the radio cell to the gateway, s, beside queueing in the cell."""
    loss: Share = 0.0
    """Share of transmissions that fail."""
    attempts: Count = 1
    """Transmissions of a message before it is given up."""
    again_after: Duration = 0.0
    """Time from a failed transmission to the next, s; the cell counts as busy with all
    transmissions of a message at once."""


class Handover(Schema):
    """How moving devices change from one cell to the next."""

    every: Annotated[Distribution, Field(examples=["5 min"])]
    """Time from one handover of a device to its next, s."""
    gap: Law
    """Time in which the device cannot send, s; its messages wait."""


class Cells(Schema):
    """The radio cells; devices are dealt out evenly over them."""

    count: Count = 1
    """Number of cells."""
    capacity: BitRate | None = None
    """What a cell carries, bit/s; unlimited if left out."""
    handover: Handover | None = None
    """Handovers of the classes that are mobile; without it they stay in their cell."""
    when_down: Literal["neighbour", "lost", "resend"] = "neighbour"
    """What becomes of the messages of a cell that is down: the next cell that is up carries
    them, they are lost, or the devices keep them and send them when it is back. What is on air
    when it goes down still gets through; where no cell is up, none carries them."""
    resend_within: Duration = 10.0
    """Time over which devices spread what they kept, s."""


class Queueing(Schema):
    """What all stages with a queue share."""

    service: Law
    """Time that a message takes, s."""
    queue: OpenPlaces = "unlimited"
    """Places for messages that wait, per queue."""
    drop: Literal["newest", "oldest"] = "newest"
    """Which message is lost when the queue is full."""


class Gateways(Queueing):
    """The edge gateways; each has one queue and serves one message at a time."""

    count: Count = 1
    """Number of gateways; devices are dealt out evenly over them."""
    when_down: Literal["lost", "resend"] = "lost"
    """What becomes of the messages at a dead gateway, those in its queue included: they are
    lost, or the devices keep them and send them when it is back. The one that it works on when
    it dies is finished."""
    resend_within: Duration = 10.0
    """Time over which devices spread what they kept, s."""


class Broker(Queueing):
    """The message broker; a hash of the device chooses the partition."""

    partitions: Count = 1
    """Partitions; each is a queue and serves one message at a time."""


class Autoscale(Schema):
    """Replicas by utilisation, as the Horizontal Pod Autoscaler of Kubernetes sets them."""

    target: Annotated[Portion, Field(examples=["60 %"])]
    """Utilisation that is aimed at."""
    most: Annotated[Count, Field(alias="max", examples=[10])]
    """Most replicas."""
    fewest: Annotated[Count, Field(alias="min")] = 1
    """Fewest replicas."""
    every: PositiveDuration = 15.0
    """Time between decisions, s; each looks at the utilisation since the last, in which a
    replica that restarts counts as idle."""
    delay: Duration = 30.0
    """Time until a new replica works, s."""
    tolerance: Share = 0.1
    """Deviation from the target, as a share of it, at which nothing is changed."""
    settle: Duration = 300.0
    """Time for which fewer replicas must do before any is taken away, s."""


class Restarts(Schema):
    """Restarts of replicas, such as after a crash or for an update."""

    every: Annotated[Distribution, Field(examples=["6 h"])]
    """Time between restarts of the service, one replica at a time, s."""
    takes: Annotated[Distribution, Field(examples=["20 s"])]
    """Time until the replica works again, s."""


class Service(Queueing):
    """A microservice: one queue that its replicas take messages from, first come first served."""

    name: Annotated[Name, Field(examples=["ingest"])]
    """Unique among the services."""
    replicas: Count = 1
    """Replicas at the start."""
    workers: Count = 1
    """Messages that a replica works on at a time."""
    autoscale: Autoscale | None = None
    """How the number of replicas follows the load."""
    restarts: Restarts | None = None
    """Restarts that take replicas away for a time."""
    then: Annotated[tuple[Name, ...], Shorthand(listed)] | None = None
    """Services that get its results; the next in the list if left out."""


class Window(Schema):
    """The span of the day whose messages are simulated one by one."""

    begin: Annotated[Clock, Field(alias="from")] = 36_000.0
    """When it begins, time of day."""
    length: Annotated[PositiveDuration, Field(alias="for")] = 600.0
    """How long it lasts, s."""
    warm_up: Duration = 10.0
    """Time simulated before it, from empty queues, that the figures leave out, s."""
    step: PositiveDuration | None = None
    """Resolution of figures over time, s; about 1/300 of the window if left out."""

    def offset(self, clock: float) -> float:
        """Return how long after its begin a time of day is, s."""
        return (clock - self.begin) % DAY


class DigitalBase(Schema):
    """Everything between a device and its twin."""

    uplinks: Annotated[
        dict[Name, Uplink], Field(min_length=1, examples=[{"5g": {"latency": "9 ms"}}])
    ]
    """Classes of radio service by name; device classes name theirs by ``uplink:``."""
    cells: Cells = Cells()
    """The radio cells."""
    gateways: Annotated[Gateways, Field(examples=[{"count": 1, "service": "1 ms"}])]
    """The edge gateways."""
    broker: Annotated[Broker, Field(examples=[{"partitions": 1, "service": "0.2 ms"}])]
    """The message broker."""
    services: Annotated[
        tuple[Service, ...], Field(min_length=1, examples=[[{"name": "twin", "service": "1 ms"}]])
    ]
    """The services; each hands on to the next unless it says ``then:``."""
    twin: Name | None = None
    """The service that updates the twin; the last of the list if left out."""
    window: Window = Window()
    """The span that is simulated message by message."""
    faults: tuple[Fault, ...] = ()
    """What breaks or is changed."""

    @property
    def twin_service(self) -> str:
        """Name of the service that updates the twin."""
        return self.twin or self.services[-1].name

    def fed(self) -> Iterator[tuple[int, str]]:
        """Yield the place of each service that hands on and the name of one that it feeds."""
        for number_, service in enumerate(self.services):
            following = self.services[number_ + 1 : number_ + 2]
            targets = tuple(s.name for s in following) if service.then is None else service.then
            for target in targets:
                yield number_, target

    def span(self, fault: Fault) -> tuple[float, float]:
        """Return begin and end of a fault, s from the begin of the window."""
        if fault.begin is None:
            return -self.window.warm_up, self.window.length
        begin = self.window.offset(fault.begin)
        return begin, min(begin + (fault.length or self.window.length), self.window.length)
