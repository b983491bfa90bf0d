"""The messages of one class of devices, block by block in the order of their times.

A device sends once a period and, if its messages carry its state, at once when that
changes: controllers report by exception, and no period of a second could tell a state to
0.1 % of the time. All rows of a block are computed as flat arrays:

1. the times of the periodic messages, device after device;
2. for each, the knot of its track that holds then: knots are merged in, and repeated;
3. the changes of state behind them;
4. every signal, from the knots;
5. all in the order of time, what later blocks may still precede being kept for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.telemetry.readings import Points, reading
from factory_sim.line.draws import generator
from factory_sim.scenario.fleet import StateSignal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from factory_sim.fleet.telemetry.readings import Reading
    from factory_sim.fleet.telemetry.sending import Pattern
    from factory_sim.fleet.telemetry.tracks import Tracks
    from factory_sim.fleet.telemetry.wear import Wear
    from factory_sim.line.arrays import Bools, Ints
    from factory_sim.scenario.fleet import AnySignal

    Columns = dict[str, NDArray[Any]]

TICKS = 1000
"""Time stamps are whole ms: so many a second."""

TIME, DEVICE, ON_CHANGE = "time", "device", "on_change"
"""Columns of every message; those of the signals follow."""


@dataclass(frozen=True)
class Talk:
    """All that decides the messages of one class.

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


def messages(talk: Talk, begin: float, end: float) -> Iterator[Columns]:
    """Yield the messages of a span of time, block by block.

    Args:
        talk: Of which class.
        begin: The first of them, s.
        end: Before it is the last, s.

    Yields:
        Columns of equal length: ``time``, ms since time 0, ascending; ``device``, its
        number within the class; ``on_change``; and the signals. Blocks follow each other
        in time; messages of a device with the same time stamp stand in their order.
    """
    pattern = talk.pattern
    readings = {
        name: reading(signal, talk.tracks, talk.wear) for name, signal in talk.signals.items()
    }
    first = max(int((begin - pattern.stray) / pattern.block) - 1, 0)
    last = int((end + pattern.stray) / pattern.block) + 1
    limits = int(np.ceil(begin * TICKS)), int(np.ceil(end * TICKS))
    kept: Columns = {}
    for block in range(first, last + 1):
        rows = _block(talk, readings, block)
        if kept:
            rows = {name: np.concatenate([kept[name], values]) for name, values in rows.items()}
        # Later blocks hold nothing earlier than this; a tick may be a rounding.
        settled = int(((block + 1) * pattern.block - pattern.stray) * TICKS) - 1
        sorted_rows = _sorted(rows, limits)
        done = int(np.searchsorted(sorted_rows[TIME], settled))
        kept = {name: values[done:] for name, values in sorted_rows.items()}
        if done:
            yield {name: values[:done] for name, values in sorted_rows.items()}
    if kept[TIME].size:
        yield kept


def _block(talk: Talk, readings: dict[str, Reading], block: int) -> Columns:
    """Return the chosen messages of a block, periodic ones first, then changes."""
    pattern = talk.pattern
    points, periodic = _points(talk, block)
    changes = points.times.size - periodic

    def noise(name: str) -> NDArray[np.float32]:
        purposes = (f"{name}/{kind}/{talk.replication}" for kind in ("noise", "noise on change"))
        draws = [generator(pattern.seed, block, pattern.name, purpose) for purpose in purposes]
        many = (periodic, changes)
        drawn = [one.integers(0, 1 << 16, n, np.uint16) for one, n in zip(draws, many, strict=True)]
        return normal_quantiles().take(np.concatenate(drawn))

    columns: Columns = {
        TIME: np.rint(points.times * TICKS).astype(np.int64),
        DEVICE: points.device,
        ON_CHANGE: np.repeat([False, True], [periodic, changes]),
    }
    for name, read in readings.items():
        columns[name] = read(points, partial(noise, name))
    if not talk.chosen.all():
        some = talk.chosen[points.device]
        columns = {name: values[some] for name, values in columns.items()}
    return columns


@cache
def normal_quantiles() -> NDArray[np.float32]:
    """Return the standard normal quantiles of the middles of 2^16 equal shares.

    Noise is drawn from them: three times as fast as exact draws, from which no reading with
    fewer than five digits could tell it. The standard deviation is 1e-5 short of 1.
    """
    from scipy.special import ndtri

    shares = (np.arange(1 << 16) + 0.5) / (1 << 16)
    quantiles: NDArray[np.float32] = ndtri(shares).astype(np.float32)
    return quantiles


def _points(talk: Talk, block: int) -> tuple[Points, int]:
    """Return the moments of a block's messages, and how many of them are periodic."""
    pattern, tracks = talk.pattern, talk.tracks
    begin, end = block * pattern.block, (block + 1) * pattern.block
    early, late = begin - pattern.stray, end + pattern.stray
    times = pattern.times(block)
    ranks = pattern.ranks(block)
    # The knots that matter to each device, the one that holds at the beginning first.
    track = talk.track_of[pattern.order]
    lead = tracks.at(early)[track]
    many = tracks.at(late)[track] - lead + 1
    starts = np.cumsum(many) - many
    rank = np.repeat(np.arange(track.size), many)
    knots = np.arange(rank.size) + (lead - starts)[rank]
    moments = tracks.times[knots]
    # Devices one after the other on one axis: there the knots cut the rows of messages.
    apart = late - early + 1.0
    sending = np.arange(ranks.start, ranks.stop)[:, None]
    axis = (times - early + apart * sending).ravel()
    cuts = moments - early + apart * rank
    cuts[starts] = apart * np.arange(track.size)
    held = np.diff(np.searchsorted(axis, cuts), append=axis.size)
    told = np.flatnonzero(tracks.changes[knots] & (moments >= begin) & (moments < end))
    told = told if by_exception(talk.signals) else told[:0]
    device = pattern.order[rank].astype(np.int32)
    states = tracks.states[knots].astype(np.int8)
    return Points(
        device=_spread(device, held, told),
        times=np.concatenate([times.ravel(), moments[told]]),
        knots=_spread(knots, held, told),
        states=_spread(states, held, told),
    ), times.size


def _spread(values: NDArray[Any], held: Ints, told: Ints) -> NDArray[Any]:
    """Return the value of each knot as often as messages find it, then those told at once."""
    return np.concatenate([np.repeat(values, held), values[told]])


def _sorted(rows: Columns, limits: tuple[int, int]) -> Columns:
    """Return rows within limits by time; equal times in the order in which they stand."""
    times = rows[TIME]
    within = (times >= limits[0]) & (times < limits[1])
    if not within.all():
        rows = {name: values[within] for name, values in rows.items()}
    order = by_time(rows[TIME])
    return {name: values.take(order) for name, values in rows.items()}


def by_time(ticks: Ints) -> Ints:
    """Return the order of time stamps, ms; equal ones stay in order.

    Sorting 16-bit numbers is linear in NumPy (a radix sort), and four times as fast here
    as sorting the numbers themselves; a block is one or two digits of 16 bits long.
    """
    if not ticks.size:
        return np.empty(0, np.int64)
    digits = ticks - ticks.min()
    order: Ints = np.argsort(digits.astype(np.uint16), kind="stable")
    high = digits >> 16
    while high.any():
        order = order[np.argsort(high[order].astype(np.uint16), kind="stable")]
        high = high >> 16
    return order
