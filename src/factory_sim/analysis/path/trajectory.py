"""The trajectory of a run: every visit and every cycle, kept for what looks back.

Accounts are reductions of one slab at a time. The critical path is found from the end
of a run backwards, so the records of some replications are kept whole: (n, R) arrays in
order of start (departures: in order of departure), without gaps, +inf where a
replication has no more. What outages took is looked up while the slab is there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.sequence import compact
from factory_sim.engines.record import CAUGHT
from factory_sim.line.plant import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from factory_sim.engines.record import SectionRecord, Slab, StationRecord
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Plant, Station

NUMBER = 8
"""Bytes of a number in a trajectory."""


@dataclass(frozen=True)
class Visits:
    """The visits to one station; rows are parts in order of start.

    Attributes:
        station: Which.
        start: (n, R) when the part moves onto its server, s; for a paced station the
            begin of its cycle.
        ready: (n, R) when components and people are there, s; None if none are needed.
        finish: (n, R) when its work is done, s; None for a paced station.
        leave: (m, R) when a departing part frees its server, s; for a paced station
            None: it leaves as its section moves.
        work: (n, R) processing, s.
        down: (n, R) breakdowns on the busy clock, s; None if there are none.
        failed: (n, R) breakdowns on the calendar clock between ready and finish (paced:
            the end of the cycle), s; None if there are none.
        off: (n, R) seconds off shift between the same; None if never off, or paced.
        off_wait: (n, R) seconds off shift between start and ready of a paced station; None
            if never off, or if it needs no components.
        carried: (n, R) whether work is left over at the end of the cycle; None if that
            cannot be.
        leaver: (m, R) row of the departing part; None if parts depart in order of start.
        setup: (n, R) seconds of processing that are set-up; None if there are none.
        caught: (n, R) whether the inspection here stopped the part; None if there is none.
    """

    station: Station
    start: Floats
    ready: Floats | None
    finish: Floats | None
    leave: Floats | None
    work: Floats
    down: Floats | None
    failed: Floats | None
    off: Floats | None
    off_wait: Floats | None
    carried: Bools | None
    leaver: Ints | None
    setup: Floats | None
    caught: Bools | None


@dataclass(frozen=True)
class Cycles:
    """The cycles of one paced section; rows are cycles.

    Attributes:
        section: Which.
        moves: (n + 1, R) when the section moves, s: cycle i lasts from row i to i + 1.
        paced: (n, R) when the takt alone would have ended the cycle, s.
        held: (n, R) when the slowest station let it end, s.
        holder: (n, R) position of that station.
        off_takt: (n, R) seconds off shift before ``paced``; None if never off.
        off_late: (n, R) seconds off shift from ``paced`` to the end; None likewise.
    """

    section: Section
    moves: Floats
    paced: Floats
    held: Floats
    holder: Ints
    off_takt: Floats | None
    off_late: Floats | None


@dataclass(frozen=True)
class Trajectory:
    """All visits and cycles of R replications.

    Attributes:
        plant: What was simulated.
        draws: With what randomness; gives the replications.
        visits: By name of the station.
        cycles: By name of the section.
    """

    plant: Plant
    draws: Draws
    visits: dict[str, Visits]
    cycles: dict[str, Cycles]


def needs_detail(plant: Plant) -> bool:
    """Return whether the records must say which part took which server."""
    return any(station.servers > 1 for station in plant.stations())


def needs_components(plant: Plant, station: Station) -> bool:
    """Return whether work may have to wait for components or people."""
    return station.operators is not None or bool(plant.feeders(station.name))


def memory(plant: Plant, parts: float) -> float:
    """Return the bytes that the trajectory of one replication takes, about.

    Args:
        plant: What is simulated.
        parts: How many parts pass each station.
    """
    total = 0.0
    for line in plant.lines:
        for stage in line.stages:
            paced = isinstance(stage, Section)
            total += NUMBER * (6 if paced else 0)
            for station in stage.stations if isinstance(stage, Section) else (stage,):
                numbers = 1 if paced else 4
                numbers += needs_components(plant, station) + (station.setup is not None)
                numbers += len({failure.clock for failure in station.failures})
                numbers += (bool(station.calendar.off) and not paced) + (station.servers > 1)
                # Half a number for the pointers of the path, the rest for parts beyond the
                # end, which the batch engine goes to in whole slabs.
                total += NUMBER * (1.5 * numbers + 0.5)
    return total * parts


class Recorder:
    """Keeps the trajectory of a run while its slabs pass by.

    Args:
        plant: What is simulated.
        draws: With what randomness; gives the replications.
    """

    def __init__(self, plant: Plant, draws: Draws) -> None:
        self._plant, self._draws = plant, draws
        names = [station.name for station in plant.stations()]
        self._stations = [_Station(plant, s, paced=paced) for s, paced in _standing(plant)]
        self._sections = [
            (_Section(section), names.index(section.stations[0].name))
            for line in plant.lines
            for section in line.stages
            if isinstance(section, Section)
        ]

    def watch(self, slabs: Iterable[Slab]) -> Iterator[Slab]:
        """Yield slabs as they come, after keeping what the path may ask for.

        Args:
            slabs: The run; with details if ``needs_detail`` says so.
        """
        for slab in slabs:
            for station, record in zip(self._stations, slab.stations, strict=True):
                station.add(record)
            for (section, first), cycles in zip(self._sections, slab.sections, strict=True):
                section.add(cycles, slab.stations[first].outages)
            yield slab

    def trajectory(self) -> Trajectory:
        """Return all that passed by."""
        return Trajectory(
            plant=self._plant,
            draws=self._draws,
            visits={one.station.name: one.visits() for one in self._stations},
            cycles={one.section.name: one.cycles() for one, _ in self._sections},
        )


def collect(plant: Plant, slabs: Iterable[Slab], draws: Draws) -> Trajectory:
    """Return the trajectory of a run from its slabs; see ``Recorder``."""
    recorder = Recorder(plant, draws)
    for _ in recorder.watch(slabs):
        pass
    return recorder.trajectory()


def _standing(plant: Plant) -> list[tuple[Station, bool]]:
    """Return every station in order, and whether it stands in a paced section."""
    return [
        (station, isinstance(stage, Section))
        for line in plant.lines
        for stage in line.stages
        for station in (stage.stations if isinstance(stage, Section) else (stage,))
    ]


def mends(station: Station) -> bool:
    """Return whether repairs in place are part of a station's processing."""
    return station.inspection is not None and station.inspection.then == "in_place"


