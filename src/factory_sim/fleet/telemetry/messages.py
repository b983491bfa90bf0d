"""The messages of one class of devices, by span of time, and by device within each.

A device sends once a period and, if its messages carry its state, at once when that
changes: controllers report by exception, and no period of a second could tell a state to
0.1 % of the time. The messages of a device stand together: what one says is mostly what it
said before, which costs next to nothing to write, and nothing needs to be sorted. Of some
devices in a span, all is computed as flat arrays:

1. the times of the periodic messages, device after device;
2. how many of them find each knot of the track of their device; where the knot is a change
   that is told at once, one message more, before them;
3. every signal, from the knots.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.sending import TICKS
from factory_sim.fleet.telemetry.noise import noise_of
from factory_sim.fleet.telemetry.points import Points
from factory_sim.fleet.telemetry.readings import reading
from factory_sim.scenario.fleet import StateSignal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from factory_sim.fleet.sending import Pattern
    from factory_sim.fleet.telemetry.readings import Reading
    from factory_sim.fleet.telemetry.tracks import Tracks
    from factory_sim.fleet.telemetry.wear import Wear
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.scenario.fleet import AnySignal

    Columns = dict[str, NDArray[Any]]

TIME, DEVICE, ON_CHANGE = "time", "device", "on_change"
"""Columns of every message; those of the signals follow."""

SLAB = 1 << 20
"""Messages of a span of time, about: few enough for any memory and to be passed over by a
reader, enough that each device says much the same many times."""

PORTION = 1 << 17
"""Messages that are computed together, about: they fit into the cache."""


@dataclass(frozen=True)
class MessageSource:
    """What the messages of one class of devices follow from.

    Attributes:
        pattern: When its n devices send.
        signals: What a message carries.
        tracks: What the devices do, from before the first message to the last.
        track_of: (n,) the track of each device.
        wear: Of the devices, None if they do not.
        chosen: (n,) whose messages are wanted.
        replication: Whose noise it is.
    """

    pattern: Pattern
    signals: dict[str, AnySignal]
    tracks: Tracks
    track_of: Ints
    wear: Wear | None
    chosen: Bools
    replication: int


def by_exception(signals: Mapping[str, AnySignal]) -> bool:
    """Return whether devices with these signals tell changes of their state at once."""
    return any(isinstance(signal, StateSignal) for signal in signals.values())


def messages(source: MessageSource, begin: float, end: float) -> Iterator[list[Columns]]:
    """Yield the messages of a span of time, a part of it after the other.

    Args:
        source: Of which class.
        begin: The first of them, s.
        end: Before it is the last, s.

    Yields:
        The messages of a part, as pieces that follow each other by device, within a device
        by time. Columns are ``time``, ms since time 0; ``device``, its number within the
        class; ``on_change``; and the signals.
    """
    pattern = source.pattern
    readings = {
        name: reading(
            signal, source.tracks, source.wear, noise_of(pattern, name, source.replication)
        )
        for name, signal in source.signals.items()
    }
    devices = np.flatnonzero(source.chosen)
    first, last = (int(np.ceil(moment * TICKS)) for moment in (begin, end))
    rate = devices.size / pattern.period / TICKS + _knots_per_tick(source, devices)
    parts = max(round(rate * (last - first) / SLAB), 1)
    edges = np.linspace(first, last, parts + 1).astype(np.int64).tolist()
    for span in pairwise(edges):
        yield list(_slab(source, readings, devices, span))


def _knots_per_tick(source: MessageSource, devices: Ints) -> float:
    """Return how many knots the tracks of some devices have in a ms, on average."""
    tracks = source.tracks
    length = TICKS * float(np.ptp(tracks.times)) if tracks.times.size else 0.0
    return float(np.diff(tracks.first)[source.track_of[devices]].sum()) / max(length, 1.0)


def _slab(
    source: MessageSource, readings: dict[str, Reading], devices: Ints, span: tuple[int, int]
) -> Iterator[Columns]:
    """Yield the messages of devices in a span, ms, some devices at a time."""
    pattern = source.pattern
    turns = pattern.turns(span[0] / TICKS, span[1] / TICKS)
    draws = pattern.draws(turns) if pattern.jitter else None
    lead, final = source.tracks.within(*span)
    weight = len(turns) + (final - lead + 1)[source.track_of[devices]]
    portion = np.cumsum(weight) // PORTION
    for some in np.split(devices, np.flatnonzero(np.diff(portion)) + 1):
        track = source.track_of[some]
        ticks = pattern.ticks(turns, some, draws)
        points = _points(source, some, ticks, (lead[track], final[track]), span)
        if points.ticks.size:
            yield {
                TIME: points.ticks.astype(np.int64),
                DEVICE: points.spread(points.device.astype(np.int32)),
                ON_CHANGE: points.on_change,
                **{name: read(points) for name, read in readings.items()},
            }


def _points(
    source: MessageSource,
    devices: Ints,
    sent: Floats,
    around: tuple[Ints, Ints],
    span: tuple[int, int],
) -> Points:
    """Return the moments of the messages of some devices in a span.

    Args:
        source: Of which class.
        devices: (d,) which devices.
        sent: (d, t) when they send by the period, ms, not all of it in the span; its memory
            is used up.
        around: (d,) each, the first and the last knot that matters to a device.
        span: From when to when, ms.
    """
    tracks, (begin, end) = source.tracks, span
    lead, many = around[0], around[1] - around[0] + 1
    starts = np.cumsum(many) - many
    place = np.repeat(np.arange(devices.size), many)
    knots = np.arange(place.size) + (lead - starts)[place]
    # Devices one after the other on one axis: there the knots cut the rows of messages.
    apart = float(end - begin + 1)
    inside = (sent >= begin) & (sent < end)
    periodic = sent[inside]
    sent += (apart * np.arange(devices.size) - begin)[:, np.newaxis]
    cuts = tracks.holds_from[knots] - begin + apart * place
    cuts[starts] = apart * np.arange(devices.size)
    held = np.diff(np.searchsorted(sent[inside], cuts), append=periodic.size)
    extra = np.zeros(knots.size, np.bool_)
    if by_exception(source.signals):
        extra = tracks.changes[knots] & (tracks.stamps[knots] >= begin)
    rows = held + extra
    at = (np.cumsum(rows) - rows)[extra]
    on_change = np.zeros(periodic.size + at.size, np.bool_)
    on_change[at] = True
    ticks = np.empty(on_change.size)
    ticks[at] = tracks.stamps[knots[extra]]
    ticks[~on_change] = periodic
    return Points(devices[place], knots, rows, ticks, on_change)
