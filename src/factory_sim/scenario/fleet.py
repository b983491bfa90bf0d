"""What a user writes about the connected devices of a plant: classes, failures, signals.

A class stands for ``count`` devices of one kind. They are dealt out evenly over the
stations that its patterns match, in flow order, and named by class and number, such as
``robots-0417``. A device is where failures and telemetry come from; what its messages go
through is another part of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from factory_sim.scenario.distributions import Distribution
from factory_sim.scenario.model import Schema, Shorthand
from factory_sim.scenario.quantities import (
    Count,
    MoreThanOne,
    Name,
    NonNegative,
    Number,
    Positive,
    PositiveDuration,
    Share,
    Switch,
    Text,
)
from factory_sim.scenario.station import Failure, listed
from factory_sim.scenario.unbounded import Exponential, Weibull


class Signal(Schema):
    """A quantity that a message carries; what all kinds share."""

    unit: Text = ""
    """Unit of the values, for reports."""
    resolution: NonNegative = 0.0
    """Step to which values are rounded, in that unit; 0 keeps every digit."""


class StateSignal(Signal):
    """The state of the device: off, down, working, blocked, waiting, starved."""

    kind: Literal["state"] = "state"


class LoadSignal(Signal):
    """A current or a power, drawn while the station works and none while it is off."""

    kind: Literal["current", "power"]
    idle: NonNegative = 0.0
    """Level while the station is on but does not work, or the device is down."""
    working: Annotated[Positive, Field(examples=[12])]
    """Level while the station works."""
    noise: NonNegative = 0.0
    """Standard deviation of a reading about its level."""


class CounterSignal(Signal):
    """A count that steps up when a part leaves the station."""

    kind: Literal["counter"] = "counter"
    step: Positive = 1.0
    """What one part adds."""


class TemperatureSignal(Signal):
    """A temperature that follows the work with a lag: it nears each level exponentially."""

    kind: Literal["temperature"] = "temperature"
    ambient: Number = 20.0
    """Level when the station does not work."""
    working: Annotated[Number, Field(examples=[55])]
    """Level that it nears while the station works."""
    lag: Annotated[PositiveDuration, Field(examples=["10 min"])]
    """Time in which 63 % of the way to the new level is gone, s."""
    noise: NonNegative = 0.0
    """Standard deviation of a reading about its level."""


class WearSignal(Signal):
    """A quantity that drifts with the wear of the device, such as a vibration."""

    kind: Literal["wear"] = "wear"
    new: Number = 0.0
    """Value of a device in full health."""
    worn: Annotated[Number, Field(examples=[7.1])]
    """Value at the moment of the failure."""
    noise: NonNegative = 0.0
    """Standard deviation of a reading about its value."""


def _kind_of(value: Any) -> str | None:
    """Return the tag of a signal's class; tags wear <> so that no key looks like one."""
    kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    return f"<{kind}>" if isinstance(kind, str) else None


AnySignal = Annotated[
    Annotated[StateSignal, Tag("<state>")]
    | Annotated[LoadSignal, Tag("<current>")]
    | Annotated[LoadSignal, Tag("<power>")]
    | Annotated[CounterSignal, Tag("<counter>")]
    | Annotated[TemperatureSignal, Tag("<temperature>")]
    | Annotated[WearSignal, Tag("<wear>")],
    Discriminator(_kind_of),
]
"""A signal, told apart by its key ``kind``."""

USUAL_SIGNALS: dict[str, AnySignal] = {
    "state": StateSignal(),
    "parts": CounterSignal(),
    "current": LoadSignal(
        kind="current", unit="A", idle=0.5, working=10.0, noise=0.1, resolution=0.1
    ),
}
"""What messages carry where a class says nothing; an assumption, as its levels are."""

USUAL_WEAR: dict[str, AnySignal] = {
    "vibration": WearSignal(unit="mm/s", new=1.4, worn=4.5, noise=0.1, resolution=0.01)
}
"""What they carry besides where the class wears; r.m.s. velocity from the upper limit of
zone A to that of zone C of ISO 10816-3:2009, group 2 on rigid foundations."""


