"""Stations with breakdowns on the busy clock that somebody must see, come to, or prevent.

Few parts have to do with one. Which do is asked of all stations at once; what befalls them
is the matter of ``answered_modes``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.answered_modes import AnsweredModes, Event, Passing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class Answered:
    """The modes of P stations that somebody must see, come to or prevent.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.

    Attributes:
        number: (M,) which of the failures of its station each mode is.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        modes = [
            (place, number)
            for place, station in enumerate(stations)
            for number, failure in enumerate(station.failures)
            if failure.clock == "busy" and failure.answered
        ]
        self._modes = AnsweredModes(
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
        """Return position and column of the parts (P, n) that have to do with a mode."""
        concerned = worked > self._next[:, at]
        if self._pending:
            due = self._due[:, at]
            concerned |= (ready >= due) | (ready + time > due)
        if not np.count_nonzero(concerned):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        position, column = np.nonzero(concerned)
        return position, column

    def meet(self, parts: Passing) -> list[Event]:
        """Return what parts meet, each in a replication and position (``mode``) of its own."""
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


def is_answered(station: Station) -> bool:
    """Return whether a station has breakdowns on the busy clock that are answered."""
    return any(f.clock == "busy" and f.answered for f in station.failures)
