"""What stands at the positions of a section in plants that are simulated side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.plant import Station


@dataclass(frozen=True)
class Kind:
    """A station as it stands at a position of a section.

    Attributes:
        position: Where.
        station: What it is there.
        plants: In which of the plants side by side, ascending.
    """

    position: int
    station: Station
    plants: tuple[int, ...]


def kinds_of(variants: Sequence[Sequence[Station]]) -> tuple[Kind, ...]:
    """Return what stands at the S positions of a section in some plants, position by position.

    Args:
        variants: The S stations, as they are in each of the plants.
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
