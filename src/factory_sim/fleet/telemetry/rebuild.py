"""Station states from the messages alone, as a pipeline on the floor would find them.

A device that is not down says what its station does. One that is down says only that: as
long as another device at the station is not, that one is believed. If all are down, the
station is down if one of them is of a class that stops it; off, if such a device draws
nothing though it would when idle; else nobody knows. What that cannot tell: a station of
several servers goes on while one is repaired, but if the only device there is down, it is
taken to be down.

Nothing is read but the messages, where the devices stand and what their classes are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.telemetry.layout import DESCRIPTION, DEVICES, STATES, messages_file
from factory_sim.fleet.telemetry.messages import DEVICE, TIME
from factory_sim.fleet.telemetry.parquet import row_groups
from factory_sim.fleet.telemetry.plan import TelemetryError
from factory_sim.fleet.telemetry.truth import STATION_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from factory_sim.fleet.telemetry.parquet import Read
    from factory_sim.line.arrays import Bools, Ints

UNKNOWN = len(STATION_STATES)
"""Stands for a state that does not follow from the messages."""

STATES_TOLD = (*STATION_STATES, "unknown")

DOWN, OFF = STATION_STATES.index("down"), STATION_STATES.index("off")

OWN = 16
"""Added to what a device says that is down itself: whether that stops the station, or nothing."""

SILENT = -1
"""Stands for a device that has not sent a message yet."""


@dataclass(frozen=True)
class StationStates:
    """What one station does over time, n spans.

    Attributes:
        station: Its name.
        edges: (n + 1,) the start of each span, a time stamp in ms since 1970, and the end.
        states: (n,) the state in each, an index into ``STATES_TOLD``.
    """

    station: str
    edges: Ints
    states: Ints


@dataclass(frozen=True)
class Agreement:
    """How far rebuilt states agree with those that were simulated.

    Attributes:
        share: Of the station-time since each station was first heard of, in [0, 1].
        heard: That station-time as a share of all, in [0, 1].
        stations: The share for each station.
    """

    share: float
    heard: float
    stations: dict[str, float]


@dataclass(frozen=True)
class _Changes:
    """Messages that report something other than the last one of their device, n of them.

    Attributes:
        station: (n,) number of the station.
        times: (n,) time stamps, ms.
        says: (n,) an index into ``STATES_TOLD``, plus ``OWN`` if the device itself is down.
        before: (n,) the same of its last message, or ``SILENT``.
    """

    station: Ints
    times: Ints
    says: NDArray[np.int8]
    before: NDArray[np.int8]


def states_from(directory: str | Path, *, keep: float = 1.0, seed: int = 0) -> list[StationStates]:
    """Return what the stations did, rebuilt from the messages in a directory.

    Args:
        directory: As ``factory-sim telemetry`` wrote it; ``truth/`` is not read.
        keep: Share of the messages that is used, the others drawn by lot: what if the
            network loses some?
        seed: Of that lot.

    Returns:
        One entry for each station at which a device tells its state, from the first message
        of any of them to the end of the telemetry.

    Raises:
        TelemetryError: If the directory does not hold telemetry.
    """
    folder = Path(directory)
    about = _description(folder)
    where = _stations(folder)
    names = sorted(set(where.values()))
    numbers = {name: place for place, name in enumerate(names)}
    lot = np.random.default_rng(seed)
    found = [
        _changes(rows, of_class, {device: numbers[at] for device, at in where.items()})
        for name, of_class in about["classes"].items()
        if of_class["state"]
        for rows in [_messages(folder, name, of_class, lot, keep)]
    ]
    changes = _sorted([one for of_class in found for one in of_class])
    first, end = np.unique(changes.station, return_index=True), _ms(about["to"]["stamp"])
    return [
        _rebuilt(names[station], _part(changes, begin, stop), end)
        for station, begin, stop in zip(
            *first, np.append(first[1][1:], changes.times.size), strict=True
        )
    ]


def agreement(directory: str | Path, rebuilt: list[StationStates] | None = None) -> Agreement:
    """Return how far rebuilt states are the true ones.

    Args:
        directory: As ``factory-sim telemetry`` wrote it, ``truth/`` included.
        rebuilt: Of :func:`states_from` by default, or those of a pipeline of your own.

    Raises:
        TelemetryError: If the directory does not hold telemetry.
    """
    folder = Path(directory)
    about = _description(folder)
    span = _ms(about["to"]["stamp"]) - _ms(about["from"]["stamp"])
    known = {one.station: one for one in (states_from(folder) if rebuilt is None else rebuilt)}
    right: dict[str, tuple[float, float]] = {}
    for name, true in _truth(folder).items():
        if name in known:
            right[name] = _overlap(known[name], true)
    compared = sum(length for _, length in right.values())
    return Agreement(
        share=sum(same for same, _ in right.values()) / max(compared, 1),
        heard=compared / max(span * len(right), 1),
        stations={name: same / max(length, 1) for name, (same, length) in right.items()},
    )


def _overlap(one: StationStates, other: StationStates) -> tuple[float, float]:
    """Return for how long two sources agree on a station, and for how long both are known, ms."""
    begin, end = max(one.edges[0], other.edges[0]), min(one.edges[-1], other.edges[-1])
    edges = np.unique(np.clip(np.concatenate([one.edges, other.edges]), begin, end))
    first, second = (
        source.states[np.searchsorted(source.edges, edges[:-1], side="right") - 1]
        for source in (one, other)
    )
    lengths = np.diff(edges)
    return float(lengths[first == second].sum()), float(lengths.sum())


def _description(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        message = (
            f"{folder}: holds no telemetry; write it with factory-sim telemetry --out {folder}"
        )
        raise TelemetryError(message) from None
    return about


def _ms(stamp: str) -> int:
    return int(np.datetime64(stamp, "ms").astype(np.int64))


def _stations(folder: Path) -> dict[str, str]:
    """Return the station of each device."""
    return {
        device: station
        for rows in row_groups(folder / DEVICES, [DEVICE, "station"])
        for device, station in zip(rows[DEVICE].texts(), rows["station"].texts(), strict=True)
    }


def _truth(folder: Path) -> dict[str, StationStates]:
    """Return the true states of each station."""
    found: dict[str, list[tuple[int, int, int]]] = {}
    for rows in row_groups(folder / STATES, ["station", "begin", "end", "state"]):
        columns = (rows["station"].texts(), rows["begin"].values, rows["end"].values)
        states = map(STATION_STATES.index, rows["state"].texts())
        for name, begin, end, state in zip(*columns, states, strict=True):
            found.setdefault(name, []).append((int(begin), int(end), state))
    return {
        name: StationStates(
            station=name,
            edges=np.array([spans[0][0], *(end for _, end, _ in spans)]),
            states=np.array([state for *_, state in spans]),
        )
        for name, spans in found.items()
    }


def _messages(
    folder: Path, name: str, of_class: Mapping[str, Any], lot: np.random.Generator, keep: float
) -> Iterator[Mapping[str, Read]]:
    """Yield the messages of a class, some of them lost."""
    load = of_class["zero_when_off"]
    columns = [TIME, DEVICE, of_class["state"], *([load] if load else [])]
    for rows in row_groups(folder / messages_file(name), columns):
        if keep < 1.0:
            some = lot.random(rows[TIME].values.size) < keep
            rows = {column: read.some(some) for column, read in rows.items()}
        yield rows


def _changes(
    groups: Iterator[Mapping[str, Read]], of_class: Mapping[str, Any], station_of: Mapping[str, int]
) -> Iterator[_Changes]:
    """Yield the changes in the messages of a class, one row group after the other."""
    numbers = {name: number for number, name in enumerate(station_of)}
    at = np.array(list(station_of.values()))
    last = np.full(len(numbers), SILENT, np.int8)
    for rows in groups:
        known = np.array([numbers[name] for name in rows[DEVICE].names], np.int32)
        device, says, times = known[rows[DEVICE].values], _says(rows, of_class), rows[TIME].values
        if np.any(device[1:] < device[:-1]):  # somebody has put the rows in another order
            order = np.lexsort((times, device))
            device, says, times = device[order], says[order], times[order]
        first = np.flatnonzero(np.diff(device, prepend=-1))
        before = np.roll(says, 1)
        before[first] = last[device[first]]
        last[device] = says  # of several messages of a device the last one counts
        new = np.flatnonzero(says != before)
        yield _Changes(at[device[new]], times[new], says[new], before[new])


def _says(rows: Mapping[str, Read], of_class: Mapping[str, Any]) -> NDArray[np.int8]:
    """Return what each message reports of its station, as ``_Changes.says``."""
    state, load = rows[of_class["state"]], of_class["zero_when_off"]
    stops = of_class["effect"] == "stops"
    own = OWN + (DOWN if stops else UNKNOWN)
    codes = {"down": own, "stopped": DOWN}
    says: NDArray[np.int8] = np.array(
        [
            codes.get(name, STATES_TOLD.index(name) if name in STATES_TOLD else UNKNOWN)
            for name in state.names
        ],
        np.int8,
    )[state.values]
    if load:
        says[(says >= OWN) & (rows[load].values == 0)] = OWN + OFF
    return says


def _sorted(parts: list[_Changes]) -> _Changes:
    """Return all changes by station and time; those at the same time stay in their order."""
    none = np.empty(0, np.int64)
    station, times, says, before = (
        np.concatenate([none, *(getattr(part, name) for part in parts)])
        for name in ("station", "times", "says", "before")
    )
    order = np.lexsort((times, station))
    return _Changes(station[order], times[order], says[order], before[order])


def _part(changes: _Changes, begin: int, end: int) -> _Changes:
    here = slice(begin, end)
    return _Changes(
        changes.station[here], changes.times[here], changes.says[here], changes.before[here]
    )


def _rebuilt(station: str, changes: _Changes, end: int) -> StationStates:
    """Return the states of one station from what its devices say."""
    says = changes.says
    up = np.cumsum(_change(changes, lambda says: (says >= 0) & (says < OWN)))
    stopped = np.cumsum(_change(changes, lambda says: says == OWN + DOWN))
    unpowered = np.cumsum(_change(changes, lambda says: says == OWN + OFF))
    states = np.select([says < OWN, unpowered > 0, stopped > 0], [says, OFF, DOWN], UNKNOWN)
    # A device that goes down while others do not says nothing about the station.
    informative = np.flatnonzero((says < OWN) | (up == 0))
    times, states = changes.times[informative], states[informative]
    final = np.flatnonzero(np.diff(times, append=end) > 0)
    times, states = times[final], states[final]
    new = np.flatnonzero(np.diff(states, prepend=-1))
    return StationStates(station, np.append(times[new], end), states[new])


def _change(changes: _Changes, holds: Callable[[NDArray[np.int8]], Bools]) -> Ints:
    """Return by how much each change alters the number of devices for which something holds."""
    now, before = (holds(says).astype(np.int64) for says in (changes.says, changes.before))
    return now - before
