"""The automation plan: which stations a level automates, and their share of the plant.

A level a in [0, 1] automates the shortest prefix of the plan's order with which the
automated share of the plant, feeders included, reaches a. Stations that are always automated
count. The share is one of manual work content (s), of operations or of stations. Without a
plan, a station with both variants works by hand.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING

from factory_sim.scenario.problems import (
    STATION_NAMES,
    Finding,
    Problem,
    ScenarioError,
    suggestion,
)
from factory_sim.scenario.station import Section, Stage, Station

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from factory_sim.scenario.lines import Place
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.schema import Scenario

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Shares:
    """How much of a plant is automated, by three measures; each is a share in [0, 1].

    Attributes:
        work_content: Of the seconds of work by hand.
        operations: Of the operations.
        stations: Of the stations.
    """

    work_content: float
    operations: float
    stations: float


@dataclass(frozen=True)
class Unit:
    """One station of the plant, with the station of the file that it is made from.

    Attributes:
        name: Unique in the plant.
        place: The station of the file; with ``count`` it stands for several.
    """

    name: str
    place: Place

    @property
    def station(self) -> Station:
        """The station of the file that it comes from."""
        return self.place.station

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The texts that a pattern of the plan is matched with."""
        groups = [self.place.line, *([self.place.section.name] if self.place.section else [])]
        within = ("", *(f"{group}/" for group in (*groups, "/".join(groups))))
        names = dict.fromkeys((self.name, self.station.name))
        return tuple(group + name for name in names for group in within)


def units(scenario: Scenario) -> tuple[Unit, ...]:
    """Return every station of the plant in flow order, each of a ``count`` by itself."""
    return tuple(Unit(name, place) for place in scenario.places() for name in place.station.names())


def hand_content(station: Station, models: Mapping[str, float]) -> float:
    """Return the mean work content of a station by hand, s, over a mix of models.

    A station without a manual variant counts with its automated cycle time, unless it states
    ``work_content``.
    """
    if station.work_content is not None:
        return station.work_content
    work = station.resolved(station.name, automated=station.fixed_automated)
    return sum(share * work.work_on(model).mean for model, share in models.items())


def matching(pattern: str, all_units: tuple[Unit, ...]) -> list[Unit]:
    """Return the stations that an entry of the plan's order names, in flow order."""
    match = re.compile(fnmatch.translate(pattern)).match
    return [unit for unit in all_units if any(map(match, unit.labels))]


def order(scenario: Scenario) -> tuple[Unit, ...]:
    """Return the stations that the plan can automate, in the order of the plan."""
    if scenario.automation is None:
        return ()
    everything = units(scenario)
    found = {
        unit.name: unit
        for pattern in scenario.automation.order
        for unit in matching(pattern, everything)
        if unit.station.switchable
    }
    return tuple(found.values())


def always_automated(scenario: Scenario) -> set[str]:
    """Return the names of the stations that work automated under every plan."""
    return {unit.name for unit in units(scenario) if unit.station.fixed_automated}


def automated(scenario: Scenario, level: float | None = None) -> frozenset[str]:
    """Return the names of the stations that work automated at a level.

    Args:
        scenario: The plant with its plan.
        level: Share in [0, 1]; None is the plan's own level.

    Raises:
        ScenarioError: If the plan cannot reach the level, or there is no plan.
    """
    names = always_automated(scenario)
    plan = scenario.automation
    if plan is None:
        if level is not None:
            raise _error(scenario, "automation", "is missing; a level needs a plan")
        return frozenset(names)
    requested = plan.level if level is None else level
    weights = _weights(scenario, plan.measure)
    for unit in order(scenario):
        if _share(weights, names) >= requested - _ROUNDING:
            break
        names.add(unit.name)
    reached = _share(weights, names)
    if not is_within_reach(requested, reached):
        raise _error(scenario, "automation.level", _beyond(requested, reached, plan.measure))
    return frozenset(names)


def reach(scenario: Scenario) -> float:
    """Return the highest level that the plan of a scenario can reach, by its own measure.

    Raises:
        ScenarioError: If there is no plan.
    """
    if scenario.automation is None:
        raise _error(scenario, "automation", "is missing; a level needs a plan")
    names = always_automated(scenario) | {unit.name for unit in order(scenario)}
    return _share(_weights(scenario, scenario.automation.measure), names)


def is_within_reach(level: float, reached: float) -> bool:
    """Return whether a level is at most what a plan reaches, up to rounding."""
    return level <= reached + _ROUNDING


