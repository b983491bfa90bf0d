"""Laws that every run must obey, checked on every run.

The audit reads the same records as the accounts but is independent of them: it takes the
numbers of servers and places from the plant, not from the engine.

    order      start <= ready <= finish, and no part leaves before it is finished
    servers    a part starts on a server that the part before has left
    places     a part leaves only when there is a place at the next station
    work       the time on the server is work, repair and outages, and nothing else
    parts      what entered has left or is in the plant, at one of its places
    clock      the states of every server fill the window exactly
    Little     the mean number of parts fits throughput and lead time

Laws about single parts are checked in the first ``SAMPLE`` replications of a tile, laws
about the whole window in all of them. A broken law is an error of the program; such a run must
never be taken for a result.

Source: Little (1961), "A proof for the queuing formula L = lambda W", Operations
Research 9(3), 383-387, in its sample-path form with the ends of the window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from factory_sim.analysis.breach import TOLERANCE
from factory_sim.analysis.cycle_laws import CycleLaws, at_the_ends
from factory_sim.analysis.place_laws import most_parts, place_laws
from factory_sim.analysis.station_laws import StationLaws

if TYPE_CHECKING:
    from collections.abc import Iterable

    from factory_sim.analysis.layout import Layout
    from factory_sim.engines.record import Slab, StationRecord
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant

SAMPLE = 64
"""Replications in which every part is checked; a wrong engine errs in all of them."""


@dataclass(frozen=True)
class Finding:
    """A law that does not hold.

    Attributes:
        law: What is wrong.
        first: When it was broken first, s; None for a law on the whole window.
    """

    law: str
    first: float | None = None

    @property
    def text(self) -> str:
        """What is wrong, and since when."""
        return self.law if self.first is None else f"{self.law} (first at {self.first:.6g} s)"


class Claims(Protocol):
    """The figures of a run that the audit checks; see the accounts for their meaning."""

    @property
    def delivered(self) -> Floats:
        """(R,) parts delivered in the window."""

    @property
    def states(self) -> Floats:
        """(R, S, 6) shares of the window."""

    @property
    def processed(self) -> Floats:
        """(R, S) parts finished in the window."""

    @property
    def wip(self) -> Floats:
        """(R,) mean number of parts in the main line."""

    @property
    def lead_time(self) -> Floats:
        """(R,) mean time in the main line, s."""


class Audit:
    """The laws of one run, checked slab by slab.

    Args:
        plant: What was simulated.
        begin: Start of the window, s.
        end: End of the window, s.
        layout: The columns of its replications, and of those of plants simulated beside it.
    """

    def __init__(self, plant: Plant, begin: float, end: float, layout: Layout) -> None:
        self._begin, self._end = begin, end
        self._layout, self._sample = layout, layout.sample(SAMPLE)
        at, checked = self._sample.columns, self._sample.layout.columns
        self._stations = [StationLaws(s, at, checked) for s in plant.stations()]
        self._least, self._utmost = np.zeros((2, len(self._stations), checked))
        names = [s.name for s in plant.stations()]
        self._cycles = [
            (names.index(s.stations[0].name), CycleLaws(s.name, begin, end, self._sample))
            for s in plant.sections()
        ]
        self._paced = {station.name for s in plant.sections() for station in s.stations}
        self._places = place_laws(plant, checked)
        self._most = most_parts(plant.main) if plant.arrivals is None else np.inf
        self._flow = np.zeros((3, 2, layout.columns))
        self._broken: list[dict[str, float]] = [{} for _ in range(layout.plants)]

    def add(self, slab: Slab) -> None:
        """Check a slab."""
        records: dict[str, StationRecord] = {}
        for number, whole in enumerate(slab.stations):
            if whole.summed:
                continue
            record = self._of_sample(whole)
            records[record.station.name] = record
            paced = record.station.name in self._paced
            self._note(self._stations[number].broken(record, paced=paced))
            late = record.finish > self._begin
            finished = np.count_nonzero(late & (record.finish <= self._end), axis=0)
            self._least[number] += finished
            self._utmost[number] += finished
        self._add_cycles(slab, records)
        for place in self._places:
            self._note(place.broken(records))
        for kind, times in enumerate((slab.entered, slab.delivered, slab.scrapped)):
            for edge, at in enumerate((self._begin, self._end)):
                self._flow[kind, edge] += (times <= at).sum(axis=0)

    def _add_cycles(self, slab: Slab, records: dict[str, StationRecord]) -> None:
        """Check the cycles of sections whose visits are summed up."""
        for (first, laws), cycles in zip(self._cycles, slab.sections, strict=True):
            if not cycles.summed:
                continue
            self._note(laws.broken(cycles))
            here = slice(first, first + len(cycles.section.stations))
            for bound, counts in zip((self._least, self._utmost), laws.passed(cycles), strict=True):
                bound[here] += counts
            if self._places:
                ends = at_the_ends(cycles, slab.stations[here])
                records.update({name: self._of_sample(record) for name, record in ends.items()})

    def _of_sample(self, record: StationRecord) -> StationRecord:
        """Return the record of the replications that are checked part by part."""
        of = self._sample.of
        return replace(
            record,
            start=of(record.start),
            ready=of(record.ready),
            finish=of(record.finish),
            leave=of(record.leave),
            work=of(record.work),
            down=None if record.down is None else of(record.down),
        )

    def _note(self, broken: Iterable[tuple[str, int, float]]) -> None:
        for law, column, at in broken:
            self._broken[column // self._sample.replications].setdefault(law, at)

    def findings(self, plant: int, accounts: Claims, longest: Floats) -> tuple[Finding, ...]:
        """Return what is wrong with the run of one of the plants and its accounts.

        Args:
            plant: Its index among the plants.
            accounts: The accounts of the run.
            longest: (R,) longest lead time of the parts delivered in the window, s.
        """
        found: list[str] = []
        entered, left, scrapped = self._flow[:, :, self._layout.of(plant)]
        inside = entered - left - scrapped
        if inside.min() < 0:
            found.append("parts: more parts left the plant than entered it")
        if inside.max() > self._most:
            found.append("parts: more parts are in the plant than it has places")
        if not np.array_equal(left[1] - left[0], accounts.delivered):
            found.append("parts: the deliveries do not match the window")
        checked = self._sample.layout.of(plant)
        least, utmost = self._least[:, checked], self._utmost[:, checked]
        processed = accounts.processed[: self._sample.replications].T
        if not ((least <= processed) & (processed <= utmost)).all():
            found.append("parts: the parts finished at a station do not match the window")
        sums = accounts.states.sum(axis=2)
        if np.abs(sums - 1).max() > TOLERANCE or accounts.states.min() < -TOLERANCE:
            found.append("clock: the states of a station do not fill the window")
        # Parts on the way at an end of the window spend only a part of their time in it.
        span = self._end - self._begin
        spent = accounts.delivered * np.nan_to_num(accounts.lead_time)
        scrap_time = (scrapped[1] - scrapped[0]) * span  # at most
        slack = inside.sum(axis=0) * np.maximum(longest, span) + scrap_time
        if (np.abs(accounts.wip * span - spent) > slack + TOLERANCE * (1 + spent)).any():
            found.append("Little: work in process, throughput and lead time do not fit")
        broken = (Finding(law, at) for law, at in self._broken[plant].items())
        return (*broken, *map(Finding, found))
