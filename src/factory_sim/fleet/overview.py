"""All devices of a plant at a glance: by class and shop, what they do over a window."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.states import DEVICE_STATES, station_spans
from factory_sim.scenario.shifts import union

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.fleet.history import History
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line, Plant

MOST = 16
"""Most shops that are distinguished; beyond that, each line is one."""

STEPS = 240
"""Steps of a window for which shares of time are given."""

DOWN = DEVICE_STATES.index("down")


@dataclass(frozen=True)
class FleetStates:
    """What the D devices of a fleet do during a window of M steps.

    Attributes:
        shops: (S,) names, from the left.
        classes: (C,) names, from the top.
        shop_of: (D,) index of the shop of each device.
        class_of: (D,) index of its class.
        moment: The first moment of the window at which most devices are down, s since the start.
        states: (D,) what each device does then, an index into ``DEVICE_STATES``.
        edges: (M + 1,) of the steps, s since the start.
        shares: (7, M) share of devices and time of each step in each of ``DEVICE_STATES``.
    """

    shops: tuple[str, ...]
    classes: tuple[str, ...]
    shop_of: Ints
    class_of: Ints
    moment: float
    states: Ints
    edges: Floats
    shares: Floats


def fleet_states(past: History, begin: float, end: float) -> FleetStates:
    """Return what the devices of a fleet do during a window, in equal steps.

    The states of a station are computed once for all its devices; the time in which a device
    is down is subtracted, so that all shares are exact.

    Args:
        past: One replication, until the end of the window at least.
        begin: Start of the window, s.
        end: End of the window, s.

    Raises:
        ValueError: If the window is empty, or not all of it was simulated.
    """
    past.seen.check_window(begin, end)
    fleet, of_station = past.fleet, shops(past.seen.plant)
    names = tuple(dict.fromkeys(of_station[station] for station in fleet.stations))
    place = np.array([names.index(of_station[station]) for station in fleet.stations])
    devices = list(fleet.devices())
    down = [_merged(past.repairs(device).spans(), begin, end) for device in devices]
    first = {device.station: device for device in reversed(devices)}
    spans = {name: station_spans(past, device, begin, end) for name, device in first.items()}
    edges = np.linspace(begin, end, STEPS + 1)
    moment = _worst(np.concatenate(down), begin)
    states = [
        DOWN if _within(mine, moment) else _state(*spans[device.station], moment)
        for device, mine in zip(devices, down, strict=True)
    ]
    stations = [device.station for device in devices]
    return FleetStates(
        shops=names,
        classes=tuple(kind.name for kind in fleet.classes),
        shop_of=place[fleet.station_of],
        class_of=fleet.class_of,
        moment=moment,
        states=np.array(states),
        edges=edges,
        shares=_shares(stations, down, spans, edges),
    )


def _merged(spans: Floats, begin: float, end: float) -> Floats:
    """Return spans (n, 2) within a window, those that overlap as one, in order."""
    spans = np.clip(spans[(spans[:, 0] < end) & (spans[:, 1] > begin)], begin, end)
    return np.array(union(map(tuple, spans.tolist()))).reshape(-1, 2)


def _worst(down: Floats, begin: float) -> float:
    """Return the first moment at which most of some spans (n, 2) hold; ``begin`` without any."""
    if not len(down):
        return begin
    begins = np.sort(down[:, 0])
    over = np.searchsorted(np.sort(down[:, 1]), begins, side="right")
    hold = np.searchsorted(begins, begins, side="right") - over
    return float(begins[np.argmax(hold)])


def _within(spans: Floats, moment: float) -> bool:
    return bool(((spans[:, 0] <= moment) & (moment < spans[:, 1])).any())


def _state(edges: Floats, states: Ints, moment: float) -> int:
    place = int(np.searchsorted(edges, moment, side="right")) - 1
    return int(states[min(place, states.size - 1)])


def _shares(
    stations: Sequence[str],
    down: Sequence[Floats],
    spans: Mapping[str, tuple[Floats, Ints]],
    edges: Floats,
) -> Floats:
    """Return the share of devices and time in each state and step, (7, M).

    Args:
        stations: (D,) station of each device.
        down: (D,) when it is down: spans that do not overlap.
        spans: Edges and states of each station while its devices are not down.
        edges: (M + 1,) of the steps, s.
    """
    total = np.zeros((len(DEVICE_STATES), edges.size - 1))
    for name, number in Counter(stations).items():
        total += number * _seconds(*spans[name], edges)
    for name, mine in zip(stations, down, strict=True):
        for first, last in mine:
            instead = _seconds(*spans[name], np.clip(edges, first, last))
            total -= instead
            total[DOWN] += instead.sum(axis=0)
    shares: Floats = np.maximum(total, 0.0) / (len(stations) * np.diff(edges))
    return shares


def _seconds(edges: Floats, states: Ints, times: Floats) -> Floats:
    """Return the time in each state between neighbouring times, (7, M), s."""
    lengths = np.diff(edges)
    spent = [
        np.interp(times, edges, np.append(0.0, np.cumsum(np.where(states == state, lengths, 0.0))))
        for state in range(len(DEVICE_STATES))
    ]
    return np.diff(np.array(spent), axis=1)


def shops(plant: Plant) -> dict[str, str]:
    """Return the shop of each station by its name, in flow order of the lines.

    A line whose stations have several first words, as in ``paint sanding`` and ``trim
    glass``, is a shop for each of them, if that leaves few enough in all. Any other line
    is one shop. If there are too many lines, those with the fewest stations are one shop, ``...``.
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
