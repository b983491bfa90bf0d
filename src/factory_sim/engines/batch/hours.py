"""The outages of stations that advance together: one comparison finds who meets one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.outages import Outages
from factory_sim.line.plant import Station

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Section


class Hours:
    """The outages of P stations, each at its own moment of the clock.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.

    Attributes:
        of_position: The outages of each.
        always: Whether all are always available.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        self.of_position = [Outages(station, draws) for station in stations]
        self.always = all(outages.none for outages in self.of_position)
        # Row by row the time from which outages must be looked at: one comparison for all.
        self._next = np.empty((len(stations), len(draws.replications)))
        for row, outages in zip(self._next, self.of_position, strict=True):
            outages.look_ahead_in(row)

    def interrupt(self, ready: Floats, need: Floats, finish: Floats) -> None:
        """Delay, in place, the finishes of work that meets an outage; arrays are (P, R), s.

        Args:
            ready: When the work may begin.
            need: Available time it takes.
            finish: Their sum, to be corrected. Later calls ask about later times only.
        """
        late = finish > self._next
        if not np.count_nonzero(late):
            return
        for position in np.flatnonzero(late.any(axis=1)):
            outages, some = self.of_position[position], np.flatnonzero(late[position])
            finish[position, some] = outages.interrupted(
                ready[position, some], need[position, some], some
            )

    def forget(self, before: Floats) -> None:
        """Drop outages that ended before a time of each station, (P, R), s."""
        for outages, time in zip(self.of_position, before, strict=True):
            outages.forget(time)


class SectionHours:
    """The outages of a paced section: those of its conveyor and those of its positions.

    Args:
        section: Which, S positions.
        draws: The randomness; gives the replications, R.

    Attributes:
        of_position: The outages of each position: the conveyor's if it has no others.
    """

    def __init__(self, section: Section, draws: Draws) -> None:
        self._takt = np.full(len(draws.replications), section.takt)
        conveyor = Station(section.name, work=(), calendar=section.calendar)
        self._conveyor = Outages(conveyor, draws)
        self.of_position = [
            self._conveyor
            if s.calendar == section.calendar and all(f.clock == "busy" for f in s.failures)
            else Outages(s, draws)
            for s in section.stations
        ]
        own = [p for p, outages in enumerate(self.of_position) if outages is not self._conveyor]
        shared = [p for p, outages in enumerate(self.of_position) if outages is self._conveyor]
        self._groups = [([p], self.of_position[p]) for p in own]
        if shared:
            self._groups.append((shared, self._conveyor))
        # As in ``Hours``; here positions that share their outages share a row.
        self._next = np.empty((len(self._groups), len(draws.replications)))
        self._group = np.empty(len(section.stations), dtype=np.int64)
        for number, (positions, outages) in enumerate(self._groups):
            outages.look_ahead_in(self._next[number])
            self._group[positions] = number
        self._always = all(outages.none for outages in self.of_position)

    def takt(self, begin: Floats, at: Columns) -> Floats:
        """Return when a cycle that begins now (n,) has lasted the takt, s."""
        return self._conveyor.finish(begin, self._takt[at], at, begin)

    def finish(self, ready: Floats, need: Floats, at: Columns, floor: Floats) -> Floats:
        """Return when each position has been available ``need`` s since ``ready``, (S, n)."""
        if self._always:
            return ready + need
        if len(self._groups) == 1:
            return self._groups[0][1].finish(ready, need, at, floor)
        done = ready + need
        late = done > self._next[:, at][self._group]
        if np.count_nonzero(late):
            for number in np.unique(self._group[late.any(axis=1)]):
                positions, outages = self._groups[number]
                done[positions] = outages.finish(ready[positions], need[positions], at, floor)
        return done

    def between(self, begin: Floats, end: Floats, position: Ints, replication: Ints) -> Floats:
        """Return the unavailable seconds of positions (n,) in [begin, end), (n,)."""
        lost = np.zeros_like(begin)
        if len(self._groups) == 1:
            return self._groups[0][1].between(begin, end, replication)
        if not self._always:
            group = self._group[position]
            late = np.flatnonzero(end > self._next[group, replication])
            for number in np.unique(group[late]):
                some = late[group[late] == number]
                outages = self._groups[number][1]
                lost[some] = outages.between(begin[some], end[some], replication[some])
        return lost

    def forget(self, before: Floats) -> None:
        """Drop outages that ended before a time (R,), s."""
        for _, outages in self._groups:
            outages.forget(before)
        self._conveyor.forget(before)
