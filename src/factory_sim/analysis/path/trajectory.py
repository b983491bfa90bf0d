"""The trajectory of a run: every visit and every cycle, kept for tracing back.

Accounts are reductions of one slab at a time. The critical path is found from the end
of a run backwards, so the records of some replications are kept whole: (n, R) arrays in
order of start (departures: in order of departure), without gaps, +inf where a
replication has no more. ``recorder.py`` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.line.plant import Section, stations_of

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Plant, Station

NUMBER = 8
"""Bytes of a number in a trajectory."""


@dataclass(frozen=True)
class Visits:
    """The visits to one station; rows are parts in order of start.

    Attributes:
        station: Which.
        start: (n, R) when the part moves onto its server, s; for a paced station the
            start of its cycle.
        ready: (n, R) when components and people are present, s; None if none are needed.
        finish: (n, R) when its work is done, s; None for a paced station.
        leave: (m, R) when a departing part frees its server, s; for a paced station
            None: it leaves as its section moves.
        work: (n, R) processing, s.
        down: (n, R) breakdowns on the busy clock, s; None if there are none.
        failed: (n, R) breakdowns on the calendar clock between ready and finish (paced:
            the end of the cycle), s; None if there are none.
        off: (n, R) seconds off shift between the same; None if never off, or paced.
        off_wait: (n, R) seconds off shift between start and ready of a paced station; None
            if never off, or if it needs no components.
        carried: (n, R) whether work is left over at the end of the cycle; None if that
            cannot be.
        leaver: (m, R) row of the departing part; None if parts depart in order of start.
        setup: (n, R) seconds of processing that are set-up; None if there are none.
        caught: (n, R) whether the inspection here stopped the part; None if there is none.
    """

    station: Station
    start: Floats
    ready: Floats | None
    finish: Floats | None
    leave: Floats | None
    work: Floats
    down: Floats | None
    failed: Floats | None
    off: Floats | None
    off_wait: Floats | None
    carried: Bools | None
    leaver: Ints | None
    setup: Floats | None
    caught: Bools | None


@dataclass(frozen=True)
class Cycles:
    """The cycles of one paced section; rows are cycles.

    Attributes:
        section: Which.
        moves: (n + 1, R) when the section moves, s: cycle i lasts from row i to i + 1.
        paced: (n, R) when the takt alone would have ended the cycle, s.
        held: (n, R) when the slowest station released it, s.
        holder: (n, R) position of that station.
        off_takt: (n, R) seconds off shift before ``paced``; None if never off.
        off_late: (n, R) seconds off shift from ``paced`` to the end; None likewise.
    """

    section: Section
    moves: Floats
    paced: Floats
    held: Floats
    holder: Ints
    off_takt: Floats | None
    off_late: Floats | None


@dataclass(frozen=True)
class Trajectory:
    """All visits and cycles of R replications.

    Attributes:
        plant: What was simulated.
        draws: The random draws; they determine the replications.
        visits: By name of the station.
        cycles: By name of the section.
    """

    plant: Plant
    draws: Draws
    visits: dict[str, Visits]
    cycles: dict[str, Cycles]


def overtaken(plant: Plant) -> set[str]:
    """Return where parts can overtake each other, so that records must say which one departs."""
    return {station.name for station in plant.stations() if station.servers > 1}


def needs_components(plant: Plant, station: Station) -> bool:
    """Return whether work may have to wait for components or people."""
    return station.operators is not None or bool(plant.feeders(station.name))


def memory(plant: Plant, parts: float) -> float:
    """Return the bytes that the trajectory of one replication takes, about.

    Args:
        plant: What is simulated.
        parts: How many parts pass each station.
    """
    total = 0.0
    for line in plant.lines:
        for stage in line.stages:
            paced = isinstance(stage, Section)
            total += NUMBER * (6 if paced else 0)
            for station in stations_of(stage):
                numbers = 1 if paced else 4
                numbers += needs_components(plant, station) + (station.setup is not None)
                numbers += len({failure.clock for failure in station.failures})
                numbers += (bool(station.calendar.off) and not paced) + (station.servers > 1)
                # Half a number for the pointers of the path, the rest for parts beyond the
                # end, which the batch engine goes to in whole slabs.
                total += NUMBER * (1.5 * numbers + 0.5)
    return total * parts


def mends(station: Station) -> bool:
    """Return whether repairs in place are part of a station's processing."""
    return station.inspection is not None and station.inspection.then == "in_place"
