"""Consistency checks across a scenario: its names, its lines and what they refer to."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from factory_sim.scenario import automation
from factory_sim.scenario.digital_base_checks import check_digital_base
from factory_sim.scenario.durations import exact
from factory_sim.scenario.fleet_checks import check_fleet
from factory_sim.scenario.problems import STATION_NAMES, Finding, KeyPath, suggestion
from factory_sim.scenario.readers import WEEK
from factory_sim.scenario.realism_checks import check_realism
from factory_sim.scenario.schema import Precision, Scenario
from factory_sim.scenario.station import Section, Stage
from factory_sim.scenario.station_checks import check_stations
from factory_sim.scenario.upkeep_checks import check_upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator


def check(scenario: Scenario) -> list[Finding]:
    """Return the inconsistencies of a scenario whose parts are valid by themselves."""
    findings = [*_structure(scenario)]
    if not scenario.stations and not scenario.lines:
        return findings
    findings += [*_names(scenario), *_settings(scenario), *_feeders(scenario)]
    findings += [*_sections(scenario), *check_stations(scenario), *_hours(scenario)]
    findings += [*check_realism(scenario), *automation.check_order(scenario)]
    findings += [*check_fleet(scenario), *check_digital_base(scenario), *check_upkeep(scenario)]
    # work content and shares are defined only in a consistent plant
    return findings or [*_standstill(scenario), *automation.check_levels(scenario)]


def _structure(scenario: Scenario) -> Iterator[Finding]:
    if scenario.stations and scenario.lines:
        message = "is written beside stations:; move those to lines: {main: {stations: ...}}"
        yield Finding(("lines",), message)
    elif not scenario.lines and not scenario.stations:
        example = "stations: [{name: press, cycle_time: 52 s}]"
        lacks = "is empty" if "stations" in scenario.model_fields_set else "is missing"
        yield Finding(("stations",), f"{lacks}; write {example}")
    elif scenario.lines:
        main = [name for name, line in scenario.lines.items() if line.joins is None]
        if not main:
            yield Finding(("lines",), "has no main line; leave out joins: on one of them")
        for name in main[1:]:
            message = f"has no joins:, but {main[0]} is the main line already; write joins: STATION"
            yield Finding(("lines", name), message)


def _names(scenario: Scenario) -> Iterator[Finding]:
    """Yield names that stations and sections share."""
    first: dict[str, str] = {}
    for place in scenario.places():
        for name in place.station.names():
            if name in first:
                message = f'"{name}" is also the name of {first[name]}; write another'
                yield Finding((*place.path, "name"), message)
            first.setdefault(name, f"a station of line {place.line}")
    for path, section in _paced(scenario):
        if section.name in first:
            message = f'"{section.name}" is also the name of {first[section.name]}; write another'
            yield Finding((*path, "section"), message)
        first.setdefault(section.name, "a section")


def _stages(scenario: Scenario) -> Iterator[tuple[KeyPath, int, Stage]]:
    """Yield every stage with its key and its place in the line."""
    for name, line in scenario.flow.items():
        base: KeyPath = ("lines", name, "stations") if scenario.lines else ("stations",)
        for number, stage in enumerate(line.stations):
            yield (*base, number), number, stage


def _paced(scenario: Scenario) -> Iterator[tuple[KeyPath, Section]]:
    return ((path, stage) for path, _, stage in _stages(scenario) if isinstance(stage, Section))


def _settings(scenario: Scenario) -> Iterator[Finding]:
    """Yield contradictions among the top-level keys."""
    if scenario.warm_up != "auto" and scenario.warm_up >= scenario.horizon:
        got = exact(scenario.warm_up)
        message = f"must be less than the horizon, {exact(scenario.horizon)} (got {got})"
        yield Finding(("warm_up",), message, relies_on=(("horizon",),))
    precision = scenario.replications
    if isinstance(precision, Precision) and precision.min > precision.max:
        message = f"must be at least min, {precision.min} (got {precision.max})"
        yield Finding(("replications", "max"), message)
    if scenario.orders.mix and scenario.orders.sequence:
        yield Finding(("orders",), "has both mix and sequence; write one of them")
    arrivals = scenario.arrivals
    if arrivals != "saturated" and not arrivals.every.mean > 0:
        yield Finding(("arrivals", "every"), "must have a mean greater than 0 s")


def _feeders(scenario: Scenario) -> Iterator[Finding]:
    """Yield feeders that join an unknown station, or each other in a cycle."""
    line_of: dict[str, str] = {}
    for place in scenario.places():
        for station in place.station.names():
            line_of.setdefault(station, place.line)
    joined = {}
    for name, line in scenario.lines.items():
        if line.joins is None:
            for key in ("buffer", "transport"):
                if getattr(line, key) is not None:
                    message = "means nothing on the main line; leave it out"
                    yield Finding(("lines", name, key), message)
        elif line.joins not in line_of:
            message = f'there is no station "{line.joins}"{suggestion(line.joins, line_of)}'
            yield Finding(("lines", name, "joins"), message, relies_on=(STATION_NAMES,))
        else:
            joined[name] = line_of[line.joins]
    for name in joined:
        chain = [name]
        while (after := joined.get(chain[-1])) is not None and after not in chain:
            chain.append(after)
        if after == name:
            circle = " -> ".join([*chain, name])
            message = f"leads in a circle, {circle}; the lines must end in the main line"
            yield Finding(("lines", name, "joins"), message)


def _sections(scenario: Scenario) -> Iterator[Finding]:
    """Yield paced sections with transport but no place for the parts under way."""
    for path, number, stage in _stages(scenario):
        if isinstance(stage, Section) and number and stage.transport and stage.buffer == 0:
            message = "needs a place for the part under way; write buffer: 1 or more"
            yield Finding((*path, "transport"), message)


def _hours(scenario: Scenario) -> Iterator[Finding]:
    """Yield stations and sections whose shifts and stops leave no time to work."""
    whole_week = ((0.0, WEEK),)
    for place in scenario.places():
        around = [place.section] if place.section else []
        if scenario.closed(place.line, *around, place.station) == whole_week:
            yield Finding(place.path, "its shifts and planned stops leave no time to work")


def _standstill(scenario: Scenario) -> Iterator[Finding]:
    """Yield lines through which infinitely many parts would pass at one moment.

    A saturated line must take time somewhere before its first unlimited buffer. A feeder is
    blocked by the station it joins, unless it has such a buffer.
    """
    for name, line in scenario.flow.items():
        ahead = line.stations[1:]
        bounded = (line.stations[0], *takewhile(lambda stage: stage.buffer != "unlimited", ahead))
        saturated = scenario.arrivals == "saturated" if line.joins is None else True
        endless = line.joins is None or len(bounded) < len(line.stations)
        if saturated and endless and not _takes_time(scenario, bounded):
            path: KeyPath = ("lines", name) if scenario.lines else ("stations",)
            message = "takes no time, so parts without end would pass at once; write a cycle_time"
            yield Finding(path, message)


def _takes_time(scenario: Scenario, stages: tuple[Stage, ...]) -> bool:
    """Return whether stages, or the feeders that join them, cannot pass parts at once."""
    models = scenario.orders.shares
    for stage in stages:
        if isinstance(stage, Section) or stage.takes_time(models):
            return True
        feeders = (line for line in scenario.lines.values() if line.joins in stage.names())
        if any(_takes_time(scenario, feeder.stations) for feeder in feeders):
            return True
    return False
