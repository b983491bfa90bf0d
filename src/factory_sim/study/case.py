"""A case of a study: a scenario at one level of automation, compiled, with its engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from factory_sim.engines import Choice, choose
from factory_sim.line.compile import compile_plant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.fleet.bases import Bases
    from factory_sim.line.detection import Detection
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

    EngineOption = Literal["auto", "batch", "reference"]


class StudyError(ValueError):
    """A study that cannot be carried out as requested; the message says what to change."""


@dataclass(frozen=True)
class Case:
    """A scenario at one level of automation, ready to be simulated.

    Attributes:
        scenario: The scenario, overrides included.
        level: Level of automation, a share; None without an automation plan.
        plant: The compiled scenario.
        choice: The engine that runs it, and why.
        detection: Detection delays that follow from the digital base; None where they do not.
        base: Result of the digital base in its window, for reports; None if not reported.
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
    engine: EngineOption | None,
    replications: int | None,
    seed: int | None,
) -> Scenario:
    """Return a scenario with the given values in place of its own.

    Args:
        scenario: Keeps its own value wherever None is given.
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
        given[key] = int(value)  # a NumPy integer is accepted, but must not stay in the scenario
    return scenario.model_copy(update=given)


def planned_level(scenario: Scenario, level: float | None = None) -> float | None:
    """Return the given level of automation, or else that of the scenario's plan.

    Args:
        scenario: The scenario.
        level: A share that replaces the level of its automation plan.

    Returns:
        The level, a share; None without an automation plan.

    Raises:
        StudyError: If a level is given but the scenario has no automation plan.
    """
    if scenario.automation is None:
        if level is not None:
            message = "level: the scenario has no automation plan; add `automation:` to it"
            raise StudyError(message)
        return None
    return scenario.automation.level if level is None else level


def build_case(
    scenario: Scenario, level: float | None = None, detection: Detection | None = None
) -> Case:
    """Compile a scenario at a level of automation and choose its engine.

    Args:
        scenario: The scenario.
        level: Level of automation, a share; None without an automation plan.
        detection: Detection delays from :meth:`fleet.bases.Bases.detection`.

    Raises:
        EngineError: If the scenario asks for an engine that cannot run it.
        ScenarioError: If the plan cannot reach the level.
    """
    plant = compile_plant(scenario, level=level, detection=detection)
    return Case(scenario, level, plant, choose(plant, scenario.engine), detection)


def planned_case(scenario: Scenario, bases: Bases) -> Case:
    """Return the case of a scenario at the level of its automation plan, if it has one.

    Args:
        scenario: The scenario.
        bases: Simulates its digital base, where detection delays follow from one.

    Raises:
        EngineError: If the scenario asks for an engine that cannot run it.
        ScenarioError: If its digital base cannot be simulated.
    """
    return build_case(scenario, planned_level(scenario), bases.detection(scenario))


def with_base(case: Case, bases: Bases) -> Case:
    """Return a case with the result of its digital base, if it describes one.

    Raises:
        ScenarioError: If the base is overloaded beyond what can be simulated.
    """
    return replace(case, base=bases.result(case.scenario))


def distinct(cases: Sequence[Case]) -> tuple[list[int], list[Case]]:
    """Return for each case the index of its plant among the distinct ones, and these cases."""
    places: list[int] = []
    different: list[Case] = []
    for case in cases:
        same = (
            k for k, d in enumerate(different) if d.plant == case.plant and d.choice == case.choice
        )
        place = next(same, len(different))
        if place == len(different):
            different.append(case)
        places.append(place)
    return places, different
