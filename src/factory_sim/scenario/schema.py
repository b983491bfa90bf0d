"""The scenario: everything a user may write, and the domain object that the rest works with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag

from factory_sim.scenario.digital_base import DigitalBase
from factory_sim.scenario.economics import Economics
from factory_sim.scenario.figures import Figure
from factory_sim.scenario.fleet import Fleet
from factory_sim.scenario.lines import Line, People, Place
from factory_sim.scenario.model import Schema, Unit
from factory_sim.scenario.orders import Arrivals, Orders
from factory_sim.scenario.quantities import (
    Count,
    InnerShare,
    Moment,
    Name,
    PositiveDuration,
    Share,
    Text,
    WarmUp,
    Whole,
)
from factory_sim.scenario.realism import Realism
from factory_sim.scenario.shifts import Shift, Span, Stop, closed, stopped
from factory_sim.scenario.station import Section, Stage, Station
from factory_sim.scenario.upkeep import Maintenance, Monitoring

if TYPE_CHECKING:
    from factory_sim.scenario.problems import KeyPath


class Precision(Schema):
    """Replications until the interval is narrow enough."""

    half_width: InnerShare = 0.01
    """Half-width that is asked, as a share of the mean."""
    max: Count = 1000
    """Most replications."""
    min: Count = 10
    """Fewest replications."""
    of: Literal["throughput", "lead_time", "wip"] = "throughput"
    """The figure whose interval counts."""


class Automation(Schema):
    """The plan: what is automated first, and how far."""

    level: Annotated[Share, Field(examples=["50 %"])]
    """Share that the plan automates."""
    baseline: Share = 0.0
    """Share of the plant that the plan is compared with."""
    measure: Literal["work_content", "operations", "stations"] = "work_content"
    """What the share is a share of: seconds of work by hand, operations, or stations."""
    order: Annotated[tuple[Text, ...], Field(min_length=1, examples=[["*"]])]
    """Stations, ``line/*`` or shell patterns; the first are automated first."""


def _stops(*inner: Section | Station) -> tuple[Stop, ...]:
    return tuple(stop for level in inner for stop in level.planned)


def _arrivals_tag(value: Any) -> str:
    return "<every>" if isinstance(value, Mapping | Arrivals) else "<saturated>"


def _replications_tag(value: Any) -> str:
    return "<precision>" if isinstance(value, Mapping | Precision) else "<number>"


class Scenario(People):
    """A plant and what is asked about it."""

    name: Annotated[Text, Field(examples=["my line"])]
    """For reports."""
    description: Text = ""
    """Free text."""
    horizon: Annotated[PositiveDuration, Field(examples=["40 h"])]
    """Length of each replication, s, warm-up included."""
    warm_up: WarmUp = "auto"
    """Start that the figures leave out, s; auto cuts until deliveries are steady (rule MSER-5)."""
    replications: Annotated[
        Annotated[Count, Tag("<number>")] | Annotated[Precision, Tag("<precision>")],
        Discriminator(_replications_tag),
    ] = Precision()
    """Number of replications, or the precision that is asked."""
    confidence: InnerShare = 0.95
    """Confidence of all intervals."""
    seed: Whole = 1
    """Seed of all random draws."""
    engine: Literal["auto", "batch", "reference"] = "auto"
    """What computes; auto takes batch wherever it can run the plant."""
    takt: PositiveDuration | None = None
    """Time per part that the customer asks for, s; for the report only."""
    start: Moment = 0.0
    """Moment of the week at time 0, s after Monday 00:00."""
    shifts: tuple[Shift, ...] | None = None
    """When all stations work; always if left out."""
    orders: Orders = Orders()
    """Models and their sequence; one model if left out."""
    arrivals: Annotated[
        Annotated[Literal["saturated"], Tag("<saturated>")] | Annotated[Arrivals, Tag("<every>")],
        Discriminator(_arrivals_tag),
    ] = "saturated"
    """When orders arrive; saturated: there is always a next one."""
    stations: tuple[Stage, ...] = Field((), examples=[[{"name": "press", "cycle_time": "52 s"}]])
    """The stations of a plant with one line, in flow order."""
    lines: dict[Name, Line] = Field(default_factory=dict)
    """Lines by name, instead of ``stations``; all but the main line join another."""
    pools: dict[Name, Annotated[Count, Unit("people")]] = Field(default_factory=dict)
    """People in each shared pool of operators or repair crews. They count in the labour hours
    as long as one of the stations that call for them is on shift."""
    automation: Automation | None = None
    """The automation plan; without one, stations with variants work by hand."""
    realism: Realism = Realism()
    """Switches that take an effect such as fatigue out of the whole plant."""
    economics: Economics | None = None
    """Prices and hours; without them a sweep shows no money."""
    digital_base: DigitalBase | None = None
    """What the messages of the connected devices go through, from the air to the twin."""
    fleet: Fleet | None = None
    """The connected devices: what they tell, and what their failures do to the stations."""
    monitoring: Monitoring | None = None
    """How failures become known; at once if left out."""
    maintenance: Maintenance | None = None
    """Who comes to failures, and what prevents them."""
    inspection_by: Literal["eye", "camera"] = "eye"
    """Who inspects where an ``inspection`` has a ``by_camera``."""

    _figures: tuple[Figure, ...] = PrivateAttr(default=())

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every number about the plant in the file, with its source."""
        return self._figures

    def with_figures(self, figures: tuple[Figure, ...]) -> Scenario:
        """Return the same scenario with the numbers of its file."""
        result = self.model_copy()
        result._figures = figures
        return result

    @property
    def assumptions(self) -> tuple[Figure, ...]:
        """The numbers whose source begins with ``assumption``."""
        return tuple(
            f for f in self._figures if f.source and f.source.lower().startswith("assumption")
        )

    @property
    def unsourced(self) -> tuple[Figure, ...]:
        """The numbers without a source."""
        return tuple(f for f in self._figures if f.source is None)

    @property
    def flow(self) -> dict[str, Line]:
        """Lines by name, the main line first, then feeders by name."""
        if not self.lines:
            return {"main": Line(stations=self.stations)}
        names = sorted(self.lines, key=lambda name: (self.lines[name].joins is not None, name))
        return {name: self.lines[name] for name in names}

    def places(self) -> Iterator[Place]:
        """Yield the stations of the file in flow order, main line first."""
        for name, line in self.flow.items():
            base: KeyPath = ("lines", name, "stations") if self.lines else ("stations",)
            for number, stage in enumerate(line.stations):
                path = (*base, number)
                if isinstance(stage, Section):
                    for position, station in enumerate(stage.stations):
                        yield Place((*path, "stations", position), name, stage, number, station)
                else:
                    yield Place(path, name, None, number, stage)

    def closed(self, line: str, *inner: Section | Station) -> tuple[Span, ...]:
        """Return the spans of the week without work, s after Monday 00:00.

        Args:
            line: Name of the line.
            inner: The section, the station, or the section and its station: the shifts
                of the innermost that has some hold, the planned stops of all.
        """
        return closed(self.hours(line, *inner), _stops(*inner))

    def stopped(self, line: str, *inner: Section | Station) -> tuple[Span, ...]:
        """Return the spans of ``closed`` that are planned stops within the shifts."""
        return stopped(self.hours(line, *inner), _stops(*inner))

    def hours(self, line: str, *inner: Section | Station) -> tuple[Shift, ...] | None:
        """Return the shifts that hold, None for always; see :meth:`closed`."""
        levels = (*reversed(inner), self.flow[line], self)
        return next((level.shifts for level in levels if level.shifts is not None), None)

    @property
    def canonical(self) -> str:
        """The validated content as JSON, keys in order: it loads as the same scenario."""
        content = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(content, sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the validated content, whatever the order of keys; sources do not count."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()
