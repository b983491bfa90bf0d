"""The plant put together from its stages, and one replication of it."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.record import Slab
from factory_sim.engines.reference.availability import Availability, Renewal
from factory_sim.engines.reference.clock import Clock, Pool
from factory_sim.engines.reference.deadlock import Deadlock
from factory_sim.engines.reference.ends import Delivery, Join, Scrap
from factory_sim.engines.reference.log import Ledger, column
from factory_sim.engines.reference.readings import (
    Quantities,
    Uniforms,
    by_part,
    in_growing_portions,
)
from factory_sim.engines.reference.section import PacedStage
from factory_sim.engines.reference.source import follow_orders, intervals, models, saturate
from factory_sim.engines.reference.station import AsynchronousStage, RepairShop, ReturnLane
from factory_sim.engines.reference.wear import MaintainedMode, Mode, Wear
from factory_sim.engines.reference.workplace import Sources, Workplace
from factory_sim.line.lives import Lives
from factory_sim.line.outages import Outages
from factory_sim.line.pace import Attendance, Pace, attendance, draw_factor, learned
from factory_sim.line.plant import Section
from factory_sim.line.renewals import FAR
from factory_sim.line.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.engines.reference.flow import Stage
    from factory_sim.line.draws import Draws
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Line, Plant, Station
    from factory_sim.line.responses import Response

PATIENCE = 10.0
"""How many times as long as asked a run goes on at most, so that work that has begun is
finished."""


@dataclass
class Floor:
    """What the lines of a plant share in one replication, and what stands there.

    Attributes:
        plant: What is simulated.
        draws: The randomness of one replication.
        clock: Simulated time.
        pools: The shared people, by name.
        groups: Who is there in each staffing group.
        joins: The end of each feeder, by its name.
        ledger: What enters and leaves the main line.
        workplaces: All stations, in the order of ``Plant.stations()``.
        sections: All paced sections, main line first.
    """

    plant: Plant
    draws: Draws
    clock: Clock
    pools: dict[str, Pool]
    groups: tuple[Attendance, ...]
    joins: dict[str, Join]
    ledger: Ledger
    workplaces: list[Workplace] = field(default_factory=list)
    sections: list[tuple[Section, PacedStage]] = field(default_factory=list)


def run(plant: Plant, draws: Draws, until: float, *, finish: bool = False) -> Slab:
    """Simulate one replication of a plant from empty and free at time 0.

    Args:
        plant: What is simulated.
        draws: The randomness of exactly one replication.
        until: Time to stop at, s, greater than 0.
        finish: Whether to go on until all work that has begun by then, and at that moment,
            is finished; up to ``PATIENCE`` times as long.

    Returns:
        All that started before the run stopped, arrays (n, 1). An event that had not
        happened by then is +inf: one at ``until`` or beyond, if work is not finished.

    Raises:
        ValueError: If the draws are of more than one replication or none, or if the
            plant asks for what a paced section cannot do.
        Deadlock: If the parts of a rework loop wait for each other for ever before ``until``.
    """
    if len(draws.replications) != 1:
        raise ValueError(
            f"the reference engine simulates one replication at a time "
            f"(got {len(draws.replications)}); call it once for each"
        )
    clock = Clock()
    floor = Floor(
        plant=plant,
        draws=draws,
        clock=clock,
        pools={name: Pool(clock, people) for name, people in plant.pools.items()},
        groups=attendance(plant, draws),
        joins={line.name: Join(clock, line.buffer, line.transport) for line in plant.lines},
        ledger=Ledger(),
    )
    for line in plant.lines:
        _build(floor, line)
    clock.run(until)
    if finish:
        _finish(floor, until)
    return _slab(floor)


def _build(floor: Floor, line: Line) -> None:
    """Set up the stages of a line, connect them and let the parts come."""
    main = line is floor.plant.main
    # Units that leave a feeder by the side, even repaired ones, are not the plant's
    # output, and the join takes the next good one: their ledger is nobody's.
    ledger = floor.ledger if main else Ledger()
    end: Stage = Delivery(floor.clock, ledger) if main else floor.joins[line.name]
    stages: list[AsynchronousStage | PacedStage] = []
    for number, stage in enumerate(line.stages):
        if isinstance(stage, Section):
            stages.append(_paced(floor, stage, first=number == 0))
        else:
            place = _workplace(floor, stage)
            stages.append(AsynchronousStage(floor.clock, place, first=number == 0))
    for stage_here, onward in zip(stages, [*stages[1:], end], strict=True):
        stage_here.onward = onward
    _divert(floor, line, stages, ledger)
    sequence = models(floor.plant.orders, floor.draws)
    if main and floor.plant.arrivals is not None:
        gaps = intervals(floor.draws, floor.plant.arrivals)
        source = follow_orders(floor.clock, sequence, stages[0], ledger.entered, gaps)
    else:
        source = saturate(floor.clock, sequence, stages[0], ledger.entered)
    floor.clock.process(source)


def _divert(
    floor: Floor, line: Line, stages: list[AsynchronousStage | PacedStage], ledger: Ledger
) -> None:
    """Say where the parts go that an inspection takes out of the flow."""
    standing = {s.names[0]: s for s in stages if isinstance(s, AsynchronousStage)}
    loops = False
    lanes: list[ReturnLane] = []
    for station in line.stations():
        inspection = station.inspection
        if inspection is None or inspection.then == "in_place":
            continue
        if station.name not in standing:
            raise ValueError(
                f"{station.name} stands in a paced section, from where no part can be taken "
                f"out: inspection.then must be in_place (got {inspection.then})"
            )
        stage = standing[station.name]
        if inspection.then == "rework":
            assert inspection.back_to is not None
            target = standing[inspection.back_to]
            stage.aside = target
            if inspection.buffer:
                stage.aside = ReturnLane(floor.clock, station.name, inspection.buffer, target)
                lanes.append(stage.aside)
            loops = True
        elif inspection.then == "scrap":
            stage.aside = Scrap(floor.clock, ledger)
        else:
            shifts = Availability(floor.clock, station.calendar)
            repaired = Delivery(floor.clock, ledger)
            stage.aside = RepairShop(floor.clock, inspection.servers, shifts, repaired)
    if loops:
        circuit = [*stages, *lanes]
        for holder in circuit:
            holder.circuit = circuit


def _paced(floor: Floor, section: Section, *, first: bool) -> PacedStage:
    """Set up a paced section."""
    conveyor = Availability(floor.clock, section.calendar)
    workplaces = [_workplace(floor, station) for station in section.stations]
    stage = PacedStage(floor.clock, section, conveyor, workplaces, first=first)
    floor.sections.append((section, stage))
    return stage


def _workplace(floor: Floor, station: Station) -> Workplace:
    """Set up a station with all that it needs."""
    renewals = [
        Renewal(f, *_lives(floor, station, f), _people(floor, f.crew))
        for f in station.failures
        if f.clock == "calendar"
    ]
    modes = [
        _mode(floor, station, number)
        for number, f in enumerate(station.failures)
        if f.clock == "busy"
    ]
    workplace = Workplace(
        floor.clock,
        station,
        sources=_sources(floor, station),
        availability=Availability(floor.clock, station.calendar, renewals),
        renewals=renewals,
        wear=Wear(modes),
        joins=[floor.joins[feeder.name] for feeder in floor.plant.feeders(station.name)],
        operators=_people(floor, station.operators),
        pace=Pace([station], floor.groups, floor.draws),
    )
    floor.workplaces.append(workplace)
    return workplace


def _sources(floor: Floor, station: Station) -> Sources:
    """Return what a station draws."""
    draws, name, inspection = floor.draws, station.name, station.inspection
    repair = None if inspection is None else inspection.repair
    tool, learning, rarer = station.tool_change, station.learning, station.defect_learning
    return Sources(
        work=Quantities(draws, name, "work", station.work),
        experience=None if learning is None else by_part(partial(learned, learning)),
        tool=Quantities(draws, name, "tool", [tool.takes]) if tool is not None else None,
        defect=Uniforms(draws, name, "defect") if station.defect_rate > 0 else None,
        rarity=None if rarer is None else by_part(partial(draw_factor, rarer)),
        inspection=Uniforms(draws, name, "inspection") if inspection is not None else None,
        repair=Quantities(draws, name, "repair", [repair]) if repair is not None else None,
    )


def _mode(floor: Floor, station: Station, number: int) -> Mode | MaintainedMode:
    """Return one of the failures of a station as what ages with its work."""
    failure = station.failures[number]
    lives, responses, age = _lives(floor, station, failure)
    crew = _people(floor, failure.crew)
    if failure.maintained:
        return MaintainedMode(number, failure, station.calendar, lives, responses, age, crew)
    return Mode(
        number, lives, (float(response.takes) for response in responses), crew, failure.growth
    )


def _lives(
    floor: Floor, station: Station, failure: Failure
) -> tuple[Iterator[float], Iterator[Response], float]:
    """Return the lives of a failure mode, s, the response to each, and its age at time 0, s."""
    lives = Lives(station.name, failure, floor.draws)
    responses = Responses(station.name, failure, floor.draws)
    return (
        in_growing_portions(lambda n: lives.next(n)[:, 0].tolist()),
        in_growing_portions(lambda n: responses.next(n).per_life()),
        float(lives.age[0]),
    )


def _people(floor: Floor, name: str | None) -> Pool | None:
    """Return the shared people of a name, or None where none are needed."""
    return None if name is None else floor.pools[name]


def _finish(floor: Floor, until: float) -> None:
    """Let the events at a time happen, s, and go on until all work that has begun is finished."""
    clock = floor.clock

    def step() -> None:
        # Parts that come to wait for each other for ever only now are no matter of the run.
        with suppress(Deadlock):
            clock.step()

    while clock.peek() <= until:
        step()
    # A repair that waits for people who see to others first may never end, nor may a section
    # that nobody takes parts from, while orders go on to arrive.
    last = PATIENCE * until
    begun = [(place.log, row) for place in floor.workplaces for row in place.log.under_way()]
    for log, row in begun:
        while log.finish[row] == math.inf and clock.peek() < last:
            step()


def _outages(floor: Floor, workplace: Workplace) -> Outages:
    """Return when a station was not available, with repairs that waited as they were."""
    station, renewals = workplace.station, workplace.renewals
    if not any(renewal.has_crew for renewal in renewals):
        return Outages(station, floor.draws)
    # A failure that is not repaired at the end of the run has no end yet.
    spans = [
        np.stack(
            [column(mode.begins), column([*mode.ends, FAR][: len(mode.begins)]), column(mode.seen)]
        )
        for mode in renewals
    ]
    return Outages.fixed(station, floor.draws, spans)


def _slab(floor: Floor) -> Slab:
    """Return what was written down."""
    ledger = floor.ledger
    return Slab(
        stations=tuple(
            place.log.record(place.station, _outages(floor, place)) for place in floor.workplaces
        ),
        sections=tuple(stage.log.record(section) for section, stage in floor.sections),
        entered=column(ledger.entered),
        delivered=column(ledger.delivered),
        born=column(ledger.born),
        touched=np.array(ledger.touched, dtype=np.bool_).reshape(-1, 1),
        scrapped=column(ledger.scrapped),
    )
