"""What each signal reads: from the state of its device, its past, and its wear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.states import DOWN, OFF, WORKING
from factory_sim.fleet.telemetry.tracks import UNPOWERED, lagged
from factory_sim.scenario.fleet import (
    CounterSignal,
    LoadSignal,
    StateSignal,
    TemperatureSignal,
    WearSignal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from factory_sim.fleet.telemetry.tracks import Tracks
    from factory_sim.fleet.telemetry.wear import Wear
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.scenario.fleet import AnySignal

    Values = NDArray[Any]
    Noise = Callable[[], NDArray[np.float32]]
    Reading = Callable[["Points", Noise], Values]

MEMORY = 40.0
"""Lags after which what a temperature was before is below the rounding of a double."""


@dataclass(frozen=True)
class Points:
    """Moments at which devices tell something, n in all.

    Attributes:
        device: (n,) number of the device within its class, 32 bits.
        times: (n,) when, s.
        knots: (n,) the knot of the tracks that holds then.
        states: (n,) the state of the device, an index into ``DEVICE_STATES`` or ``UNPOWERED``.
    """

    device: NDArray[np.int32]
    times: Floats
    knots: Ints
    states: NDArray[np.int8]


def memory(signals: dict[str, AnySignal]) -> float:
    """Return how far back the past of a device matters to its signals, s."""
    lags = [s.lag for s in signals.values() if isinstance(s, TemperatureSignal)]
    return MEMORY * max(lags, default=0.0)


def reading(signal: AnySignal, tracks: Tracks, wear: Wear | None) -> Reading:
    """Return what reads a signal at points: values as :func:`value_type` says.

    Args:
        signal: Which.
        tracks: What the devices do.
        wear: What they have lost of their health; None where they do not wear.
    """
    if isinstance(signal, StateSignal):
        shown = np.arange(UNPOWERED + 1, dtype=np.int8)
        shown[UNPOWERED] = DOWN
        return lambda points, _noise: shown[points.states]
    if isinstance(signal, CounterSignal):
        counted = (tracks.counts * signal.step).astype(value_type(signal))
        return lambda points, _noise: counted[points.knots]
    if isinstance(signal, LoadSignal):
        return _load(signal)
    if isinstance(signal, TemperatureSignal):
        return _temperature(signal, tracks)
    return _wear(signal, wear)


def value_type(signal: AnySignal) -> np.dtype[Any]:
    """Return the type of the values of a signal; states are indices into ``DEVICE_STATES``."""
    if isinstance(signal, StateSignal):
        return np.dtype(np.int8)
    if isinstance(signal, CounterSignal):
        return np.dtype(np.int64 if signal.step == int(signal.step) else np.float64)
    return np.dtype(np.float32)


def _load(signal: LoadSignal) -> Reading:
    levels = np.full(UNPOWERED + 1, signal.idle, np.float32)
    levels[WORKING] = signal.working
    spread = np.full(levels.size, signal.noise, np.float32)
    levels[[OFF, UNPOWERED]] = spread[[OFF, UNPOWERED]] = 0.0

    def read(points: Points, noise: Noise) -> Values:
        values = levels[points.states]
        if signal.noise:
            values += spread[points.states] * noise()
            np.maximum(values, 0.0, out=values)
        return rounded(values, signal.resolution)

    return read


def _temperature(signal: TemperatureSignal, tracks: Tracks) -> Reading:
    levels = np.full(UNPOWERED + 1, signal.ambient)
    levels[WORKING] = signal.working
    above = lagged(tracks, levels, signal.lag, signal.ambient) - levels[tracks.states]
    above, levels = above.astype(np.float32), levels.astype(np.float32)

    def read(points: Points, noise: Noise) -> Values:
        since = (tracks.times[points.knots] - points.times).astype(np.float32)
        since *= 1.0 / signal.lag
        values = np.exp(since, out=since)
        values *= above[points.knots]
        values += levels[points.states]
        return rounded(_noisy(values, signal.noise, noise), signal.resolution)

    return read


def _wear(signal: WearSignal, wear: Wear | None) -> Reading:
    def read(points: Points, noise: Noise) -> Values:
        if wear is None:
            values = np.full(points.times.size, signal.new, np.float32)
        else:
            down = (points.states == DOWN) | (points.states == UNPOWERED)
            values = wear.lost(points.device, points.times, down)
            values *= signal.worn - signal.new
            values += signal.new
        return rounded(_noisy(values, signal.noise, noise), signal.resolution)

    return read


def _noisy(values: Values, spread: float, noise: Noise) -> Values:
    if spread:
        values += np.float32(spread) * noise()
    return values


def rounded(values: NDArray[np.float32], resolution: float) -> NDArray[np.float32]:
    """Return values rounded to a step; each the number nearest to it, 10.1 and not 10.100001."""
    if not resolution:
        return values
    steps = round(1.0 / resolution)
    if steps and abs(steps * resolution - 1.0) < 1e-9:
        # Division is rounded correctly, a product with an inexact step is not.
        np.rint(values * np.float32(steps), out=values)
        values /= np.float32(steps)
        return values
    nearest: NDArray[np.float32] = (np.rint(values / resolution) * resolution).astype(np.float32)
    return nearest
