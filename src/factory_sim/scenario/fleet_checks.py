"""Consistency checks of the connected devices of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.scenario.automation import check_patterns
from factory_sim.scenario.durations import exact
from factory_sim.scenario.fleet import Slows, WearSignal
from factory_sim.scenario.problems import Finding
from factory_sim.scenario.station_checks import check_crew, check_failures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.fleet import DeviceClass, DeviceFailure, Fleet
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.schema import Scenario


def check_fleet(scenario: Scenario) -> Iterator[Finding]:
    """Yield the inconsistencies about the devices of a scenario."""
    fleet = scenario.fleet
    if fleet is None:
        return
    yield from _total(fleet)
    for name, devices in fleet.classes.items():
        path: KeyPath = ("fleet", "classes", name)
        yield from check_patterns(scenario, devices.attach, (*path, "attach"))
        yield from check_failures((*path, "failures"), devices.failures, of="a class")
        for place, failure in enumerate(devices.failures):
            here = (*path, "failures", *([place] if len(devices.failures) > 1 else []))
            yield from check_crew((*here, "crew"), failure.crew, scenario)
            yield from _effect(here, failure, devices)
            yield from _ageing(here, failure)
        yield from _wear(path, devices)


def _total(fleet: Fleet) -> Iterator[Finding]:
    """Yield a declared number of devices that is not the sum of the counts."""
    counted = sum(devices.count for devices in fleet.classes.values())
    if counted != fleet.devices:
        message = (
            f"must be the sum of the counts of the classes, {counted} (got {fleet.devices}); "
            f"write devices: {counted} or change a count by {abs(fleet.devices - counted)}"
        )
        keys: list[KeyPath] = [("fleet", "classes", n, "count") for n in fleet.classes]
        yield Finding(("fleet", "devices"), message, relies_on=(("fleet", "classes"), *keys))


def _effect(here: KeyPath, failure: DeviceFailure, devices: DeviceClass) -> Iterator[Finding]:
    """Yield keys of a failure that contradict its effect on the station."""
    if isinstance(devices.criticality, Slows) and failure.clock == "busy":
        message = (
            "must be calendar where a device slows its station, whose work would depend on "
            "when within a part the device fails; write clock: calendar"
        )
        yield Finding((*here, "clock"), message)
    if devices.criticality != "stops" and failure.crew is not None:
        message = (
            "means nothing where the station goes on; leave it out or write criticality: stops"
        )
        yield Finding((*here, "crew"), message)


def _ageing(here: KeyPath, failure: DeviceFailure) -> Iterator[Finding]:
    """Yield keys that require a life distribution with a known residual life at any age."""
    stated = {
        "repair": failure.repair == "as_old",
        "age": failure.age is not None,
    }
    for key in (key for key, is_stated in stated.items() if is_stated):
        if not failure.ages:
            message = (
                f"needs a mtbf that is exponential or weibull (got {failure.mtbf.dist}); "
                f"write mtbf: {{dist: weibull, shape: 2, mean: {exact(failure.mtbf.mean)}}}"
            )
            yield Finding((*here, key), message)
        elif failure.growth is not None:
            message = "contradicts growth:, which changes the law with time; leave out one of them"
            yield Finding((*here, key), message)
    if failure.repair == "as_old" and failure.age == "steady":
        message = "must be a time where repairs leave the age as it was; write age: 5000 h"
        yield Finding((*here, "age"), message)


def _wear(path: KeyPath, devices: DeviceClass) -> Iterator[Finding]:
    """Yield wear of a class without failures."""
    if devices.failures:
        return
    example = "write failures: {mtbf: 5000 h, mttr: 30 min}"
    if devices.wear is not None:
        yield Finding((*path, "wear"), f"leads to no failure; {example}")
    for name, signal in (devices.signals or {}).items():
        if isinstance(signal, WearSignal):
            message = f"shows a wear that leads to no failure; {example}"
            yield Finding((*path, "signals", name), message)