class _Columns:
    """Arrays that grow slab by slab, each copied: a slab is only valid until the next."""

    def __init__(self) -> None:
        self._rows: dict[str, list[NDArray[np.generic]]] = {}

    def add(self, **arrays: NDArray[np.generic] | None) -> None:
        for name, values in arrays.items():
            if values is not None:
                self._rows.setdefault(name, []).append(values.copy())

    def compacted(self, by: str) -> dict[str, Any]:
        """Return the columns, rows without a part last in each replication."""
        # Each column gives its slabs up as it is put together: only one is there twice.
        whole = {name: np.concatenate(self._rows.pop(name)) for name in [*self._rows]}
        key = whole.pop(by)
        _, (first, *others) = compact(key, *whole.values())
        return {by: first, **dict(zip(whole, others, strict=True))}


class _Station:
    """The records of one station as they come."""

    def __init__(self, plant: Plant, station: Station, *, paced: bool) -> None:
        self.station = station
        self._paced = paced
        self._waits = needs_components(plant, station)
        self._fails = any(failure.clock == "calendar" for failure in station.failures)
        self._starts, self._leaves = _Columns(), _Columns()

    def add(self, record: StationRecord) -> None:
        """Keep what of a slab's record the path may ask for."""
        detail = record.detail
        # A paced station works on during the next cycle; this cycle's share ends with it.
        end = record.leave if self._paced else record.finish
        failed, off = self._lost(record.outages, record.ready, end)
        off_wait = None
        if self._paced and self._waits and self.station.calendar.off:
            off_wait = _between(record.outages.off, record.start, record.ready)
        self._starts.add(
            start=record.start,
            ready=record.ready if self._waits else None,
            finish=None if self._paced else record.finish,
            work=record.work,
            down=record.down,
            failed=failed,
            off=None if self._paced else off,
            off_wait=off_wait,
            carried=record.finish >= record.leave if self.station.window else None,
            setup=record.setup,
            caught=None if record.verdict is None else (record.verdict & CAUGHT) > 0,
        )
        if not self._paced:
            overtakes = self.station.servers > 1
            assert detail is not None or not overtakes
            leaver = detail.leaver[: len(record.leave)] if detail and overtakes else None
            self._leaves.add(leave=record.leave, leaver=leaver)

    def visits(self) -> Visits:
        """Return all that was kept."""
        found = self._starts.compacted("start")
        if not self._paced:
            found |= self._leaves.compacted("leave")
        names = (field.name for field in fields(Visits) if field.name != "station")
        columns: dict[str, Any] = {name: found.get(name) for name in names}
        return Visits(self.station, **columns)

    def _lost(
        self, outages: Outages, begin: Floats, end: Floats
    ) -> tuple[Floats | None, Floats | None]:
        """Return the seconds of each row that breakdowns by calendar and shifts took."""
        off = None
        if self.station.calendar.off and (self._fails or not self._paced):
            off = _between(outages.off, begin, end)
        if not self._fails:
            return None, off
        lost = _between(outages.lost, begin, end)
        return (lost if off is None else lost - off), off


class _Section:
    """The cycles of one section as they come."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._columns = _Columns()

    def add(self, record: SectionRecord, outages: Outages) -> None:
        """Keep a slab's cycles.

        Args:
            record: The cycles.
            outages: Those of the first position; their shifts are the section's.
        """
        shifts = bool(self.section.calendar.off) and bool(len(record.begin))
        self._columns.add(
            begin=record.begin,
            end=record.end,
            paced=record.paced,
            held=record.held,
            holder=record.holder,
            off_takt=_between(outages.off, record.begin, record.paced) if shifts else None,
            off_late=_between(outages.off, record.paced, record.end) if shifts else None,
        )

    def cycles(self) -> Cycles:
        """Return all that was kept."""
        found = self._columns.compacted("begin")
        begin, end = found.pop("begin"), found.pop("end")
        # The cycle that runs at the end of a replication has begun all the same.
        moves = np.concatenate([begin, np.full((1, begin.shape[1]), np.inf)])
        moves[1:] = np.minimum(moves[1:], end)
        hours = {name: found.pop(name, None) for name in ("off_takt", "off_late")}
        return Cycles(self.section, moves, **found, **hours)


def _between(before: Callable[[Floats], Floats], begin: Floats, end: Floats) -> Floats:
    """Return what ``before(t)``, a sum up to t, gains from begin to end; 0 if either is inf."""
    known = np.isfinite(begin) & np.isfinite(end)
    if known.all():
        return before(end) - before(begin)
    if not known.any():
        return np.zeros_like(begin)
    # Empty rows ask about a time that others ask about: the outages know that one still.
    some = begin[known].min()
    first, last = np.where(known, begin, some), np.where(known, end, some)
    return before(last) - before(first)
