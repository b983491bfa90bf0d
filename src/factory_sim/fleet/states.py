"""The state of each device over time, in one replication.

The state of a device at a moment is the first of these that is true: it is down; its station
is off shift; stopped, because something else at the station is down; working on a part;
blocked, with a finished part and no place ahead; waiting for components or people; starved. A
station with several servers works as long as one of them does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.timeline import NONE
from factory_sim.fleet.history import breakdowns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from factory_sim.fleet.history import History
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.devices import Device

DOWN, OFF, STOPPED, WORKING, BLOCKED, WAITING, STARVED = range(7)
DEVICE_STATES = ("down", "off", "stopped", "working", "blocked", "waiting", "starved")


@dataclass(frozen=True)
class DeviceSpans:
    """What one device does during a window, n spans.

    Attributes:
        device: Its name.
        station: Name of its station.
        edges: (n + 1,) the start of each span, s, and the end of the window.
        states: (n,) the state in each, an index into ``DEVICE_STATES``; no two neighbours
            alike.
    """

    device: str
    station: str
    edges: Floats
    states: Ints

    def seconds(self) -> Floats:
        """Return the time spent in each of ``DEVICE_STATES``, (7,), s."""
        seconds = np.zeros(len(DEVICE_STATES))
        np.add.at(seconds, self.states, np.diff(self.edges))
        return seconds


def device_spans(past: History, device: Device, begin: float, end: float) -> DeviceSpans:
    """Return what a device does during a window.

    Args:
        past: One replication, until the end of the window at least.
        device: Which device.
        begin: Start of the window, s.
        end: End of the window, s.

    Raises:
        ValueError: If the window is empty, or not all of it was simulated.
    """
    return next(fleet_spans(past, [device], begin, end))


def fleet_spans(
    past: History, devices: Iterable[Device], begin: float, end: float
) -> Iterator[DeviceSpans]:
    """Yield what each of some devices does during a window, in the order given.

    Args:
        past: One replication, until the end of the window at least.
        devices: Such as ``past.fleet.devices()``.
        begin: Start of the window, s.
        end: End of the window, s.

    Raises:
        ValueError: If the window is empty, or not all of it was simulated.
    """
    past.seen.check_window(begin, end)
    stations: dict[str, _Layers] = {}
    for device in devices:
        if device.station not in stations:
            stations[device.station] = _layers(past, device)
        edges, states = stations[device.station].shown(past.repairs(device).spans(), begin, end)
        yield DeviceSpans(device.name, device.station, edges, states)


def station_spans(past: History, device: Device, begin: float, end: float) -> tuple[Floats, Ints]:
    """Return what the devices of a station do during a window as long as they are not down.

    Args:
        past: One replication, until the end of the window at least.
        device: Any device of the station.
        begin: Start of the window, s.
        end: End of the window, s.

    Returns:
        Edges (n + 1,), s, and states (n,), as in :class:`DeviceSpans`.
    """
    return _layers(past, device).shown(np.empty((0, 2)), begin, end)


@dataclass(frozen=True)
class _Layers:
    """What is true of a station over time: spans (n, 2), s, that may overlap.

    Attributes:
        off: Off shift.
        lost: Not available: off shift, or down on the calendar clock.
        broken: Breakdowns on the busy clock, each of one server.
        processed: From ready to finish, breakdowns included.
        finished: From finish to leave.
        held: From start to ready.
    """

    off: Floats
    lost: Floats
    broken: Floats
    processed: Floats
    finished: Floats
    held: Floats

    def shown(self, down: Floats, begin: float, end: float) -> tuple[Floats, Ints]:
        """Return edges and states of a device of the station that is down in some spans."""
        mine = (down, *vars(self).values())
        # Only what touches the window matters, and only its edges are needed.
        near = [spans[(spans[:, 0] < end) & (spans[:, 1] > begin)] for spans in mine]
        edges = np.unique(
            np.clip(np.concatenate([*(s.ravel() for s in near), [begin, end]]), begin, end)
        )
        number = [_covering(spans, edges[:-1]) for spans in near]
        down_now, off, lost, broken, processed, finished, held = number
        states = np.select(
            [
                down_now > 0,
                off > 0,
                lost > 0,
                processed > broken,
                broken > 0,
                finished > 0,
                held > 0,
            ],
            [DOWN, OFF, STOPPED, WORKING, STOPPED, BLOCKED, WAITING],
            STARVED,
        )
        changes = np.flatnonzero(np.diff(states, prepend=NONE))
        return np.append(edges[changes], end), states[changes]


def _covering(spans: Floats, times: Floats) -> Ints:
    """Return how many spans (n, 2) each time lies in, its begin included and its end not."""
    begun = np.searchsorted(np.sort(spans[:, 0]), times, side="right")
    over = np.searchsorted(np.sort(spans[:, 1]), times, side="right")
    number: Ints = begun - over
    return number


def _layers(past: History, device: Device) -> _Layers:
    """Return what is true of the station of a device."""
    seen, name = past.seen, device.station
    start, ready, finish, leave = (
        seen.times(what, name) for what in ("start", "ready", "finish", "leave")
    )
    return _Layers(
        off=seen.off[name],
        lost=seen.lost[name],
        broken=breakdowns(seen, past.station(device)),
        processed=np.stack([ready, finish], axis=1),
        finished=np.stack([finish, leave], axis=1),
        held=np.stack([start, ready], axis=1),
    )
