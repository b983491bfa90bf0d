"""What must fit together in what a scenario says of monitoring, maintenance and inspection."""

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
    from factory_sim.scenario.station import Inspection
    from factory_sim.scenario.upkeep import Dispatch, Monitoring

FAILURES = "failures: {mtbf: 5000 h, mttr: 30 min}"


def check_upkeep(scenario: Scenario) -> Iterator[Finding]:
    """Yield everything about seeing, answering and preventing failures that does not fit."""
    if scenario.monitoring is not None:
        yield from _monitoring(scenario, scenario.monitoring)
    maintenance = scenario.maintenance
    if maintenance is not None and maintenance.dispatch is not None:
        yield from _dispatch(scenario, maintenance.dispatch)
    if maintenance is not None and maintenance.predictive is not None:
        yield from _predictive(scenario)
    yield from _inspections(scenario)


def _monitoring(scenario: Scenario, monitoring: Monitoring) -> Iterator[Finding]:
    told = scenario.digital_base is not None
    if monitoring.by == "twin" and monitoring.twin is None and not told:
        message = "is needed to see by the twin: its delay; write twin: 2 s or digital_base:"
        yield Finding(("monitoring", "twin"), message)
    classes = scenario.fleet.classes if scenario.fleet else {}
    for place, name in enumerate(monitoring.blind.classes if monitoring.blind else ()):
        if name not in classes:
            message = f'there is no class "{name}" in the fleet{suggestion(name, classes)}'
            yield Finding(("monitoring", "blind", "classes", place), message)
    if monitoring.blind is not None and told:
        message = "is not beside a digital_base, which has faults of its own; write faults: there"
        yield Finding(("monitoring", "blind"), message)
    told_by = monitoring.stations_by
    if told_by is not None and told_by not in classes:
        message = f'there is no class "{told_by}" in the fleet{suggestion(told_by, classes)}'
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
    """Yield a key about failures that the scenario does not have."""
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
    return any(
        work is not None and work.failures
        for place in scenario.places()
        for work in (place.station, place.station.by_hand, place.station.automated)
    )


def _predictive(scenario: Scenario) -> Iterator[Finding]:
    """Yield what keeps predictive maintenance from doing anything, or from being defined."""
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
    """Yield inspections by a camera that nobody has."""
    if scenario.inspection_by == "camera" and not any(_by_camera(scenario)):
        message = (
            "finds no camera; write by_camera: {detects: 98 %, false_alarm: 1 %} in an inspection:"
        )
        yield Finding(("inspection_by",), message)


def _by_camera(scenario: Scenario) -> Iterator[bool]:
    for place in scenario.places():
        station = place.station
        for work in (station, station.by_hand, station.automated):
            found: Inspection | None = work.inspection if work else None
            yield found is not None and found.by_camera is not None
