"""Consistency checks of the digital base: services, faults and the classes it serves."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from factory_sim.scenario.durations import exact
from factory_sim.scenario.problems import Finding, suggestion
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from factory_sim.scenario.base_faults import Fault
    from factory_sim.scenario.digital_base import DigitalBase
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.schema import Scenario

HERE = "digital_base"

STAGES = ("uplink", "gateway", "broker")
"""Stages before the services, by the names that results give them."""


def check_digital_base(scenario: Scenario) -> Iterator[Finding]:
    """Yield the inconsistencies of the digital base of a scenario."""
    base, fleet = scenario.digital_base, scenario.fleet
    if base is None:
        return
    yield from _services(base)
    yield from _scaling(base)
    classes = None if fleet is None else fleet.classes
    for number, fault in enumerate(base.faults):
        path: KeyPath = (HERE, "faults", number)
        yield from _fault(base, fault, path, classes)
        yield from _span(base, fault, path)
    if classes is None:
        message = "has no devices whose messages it carries; write fleet: beside it"
        yield Finding((HERE,), message, relies_on=(("fleet",),))
        return
    for name, each in classes.items():
        path = ("fleet", "classes", name, "uplink")
        if each.uplink is None and len(base.uplinks) > 1:
            yield Finding(path, f"is missing; write uplink: {next(iter(base.uplinks))}")
        elif each.uplink is not None and each.uplink not in base.uplinks:
            message = f'there is no uplink "{each.uplink}"{suggestion(each.uplink, base.uplinks)}'
            yield Finding(path, message, relies_on=((HERE, "uplinks"),))


def _services(base: DigitalBase) -> Iterator[Finding]:
    """Yield services that are named twice, are unknown, or feed each other in a loop."""
    names = [service.name for service in base.services]
    for number, name in enumerate(names):
        if name in STAGES:
            message = f'"{name}" is the name of a stage before the services; write another'
            yield Finding((HERE, "services", number, "name"), message)
        if name in names[:number]:
            message = f'"{name}" is the name of another service already; write another'
            yield Finding((HERE, "services", number, "name"), message)
    if base.twin is not None and base.twin not in names:
        yield Finding((HERE, "twin"), _no_service(base.twin, names))
    if len(set(names)) < len(names):
        return
    feeders: dict[str, list[str]] = {name: [] for name in names}
    for number, target in base.fed():
        path: KeyPath = (HERE, "services", number, "then")
        if target not in feeders:
            yield Finding(path, _no_service(target, names))
        elif names[number] in feeders[target]:
            yield Finding(path, f"names {target} twice; write it once")
        elif feeders[target] and not _loops(feeders):
            message = (
                f"feeds {target}, which {feeders[target][0]} feeds already, so that it would get "
                "every message twice; feed it from one service"
            )
            yield Finding(path, message)
            feeders[target].append(names[number])
        else:
            feeders[target].append(names[number])
    if loop := _loops(feeders):
        first = min(loop, key=names.index)
        way = " -> ".join(loop)
        message = f"closes a loop, {way}; leave one of these out of then:"
        yield Finding((HERE, "services", names.index(first), "then"), message)
    elif any(feeders[name] for name in names[:1]):
        message = f"is fed by {feeders[names[0]][0]}; write the service that the broker feeds first"
        yield Finding((HERE, "services", 0, "name"), message)
    else:
        for number, name in enumerate(names[1:], 1):
            if not feeders[name]:
                message = "gets no messages; name it in then: of another service"
                yield Finding((HERE, "services", number, "name"), message)


def _no_service(name: str, names: list[str]) -> str:
    return f'there is no service "{name}"{suggestion(name, names)}'


def _loops(feeders: Mapping[str, list[str]]) -> list[str]:
    """Return a loop of services in the order of flow, the first at both ends, or nothing."""
    try:
        graphlib.TopologicalSorter(feeders).prepare()
    except graphlib.CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def _scaling(base: DigitalBase) -> Iterator[Finding]:
    for number, service in enumerate(base.services):
        path: KeyPath = (HERE, "services", number)
        scale = service.autoscale
        if scale is None:
            continue
        if scale.fewest > scale.most:
            message = f"must be at least min, {scale.fewest} (got {scale.most})"
            yield Finding((*path, "autoscale", "max"), message)
        elif not scale.fewest <= service.replicas <= scale.most:
            message = (
                f"must lie between min and max of autoscale, {scale.fewest} and {scale.most} "
                f"(got {service.replicas})"
            )
            yield Finding((*path, "replicas"), message)
    for number, service in enumerate(base.services):
        restarts = service.restarts
        if restarts is not None and not restarts.every.mean > 0:
            message = "must have a mean greater than 0 s"
            yield Finding((HERE, "services", number, "restarts", "every"), message)
    handover = base.cells.handover
    if handover is not None and not handover.every.mean > 0:
        yield Finding((HERE, "cells", "handover", "every"), "must have a mean greater than 0 s")


def _fault(
    base: DigitalBase, fault: Fault, path: KeyPath, classes: Mapping[str, object] | None
) -> Iterator[Finding]:
    """Yield targets of a fault that do not exist."""
    counts = {
        "gateway": ("gateways", base.gateways.count),
        "cell": ("cells", base.cells.count),
        "broker": ("partitions of the broker", base.broker.partitions),
    }
    for key, (words, count) in counts.items():
        number = getattr(fault, key)
        if isinstance(number, int) and number > count:
            message = f"must be at most {count}, the number of {words} (got {number})"
            yield Finding((*path, key), message)
    names = [service.name for service in base.services]
    if fault.service is not None and fault.service not in names:
        yield Finding((*path, "service"), _no_service(fault.service, names))
    for number, name in enumerate(fault.classes):
        if classes is not None and name not in classes:
            message = f'there is no device class "{name}"{suggestion(name, classes)}'
            yield Finding((*path, "classes", number), message)


def _span(base: DigitalBase, fault: Fault, path: KeyPath) -> Iterator[Finding]:
    """Yield why the time of a fault does not lie in the window."""
    window = base.window
    if fault.begin is None:
        if fault.length is not None:
            yield Finding((*path, "from"), f'is missing; write from: "{clock_text(window.begin)}"')
        elif not fault.is_change:
            now = clock_text(window.begin)
            message = f'is missing, so that it never begins; write from: "{now}"'
            yield Finding((*path, "from"), message)
        return
    if fault.length is None and not fault.is_change:
        yield Finding((*path, "for"), "is missing, so that it never ends; write for: 5 min")
    if window.offset(fault.begin) >= window.length:
        message = (
            f"must lie in the window, {exact(window.length)} from {clock_text(window.begin)} "
            f"(got {clock_text(fault.begin)})"
        )
        yield Finding((*path, "from"), message, relies_on=((HERE, "window"),))
