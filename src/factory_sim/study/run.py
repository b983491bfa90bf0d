"""Simulate one scenario: a run, beside its baseline if it has an automation plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from factory_sim.fleet.seen import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.study.replications import complete
from factory_sim.study.side import adjusted, planned_level, side, with_base

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result
    from factory_sim.study.side import EngineAsked
    from factory_sim.study.tiles import Progress


@checked
def simulate(
    scenario: Scenario,
    *,
    engine: EngineAsked | None = None,
    replications: int | None = None,
    seed: int | None = None,
    level: float | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Result:
    """Simulate a scenario and return what may be claimed about it.

    A scenario with an automation plan is simulated at the plan's level and, where that is
    another, at its baseline, on the same draws; ``Result.comparison`` is their paired
    difference.
    A digital base is simulated in its window; it is ``Result.base``.
    The result does not depend on who computes it. Ctrl-C returns what was finished.

    Args:
        scenario: What to simulate.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        level: Replaces the plan's level of automation, a share.
        workers: Processes to use, >= 1; see :func:`study.executors.players`.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
        chunks: Directory that finished tiles are written to and, by a call that was
            stopped before, taken from. They are removed when the study is complete.
        progress: Told how many replications are done, and of how many.
        bases: Digital bases, to be shared with other studies; simulated for this one if None.

    Raises:
        EngineError: If the batch engine is asked for and cannot run the plant.
        StudyError: If a level is given but the scenario has no automation plan, or a
            number is out of its range.
        ScenarioError: If the digital base is overloaded beyond what can be simulated.
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If the run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    levels = [planned_level(scenario, level)]
    if scenario.automation and scenario.automation.baseline != levels[0]:
        levels.append(scenario.automation.baseline)
    bases = bases or Bases()
    seen = bases.detection(scenario)
    sides = [with_base(side(scenario, share, seen), bases) for share in levels]
    result, *baseline = complete(sides, workers, progress, executor=executor, chunks=chunks)
    return replace(result, baseline=baseline[0]) if baseline else result
