"""A whole plant in the batch engine, slab by slab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.chain import ChainStage
from factory_sim.engines.batch.context import Context, Entry, Exit, SectionContext
from factory_sim.engines.batch.flow import Join, Ledger, Source, cargo_rows
from factory_sim.engines.batch.section import SectionStage
from factory_sim.engines.batch.station import StationStage
from factory_sim.line.pace import Pace, attendance
from factory_sim.line.plant import Section, Station, diverts, stations_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from factory_sim.engines.record import Slab, StationRecord
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Line, Plant, Stage

SLAB_ELEMENTS = 1 << 16
"""Parts times replications in a slab: enough rows for accounts in bulk, few enough to keep."""

SLAB_VISITS = 1 << 20
"""Visits in a slab, about. Plants that share their draws keep those of a slab until all have
read them."""

SUMMED_WEIGHT = 1 / 4
"""Weight of a visit that is summed up: only its draws are kept."""

FIRST_REACH = 8
"""Half the rows of the first slab; slabs grow, so that what a short run hands over is small."""

ROWS_BLIND = 8
"""Rows between two looks at whether the run has reached its end. A part may take longer and
longer, where things wear and are never renewed: what lies beyond the end can cost any time."""


def refusal(plant: Plant) -> str | None:
    """Return why the batch engine cannot run a plant, or None if it can."""
    for station in plant.stations():
        if station.inspection is not None and station.inspection.then == "rework":
            back = station.inspection.back_to
            return f"{station.name} sends rework back to {back}, upstream"
        if station.operators is not None:
            return f"{station.name} takes people from the shared pool {station.operators}"
        for failure in station.failures:
            if failure.crew is not None:
                return f"{station.name} waits for the shared repair crew {failure.crew}"
    return None


def run(
    plant: Plant,
    draws: Draws,
    until: float,
    *,
    detailed: Collection[str] = (),
    window: tuple[float, float] | None = None,
    traced: bool = False,
    beside: Sequence[Plant] = (),
) -> Iterator[Slab]:
    """Simulate all replications of a plant and yield what happens, slab by slab.

    Args:
        plant: What to simulate.
        draws: The randomness; gives the replications, R.
        until: Every event before this time, s, is in some slab; later ones may be.
        detailed: Stations at which to record which part took which server.
        window: Begin and end, s, of what the accounts look at. Visits within it are then
            summed up in paced sections where that can be (``SectionRecord.summed``).
        traced: Whether to keep the content of cycles where visits are summed up.
        beside: Plants of the same group (``beside.groups``) that are simulated beside it, on
            the same draws.

    Raises:
        ValueError: If the plant has what this engine cannot express.
    """
    reason = refusal(plant)
    if reason is not None:
        raise ValueError(f"the batch engine cannot run {plant.name}: {reason}")
    plants = (plant, *beside)
    assembled = _Assembled(plants, draws, detailed=detailed, window=window, traced=traced)
    while not assembled.past(until):
        yield assembled.advance(until)
        assembled.forget()


def diverges(plant: Plant) -> bool:
    """Return whether parts can be lost on the way, so that replications drift apart."""
    return any(
        diverts(stage)
        for line in plant.lines
        for stage in line.stages
        if not (line is plant.main and stage is line.stages[-1])
    )


def summed_stations(plant: Plant) -> int:
    """Return how many stations have their visits summed up when a window is given."""
    if diverges(plant):
        return 0
    stages = (stage for line in plant.lines for stage in line.stages)
    return sum(
        len(s.stations)
        for s in stages
        if isinstance(s, Section) and s.uniform and not has_devices(s)
    )


def has_devices(section: Section) -> bool:
    """Return whether devices stop stations of a section: their downtime is counted by visit."""
    return any(failure.of is not None for s in section.stations for failure in s.failures)


def is_in_order(line: Line, section: Section) -> bool:
    """Return whether parts arrive at a section in the order in which they entered their line.

    On parallel servers before it they may overtake each other.
    """
    before = line.stages[: line.stages.index(section)]
    return all(isinstance(stage, Section) or stage.servers == 1 for stage in before)


BatchStage = StationStage | ChainStage | SectionStage


class _Assembled:
    """The stages of a plant, wired by mailboxes, in the order of the flow."""

    def __init__(
        self,
        plants: Sequence[Plant],
        draws: Draws,
        *,
        detailed: Collection[str],
        window: tuple[float, float] | None,
        traced: bool,
    ) -> None:
        plant, replications = plants[0], len(draws.replications)
        self._plants = plants
        self._window, self._traced = window, traced
        self._plant, self._draws = plant, draws
        summed = summed_stations(plant) if window is not None else 0
        weight = len(plant.stations()) - summed + summed * SUMMED_WEIGHT
        rows = min(SLAB_ELEMENTS, SLAB_VISITS / weight)
        # Results of a plant must not depend on the others, not even through the ends of slabs.
        self._rows = int(np.clip(rows // len(draws.one.replications), 32, 256))
        self._reach = FIRST_REACH
        self._in_step = not diverges(plant)
        self._cargo = max(cargo_rows(one, detail=bool(detailed)) for one in plants)
        self._detailed = detailed
        self._ledger = Ledger(replications)
        self._people = attendance(plant, draws)
        self._order: list[Source | BatchStage] = []
        self._lines: dict[str, list[BatchStage]] = {}
        self._add(plant.main, Exit(None, None, self._ledger))
        self._stages = [stage for line in plant.lines for stage in self._lines[line.name]]

    def past(self, until: float) -> bool:
        """Return whether nothing is left to happen on the stages before a time, s."""
        return all(stage.last_leave.min() >= until for stage in self._stages)

    def advance(self, until: float) -> Slab:
        """Fire every stage for some rows, up to a time, s, and return what happened."""
        self._reach = min(2 * self._reach, self._rows)
        for row in range(self._reach):
            if row % ROWS_BLIND == 0 and self.past(until):
                break
            for stage in self._order:
                stage.fire()
        if self.past(until):
            # Orders may arrive faster than parts are made: the rest still waits.
            for source in self._order:
                if isinstance(source, Source):
                    source.queue(until, self._ledger)
        stations: list[StationRecord] = []
        for stage in self._stages:
            stations.extend(stage.records())
        sections = [stage.cycles() for stage in self._stages if isinstance(stage, SectionStage)]
        return self._ledger.hand_over(tuple(stations), tuple(sections))

    def forget(self) -> None:
        """Drop the outages and shifts that every account of the last slab has passed."""
        for stage in self._stages:
            stage.forget()
        if self._people:
            reached = min(float(stage.last_leave.min()) for stage in self._stages)
            for people in self._people:
                people.forget(reached)

    def _add(self, line: Line, end: Exit) -> None:
        """Wire a line from its end, then the feeders that join it."""
        stages: list[BatchStage] = []
        joins: list[tuple[Line, Join]] = []
        ahead = end
        for group in reversed(self._groups(line)):
            made = self._stage(line, group, joins, ahead)
            stages.insert(0, made)
            ahead = Exit(made.inbox, made, end.ledger)
        arrivals = self._plant.arrivals if line is self._plant.main else None
        source = Source(self._plant.orders, arrivals, self._draws, stages[0].inbox)
        self._lines[line.name] = stages
        # Feeders go before the line they join, so that each stage fires once a round.
        self._order = [source, *stages, *self._order]
        for feeder, join in joins:
            self._add(feeder, Exit(join.mailbox, join, None))

    def _variants(self, section: Section) -> list[tuple[Station, ...]]:
        """Return the stations of a section as they are in each of the plants."""
        return [
            stage.stations
            for plant in self._plants
            for line in plant.lines
            for stage in line.stages
            if isinstance(stage, Section) and stage.name == section.name
        ]

    def _join(self, feeder: Line) -> Join:
        return Join(
            feeder,
            len(self._draws.replications),
            in_step=self._in_step,
            cargo=self._cargo,
        )

    def _groups(self, line: Line) -> list[list[Stage]]:
        """Return the stages of a line, those that can form a chain together."""
        groups: list[list[Stage]] = []
        for stage in line.stages:
            if groups and self._chains(groups[-1][-1]) and self._chains(stage) and stage.buffer:
                groups[-1].append(stage)
            else:
                groups.append([stage])
        return groups

    def _chains(self, stage: Stage) -> bool:
        """Return whether a stage can be part of a chain."""
        return self._in_step and (
            isinstance(stage, Station) and stage.servers == 1 and not diverts(stage)
        )

    def _stage(
        self, line: Line, group: list[Stage], joins: list[tuple[Line, Join]], ahead: Exit
    ) -> BatchStage:
        """Make one stage and the joins of its feeders, which are added to ``joins``."""
        stage = group[0]
        stations = tuple(station for one in group for station in stations_of(one))
        here = [
            (position, feeder, self._join(feeder))
            for position, station in enumerate(stations)
            for feeder in self._plant.feeders(station.name)
        ]
        joins.extend((feeder, join) for _, feeder, join in here)
        first = stage is line.stages[0]
        enters = first and line is self._plant.main
        context = Context(
            draws=self._draws,
            pace=Pace(stations, self._people, self._draws),
            joins=[(position, join) for position, _, join in here],
            entry=Entry(self._ledger, self._plant.arrivals is None) if enters else None,
            exit=ahead,
            first=first,
            in_step=self._in_step,
            rows=self._rows,
            cargo=self._cargo,
            detail=any(station.name in self._detailed for station in stations),
        )
        if isinstance(stage, Section):
            plan = SectionContext(
                variants=self._variants(stage),
                orders=self._plant.orders,
                ordered=is_in_order(line, stage),
                window=None if has_devices(stage) else self._window,
                traced=self._traced,
            )
            return SectionStage(stage, context, plan)
        if self._chains(stage):
            return ChainStage(stations, context)
        return StationStage(stage, context)