def _weights(scenario: Scenario, measure: str) -> dict[str, float]:
    """Return the weight of each station in a measure, by name."""
    models = scenario.orders.shares
    if measure == "work_content":
        return {unit.name: hand_content(unit.station, models) for unit in units(scenario)}
    return {
        unit.name: unit.station.operations if measure == "operations" else 1
        for unit in units(scenario)
    }


def _share(weights: Mapping[str, float], names: Set[str]) -> float:
    """Return the share of some stations in the whole plant; 0 if all weights are 0."""
    whole = fsum(weights.values())
    return fsum(weight for name, weight in weights.items() if name in names) / (whole or 1.0)


def shares(scenario: Scenario, level: float | None = None) -> Shares:
    """Return how much of the plant is automated at a level, by every measure.

    Args:
        scenario: The plant with its plan.
        level: Share in [0, 1]; None is the plan's own level.

    Raises:
        ScenarioError: If the plan cannot reach the level, or there is no plan.
    """
    names = automated(scenario, level)
    measures = ("work_content", "operations", "stations")
    return Shares(*(_share(_weights(scenario, measure), names) for measure in measures))


def apply(scenario: Scenario, level: float | None = None) -> Scenario:
    """Return the plant at a level: stations one by one, each with one variant, and no plan.

    Args:
        scenario: The plant with its plan.
        level: Share in [0, 1]; None is the plan's own level.

    Raises:
        ScenarioError: If the plan cannot reach the level, or there is no plan.
    """
    names = automated(scenario, level)
    models = scenario.orders.shares

    def resolved(stage: Stage) -> Iterator[Stage]:
        if isinstance(stage, Section):
            inside = tuple(s for station in stage.stations for s in stations_of(station))
            yield stage.model_copy(update={"stations": inside})
        else:
            yield from stations_of(stage)

    def stations_of(station: Station) -> Iterator[Station]:
        weight = {"work_content": hand_content(station, models)}
        for name in station.names():
            single = station.resolved(name, automated=name in names)
            yield single.model_copy(update=weight)

    lines = {
        name: line.model_copy(
            update={"stations": tuple(s for stage in line.stations for s in resolved(stage))}
        )
        for name, line in scenario.flow.items()
    }
    return scenario.model_copy(update={"lines": lines, "stations": (), "automation": None})


def _error(scenario: Scenario, path: str, message: str) -> ScenarioError:
    return ScenarioError([Problem(scenario.name, None, path, message)])


def _beyond(level: float, reached: float, measure: str) -> str:
    return (
        f"{100 * level:.4g} % cannot be reached: the order automates at most "
        f"{100 * reached:.4g} % of the {measure.replace('_', ' ')}; write a lower level or "
        f"extend automation.order"
    )


def check_patterns(
    scenario: Scenario, patterns: tuple[str, ...], path: KeyPath
) -> Iterator[Finding]:
    """Yield patterns that match no station.

    Args:
        scenario: The plant.
        patterns: Stations, ``line/*`` or shell patterns.
        path: Key of their list.
    """
    everything = units(scenario)
    known = {label for unit in everything for label in (unit.name, unit.place.line + "/*")}
    for place, pattern in enumerate(patterns):
        if not matching(pattern, everything):
            message = f'"{pattern}" matches no station{suggestion(pattern, known)}'
            yield Finding((*path, place), message, relies_on=(STATION_NAMES,))


def check_order(scenario: Scenario) -> Iterator[Finding]:
    """Yield entries of the plan's order that match no station, or none that it can automate."""
    if scenario.automation is None:
        return
    yield from check_patterns(scenario, scenario.automation.order, ("automation", "order"))
    everything = units(scenario)
    for place, pattern in enumerate(scenario.automation.order):
        found = matching(pattern, everything)
        if found and not any(u.station.switchable or u.station.fixed_automated for u in found):
            message = f'"{pattern}" matches no station with by_hand: and automated:; add both there'
            yield Finding(("automation", "order", place), message)


def check_levels(scenario: Scenario) -> Iterator[Finding]:
    """Yield levels that the plan of an otherwise valid scenario cannot reach."""
    plan = scenario.automation
    if plan is None:
        return
    reached = reach(scenario)
    for key, level in (("level", plan.level), ("baseline", plan.baseline)):
        if not is_within_reach(level, reached):
            yield Finding(("automation", key), _beyond(level, reached, plan.measure))
