"""The distinct stations at each position of a section, over plants simulated side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Ints
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


def standing(kinds: Sequence[Kind]) -> Ints:
    """Return the index of the kind at each position of each plant, (S, L)."""
    plants = sum(len(one.plants) for one in kinds if one.position == 0)
    kind = np.empty((1 + kinds[-1].position, plants), dtype=np.int64)
    for index, one in enumerate(kinds):
        kind[one.position, list(one.plants)] = index
    return kind


class Expander:
    """Repeats what concerns a kind of station for all plants that have it.

    Args:
        kinds: The K kinds.
        replications: Of one plant.

    Attributes:
        position: (K,) their positions in the section.
    """

    def __init__(self, kinds: Sequence[Kind], replications: int) -> None:
        self.position = np.array([kind.position for kind in kinds])
        self._many = np.array([len(kind.plants) for kind in kinds])
        self._first = np.cumsum(self._many) - self._many
        self._offset = np.concatenate([kind.plants for kind in kinds]) * replications

    def expand(self, kind: Ints) -> tuple[Ints, Ints, Ints]:
        """Return how items of kinds (n,) are repeated.

        Returns:
            (n,) how often each is, (n + 1,) where its repetitions begin, and the end of all, and
            (m,) the first column of the plant of each repetition.
        """
        many = self._many[kind]
        begins = np.concatenate([[0], np.cumsum(many)])
        return many, begins, self._offset[members(self._first[kind], many)]


def members(first: Ints, many: Ints) -> Ints:
    """Return the integers of some ranges, given by first and length, (n,), in a row, (m,)."""
    before = np.cumsum(many) - many
    integers: Ints = np.arange(many.sum()) + np.repeat(first - before, many)
    return integers
