"""All devices of a plant at a glance: by class and shop, what they do at some moments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.states import DEVICE_STATES, states_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from factory_sim.fleet.history import History
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line, Plant

MOST = 16
"""Shops that are told apart; beyond, each line is one."""

MOMENTS = 240
"""Moments of a window that are looked at."""


@dataclass(frozen=True)
class FleetStates:
    """What the D devices of a fleet do at M moments.

    Attributes:
        shops: (S,) names, from the left.
        classes: (C,) names, from the top.
        shop_of: (D,) index of the shop of each device.
        class_of: (D,) index of its class.
        moments: (M,) s since the start, ascending.
        states: (D, M) indices into ``DEVICE_STATES``.
    """

    shops: tuple[str, ...]
    classes: tuple[str, ...]
    shop_of: Ints
    class_of: Ints
    moments: Floats
    states: NDArray[np.uint8]

    @property
    def worst(self) -> int:
        """The moment at which most devices are down, the first of several."""
        down = self.states == DEVICE_STATES.index("down")
        return int(np.argmax(down.sum(axis=0)))


def fleet_states(past: History, begin: float, end: float) -> FleetStates:
    """Return what the devices of a fleet do at equal steps of a window.

    Args:
        past: One replication, until the end of the window at least.
        begin: Begin of the window, s.
        end: End of the window, s.

    Raises:
        ValueError: If the window is empty, or not all of it was simulated.
    """
    if not begin < end:
        message = f"the window must end after it begins (got {begin} to {end} s)"
        raise ValueError(message)
    fleet, of_station = past.fleet, shops(past.seen.plant)
    names = tuple(dict.fromkeys(of_station[station] for station in fleet.stations))
    place = np.array([names.index(of_station[station]) for station in fleet.stations])
    moments = np.linspace(begin, end, MOMENTS + 1)
    return FleetStates(
        shops=names,
        classes=tuple(kind.name for kind in fleet.classes),
        shop_of=place[fleet.station_of],
        class_of=fleet.class_of,
        moments=moments,
        states=states_at(past, fleet.devices(), moments),
    )


def shops(plant: Plant) -> dict[str, str]:
    """Return the shop of each station by its name, in flow order of the lines.

    A line whose stations have several first words, as in ``paint sanding`` and ``trim
    glass``, is a shop for each of them, if that leaves few enough in all. Any other line
    is one shop. Of too many lines those with the fewest stations are one shop, ``...``.
    """
    by_word = {line.name: _words(line) for line in plant.lines}
    if len({shop for found in by_word.values() for shop in found.values()}) > MOST:
        by_word = {line.name: dict.fromkeys(_names(line), line.name) for line in plant.lines}
    of_station = {station: shop for found in by_word.values() for station, shop in found.items()}
    return _few(of_station)


def _names(line: Line) -> Sequence[str]:
    return [station.name for station in line.stations()]


def _words(line: Line) -> Mapping[str, str]:
    """Return the first word of each name; the line's name if they are all the same."""
    words = {name: name.split()[0] for name in _names(line)}
    return words if len(set(words.values())) > 1 else dict.fromkeys(words, line.name)


def _few(of_station: dict[str, str]) -> dict[str, str]:
    sizes = Counter(of_station.values())
    if len(sizes) <= MOST:
        return of_station
    kept = {shop for shop, _ in sizes.most_common(MOST - 1)}
    return {name: shop if shop in kept else "..." for name, shop in of_station.items()}
