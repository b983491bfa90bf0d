"""Simulate one scenario, and its baseline level if it has an automation plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from factory_sim.fleet.bases import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.study.case import adjusted, build_case, planned_level, with_base
from factory_sim.study.replications import run_study
from factory_sim.study.resources import Resources

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.scenario import Scenario
    from factory_sim.study.case import EngineOption
    from factory_sim.study.result import Result
    from factory_sim.study.tiles import Progress


@checked
def simulate(
    scenario: Scenario,
    *,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    level: float | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Result:
    """Simulate a scenario and return its estimates with their confidence intervals.

    A scenario with an automation plan is simulated at the plan's level and, if that differs,
    at its baseline level on the same draws; ``Result.comparison`` is their paired
    difference. A digital base is simulated in its window; its result is ``Result.base``.
    The result does not depend on what computes it. After Ctrl-C it covers the replications
    that were finished.

    Args:
        scenario: What to simulate.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        level: Replaces the plan's level of automation, a share.
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`.
        executor: Used instead of worker processes; any that takes pickled tasks, such as
            that of a cluster.
        chunks: Directory in which finished tiles are cached, so that an interrupted call can
            be repeated to resume it. They are removed when the study is complete.
        progress: Called with the replications that are done and their total.
        bases: Results of digital bases to share with other studies; None shares none.

    Raises:
        EngineError: If the batch engine is asked for and cannot run the plant.
        StudyError: If a level is given but the scenario has no automation plan, or a
            number is out of its range.
        ScenarioError: If the digital base is overloaded beyond what can be simulated.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If the run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    levels = [planned_level(scenario, level)]
    if scenario.automation and scenario.automation.baseline != levels[0]:
        levels.append(scenario.automation.baseline)
    bases = bases or Bases()
    detection = bases.detection(scenario)
    cases = [with_base(build_case(scenario, share, detection), bases) for share in levels]
    result, *baseline = run_study(cases, Resources(workers, executor, chunks, progress))
    return replace(result, baseline=baseline[0]) if baseline else result
