"""Keeps the trajectory of a run while its slabs pass by.

The time lost to outages is looked up while the slab is at hand.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.path.trajectory import Cycles, Trajectory, Visits, needs_components
from factory_sim.analysis.sequence import compact
from factory_sim.engines.record import CAUGHT
from factory_sim.line.plant import Section, stations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from factory_sim.engines.record import SectionRecord, Slab, StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Plant, Station


class Recorder:
    """Keeps the trajectory of a run while its slabs pass by.

    Args:
        plant: What is simulated.
        draws: The random draws; they determine the replications.
    """

    def __init__(self, plant: Plant, draws: Draws) -> None:
        self._plant, self._draws = plant, draws
        names = [station.name for station in plant.stations()]
        self._stations = [_Station(plant, s, paced=paced) for s, paced in _standing(plant)]
        self._sections = [
            (_Section(plant, section), names.index(section.stations[0].name))
            for section in plant.sections()
        ]

    def watch(self, slabs: Iterable[Slab]) -> Iterator[Slab]:
        """Yield slabs as they come, after recording what the path may need.

        Args:
            slabs: The run; with details at the stations of ``overtaken``, and with traces where
                visits are summed up.
        """
        for slab in slabs:
            for station, record in zip(self._stations, slab.stations, strict=True):
                if not record.summed:
                    station.add(record)
            for (section, first), cycles in zip(self._sections, slab.sections, strict=True):
                section.add(cycles, slab.stations[first].outages)
            yield slab

    def trajectory(self) -> Trajectory:
        """Return everything recorded."""
        cycles = {one.section.name: one.cycles() for one, _ in self._sections}
        visits: dict[str, Visits] = {}
        for section, _ in self._sections:
            if section.traces is not None:
                visits |= section.traces.visits(cycles[section.section.name].moves[:-1])
        for station in self._stations:
            if station.station.name not in visits:
                visits[station.station.name] = station.visits()
        return Trajectory(self._plant, self._draws, visits, cycles)


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
        for station in stations_of(stage)
    ]


class _Columns:
    """Arrays that grow slab by slab, each copied: a slab is only valid until the next."""

    def __init__(self) -> None:
        self._rows: dict[str, list[NDArray[np.generic]]] = {}

    def add(self, **arrays: NDArray[np.generic] | None) -> None:
        for name, values in arrays.items():
            if values is not None:
                self._rows.setdefault(name, []).append(values.copy())

    def whole(self) -> dict[str, Any]:
        """Return the columns."""
        # Column by column the slabs are released: memory holds only one column twice.
        return {name: np.concatenate(self._rows.pop(name)) for name in [*self._rows]}

    def compacted(self, by: str) -> dict[str, Any]:
        """Return the columns, rows without a part last in each replication."""
        whole = self.whole()
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
        """Record what the path may need of a slab."""
        detail = record.detail
        # A paced station may continue work in the next cycle; this cycle's share ends with it.
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
        """Return everything recorded here."""
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
    """The cycles of one section as they come.

    Attributes:
        section: Which.
        traces: What was recorded per cycle; None where every visit is recorded.
    """

    def __init__(self, plant: Plant, section: Section) -> None:
        self.section = section
        self.traces: _Traces | None = None
        self._plant, self._columns = plant, _Columns()

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
        if record.summed:
            if self.traces is None:
                self.traces = _Traces(self._plant, self.section)
            self.traces.add(record, outages)

    def cycles(self) -> Cycles:
        """Return all cycles."""
        found = self._columns.compacted("begin")
        begin, end = found.pop("begin"), found.pop("end")
        # The cycle under way at the end of a replication has begun all the same.
        moves = np.concatenate([begin, np.full((1, begin.shape[1]), np.inf)])
        moves[1:] = np.minimum(moves[1:], end)
        hours = {name: found.pop(name, None) for name in ("off_takt", "off_late")}
        return Cycles(self.section, moves, **found, **hours)


class _Traces:
    """Records of the cycles of a section as they come, where its visits are summed up."""

    def __init__(self, plant: Plant, section: Section) -> None:
        self._stations, self._shifts = section.stations, bool(section.calendar.off)
        self._cycles = _Columns()
        self._joined = {
            place: _Columns()
            for place, station in enumerate(section.stations)
            if needs_components(plant, station)
        }
        self._struck: list[tuple[Ints, Ints, Ints, Floats]] = []
        self._rows = 0

    def add(self, record: SectionRecord, outages: Outages) -> None:
        """Record a slab's cycles; see ``_Section``."""
        trace = record.trace
        assert trace is not None, "visits are summed up and not traced"
        caught = {f"caught {place}": found for place, found in trace.caught}
        self._cycles.add(work=trace.work, carried=trace.carried, setup=trace.setup, **caught)
        row, position, replication, seconds = trace.struck
        self._struck.append((row + self._rows, position, replication, seconds))
        self._rows += len(trace.work)
        for place, ready in record.joined:
            # The cycles before a part reached the place are left out.
            begin = record.begin[len(record.begin) - len(ready) :]
            off = _between(outages.off, begin, ready) if self._shifts else None
            self._joined[place].add(ready=ready, off_wait=off)

    def visits(self, begin: Floats) -> dict[str, Visits]:
        """Return the visits to each station, of cycles that begin at (n, R), s."""
        found = self._cycles.whole()
        joined = {place: columns.whole() for place, columns in self._joined.items()}
        down = np.zeros(found["work"].shape)  # few parts fail: most of it is never touched
        row, *where, seconds = (np.concatenate(each) for each in zip(*self._struck, strict=True))
        down[row, *where] = seconds

        def of(name: str, position: int) -> Any:
            return found[name][position:, position] if name in found else None

        return {
            station.name: Visits(
                station,
                start=begin[position:],
                ready=joined.get(position, {}).get("ready"),
                finish=None,
                leave=None,
                work=of("work", position),
                down=down[position:, position] if station.failures else None,
                failed=None,
                off=None,
                off_wait=joined.get(position, {}).get("off_wait"),
                carried=of("carried", position) if station.window else None,
                leaver=None,
                setup=of("setup", position),
                caught=found[f"caught {position}"][position:] if station.inspection else None,
            )
            for position, station in enumerate(self._stations)
        }


def _between(before: Callable[[Floats], Floats], begin: Floats, end: Floats) -> Floats:
    """Return the increase of ``before(t)``, a sum up to t, from start to end; 0 if one is inf."""
    known = np.isfinite(begin) & np.isfinite(end)
    if known.all():
        return before(end) - before(begin)
    if not known.any():
        return np.zeros_like(begin)
    # Empty rows get the time of another row, which the outages still remember.
    some = begin[known].min()
    first, last = np.where(known, begin, some), np.where(known, end, some)
    return before(last) - before(first)
