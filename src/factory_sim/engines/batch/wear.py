"""Breakdowns on the busy clock: thresholds on the cumulative work of a station.

Each failure mode has thresholds ``up_0, up_0 + up_1, ...``; the part whose processing
takes the cumulative work past a threshold is held up by that repair. Few parts are, so
the modes of all of them are looked up together, whatever the station. The thresholds of
maintained modes depend on what happens in the run; see ``maintained.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.maintained import Maintained, is_maintained
from factory_sim.engines.batch.maintained_modes import Passing
from factory_sim.engines.batch.modes import Modes
from factory_sim.engines.record import Strikes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns, Count
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


@dataclass
class Met:
    """The breakdowns that hit parts, (P, n); None where no station has maintained modes.

    Attributes:
        down: How long the part is held up in all, s.
        failures: Number of failures.
        seen: Part of ``down`` until the failures are detected, s.
        planned: Number of planned repairs that interrupt the part, or came just before it.
    """

    down: Floats
    failures: Ints
    seen: Floats | None = None
    planned: Ints | None = None


class BusyClock:
    """The cumulative work of P stations, and the breakdowns that come with it.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        shape = (len(stations), len(draws.replications))
        self._worked = np.zeros(shape)
        self._none = np.zeros(shape), np.zeros(shape, dtype=np.int64)
        failing = [
            [m for m, f in enumerate(s.failures) if f.clock == "busy" and not f.maintained]
            for s in stations
        ]
        self._many = np.array([len(modes) for modes in failing])
        self._first = np.cumsum(self._many) - self._many
        # Which of the failures of its station each mode is.
        self._number = np.array([m for modes in failing for m in modes], dtype=np.int64)
        self._modes = Modes(
            [
                (station.name, station.failures[m])
                for station, modes in zip(stations, failing, strict=True)
                for m in modes
            ],
            draws,
        )
        self._maintained = (
            Maintained(stations, draws) if any(map(is_maintained, stations)) else None
        )
        self._struck: list[tuple[Ints, ...]] = []
        self._lasted: list[tuple[Floats, Floats]] = []
        self._next = np.full(shape, np.inf)
        for position, first, many in zip(
            range(len(stations)), self._first, self._many, strict=True
        ):
            if many:
                self._next[position] = self._modes.threshold[first : first + many].min(axis=0)

    def add(self, time: Floats, at: Columns, part: Count, ready: Floats | None = None) -> Met:
        """Add processing times (P, n), s, to the clocks and return the breakdowns that they bring.

        Args:
            time: Of the part at each position.
            at: The n replications.
            part: Count of the part at position 0, ``part - 1`` is at 1, and so on.
            ready: (P, n) when work on it begins, s; needed for maintained modes only.
        """
        before = None if self._maintained is None else self._worked[:, at].copy()
        if isinstance(at, slice):
            self._worked += time
            hit = self._worked > self._next
        else:
            self._worked[:, at] += time
            hit = self._worked[:, at] > self._next[:, at]
        down, number = self._none
        met = Met(down[:, at], number[:, at])
        if np.count_nonzero(hit):
            met = Met(np.zeros(hit.shape), np.zeros(hit.shape, dtype=np.int64))
            position, column = hit.nonzero()
            replication = column if isinstance(at, slice) else at[column]
            row = (part if isinstance(part, int) else part[column]) - position
            here = (position, column)
            met.down[here], met.failures[here] = self._repair(
                position, replication, row, time[here]
            )
        if self._maintained is not None and before is not None and ready is not None:
            self._add_maintained(met, self._maintained, before, time, at, part, ready)
        return met

    def _add_maintained(
        self,
        met: Met,
        maintained: Maintained,
        before: Floats,
        time: Floats,
        at: Columns,
        part: Count,
        ready: Floats,
    ) -> None:
        """Add the breakdowns of maintained modes to ``met``; other arguments as in ``add``."""
        met.seen, met.planned = np.zeros(time.shape), np.zeros(time.shape, dtype=np.int64)
        position, column = maintained.hit(self._worked[:, at], time, at, ready)
        if not position.size:
            return
        met.down, met.failures = met.down.copy(), met.failures.copy()
        replication = column if isinstance(at, slice) else at[column]
        row = (part if isinstance(part, int) else part[column]) - position
        here = (position, column)
        passing = Passing(
            mode=position,
            replication=replication,
            which=np.arange(position.size),
            before=before[here],
            worked=self._worked[position, replication],
            ready=ready[here],
            time=time[here],
        )
        for event in maintained.meet(passing):
            cell = (position[event.which], column[event.which])
            np.add.at(met.down, cell, event.down)
            np.add.at(met.seen, cell, event.seen)
            np.add.at(met.planned if event.planned else met.failures, cell, 1)
            which = position[event.which]
            number = maintained.number[event.mode]
            self._struck.append(
                (which, number, row[event.which], event.replication,
                 np.full(which.size, event.planned))
            )  # fmt: skip
            self._lasted.append((event.after, event.down))

    def strikes(self) -> list[Strikes | None]:
        """Return the breakdowns at each of the P stations since the last call; None for none."""
        found: list[Strikes | None] = [None] * len(self._many)
        if self._struck:
            position, mode, row, replication, planned = (
                np.concatenate(values) for values in zip(*self._struck, strict=True)
            )
            after, down = (np.concatenate(values) for values in zip(*self._lasted, strict=True))
            for place in np.unique(position):
                here = position == place
                found[place] = Strikes(
                    mode[here], row[here], replication[here], after[here], down[here],
                    planned[here],
                )  # fmt: skip
            self._struck, self._lasted = [], []
        return found

    def _repair(
        self, position: Ints, replication: Ints, row: Ints, time: Floats
    ) -> tuple[Floats, Ints]:
        """Return the repairs due at stations (n,), one replication each, s, and their number."""
        many = self._many[position]
        begin = many.cumsum() - many
        # One entry per mode of each of the n stations, those of a station side by side.
        which = np.arange(position.size).repeat(many)
        mode = np.arange(which.size) - begin[which] + self._first[position][which]
        here = (mode, replication[which])
        worked = self._worked[position, replication]
        threshold = self._modes.threshold
        down, number = np.zeros(position.size), np.zeros(position.size, dtype=np.int64)
        (due,) = (worked[which] > threshold[here]).nonzero()
        while due.size:
            strikes, hit = (mode[due], here[1][due]), which[due]
            # Cumulative work is rounded: a failure must not come after the end of its part.
            takes = time[hit]
            after = np.minimum(np.maximum(threshold[strikes] - (worked[hit] - takes), 0.0), takes)
            repair = self._modes.strike(*strikes)
            np.add.at(down, hit, repair)
            np.add.at(number, hit, 1)
            self._struck.append(
                (position[hit], self._number[strikes[0]], row[hit], strikes[1],
                 np.zeros(hit.size, dtype=np.bool_))
            )  # fmt: skip
            self._lasted.append((after, repair))
            due = due[worked[hit] > threshold[strikes]]
        self._next[position, replication] = np.minimum.reduceat(threshold[here], begin)
        return down, number
