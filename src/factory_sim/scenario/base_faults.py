"""What breaks in a digital base or is changed there, and when."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import (
    AtLeastOne,
    Clock,
    Count,
    Name,
    Positive,
    PositiveDuration,
)

TARGETS = ("gateway", "cell", "service", "broker", "telemetry")
"""What a fault may concern, by the key that names it."""


class Fault(Schema):
    """Something that breaks or is changed for a time; it names exactly one target."""

    gateway: Count | None = None
    """Number of a gateway, from 1, that is down, or with ``slower`` slow."""
    cell: Count | None = None
    """Number of a cell, from 1, that is down."""
    service: Name | None = None
    """A service; with ``replicas`` or ``slower``."""
    broker: Count | Literal["all"] | None = None
    """Number of a partition, from 1, or all of them; with ``slower``."""
    telemetry: Positive | None = None
    """Factor on the rate of messages."""
    classes: tuple[Name, ...] = ()
    """Classes whose telemetry changes; all if left out."""
    replicas: Count | None = None
    """Replicas of the service, which autoscaling then leaves alone; of several such faults at
    a time the last one counts."""
    slower: AtLeastOne | None = None
    """Factor on the time that each message takes there."""
    begin: Annotated[Clock | None, Field(alias="from")] = None
    """When it begins, time of day."""
    length: Annotated[PositiveDuration | None, Field(alias="for")] = None
    """How long it lasts, s."""

    @property
    def target(self) -> str:
        """What it concerns, one of ``TARGETS``."""
        return next(key for key in TARGETS if getattr(self, key) is not None)

    @property
    def is_change(self) -> bool:
        """Whether it is a change of configuration, which needs no end."""
        return self.telemetry is not None or self.replicas is not None or self.slower is not None

    @property
    def label(self) -> str:
        """What happens, in few words."""
        target = self.target
        if target == "telemetry":
            classes = f" of {', '.join(self.classes)}" if self.classes else ""
            return f"{self.telemetry:g} x telemetry{classes}"
        where = target if self.broker == "all" else f"{target} {getattr(self, target)}"
        if self.replicas is not None:
            return f"{where} with {self.replicas} replica{'s'[: self.replicas > 1]}"
        return f"{where} down" if self.slower is None else f"{where} {self.slower:g} x slower"

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        named = [key for key in TARGETS if getattr(self, key) is not None]
        if len(named) != 1:
            raise ValueError(
                f"must name one of {', '.join(TARGETS)} (got {', '.join(named) or 'none of them'})"
            )
        effects = {
            "gateway": ("slower",),
            "cell": (),
            "service": ("replicas", "slower"),
            "broker": ("slower",),
            "telemetry": ("classes",),
        }[named[0]]
        for key in ("classes", "replicas", "slower"):
            if getattr(self, key) and key not in effects:
                raise ValueError(f"{key} does not go with {named[0]}; leave it out")
        if named[0] == "service" and (self.replicas is None) == (self.slower is None):
            raise ValueError("needs replicas: or slower:, one of them, beside service:")
        if named[0] == "broker" and self.slower is None:
            raise ValueError("needs slower: beside broker:, such as slower: 3")
        return self
