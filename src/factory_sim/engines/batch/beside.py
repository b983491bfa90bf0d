"""Plants that differ only in what stands in their paced sections, simulated as one.

Levels of automation change how long the stations of a section take, how they fail and what
they spoil; how parts move is the same. So the replications of all such plants advance
together, as columns: what a cycle costs beyond its arithmetic is paid once, and what a kind
of station draws is made once for all plants in which it stands. A plant comes to the same
as alone, to the bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.engines.batch.run import diverges, has_devices, run
from factory_sim.engines.record import SectionSums
from factory_sim.line.outages import OutagesOfSome
from factory_sim.line.plant import Section, Station
from factory_sim.line.side_by_side import SideBySide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from factory_sim.engines.record import SectionEdges, SectionRecord, Slab, StationRecord
    from factory_sim.line.draws import Draws
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Plant, Stage

    Anything = NDArray[Any]

NOTHING = Station("", work=())
"""What takes the place of what a station may differ in."""

PASSIVE = ("crew", "automated", "operations", "hand_content")
"""What no event depends on."""

MADE_AHEAD = ("work", "failures", "defect_rate", "learning", "defect_learning")
"""What is made ahead of the cycles of a section, kind by kind of its stations."""


def run_beside(
    plants: Sequence[Plant], draws: Draws, until: float, window: tuple[float, float]
) -> Iterator[tuple[Slab, ...]]:
    """Simulate plants that are all alike and yield what happens in each, slab by slab.

    Args:
        plants: What to simulate.
        draws: The randomness, the same for each; gives the replications.
        until: As in ``run``.
        window: Likewise.
    """
    if len(plants) == 1:
        yield from ((slab,) for slab in run(plants[0], draws, until, window=window))
        return
    wide = SideBySide(draws, len(plants))
    apart = _Apart(plants, len(draws.replications))
    for slab in run(plants[0], wide, until, window=window, beside=plants[1:]):
        yield apart(slab)


def groups(plants: Sequence[Plant]) -> list[list[int]]:
    """Return the places of plants, those together that can be simulated beside each other."""
    found: list[tuple[Plant | None, list[int]]] = []
    for place, plant in enumerate(plants):
        common = _common(plant) if _known_ahead(plant) else None
        same = (places for known, places in found if known is not None and known == common)
        together = next(same, None)
        if together is None:
            found.append((common, [place]))
        else:
            together.append(place)
    return [places for _, places in found]


def _common(plant: Plant) -> Plant:
    """Return a plant without what plants beside each other may differ in."""

    def common(stage: Stage) -> Stage:
        if isinstance(stage, Section):
            stations = (_without(s, (*PASSIVE, *MADE_AHEAD)) for s in stage.stations)
            return replace(stage, stations=tuple(stations))
        return _without(stage, PASSIVE)

    lines = (replace(line, stages=tuple(map(common, line.stages))) for line in plant.lines)
    return replace(plant, name="", lines=tuple(lines))


def _without(station: Station, names: Sequence[str]) -> Station:
    return replace(station, **{name: getattr(NOTHING, name) for name in names})


def _known_ahead(plant: Plant) -> bool:
    """Return whether all that alike plants differ in can be made ahead."""
    sections = list(plant.sections())
    if diverges(plant) or plant.staffing or not sections:
        return False
    return all(
        section.uniform
        and not has_devices(section)
        and _in_order(plant, section)
        and not any(map(_depends_on_the_moment, section.stations))
        for section in sections
    )


def _in_order(plant: Plant, section: Section) -> bool:
    """Return whether parts come to a section in the order in which they were made."""
    (line,) = (line for line in plant.lines if section in line.stages)
    before = line.stages[: line.stages.index(section)]
    return all(isinstance(stage, Section) or stage.servers == 1 for stage in before)


def _depends_on_the_moment(station: Station) -> bool:
    """Return whether what a visit takes, or when it is struck, is more than its draws say."""
    varies = station.setup or station.tool_change or station.fatigue or station.defect_fatigue
    repairs = station.inspection is not None and station.failures
    return bool(varies or station.slowing or repairs)


class _Apart:
    """Takes the slabs of plants side by side apart.

    Args:
        plants: Which.
        replications: R of each.
    """

    def __init__(self, plants: Sequence[Plant], replications: int) -> None:
        self._stations = [plant.stations() for plant in plants]
        self._sections = [tuple(plant.sections()) for plant in plants]
        self._columns = [
            slice(first, first + replications)
            for first in range(0, replications * len(plants), replications)
        ]
        self._outages: dict[int, list[OutagesOfSome]] = {}
        # What is not told slab after slab is the same record each time.
        self._last: dict[int, tuple[StationRecord, list[StationRecord]]] = {}

    def __call__(self, slab: Slab) -> tuple[Slab, ...]:
        """Return what a slab says of each plant."""
        stations = [self._records(*numbered) for numbered in enumerate(slab.stations)]
        return tuple(
            replace(
                slab,
                stations=tuple(records[plant] for records in stations),
                sections=tuple(
                    _of_section(record, section, at)
                    for record, section in zip(slab.sections, self._sections[plant], strict=True)
                ),
                entered=slab.entered[:, at],
                delivered=slab.delivered[:, at],
                born=slab.born[:, at],
                touched=slab.touched[:, at],
                scrapped=slab.scrapped[:, at],
            )
            for plant, at in enumerate(self._columns)
        )

    def _records(self, number: int, record: StationRecord) -> list[StationRecord]:
        """Return what the record of a station says of each plant."""
        if number not in self._last or self._last[number][0] is not record:
            known = id(record.outages)
            if known not in self._outages:
                self._outages[known] = [OutagesOfSome(record.outages, at) for at in self._columns]
            records = [
                _of_station(record, stations[number], outages, at)
                for stations, outages, at in zip(
                    self._stations, self._outages[known], self._columns, strict=True
                )
            ]
            self._last[number] = record, records
        return self._last[number][1]


def _of_station(
    record: StationRecord, station: Station, outages: Outages, at: slice
) -> StationRecord:
    """Return what the record of a station says of one plant, given as its columns."""
    strikes = record.strikes
    if strikes is not None:
        replication = strikes.replication
        strikes = strikes.chosen((replication >= at.start) & (replication < at.stop))
        strikes = replace(strikes, replication=strikes.replication - at.start)
    return replace(
        record,
        station=station,
        outages=outages,
        strikes=strikes,
        start=record.start[:, at],
        ready=record.ready[:, at],
        finish=record.finish[:, at],
        leave=record.leave[:, at],
        work=record.work[:, at],
        down=_some(record.down, at),
        setup=_some(record.setup, at),
        failures=_some(record.failures, at),
        verdict=_some(record.verdict, at),
        seen=_some(record.seen, at),
        planned=_some(record.planned, at),
    )


def _some(values: Anything | None, at: slice) -> Anything | None:
    return None if values is None else values[:, at]


def _of_section(record: SectionRecord, section: Section, at: slice) -> SectionRecord:
    """Return what the record of a section says of one plant, given as its columns."""
    sums = record.sums
    if sums is not None:
        sums = SectionSums(**{name: values[:, at] for name, values in vars(sums).items()})
    return replace(
        record,
        section=section,
        sums=sums,
        begin=record.begin[:, at],
        end=record.end[:, at],
        paced=record.paced[:, at],
        held=record.held[:, at],
        holder=record.holder[:, at],
        joined=tuple((place, since[:, at]) for place, since in record.joined),
        edges=tuple(mine for edges in record.edges for mine in _of_edges(edges, at)),
    )


def _of_edges(edges: SectionEdges, at: slice) -> list[SectionEdges]:
    """Return those of one plant, given as its columns, if there are any."""
    some = np.flatnonzero((edges.replication >= at.start) & (edges.replication < at.stop))
    if not some.size:
        return []
    chosen = edges.chosen(some)
    return [replace(chosen, replication=chosen.replication - at.start)]
