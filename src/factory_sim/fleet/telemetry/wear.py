"""The wear of devices while they send, and its onset before each failure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.health import ageing, gone_by
from factory_sim.fleet.sending import TICKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from factory_sim.fleet.history import History, Repairs
    from factory_sim.fleet.telemetry.points import Points
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.devices import Device

    Clock = tuple[Floats, Floats]


@dataclass(frozen=True)
class Lines:
    """The consumed share of life of some devices, piecewise linear over time.

    Attributes:
        place: (n,) which line is that of each device of the class; -1 for none.
        first: (m + 1,) first knot of each of m lines, and k.
        times: (k,) the knots, s, ascending within a line; one at either end of the window.
        gone: (k,) the share at each.
        window: From when to when, s.
    """

    place: Ints
    first: Ints
    times: Floats
    gone: Floats
    window: tuple[float, float]

    def at(self, line: Ints, times: Floats) -> Floats:
        """Return the share at some moments, s, of some lines, (p,) each."""
        moments = np.clip(times, *self.window)
        moments += self._apart * line
        share: Floats = np.interp(moments, self._axis, self.gone)
        return share

    @property
    def _apart(self) -> float:
        return self.window[1] - self.window[0] + 1.0

    @cached_property
    def _axis(self) -> Floats:
        """(k,) the knots of all lines one after the other."""
        line = np.repeat(np.arange(self.first.size - 1), np.diff(self.first))
        return self.times + self._apart * line


@dataclass(frozen=True)
class Wear:
    """The health that the devices of a class have lost.

    Attributes:
        lines: The consumed share of life, one set of lines for each failure mode.
        begins: Share of the life up to which a device is in full health, below 1.
        exponent: The health lost is the share of the rest that is gone, to this power.
    """

    lines: tuple[Lines, ...]
    begins: float
    exponent: float

    def lost(self, points: Points, down: Bools) -> NDArray[np.float32]:
        """Return the health lost, from 0 to 1, at n points.

        Args:
            points: Of which devices, and when.
            down: (m,) whether the device of a stretch is down: all its health is lost.
        """
        lost = np.zeros(points.ticks.size, np.float32)
        for lines in self.lines:
            line = lines.place[points.device]
            worn = np.flatnonzero(points.spread(line >= 0))
            share = lines.at(points.spread(line)[worn], points.ticks[worn] / TICKS)
            share -= self.begins
            share /= 1.0 - self.begins
            np.clip(share, 0.0, 1.0, out=share)
            if self.exponent != 1.0:
                share **= self.exponent
            lost[worn] = np.maximum(lost[worn], share)
        lost[points.spread(down)] = 1.0
        return lost


def wear_of(
    past: History,
    devices: Sequence[Device],
    repairs: Sequence[Repairs],
    window: tuple[float, float],
) -> Wear | None:
    """Return the wear of the devices of a class during a window, None if they do not wear.

    Args:
        past: The replication.
        devices: All of the class.
        repairs: Of each.
        window: From when to when, s.
    """
    kind = devices[0].of
    wear = kind.written.wear
    if wear is None or wear.begins >= 1.0:
        return None
    lines = [
        _lines(past, devices, repairs, mode, window, wear.begins)
        for mode in range(len(kind.failures))
    ]
    return Wear(tuple(lines), wear.begins, wear.exponent)


def _lines(
    past: History,
    devices: Sequence[Device],
    repairs: Sequence[Repairs],
    mode: int,
    window: tuple[float, float],
    begins: float,
) -> Lines:
    """Return the lines of those devices that show any wear of a mode."""
    place = np.full(len(devices), -1)
    times: list[Floats] = []
    gone: list[Floats] = []
    clocks: dict[str, Clock] = {}
    for number, (device, repaired) in enumerate(zip(devices, repairs, strict=True)):
        if device.station not in clocks:
            clocks[device.station] = ageing(past.seen, device.station)
        life = _Life(past, device, repaired, mode, clocks[device.station])
        knots = life.knots(window)
        share = life.gone_by(knots)
        if share.max() > begins:
            place[number] = len(times)
            times.append(knots)
            gone.append(share)
    return Lines(
        place=place,
        first=np.cumsum([0, *(one.size for one in times)]),
        times=np.concatenate([*times, np.empty(0)]),
        gone=np.concatenate([*gone, np.empty(0)]),
        window=window,
    )


@dataclass(frozen=True)
class _Life:
    """One failure mode of one device, over its lives.

    Attributes:
        past: The replication.
        device: The device.
        repaired: Its failures, of all modes.
        mode: Which mode.
        clock: The busy clock of its station.
    """

    past: History
    device: Device
    repaired: Repairs
    mode: int
    clock: Clock

    def knots(self, window: tuple[float, float]) -> Floats:
        """Return the moments, s, between which the consumed share of life is linear."""
        begin, end = window
        mended = self.repaired.end[self.repaired.mode == self.mode]
        amid = [mended, np.nextafter(mended, 0.0)]
        if self.device.of.failures[self.mode].clock == "busy":
            moments = self.clock[0]
            # Where parts overlap on several servers the clock jumps: two knots, as above.
            jumps = moments[1:][np.diff(moments) == 0]
            amid += [moments, np.nextafter(jumps, 0.0)]
        moments = np.concatenate(amid)
        inside = moments[(moments > begin) & (moments < end)]
        return np.unique(np.concatenate([inside, [begin, end]]))

    def gone_by(self, times: Floats) -> Floats:
        """Return the consumed share of life at some moments."""
        mine = self.repaired.mode == self.mode
        ends = self.repaired.begin[mine], self.repaired.end[mine]
        mode = self.device.modes()[self.mode]
        return gone_by(self.past, self.device, mode, *ends, times, self.clock)


def onsets(past: History, device: Device, repaired: Repairs) -> Floats:
    """Return when the wear that led to each failure of a device began to show, (n,), s.

    NaN where it never showed, or did before time 0.
    """
    onset = np.full(repaired.begin.size, np.nan)
    wear = device.of.written.wear
    if wear is None or wear.begins >= 1.0:
        return onset
    clock = ageing(past.seen, device.station)
    for mode in np.unique(repaired.mode):
        mine = np.flatnonzero(repaired.mode == mode)
        lives = np.append(0.0, repaired.end[mine])
        for place, since in zip(mine, lives[:-1], strict=True):
            failed = repaired.begin[place]
            life = _Life(past, device, repaired, mode, clock)
            times = np.append(life.knots((since, failed))[:-1], np.nextafter(failed, 0.0))
            share = life.gone_by(times)
            if share[0] <= wear.begins:
                onset[place] = np.interp(wear.begins, share, times)
    return onset
