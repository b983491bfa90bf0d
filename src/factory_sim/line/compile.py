"""From a scenario to a plant: templates written out, variants chosen, times in seconds.

Names carry all identity: the order of keys, lines and templates in the file moves
no draw, and a station compiles to the same data whatever stands around it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from factory_sim.line import devices, plant, realism, upkeep
from factory_sim.line.calendars import ALWAYS_OPEN, Calendar, Interval
from factory_sim.scenario import automation
from factory_sim.scenario.readers import DAY, DAYS, WEEK
from factory_sim.scenario.shifts import union, within_week
from factory_sim.scenario.station import Section, Station

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.line.detection import Detection
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.lines import Line
    from factory_sim.scenario.orders import Orders
    from factory_sim.scenario.shifts import Span
    from factory_sim.scenario.station import Camera, Inspection, Setup


def compile_plant(
    scenario: Scenario, *, level: float | None = None, detection: Detection | None = None
) -> plant.Plant:
    """Return the plant that a scenario describes, at a level of automation.

    Args:
        scenario: The validated scenario.
        level: Share in [0, 1] that is automated; None is the level of the plan. A
            scenario without a plan takes None only, and works by hand where it can.
        detection: How late the twin sees failures by each class of devices; None is the
            delay that ``monitoring`` states.

    Raises:
        ScenarioError: If the plan cannot reach the level, or there is no plan.
    """
    one_way = automation.apply(scenario, level)
    arrivals = scenario.arrivals
    attached = devices.attached(devices.compile_fleet(scenario))
    lines = tuple(
        _with_devices(_line(one_way, name, line), attached) for name, line in one_way.flow.items()
    )
    return plant.Plant(
        name=scenario.name,
        lines=upkeep.maintained(scenario, lines, detection),
        orders=_orders(scenario.orders),
        arrivals=None if arrivals == "saturated" else arrivals.every,
        pools=_pools(one_way),
        staffing=realism.staffing(one_way),
    )


def _pools(scenario: Scenario) -> dict[str, int]:
    """Return the pools that stations or devices of a scenario without open variants call for."""
    stations = [s for line in scenario.flow.values() for s in line.each_station()]
    failing = [failure for station in stations for failure in station.failures or ()]
    if scenario.fleet is not None:
        failing += [f for devices in scenario.fleet.classes.values() for f in devices.failures]
    called = {*(s.operators for s in stations), *(failure.crew for failure in failing)}
    return {name: people for name, people in sorted(scenario.pools.items()) if name in called}


def _with_devices(line: plant.Line, attached: Mapping[str, devices.Attached]) -> plant.Line:
    """Return a line whose stations fail with the devices that are attached to them."""

    def joined(station: plant.Station) -> plant.Station:
        here = attached.get(station.name)
        if here is None:
            return station
        failures = (*station.failures, *here.failures)
        return replace(station, failures=failures, slowing=here.slowing)

    return plant.changed(line, joined)


def _orders(orders: Orders) -> plant.Orders:
    """Return the orders with models by name, so that their order in the file is nothing."""
    models = tuple(orders.shares)
    if orders.sequence:
        places = tuple(models.index(model) for model in orders.sequence)
        return plant.Orders(models, tuple(orders.shares.values()), places)
    return plant.Orders(models, tuple(orders.shares.values()))


def _line(scenario: Scenario, name: str, line: Line) -> plant.Line:
    return plant.Line(
        name=name,
        stages=tuple(
            _section(scenario, name, stage)
            if isinstance(stage, Section)
            else _station(scenario, name, stage)
            for stage in line.stations
        ),
        joins=line.joins,
        buffer=line.buffer or 1,
        transport=line.transport or 0.0,
    )


def _section(scenario: Scenario, line: str, section: Section) -> plant.Section:
    return plant.Section(
        name=section.name,
        takt=section.takt,
        stations=tuple(_station(scenario, line, s, section) for s in section.stations),
        buffer=_places(section.buffer),
        transport=section.transport,
        calendar=calendar(scenario.closed(line, section), scenario.start),
    )


def _station(
    scenario: Scenario, line: str, station: Station, section: Section | None = None
) -> plant.Station:
    """Return a station without open variants; ``section`` is the one it belongs to."""
    models = tuple(scenario.orders.shares)
    around = (section,) if section else ()
    stops = scenario.stopped(line, *around, station)
    window = station.window if station.window is not None else section.window if section else 0.0
    return plant.Station(
        name=station.name,
        work=tuple(realism.work(scenario, station, model) for model in models),
        servers=station.servers or 1,
        buffer=_places(station.buffer),
        transport=station.transport,
        calendar=calendar(scenario.closed(line, *around, station), scenario.start),
        failures=realism.failures(scenario, station),
        setup=_setup(station.setup, models),
        defect_rate=station.defects or 0.0,
        inspection=_inspection(scenario, station.inspection) if station.inspection else None,
        window=window,
        crew=station.crew or 0.0,
        operators=station.operators,
        automated=station.always == "automated",
        operations=station.operations,
        hand_content=automation.hand_content(station, scenario.orders.shares),
        learning=realism.learning(scenario, line, station),
        defect_learning=realism.defect_learning(scenario, line, station),
        fatigue=realism.fatigue(scenario, line, station, section),
        defect_fatigue=realism.defect_fatigue(scenario, line, station, section),
        tool_change=realism.tool_change(scenario, station),
        planned=calendar(stops, scenario.start),
    )


def _places(buffer: int | str) -> int:
    return plant.UNLIMITED if isinstance(buffer, str) else buffer


def _inspection(scenario: Scenario, inspection: Inspection) -> plant.Inspection:
    by: Inspection | Camera = inspection
    if scenario.inspection_by == "camera" and inspection.by_camera is not None:
        by = inspection.by_camera
    return plant.Inspection(
        detects=by.detects,
        false_alarm=by.false_alarm,
        then=inspection.then,
        repair=inspection.repair,
        servers=inspection.servers or 1,
        back_to=inspection.back_to,
        buffer=_places(inspection.buffer or 0),
    )


def _setup(setup: Setup | None, models: tuple[str, ...]) -> tuple[tuple[float, ...], ...] | None:
    """Return the set-up times by model before and after, s; None if all are 0."""
    if setup is None:
        return None
    times = tuple(
        tuple(
            setup.from_to.get(before, {}).get(after, 0.0 if before == after else setup.default)
            for after in models
        )
        for before in models
    )
    return times if any(map(any, times)) else None


@lru_cache(maxsize=64)
def calendar(closed: tuple[Span, ...], start: float) -> Calendar:
    """Return the calendar of a station from the spans of the week in which it is off.

    Args:
        closed: Disjoint ascending spans, s after Monday 00:00.
        start: Moment of the week at time 0, s after Monday 00:00.

    Returns:
        A pattern of one day if all days are alike, else of one week; of period 0 if
        there is no span.
    """
    if not closed:
        return ALWAYS_OPEN
    spans = union(part for begin, end in closed for part in _moved(begin - start, end - start))
    days = [_within_day(spans, number * DAY) for number in range(len(DAYS))]
    if all(day == days[0] for day in days):
        return _calendar(DAY, days[0])
    return _calendar(WEEK, spans)


def _within_day(spans: list[Span], midnight: float) -> list[Span]:
    """Return the parts of spans that lie in the day from ``midnight``, s after it."""
    cut = ((max(b - midnight, 0.0), min(e - midnight, DAY)) for b, e in spans)
    return [(begin, end) for begin, end in cut if begin < end]


def _moved(begin: float, end: float) -> list[Span]:
    """Return a span moved into the week that starts at time 0, split where that ends."""
    length = end - begin
    begin %= WEEK
    return within_week(begin, begin + length)


def _calendar(period: float, spans: list[Span]) -> Calendar:
    return Calendar(period, tuple(Interval(b, e) for b, e in spans))
