"""What a user writes about failures: how they become known, who comes, what prevents them.

Each of these can be done by people or by the twin, and each is one key to switch. A
scenario holds the values of both, so that two runs that differ in the key alone show
what connecting the devices buys.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from factory_sim.scenario.distributions import Distribution
from factory_sim.scenario.model import Schema, Shorthand
from factory_sim.scenario.quantities import (
    Duration,
    Name,
    NonNegative,
    PositiveDuration,
    Share,
    Switch,
    Text,
)
from factory_sim.scenario.station import listed

BY_LOAD = "by_load"
"""Entry of ``dispatch.first`` that stands for all stations, the busiest first."""

Concerned = Literal["devices", "all"]
"""Failures of devices, or of the stations as well."""


class Blind(Schema):
    """A spell in which nothing reaches the twin: it sees failures when the spell is over."""

    at: Annotated[Duration, Field(examples=["34 h"])]
    """When it begins, s after time 0."""
    length: Annotated[PositiveDuration, Field(alias="for", examples=["5 min"])]
    """How long it lasts, s."""
    classes: Annotated[tuple[Name, ...], Shorthand(listed)] = ()
    """Classes of devices whose telemetry is lost; all if left out."""


class Monitoring(Schema):
    """How a failure becomes known; without it everybody sees it at once."""

    by: Literal["patrol", "twin"] = "patrol"
    """Whether a person finds it on a round, or the twin by telemetry."""
    patrol: Annotated[PositiveDuration, Field(examples=["30 min"])]
    """Time of one round, s; a failure waits for the rest of it, evenly distributed."""
    twin: Distribution | None = None
    """Delay until the twin has seen it, s, where no ``digital_base`` tells; what sends
    nothing is found on the round."""
    blind: Blind | None = None
    """A fault of the network; what it costs is shown beside a run without it."""
    of: Concerned = "devices"
    """Whose failures must be seen; those of stations are known at once if left out."""
    stations_by: Name | None = None
    """Class of devices whose telemetry tells of failures of the stations themselves."""


class Dispatch(Schema):
    """How somebody gets to a failure that is known; without it no way takes time."""

    by: Literal["hand", "twin"] = "hand"
    """Whether people call each other, or the twin sends who is next, with part and cause."""
    hand: Annotated[Distribution, Field(examples=["8 min"])]
    """Time from knowing to the begin of the repair by hand, s; a bare time is constant."""
    twin: Annotated[Distribution, Field(examples=["4 min"])]
    """The same by the twin, s."""
    of: Concerned = "devices"
    """Whose failures somebody must get to; the repair of others includes the way."""
    first: Annotated[tuple[Text, ...], Shorthand(listed)] = ()
    """Stations, ``line/*`` or shell patterns that the twin lets a shared crew serve first,
    in this order; ``by_load`` is all stations, the one with most work first."""


class Predictive(Schema):
    """Repairs in breaks of devices whose wear shows; needs ``wear`` in their class."""

    use: Switch = False
    """Whether it is done."""
    monitored: Share = 1.0
    """Share of the devices whose wear is measured."""
    detects: Share = 1.0
    """Probability that wear is seen there, between its begin and the failure."""
    false_alarms: NonNegative = 0.0
    """Alarms without wear, per measured device and year of the calendar."""
    repair: Annotated[Distribution, Field(examples=["20 min"])]
    """Time of a planned repair, or of a look after a false alarm, s; a bare time is constant."""
    shortest_break: Duration = 0.0
    """Length of a break, or of the time off shift, from which on it is used for repairs, s."""


class Maintenance(Schema):
    """What is done about failures."""

    dispatch: Dispatch | None = None
    """Way to a failure."""
    predictive: Predictive | None = None
    """What prevents failures."""
