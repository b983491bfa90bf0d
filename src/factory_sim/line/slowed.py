"""Devices that slow their station while they are down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import ROUNDING
from factory_sim.line.renewals import FAR, SPANS_AHEAD, Renewal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station

    Columns = slice | Ints


class Slowed:
    """The factor on the work content by devices that are down, at P stations.

    Each device that is down, by one failure mode or several, contributes its own factor. The
    present factor of a station is kept with the time until which it holds, so that few calls
    have to look anything up.

    Args:
        stations: The P stations; their ``slowing`` devices count.
        draws: The randomness; gives the replications, R.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        shape = (len(stations), len(draws.replications))
        self._devices = [_Devices(station, draws) for station in stations]
        self._all = np.arange(shape[1])
        self._factor, self._until = np.ones(shape), np.zeros(shape)

    def factor(self, t: Floats, at: Columns) -> Floats:
        """Return the factor at times (P, n), s, of n replications; time only goes on.

        A time that misses an edge by no more than a rounding is at the edge, as the two
        engines may round differently.
        """
        now = t * (1 + ROUNDING)
        late = now >= self._until[:, at]
        if np.count_nonzero(late):
            for station in np.flatnonzero(late.any(axis=1)):
                column = np.flatnonzero(late[station])
                replication = self._all[at][column]
                holds = self._devices[station].look(now[station, column], replication)
                self._factor[station, replication], self._until[station, replication] = holds
        factor: Floats = self._factor[:, at]
        return factor


class _Devices:
    """The devices that slow one station, with the spans in which they are down."""

    def __init__(self, station: Station, draws: Draws) -> None:
        self._factors = [device.factor for device in station.slowing]
        self._modes = [
            (number, Renewal(station.name, failure, draws))
            for number, device in enumerate(station.slowing)
            for failure in device.failures
        ]
        rate = sum(mode.rate for _, mode in self._modes)
        self._ahead = SPANS_AHEAD / rate if rate else FAR
        replications = len(draws.replications)
        self._covered = 0.0
        # The spans in which something is down, a row each, and whose they are.
        self._device = np.empty(0, dtype=np.int64)
        self._begins, self._ends = np.empty((2, 0, replications))
        self._now = np.zeros(replications)

    def look(self, now: Floats, replication: Ints) -> tuple[Floats, Floats]:
        """Return the factor that holds from times (m,) on, and until when, s.

        Args:
            now: Times, s; not before those of the last question about a replication.
            replication: (m,) distinct.
        """
        self._now[replication] = now
        self._cover(float(now.max()))
        begins, ends = self._begins[:, replication], self._ends[:, replication]
        down = (begins <= now) & (now < ends)
        factor = np.ones(now.size)
        for device in np.unique(self._device[down.any(axis=1)]):
            here = down[self._device == device].any(axis=0)
            factor[here] *= self._factors[device]
        edges = np.where(begins > now, begins, np.where(down, ends, FAR))
        return factor, np.minimum(edges.min(axis=0, initial=FAR), self._covered)

    def _cover(self, until: float) -> None:
        """Make the spans complete for all times up to ``until``; drop those of the past."""
        if until < self._covered:
            return
        reach = max(until, self._covered + self._ahead) * (1 + 1e-9) + 1.0
        open_ones = ((self._ends > self._now) & (self._begins < FAR)).any(axis=1)
        device = [self._device[open_ones]]
        begins, ends = [self._begins[open_ones]], [self._ends[open_ones]]
        for number, mode in self._modes:
            begin, end, _ = mode.until(reach)
            device.append(np.full(len(begin), number))
            begins.append(begin)
            ends.append(end)
        self._device = np.concatenate(device)
        self._begins, self._ends = np.concatenate(begins), np.concatenate(ends)
        self._covered = reach
