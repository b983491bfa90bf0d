"""Compare two scenarios on common random numbers, by paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.fleet.bases import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.scenario.durations import duration
from factory_sim.study.case import StudyError, adjusted, planned_case, with_base
from factory_sim.study.replications import run_study
from factory_sim.study.resources import Resources
from factory_sim.study.result import Comparison

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.scenario import Scenario
    from factory_sim.study.case import EngineOption
    from factory_sim.study.tiles import Progress

SHARED = ("horizon", "seed", "replications", "confidence")
"""Keys that must have the same value in both scenarios, for their runs to be paired."""


@checked
def compare(
    a: Scenario,
    b: Scenario,
    *,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Comparison:
    """Simulate two scenarios on shared draws and return their paired differences.

    The warm-up of both is the longer of the two. Where replications are stated as a
    precision, each scenario reaches it; the paired differences are more precise still. A
    scenario with an automation plan is simulated at the plan's level.

    Args:
        a: The first scenario, from which differences are counted.
        b: The second.
        engine: Replaces the engine of both.
        replications: Replaces the number or precision of both, >= 1.
        seed: Replaces the seed of both, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`.
        executor: Used instead of worker processes; any that takes pickled tasks, such as
            that of a cluster.
        chunks: Directory in which finished tiles are cached, so that an interrupted call can
            be repeated to resume it. They are removed when the study is complete.
        progress: Called with the replications that are done and their total.
        bases: Results of digital bases to share with other studies; None shares none.

    Raises:
        EngineError: If a scenario asks for an engine that cannot run it.
        ScenarioError: If a digital base is overloaded beyond what can be simulated.
        StudyError: If the scenarios differ in a key that must be ``SHARED``.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    a, b = (
        adjusted(scenario, engine=engine, replications=replications, seed=seed)
        for scenario in (a, b)
    )
    check_shared(a, b)
    bases = bases or Bases()
    cases = [with_base(planned_case(scenario, bases), bases) for scenario in (a, b)]
    return Comparison(*run_study(cases, Resources(workers, executor, chunks, progress)))


def check_shared(a: Scenario, b: Scenario) -> None:
    """Check that two scenarios agree in the keys that must be ``SHARED``.

    Raises:
        StudyError: If they do not.
    """
    for key in SHARED:
        one, other = getattr(a, key), getattr(b, key)
        if one != other:
            written = duration if key == "horizon" else str
            message = (
                f"{key}: {a.name} (A) has {written(one)} and {b.name} (B) has {written(other)}; "
                f"set the same `{key}` in both to compare them"
            )
            raise StudyError(message)
