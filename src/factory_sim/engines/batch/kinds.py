"""The distinct stations at each position of a section, over plants simulated side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.plant import Station


@dataclass(frozen=True)
class Kind:
    """One of the distinct stations at a position.

    Attributes:
        position: Its position in the section.
        station: The station.
        plants: Indices of the plants that have it, ascending.
    """

    position: int
    station: Station
    plants: tuple[int, ...]


def kinds_of(variants: Sequence[Sequence[Station]]) -> tuple[Kind, ...]:
    """Return the kinds of stations in a section, in order of position.

    Args:
        variants: The S stations of the section in each of the plants.
    """
    kinds: list[Kind] = []
    for position, stations in enumerate(zip(*variants, strict=True)):
        here: list[tuple[Station, list[int]]] = []
        for plant, station in enumerate(stations):
            found = next((plants for known, plants in here if known == station), None)
            if found is None:
                here.append((station, [plant]))
            else:
                found.append(plant)
        kinds += [Kind(position, station, tuple(plants)) for station, plants in here]
    return tuple(kinds)
