"""The bottleneck by active periods.

A unit (a station or a paced section) is active while it works or is repaired, and not
while it waits for parts or for a place. The unit that has been active longest without
a break is the momentary bottleneck; over a run each unit holds that rank for a share
of the time. A station with several servers is active while all of them are.

The rank is evaluated at instants spread evenly over the window. That samples the share, with
an error that falls with the number of replications.

Source: Roser, Nakano and Tanaka (2002), "Shifting bottleneck detection", Proceedings
of the 2002 Winter Simulation Conference, 1079-1086.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.sequence import Finished, Follower, compact
from factory_sim.line.plant import Section

if TYPE_CHECKING:
    from factory_sim.analysis.layout import Layout, Sample
    from factory_sim.engines.record import SectionRecord, Slab, StationRecord
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant

INSTANTS = 64
"""Instants per replication; with 30 replications a share is known to about 1 %."""

SAMPLE = 128
"""Replications sampled; more would cost time without making the shares more useful."""

TOLERANCE = 1e-9
"""Relative to the clock: a shorter wait is rounding error, not a break."""


class ActivePeriods:
    """The active periods of every unit, summed up slab by slab.

    Args:
        plant: Gives the units.
        begin: Start of the window, s.
        end: End of the window, s.
        layout: Of the replications; the first ``SAMPLE`` of each plant are sampled.

    Attributes:
        layout: Of the sampled ones, L.
    """

    def __init__(self, plant: Plant, begin: float, end: float, layout: Layout) -> None:
        sample = layout.sample(SAMPLE)
        self.layout = sample.layout
        instants = begin + (np.arange(INSTANTS) + 0.5) * (end - begin) / INSTANTS
        self._units: list[tuple[int, _Station | _Section]] = []
        station = section = 0
        for line in plant.lines:
            for stage in line.stages:
                if isinstance(stage, Section):
                    self._units.append((section, _Section(instants, sample)))
                    section, station = section + 1, station + len(stage.stations)
                else:
                    unit = _Station(instants, sample, stage.servers)
                    self._units.append((station, unit))
                    station += 1

    def add(self, slab: Slab) -> None:
        """Add the breaks within a slab."""
        for index, unit in self._units:
            if isinstance(unit, _Section):
                unit.add(slab.sections[index])
            else:
                unit.add(slab.stations[index])

    def shares(self) -> Floats:
        """Return the share of the instants at which each unit ranks first, (L, U)."""
        longest = np.zeros((INSTANTS, self.layout.columns))
        first = np.full(longest.shape, -1)
        for index, (_, unit) in enumerate(self._units):
            unit.close()
            age = unit.breaks.age()
            first[age > longest] = index
            np.maximum(longest, age, out=longest)
        ranks = first == np.arange(len(self._units))[:, None, None]
        shares: Floats = ranks.mean(axis=1).T
        return shares


class _Breaks:
    """The last break before each instant; one more row stands for all later times."""

    def __init__(self, instants: Floats, replications: int) -> None:
        self._instants = instants
        # How many more breaks cover an instant than the one before.
        self._begun = np.zeros((instants.size + 1, replications), dtype=np.int64)
        # The last end of a break since the instant before.
        self._resumed = np.zeros((instants.size + 1, replications))

    def add(self, begin: Floats, end: Floats) -> None:
        """Add breaks [begin, end), (n, R); those of no length are ignored."""
        # A break that has not ended counts, too.
        real = begin < end * (1.0 - TOLERANCE)
        row, column = np.divmod(np.flatnonzero(real), end.shape[1])
        since, until = begin[row, column], end[row, column]
        after = np.searchsorted(self._instants, until)
        np.maximum.at(self._resumed.ravel(), after * end.shape[1] + column, until)
        # Few breaks are long enough to cover an instant.
        some = np.flatnonzero((after > 0) & (since <= self._instants[after - 1]))
        after, column = after[some], column[some]
        np.add.at(self._begun, (np.searchsorted(self._instants, since[some]), column), 1)
        np.subtract.at(self._begun, (after, column), 1)

    def age(self) -> Floats:
        """Return how long the unit has been active at each instant, (INSTANTS, R), s.

        It is 0 if it is not.
        """
        pausing = np.cumsum(self._begun, axis=0)[:-1] > 0
        resumed = np.maximum.accumulate(self._resumed, axis=0)[:-1]
        age: Floats = np.where(pausing, 0.0, self._instants[:, None] - resumed)
        return age


class _Section:
    """A paced section is inactive when it could index but has no part or no place."""

    def __init__(self, instants: Floats, sample: Sample) -> None:
        self._sample = sample
        self.breaks = _Breaks(instants, sample.layout.columns)

    def add(self, record: SectionRecord) -> None:
        """Add the cycles of a slab."""
        of = self._sample.of
        self.breaks.add(np.maximum(of(record.paced), of(record.held)), of(record.end))

    def close(self) -> None:
        """Do nothing: a cycle that does not end is recorded as such."""


class _Station:
    """A server is inactive from the end of one part's work to the start of the next."""

    def __init__(self, instants: Floats, sample: Sample, servers: int) -> None:
        self._sample, replications = sample, sample.layout.columns
        self.breaks = _Breaks(instants, replications)
        self._follower = Follower(servers, replications)
        self._finished = Finished(servers, replications)

    def add(self, record: StationRecord) -> None:
        """Add the parts of a slab."""
        of = self._sample.of
        count, (_, ready, finish) = compact(of(record.start), of(record.ready), of(record.finish))
        departures, _ = compact(of(record.leave))
        before = self._follower.pair(count, self._finished.depart(finish, departures))
        self.breaks.add(before, ready[: len(before)])

    def close(self) -> None:
        """Add the breaks that no next part ended, and those of parts that are still blocked."""
        for idle in (self._follower.waiting, self._finished.staying):
            self.breaks.add(idle, np.full_like(idle, np.inf))
