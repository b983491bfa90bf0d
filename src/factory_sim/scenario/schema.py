"""The scenario: everything a user may write, and the domain object that the rest works with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, PrivateAttr, Tag

from factory_sim.scenario.digital_base import DigitalBase
from factory_sim.scenario.distributions import Distribution
from factory_sim.scenario.economics import Economics
from factory_sim.scenario.fleet import Fleet
from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import (
    Count,
    Duration,
    InnerShare,
    Moment,
    Name,
    Positive,
    PositiveDuration,
    Share,
    Text,
    WarmUp,
    Whole,
)
from factory_sim.scenario.realism import Absence, Fatigue, Learning, Realism
from factory_sim.scenario.shifts import Shift, Span, Stop, closed, stopped
from factory_sim.scenario.station import Section, Stage, Station
from factory_sim.scenario.upkeep import Maintenance, Monitoring

if TYPE_CHECKING:
    from factory_sim.scenario.problems import KeyPath


@dataclass(frozen=True)
class Figure:
    """A number of the scenario file and where it comes from.

    Attributes:
        path: Its key, such as ``stations[0].cycle_time.mean``.
        value: As written in the file.
        source: Text of the nearest ``source:`` above it, or None.
    """

    path: str
    value: object
    source: str | None


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


class Orders(Schema):
    """What is built: models drawn by weight, or a sequence that repeats."""

    mix: dict[Name, Positive] = Field(default_factory=dict)
    """Weight of each model; divided by their sum."""
    sequence: tuple[Name, ...] = ()
    """Models in the order of the orders, repeated for ever."""

    @property
    def shares(self) -> dict[str, float]:
        """Share of each model in the long run; models by name."""
        weights: dict[str, float] = dict.fromkeys(sorted({*self.mix, *self.sequence}), 0.0)
        for model, weight in [*self.mix.items(), *((model, 1.0) for model in self.sequence)]:
            weights[model] += weight
        total = sum(weights.values())
        return {model: weight / total for model, weight in weights.items()} or {"part": 1.0}


class Arrivals(Schema):
    """Orders that arrive at the main line."""

    every: Annotated[Distribution, Field(examples=["60 s"])]
    """Time between orders, s."""


class People(Schema):
    """What holds for people of a line or of the whole plant, where a station says nothing."""

    learning: Learning | None = None
    """How work content falls with experience, at stations that work by hand."""
    defect_learning: Learning | None = None
    """How defects fall with experience, at stations that work by hand."""
    fatigue: Fatigue | None = None
    """How work content grows within a shift, at stations by hand that have a crew."""
    absence: Absence | None = None
    """Who is absent at stations by hand, and who stands in; a line's replaces the plant's."""


class Line(People):
    """A chain of stations; a feeder says where its units go."""

    stations: Annotated[
        tuple[Stage, ...], Field(min_length=1, examples=[[{"name": "press", "cycle_time": "52 s"}]])
    ]
    """Stations and paced sections in flow order."""
    joins: Name | None = None
    """Assembly station that takes one unit per part; the main line has none."""
    buffer: Count | None = None
    """Places for finished units before that station; 1 if left out."""
    transport: Duration | None = None
    """Time from the last station to that station, s; occupies a place there."""
    shifts: tuple[Shift, ...] | None = None
    """When its stations work; replaces the shifts of the scenario."""

    def each_station(self) -> Iterator[Station]:
        """Yield its stations in flow order, those of paced sections included."""
        for stage in self.stations:
            yield from stage.stations if isinstance(stage, Section) else (stage,)


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


@dataclass(frozen=True)
class Place:
    """A station of the file in its surroundings.

    Attributes:
        path: Where it stands in the file.
        line: Name of its line.
        section: The paced section it belongs to, or None.
        stage: Place of the stage in its line, from 0.
        station: The station, with ``count`` and variants.
    """

    path: KeyPath
    line: str
    section: Section | None
    stage: int
    station: Station


def _stops(*inner: Section | Station) -> list[Stop]:
    return [stop for level in inner for stop in level.planned]


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
    """Start that the figures leave out, s; auto cuts by the rule MSER-5."""
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
    pools: dict[Name, Count] = Field(default_factory=dict)
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
