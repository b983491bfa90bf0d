"""Labour hours: people at stations, utility workers, and people whom stations share.

A crew is paid while its station is on shift, whether it is present or absent. Utility
workers are there as long as the station of their group that is open longest, and so are
the people of a pool, operators or technicians, for the stations that call for them.
Nobody else is counted: who carries material, plans or leads is a cost of the plant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant


def labour_hours(plant: Plant, hours: Mapping[str, Floats]) -> Floats:
    """Return the hours that people are paid for, (R,).

    Args:
        plant: What was simulated.
        hours: (R,) by station, the hours it is on shift.
    """
    total = sum(
        (station.crew * hours[station.name] for station in plant.stations()),
        np.zeros_like(next(iter(hours.values()))),
    )
    for group in plant.staffing:
        total = total + group.utility * _longest(hours, group.stations)
    for pool, people in plant.pools.items():
        total = total + people * _longest(hours, _callers(plant, pool))
    return total


def people_on_shift(plant: Plant) -> float:
    """Return the number of posts to fill: crews, utility workers and people of pools."""
    crews = sum(station.crew for station in plant.stations())
    utility = sum(group.utility for group in plant.staffing)
    return crews + utility + sum(plant.pools.values())


def _longest(hours: Mapping[str, Floats], stations: Iterable[str]) -> Floats:
    longest: Floats = np.maximum.reduce([hours[name] for name in stations])
    return longest


def _callers(plant: Plant, pool: str) -> list[str]:
    """Return the stations that need people of a pool, or all if no station waits for them.

    No station waits where technicians are simulated as if each station had its own; they are
    paid all the same.
    """
    every = plant.stations()
    callers = [
        station.name
        for station in every
        if pool in (station.operators, *(failure.crew for failure in station.failures))
    ]
    return callers or [station.name for station in every]
