"""Consistency checks of what a scenario states about people, micro-stops and tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.scenario.problems import Finding
from factory_sim.scenario.realism import MICRO_STOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.lines import People, Place
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.schema import Scenario
    from factory_sim.scenario.station import Station, Work

DEFECTS = "write defects: 0.1 % where its work makes some"
SHIFTS = 'shifts: [{from: "06:00", to: "14:00"}]'


def check_realism(scenario: Scenario) -> Iterator[Finding]:
    """Yield the inconsistencies about people and machines."""
    places = list(scenario.places())
    for place in places:
        yield from _at_station(place, scenario)
    for path, people, inside in _levels(scenario, places):
        yield from _inherited(path, people, inside, scenario)
        if people.absence is not None:
            yield from _absence(path, inside, scenario)


def _levels(
    scenario: Scenario, places: list[Place]
) -> Iterator[tuple[KeyPath, People, list[Place]]]:
    """Yield the plant and its lines, each with its key and the stations in it."""
    yield (), scenario, places
    for name, line in scenario.lines.items():
        yield ("lines", name), line, [place for place in places if place.line == name]


def _at_station(place: Place, scenario: Scenario) -> Iterator[Finding]:
    """Yield fatigue and micro-stops that a station and its variants cannot have."""
    station = place.station
    for path, work in place.all_work():
        if work.fatigue is not None and not _works_in_shifts(place, scenario):
            message = f"needs shifts, over which it rises; write {SHIFTS}"
            yield Finding((*path, "fatigue"), message)
        if work.fatigue is not None and work.fatigue.errors and not _makes_defects(station, work):
            message = f"adds to defects, of which the station makes none; {DEFECTS}"
            yield Finding((*path, "fatigue", "errors"), message)
        stops = work.micro_stops or station.micro_stops
        failures = work.failures if work.failures is not None else station.failures
        clash = any(failure.name == MICRO_STOP for failure in failures or ())
        if clash and stops is not None and (work.micro_stops or work.failures):
            message = f"stands beside a failure of the name {MICRO_STOP}; leave out one of them"
            yield Finding((*path, "micro_stops"), message)
        if work.micro_stops is not None and not work.micro_stops.every.mean > 0:
            message = "must have a mean greater than 0 s"
            yield Finding((*path, "micro_stops", "every"), message)


def _makes_defects(station: Station, work: Work) -> bool:
    """Return whether a variant makes defects; of the station itself, whether any variant does."""
    considered = station.variants().values() if work is station else (work,)
    return any(one.defects for one in (station, *considered))


def _works_in_shifts(place: Place, scenario: Scenario) -> bool:
    around = [place.section] if place.section else []
    return scenario.hours(place.line, *around, place.station) is not None


def _inherited(
    path: KeyPath, people: People, inside: list[Place], scenario: Scenario
) -> Iterator[Finding]:
    """Yield settings for people of a line or the plant that apply to none of its stations."""
    manned = [place for place in inside if _by_hand(place.station)]
    for key in ("learning", "defect_learning"):
        if getattr(people, key) is not None and not manned:
            message = "holds for no station, as none works by hand; write it at a station"
            yield Finding((*path, key), message)
    if people.fatigue is None:
        return
    crewed = [place for place in manned if _crew(place.station) > 0]
    if not crewed:
        message = "holds for no station, as none by hand has people; write crew: 1 where they stand"
        yield Finding((*path, "fatigue"), message)
    elif not all(_works_in_shifts(place, scenario) for place in crewed):
        message = f"needs shifts, over which it rises; write {SHIFTS}"
        yield Finding((*path, "fatigue"), message)
    if people.fatigue.errors and crewed and not any(_errs(place.station) for place in crewed):
        message = f"adds to defects, of which no station by hand makes any; {DEFECTS}"
        yield Finding((*path, "fatigue", "errors"), message)


def _absence(path: KeyPath, inside: list[Place], scenario: Scenario) -> Iterator[Finding]:
    """Yield why absence, stated at a line or for the plant, cannot be applied shift by shift."""
    key = (*path, "absence")
    if scenario.shifts is None and (not path or scenario.lines[str(path[1])].shifts is None):
        yield Finding(key, f"needs shifts, to which people come or not; write {SHIFTS}")
    if not path and scenario.lines:
        lacking = {name: line for name, line in scenario.lines.items() if line.absence is None}
        for name, line in lacking.items():
            if line.shifts is not None:
                message = "are others than those of absence: of the plant; write absence: here too"
                yield Finding(("lines", name, "shifts"), message)
        inside = [place for place in inside if place.line in lacking]
    if inside and max(_crew(place.station) for place in inside) < 1:
        message = (
            "concerns nobody, as no station by hand has a crew of 1; "
            "write crew: 1 where people stand"
        )
        yield Finding(key, message)
    for place in inside:
        yield from _own_shifts(place)


def _own_shifts(place: Place) -> Iterator[Finding]:
    """Yield shifts of a station or its section that differ from those of its people."""
    if place.section is not None and place.section.shifts is not None:
        yield Finding((*place.path[:-2], "shifts"), _OWN_SHIFTS)
    if place.station.shifts is not None and _crew(place.station) >= 1:
        yield Finding((*place.path, "shifts"), _OWN_SHIFTS)


_OWN_SHIFTS = (
    "are others than those of absence:, by which people and utility workers come; "
    "write these shifts at the line"
)


def _by_hand(station: Station) -> bool:
    """Return whether a station may work by hand."""
    return station.by_hand is not None or not station.fixed_automated


def _errs(station: Station) -> bool:
    """Return whether a station makes defects while it works by hand."""
    return bool(station.resolved(station.name, automated=False).defects)


def _crew(station: Station) -> float:
    """Return the most people that may stand at a station while it works by hand."""
    if not _by_hand(station):
        return 0.0
    here = station.resolved(station.name, automated=False)
    return here.crew or 0.0
