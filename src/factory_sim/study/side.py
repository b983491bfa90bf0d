"""A side of a study: a scenario as it was asked, compiled, with its engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from factory_sim.engines import Choice, choose
from factory_sim.line.compile import compile_plant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.fleet.seen import Bases
    from factory_sim.line.detection import Detection
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

    EngineAsked = Literal["auto", "batch", "reference"]


class StudyError(ValueError):
    """What was asked cannot be studied; the text says what to change."""


@dataclass(frozen=True)
class Side:
    """A scenario at one level of automation, ready to be simulated.

    Attributes:
        scenario: What was asked.
        level: Level of automation, a share; None without an automation plan.
        plant: The compiled scenario.
        choice: The engine that runs it.
        detection: How late the twin sees failures, where its digital base says it.
        base: What its digital base does in its window, where that is to be shown.
    """

    scenario: Scenario
    level: float | None
    plant: Plant
    choice: Choice
    detection: Detection | None = None
    base: BaseResult | None = None


def adjusted(
    scenario: Scenario,
    *,
    engine: EngineAsked | None,
    replications: int | None,
    seed: int | None,
) -> Scenario:
    """Return the scenario with what was given instead of what it says.

    Args:
        scenario: What it says holds where None is given.
        engine: Replaces its engine.
        replications: Replaces its number or precision, >= 1.
        seed: Replaces its seed, >= 0.

    Raises:
        StudyError: If a number is out of its range.
    """
    given: dict[str, object] = {} if engine is None else {"engine": engine}
    for key, value, least in (("replications", replications, 1), ("seed", seed, 0)):
        if value is None:
            continue
        if value < least:
            message = f"{key}: must be at least {least} (got {value})"
            raise StudyError(message)
        given[key] = int(value)  # it may be one of NumPy
    return scenario.model_copy(update=given)


def planned_level(scenario: Scenario, level: float | None = None) -> float | None:
    """Return the level of automation that was asked, or else that of the plan.

    Args:
        scenario: What was asked.
        level: A share, instead of what its automation plan says.

    Raises:
        StudyError: If a level is given but the scenario has no automation plan.
    """
    if scenario.automation is None:
        if level is not None:
            message = "level: the scenario has no automation plan; add `automation:` to it"
            raise StudyError(message)
        return None
    return scenario.automation.level if level is None else level


def side(
    scenario: Scenario, level: float | None = None, detection: Detection | None = None
) -> Side:
    """Return a scenario, compiled at a level of automation, with its engine.

    Args:
        scenario: What was asked.
        level: A share; None without an automation plan.
        detection: How late the twin sees failures, of :meth:`fleet.seen.Bases.detection`.

    Raises:
        EngineError: If the scenario asks for an engine that cannot run it.
    """
    plant = compile_plant(scenario, level=level, detection=detection)
    return Side(scenario, level, plant, choose(plant, scenario.engine), detection)


def planned_side(scenario: Scenario, detection: Detection | None) -> Side:
    """Return a scenario at the level of its automation plan, if it has one.

    Args:
        scenario: What was asked.
        detection: How late the twin sees failures, of :meth:`fleet.seen.Bases.detection`.
    """
    return side(scenario, planned_level(scenario), detection)


def with_base(one: Side, bases: Bases) -> Side:
    """Return a side with what its digital base does, if it describes one.

    Raises:
        ScenarioError: If the base is overloaded beyond what can be simulated.
    """
    return replace(one, base=bases.result(one.scenario))


def distinct(sides: Sequence[Side]) -> tuple[list[int], list[Side]]:
    """Return the sides whose plants differ, and for each side its place among them."""
    places: list[int] = []
    different: list[Side] = []
    for one in sides:
        same = (
            k for k, s in enumerate(different) if s.plant == one.plant and s.choice == one.choice
        )
        place = next(same, len(different))
        if place == len(different):
            different.append(one)
        places.append(place)
    return places, different
