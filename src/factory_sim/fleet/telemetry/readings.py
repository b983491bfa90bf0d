"""What each signal reads: from the state of its device, its past, and its wear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.sending import TICKS
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

    from factory_sim.fleet.telemetry.points import Points
    from factory_sim.fleet.telemetry.tracks import Tracks
    from factory_sim.fleet.telemetry.wear import Wear
    from factory_sim.scenario.fleet import AnySignal

    Values = NDArray[Any]
    Noise = Callable[[Points], NDArray[np.float32]]
    Reading = Callable[[Points], Values]

MEMORY = 40.0
"""Lags after which what a temperature was before is below the rounding of a double."""


def memory(signals: dict[str, AnySignal]) -> float:
    """Return how far back the past of a device matters to its signals, s."""
    lags = [s.lag for s in signals.values() if isinstance(s, TemperatureSignal)]
    return MEMORY * max(lags, default=0.0)


def reading(signal: AnySignal, tracks: Tracks, wear: Wear | None, noise: Noise) -> Reading:
    """Return what reads a signal at points: values as :func:`value_type` says.

    Args:
        signal: Which.
        tracks: What the devices do.
        wear: What they have lost of their health; None where they do not wear.
        noise: Standard normal draws, one for each moment of points.
    """
    if isinstance(signal, StateSignal):
        shown = np.arange(UNPOWERED + 1, dtype=np.int8)
        shown[UNPOWERED] = DOWN
        return _steps(shown[tracks.states])
    if isinstance(signal, CounterSignal):
        return _steps((tracks.counts * signal.step).astype(value_type(signal)))
    if isinstance(signal, LoadSignal):
        return _load(signal, tracks, noise)
    if isinstance(signal, TemperatureSignal):
        return _temperature(signal, tracks, noise)
    return _wear(signal, tracks, wear, noise)


def _steps(values: Values) -> Reading:
    """Return what reads a quantity that only changes at knots: its values there."""
    return lambda points: points.spread(values[points.knots])


def value_type(signal: AnySignal) -> np.dtype[Any]:
    """Return the type of the values of a signal; states are indices into ``DEVICE_STATES``."""
    if isinstance(signal, StateSignal):
        return np.dtype(np.int8)
    if isinstance(signal, CounterSignal):
        return np.dtype(np.int64 if signal.step == int(signal.step) else np.float64)
    return np.dtype(np.float32)


def _load(signal: LoadSignal, tracks: Tracks, noise: Noise) -> Reading:
    levels = np.full(UNPOWERED + 1, signal.idle, np.float32)
    levels[WORKING] = signal.working
    spread = np.full(levels.size, signal.noise, np.float32)
    levels[[OFF, UNPOWERED]] = spread[[OFF, UNPOWERED]] = 0.0
    level, scatter = levels[tracks.states], spread[tracks.states]
    if not signal.noise:
        return _steps(rounded(level, signal.resolution))

    def read(points: Points) -> Values:
        values = noise(points)
        values *= points.spread(scatter[points.knots])
        values += points.spread(level[points.knots])
        return rounded(np.maximum(values, 0.0, out=values), signal.resolution)

    return read


def _temperature(signal: TemperatureSignal, tracks: Tracks, noise: Noise) -> Reading:
    levels = np.full(UNPOWERED + 1, signal.ambient)
    levels[WORKING] = signal.working
    level = levels[tracks.states]
    above = lagged(tracks, levels, signal.lag, signal.ambient) - level
    above, level = above.astype(np.float32), level.astype(np.float32)
    moments = tracks.times * TICKS

    def read(points: Points) -> Values:
        since = points.spread(moments[points.knots])
        since -= points.ticks
        since *= 1.0 / (signal.lag * TICKS)
        values = since.astype(np.float32)
        np.exp(values, out=values)
        values *= points.spread(above[points.knots])
        values += points.spread(level[points.knots])
        return rounded(_noisy(values, signal.noise, noise, points), signal.resolution)

    return read


def _wear(signal: WearSignal, tracks: Tracks, wear: Wear | None, noise: Noise) -> Reading:
    broken = np.isin(tracks.states, [DOWN, UNPOWERED])

    def read(points: Points) -> Values:
        if wear is None:
            values = np.full(points.ticks.size, signal.new, np.float32)
        else:
            values = wear.lost(points, broken[points.knots])
            values *= signal.worn - signal.new
            values += signal.new
        return rounded(_noisy(values, signal.noise, noise, points), signal.resolution)

    return read


def _noisy(values: Values, spread: float, noise: Noise, points: Points) -> Values:
    if spread:
        drawn = noise(points)
        drawn *= spread
        values += drawn
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
