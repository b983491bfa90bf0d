"""A line: its stations in flow order, where it leads, and what holds for its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from factory_sim.scenario.model import Schema, Unit
from factory_sim.scenario.quantities import Count, Duration, Name
from factory_sim.scenario.realism import Absence, Fatigue, Learning
from factory_sim.scenario.shifts import Shift
from factory_sim.scenario.station import Section, Stage, Station

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.station import Work


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
    buffer: Annotated[Count, Unit("places")] | None = None
    """Places for finished units before that station; 1 if left out."""
    transport: Duration | None = None
    """Time from the last station to that station, s; occupies a place there."""
    shifts: tuple[Shift, ...] | None = None
    """When its stations work; replaces the shifts of the scenario."""

    def each_station(self) -> Iterator[Station]:
        """Yield its stations in flow order, those of paced sections included."""
        for stage in self.stations:
            yield from stage.stations if isinstance(stage, Section) else (stage,)


@dataclass(frozen=True)
class Place:
    """A station of the file, with its line and section.

    Attributes:
        path: Its key in the file.
        line: Name of its line.
        section: The paced section it belongs to, or None.
        stage: Index of its stage in the line, from 0.
        station: The station, with ``count`` and variants.
    """

    path: KeyPath
    line: str
    section: Section | None
    stage: int
    station: Station

    def all_work(self) -> Iterator[tuple[KeyPath, Work]]:
        """Yield the station and its variants, each with its key in the file."""
        yield self.path, self.station
        for key, variant in self.station.variants().items():
            yield (*self.path, key), variant
