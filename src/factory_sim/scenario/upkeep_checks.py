"""Consistency checks of monitoring, maintenance and inspection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.scenario.automation import check_patterns, matching, units
from factory_sim.scenario.problems import Finding, suggestion
from factory_sim.scenario.upkeep import BY_LOAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.lines import Place
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.schema import Scenario
    from factory_sim.scenario.upkeep import Dispatch, Monitoring

FAILURES = "failures: {mtbf: 5000 h, mttr: 30 min}"


def check_upkeep(scenario: Scenario) -> Iterator[Finding]:
    """Yield the inconsistencies about detecting, repairing and preventing failures."""
    if scenario.monitoring is not None:
        yield from _monitoring(scenario, scenario.monitoring)
    maintenance = scenario.maintenance
    if maintenance is not None and maintenance.dispatch is not None:
        yield from _dispatch(scenario, maintenance.dispatch)
    if maintenance is not None and maintenance.predictive is not None:
        yield from _predictive(scenario)
    yield from _inspections(scenario)


def _monitoring(scenario: Scenario, monitoring: Monitoring) -> Iterator[Finding]:
    has_base = scenario.digital_base is not None
    if monitoring.by == "twin" and monitoring.twin is None and not has_base:
        message = "is needed to see by the twin: its delay; write twin: 2 s or digital_base:"
        yield Finding(("monitoring", "twin"), message)
    classes = scenario.fleet.classes if scenario.fleet else {}
    for place, name in enumerate(monitoring.blind.classes if monitoring.blind else ()):
        if name not in classes:
            message = f'there is no class "{name}" in the fleet{suggestion(name, classes)}'
            yield Finding(("monitoring", "blind", "classes", place), message)
    if monitoring.blind is not None and has_base:
        message = "is not beside a digital_base, which has faults of its own; write faults: there"
        yield Finding(("monitoring", "blind"), message)
    station_class = monitoring.stations_by
    if station_class is not None and station_class not in classes:
        message = (
            f'there is no class "{station_class}" in the fleet{suggestion(station_class, classes)}'
        )
        yield Finding(("monitoring", "stations_by"), message)
    yield from _somebody_fails(scenario, ("monitoring",), monitoring.of)


def _dispatch(scenario: Scenario, dispatch: Dispatch) -> Iterator[Finding]:
    path: KeyPath = ("maintenance", "dispatch")
    patterns = tuple(entry for entry in dispatch.first if entry != BY_LOAD)
    if len(patterns) == len(dispatch.first):
        yield from check_patterns(scenario, patterns, (*path, "first"))
    elif patterns:
        message = f"{BY_LOAD} ranks all stations; write it alone, or patterns alone"
        yield Finding((*path, "first"), message)
    yield from _somebody_fails(scenario, path, dispatch.of)


def _somebody_fails(scenario: Scenario, path: KeyPath, of: str) -> Iterator[Finding]:
    """Yield a key that concerns failures of a kind that the scenario does not have."""
    devices = any(
        kind.failures for kind in (scenario.fleet.classes if scenario.fleet else {}).values()
    )
    if devices or (of == "all" and _stations_fail(scenario)):
        return
    if of == "all":
        yield Finding(path, f"is about failures, and there are none; write {FAILURES}")
    else:
        message = (
            f"is about failures of devices, and there are none; write of: all for those of "
            f"stations, or {FAILURES} in a class of the fleet"
        )
        yield Finding(path, message)


def _stations_fail(scenario: Scenario) -> bool:
    return any(work.failures for place in scenario.places() for _, work in place.all_work())


def _predictive(scenario: Scenario) -> Iterator[Finding]:
    """Yield why predictive maintenance has no effect, or is not defined."""
    path: KeyPath = ("maintenance", "predictive")
    classes = scenario.fleet.classes if scenario.fleet else {}
    worn = {n: c for n, c in classes.items() if c.wear is not None and c.criticality != "informs"}
    if not worn:
        message = (
            "finds no wear; write wear: {begins: 97 %} in a class of the fleet whose failures "
            "stop or slow a station"
        )
        yield Finding(path, message)
        return
    for name, kind in worn.items():
        for place, failure in enumerate(kind.failures):
            if failure.repair == "as_old":
                several = [place] if len(kind.failures) > 1 else []
                message = (
                    "contradicts maintenance.predictive, which finds wear by the share of a life "
                    "that is over; write repair: as_new"
                )
                yield Finding(("fleet", "classes", name, "failures", *several, "repair"), message)
    everything = units(scenario)
    attached = {
        unit.name: unit
        for kind in worn.values()
        for pattern in kind.attach
        for unit in matching(pattern, everything)
    }
    if attached and not any(_breaks(scenario, unit.place) for unit in attached.values()):
        message = (
            "never finds a break for its repairs; write shifts: or planned: for the stations "
            "of its devices"
        )
        yield Finding(path, message)


def _breaks(scenario: Scenario, place: Place) -> bool:
    """Return whether a station has breaks, time off shift or planned stops."""
    around = (place.section,) if place.section is not None else ()
    return bool(scenario.closed(place.line, *around, place.station))


def _inspections(scenario: Scenario) -> Iterator[Finding]:
    """Yield inspection by camera where no inspection states one."""
    if scenario.inspection_by == "camera" and not has_cameras(scenario):
        message = (
            "finds no camera; write by_camera: {detects: 98 %, false_alarm: 1 %} in an inspection:"
        )
        yield Finding(("inspection_by",), message)


def has_cameras(scenario: Scenario) -> bool:
    """Return whether some inspection of a scenario states what a camera does."""
    return any(
        work.inspection is not None and work.inspection.by_camera is not None
        for place in scenario.places()
        for _, work in place.all_work()
    )