class Wear(Schema):
    """How the health of a device falls from 1 to 0 on its way to a failure."""

    begins: Share = 0.0
    """Share of its life, such as 80 %, up to which the device is in full health. The rest
    of the life is the P-F interval, in which wear can be seen; 100 % fails unannounced."""
    exponent: Positive = 1.0
    """The health lost is the share of that interval gone by, to this power."""


def _age_tag(value: Any) -> str:
    return "<steady>" if value == "steady" else "<age>"


class DeviceFailure(Failure):
    """One way the devices of a class fail, each by itself."""

    repair: Literal["as_new", "as_old"] = "as_new"
    """Whether a repair makes the device new, or leaves its age as it was (minimal repair):
    the next failure is then drawn given that the device has come so far."""
    age: (
        Annotated[
            Annotated[Literal["steady"], Tag("<steady>")] | Annotated[Distribution, Tag("<age>")],
            Discriminator(_age_tag),
        ]
        | None
    ) = None
    """Age at time 0 on the clock of the failure, s, or ``steady``: as after many renewals.
    If left out, steady where ``mtbf`` is exponential or weibull, ``repair`` as_new and there
    is no ``growth``; else 0."""

    @property
    def ages(self) -> bool:
        """Whether its law can be asked what is left of a life at an age."""
        return isinstance(self.mtbf, Exponential | Weibull)


class Slows(Schema):
    """A device that slows its station while it is down."""

    slows: Annotated[MoreThanOne, Field(examples=[1.2])]
    """Factor on the work content of parts whose work begins while the device is down."""


def _criticality_tag(value: Any) -> str:
    return "<slows>" if isinstance(value, Mapping | Slows) else "<word>"


def flattened(value: Any) -> Any:
    """Expand one pattern to a list, and lists within a list, which anchors make."""
    if not isinstance(value, list | tuple):
        return listed(value)
    return [one for item in value for one in (item if isinstance(item, list) else [item])]


class DeviceClass(Schema):
    """Devices of one kind; each has a name, a station and a life of its own."""

    count: Annotated[Count, Field(examples=[100])]
    """Devices of the class."""
    attach: Annotated[tuple[Text, ...], Shorthand(flattened), Field(min_length=1, examples=[["*"]])]
    """Stations, ``line/*`` or shell patterns as in ``automation.order``; the devices are
    dealt out evenly over them in flow order, and what is over goes to the first."""
    uplink: Name | None = None
    """The radio class of ``digital_base`` that carries its messages."""
    period: Annotated[PositiveDuration, Field(examples=["1 s"])]
    """Time from one message to the next, s."""
    jitter: Share = 0.0
    """Most that the time between messages strays from ``period``, as a share of it; uniform."""
    size: Annotated[Positive, Field(examples=[200])]
    """Length of a message, bytes."""
    fresh_within: PositiveDuration | None = None
    """Age that the twin's information on a device should not exceed, s."""
    mobile: Switch = False
    """Whether its devices move, and are handed over from one radio cell to another."""
    criticality: Annotated[
        Annotated[Literal["stops", "informs"], Tag("<word>")] | Annotated[Slows, Tag("<slows>")],
        Discriminator(_criticality_tag),
    ] = "informs"
    """What a failure does to the station: ``stops`` it, ``{slows: 1.2}`` multiplies its work
    content, or ``informs``: nothing but that the device is down."""
    failures: Annotated[tuple[DeviceFailure, ...], Shorthand(listed)] = ()
    """How a device breaks down: one way, or a list of them with names."""
    wear: Wear | None = None
    """How failures announce themselves; they come unannounced if left out."""
    signals: dict[Name, AnySignal] | None = None
    """What a message carries, by name; state, parts, current and, with ``wear``, vibration
    if left out."""

    @property
    def carried(self) -> dict[str, AnySignal]:
        """The signals of a message, in their order."""
        if self.signals is not None:
            return self.signals
        return USUAL_SIGNALS | (USUAL_WEAR if self.wear is not None else {})


class Fleet(Schema):
    """The connected devices of the plant."""

    devices: Annotated[Count, Field(examples=[100])]
    """How many there are in all; the counts of the classes must add up to it."""
    classes: Annotated[
        dict[Name, DeviceClass],
        Field(
            min_length=1,
            examples=[{"sensors": {"count": 100, "attach": "*", "period": "1 s", "size": 200}}],
        ),
    ]
    """Classes by name; the first part of the names of their devices."""
