"""Which parts are affected by maintained failure modes on the busy clock.

A maintained mode is one whose detection, dispatch or predictive maintenance is modelled.
Few parts meet one: here these are picked out, all stations at once; what happens to them
is worked out in ``maintained_modes``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.maintained_modes import Event, MaintainedModes, Passing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class Maintained:
    """The maintained modes of P stations.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.

    Attributes:
        number: (M,) index of each mode among the failures of its station.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        modes = [
            (place, number)
            for place, station in enumerate(stations)
            for number, failure in enumerate(station.failures)
            if failure.clock == "busy" and failure.maintained
        ]
        self._modes = MaintainedModes(
            [(stations[place], stations[place].failures[number]) for place, number in modes], draws
        )
        self.number = np.array([number for _, number in modes], dtype=np.int64)
        self._many = np.bincount([place for place, _ in modes], minlength=len(stations))
        self._first = np.cumsum(self._many) - self._many
        shape = (len(stations), len(draws.replications))
        self._next, self._due = np.full((2, *shape), np.inf)
        self._pending = False
        some = np.flatnonzero(self._many)
        self._next[some] = np.minimum.reduceat(self._modes.next, self._first[some], axis=0)

    def hit(self, worked: Floats, time: Floats, at: Columns, ready: Floats) -> tuple[Ints, Ints]:
        """Return position and column of those parts (P, n) that some mode affects."""
        concerned = worked > self._next[:, at]
        if self._pending:
            due = self._due[:, at]
            concerned |= (ready >= due) | (ready + time > due)
        if not np.count_nonzero(concerned):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        position, column = np.nonzero(concerned)
        return position, column

    def meet(self, parts: Passing) -> list[Event]:
        """Return the events of some parts, at most one part per position and replication.

        ``parts.mode`` holds positions here: the modes of each are looked up.
        """
        position = parts.mode
        many = self._many[position]
        begin = np.cumsum(many) - many
        # One entry per mode of each of the n stations, those of a station side by side.
        passing = parts[np.repeat(parts.which, many)]
        mode = np.arange(passing.which.size) - begin[passing.which]
        passing = replace(passing, mode=mode + self._first[position][passing.which])
        events = self._modes.meet(passing[self._modes.concerned(passing)])
        here = (passing.mode, passing.replication)
        at = (position, parts.replication)
        self._next[at] = np.minimum.reduceat(self._modes.next[here], begin)
        self._due[at] = np.minimum.reduceat(self._modes.due[here], begin)
        self._pending = bool((self._due < np.inf).any())
        return events


def is_maintained(station: Station) -> bool:
    """Return whether a station has maintained failure modes on the busy clock."""
    return any(f.clock == "busy" and f.maintained for f in station.failures)
