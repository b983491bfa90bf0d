"""The plants that are measured, and how many visits to stations a run of one makes."""

from __future__ import annotations

from factory_sim.engines import batch, reference
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.plant import Line, Plant, Section, Station
from factory_sim.scenario.distributions import Exponential, Uniform

MINUTE, HOUR = 60.0, 3600.0


def exponential_line(stations: int, *, buffer: int = 3, mean: float = 1.0) -> Plant:
    """Return a saturated line of single servers with exponential work times."""
    return Plant(
        "exponential",
        (
            Line(
                "main",
                tuple(
                    Station(f"s{n}", (Exponential(mean=mean),), buffer=buffer)
                    for n in range(stations)
                ),
            ),
        ),
    )


def full_line() -> Plant:
    """Return a plant with parallel servers, breaks, breakdowns, a paced section, feeders."""
    breaks = Calendar(
        24 * HOUR,
        (
            Interval(2 * HOUR, 2 * HOUR + 10 * MINUTE),
            Interval(4 * HOUR, 4 * HOUR + 40 * MINUTE),
            Interval(8 * HOUR, 8 * HOUR + 15 * MINUTE),
        ),
    )
    jam = Failure("jam", "busy", Exponential(mean=4 * HOUR), Exponential(mean=5 * MINUTE))
    fuse = Failure("fuse", "calendar", Exponential(mean=8 * HOUR), Exponential(mean=10 * MINUTE))

    def station(name: str, low: float, high: float, **more: object) -> Station:
        return Station(name, (Uniform(low=low, high=high),), calendar=breaks, **more)

    positions = tuple(
        station(f"p{n}", 40.0, 52.0, window=5.0, failures=(jam,) if n % 2 else ()) for n in range(6)
    )
    main = (
        station("a", 10.0, 40.0, failures=(jam,)),
        station("b", 90.0, 110.0, servers=2, buffer=3, failures=(jam, fuse)),
        station("c", 130.0, 170.0, servers=3, buffer=3),
        Section("p", 50.0, positions, buffer=4, calendar=breaks),
        station("d", 20.0, 40.0, buffer=6, failures=(jam,)),
    )
    packs = (
        station("f1", 20.0, 40.0, failures=(jam,)),
        station("f2", 80.0, 100.0, servers=2, buffer=3),
    )
    doors = (station("g1", 25.0, 45.0),)
    feeders = (Line("f", packs, joins="p3", buffer=4), Line("g", doors, joins="d", buffer=4))
    return Plant("full", (Line("main", main), *feeders))


def run_batch(plant: Plant, replications: int, until: float) -> int:
    """Simulate with the batch engine and return how many visits began before the end."""
    slabs = batch.run(plant, Draws(1, range(replications)), until)
    return sum(int((record.start < until).sum()) for slab in slabs for record in slab.stations)


def run_reference(plant: Plant, until: float) -> int:
    """Simulate one replication with the reference engine and return its visits."""
    slab = reference.run(plant, Draws(1, range(1)), until)
    return sum(len(record.start) for record in slab.stations)
