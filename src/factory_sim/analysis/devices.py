"""Failures and downtime in the window that the devices of each class caused.

Each device is one failure mode of its station, so devices are told apart by mode. A failure on
the busy clock counts where the part that it hits is finished, and its repair where that part
is worked, pro rata where the edge of the window cuts it; on the calendar clock a failure
counts where it begins and its repair second by second. So the failures of the modes of a
station add up to those of the station.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.record import StationRecord, Strikes
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Plant, Station


def device_classes(plant: Plant) -> tuple[str, ...]:
    """Return the names of the classes with devices that stop a station, in order."""
    modes = (failure for station in plant.stations() for failure in station.failures)
    return tuple(sorted({mode.of for mode in modes if mode.of is not None}))


class StruckTally:
    """The failures of one station by mode, summed up slab by slab.

    Args:
        station: Which, with M failure modes.
        begin: Start of the window, s.
        end: End of the window, s.
        replications: R.

    Attributes:
        failures: (M, R) failures on the busy clock.
        seconds: (M, R) their repairs, s.
    """

    def __init__(self, station: Station, begin: float, end: float, replications: int) -> None:
        self._begin, self._end = begin, end
        self.failures, self.seconds = np.zeros((2, len(station.failures), replications))
        self._parts = np.zeros(replications, dtype=np.int64)
        # Failures that hit parts not yet recorded, as their cycle had not ended.
        self._open: list[Strikes] = []

    def add(self, record: StationRecord) -> None:
        """Add the failures that hit parts of a slab."""
        if record.strikes is not None:
            self._open.append(record.strikes)
        present = record.start < np.inf
        still = []
        for strikes in self._open:
            rows = strikes.row - self._parts[strikes.replication]
            here = rows < present.sum(axis=0)[strikes.replication]
            if not here.all():
                still.append(strikes.chosen(~here))
            if here.any():
                self._count(record, strikes.chosen(here), _places(present, strikes, here, rows))
        self._open = still
        self._parts += present.sum(axis=0)

    def _count(self, record: StationRecord, strikes: Strikes, place: Ints) -> None:
        """Count failures (k,) that hit the parts in some rows of a record."""
        column = strikes.replication
        ready, finish = record.ready[place, column], record.finish[place, column]
        share = np.where((ready >= self._begin) & (finish <= self._end), 1.0, 0.0)
        cut = (finish < np.inf) & (ready < self._end) & (finish > self._begin) & (share < 1.0)
        for one in np.flatnonzero(cut):
            share[one] = self._share(record.outages, ready[one], finish[one], int(column[one]))
        counted = (finish > self._begin) & (finish <= self._end)
        np.add.at(self.failures, (strikes.mode, column), counted & ~strikes.planned)
        np.add.at(self.seconds, (strikes.mode, column), share * strikes.down)

    def _share(self, outages: Outages, ready: float, finish: float, column: int) -> float:
        """Return the share of the available time of some processing that lies in the window."""
        times = np.array([ready, finish, *np.clip([ready, finish], self._begin, self._end)])
        lost = outages.lost(times[:, None], slice(column, column + 1))[:, 0]
        first, last, begin, end = times - lost
        return float((end - begin) / (last - first)) if last > first else 0.0


def _places(present: Bools, strikes: Strikes, here: Bools, rows: Ints) -> Ints:
    """Return the row of a record in which each part is, (k,), from its count among those there."""
    if present.all():
        return rows[here]
    columns = strikes.replication[here]
    filled = {int(column): np.flatnonzero(present[:, column]) for column in np.unique(columns)}
    return np.array([filled[c][r] for c, r in zip(columns.tolist(), rows[here], strict=True)])


def by_class(
    plant: Plant, modes: Sequence[tuple[Floats, Floats] | None], replications: int
) -> tuple[Floats, Floats]:
    """Return the failures of the devices of each class, and their downtime.

    Args:
        plant: S stations, C classes.
        modes: For each station failures and seconds of repair, (M, R) by mode, or None
            where there are no devices.
        replications: R.

    Returns:
        (R, C) failures, and (R, C) seconds of repair; several devices that are down at once
        count each.
    """
    classes = device_classes(plant)
    failures, seconds = np.zeros((2, replications, len(classes)))
    for station, found in zip(plant.stations(), modes, strict=True):
        if found is not None:
            for mode, which in _modes_of_devices(station, classes):
                failures[:, which] += found[0][mode]
                seconds[:, which] += found[1][mode]
    return failures, seconds


def _modes_of_devices(station: Station, classes: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield each failure mode of a station that is a device's, and its class."""
    for number, mode in enumerate(station.failures):
        if mode.of is not None:
            yield number, classes.index(mode.of)
