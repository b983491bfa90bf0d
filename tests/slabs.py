"""Slabs of a run, all of them: an engine writes over each when it makes the next."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from factory_sim.engines.record import Slab
    from factory_sim.line.plant import Plant


def kept(run: Iterable[Slab]) -> list[Slab]:
    """Return copies of the slabs of a run; their outages, which events do not tell, are shared."""
    return [deepcopy(slab, shared(slab)) for slab in run]


def shared(slab: Slab) -> dict[int, object]:
    """Return what is not copied with a slab, by its id."""
    return {id(part): part for record in slab.stations for part in (record.station, record.outages)}


def everywhere(plant: Plant) -> set[str]:
    """Return the names of all stations, to record at each which part took which server."""
    return {station.name for station in plant.stations()}
