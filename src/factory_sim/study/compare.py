"""Compare two scenarios on shared draws: what differs is the plants, not the luck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.fleet.seen import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.scenario.durations import duration
from factory_sim.study.replications import complete
from factory_sim.study.result import Comparison
from factory_sim.study.side import StudyError, adjusted, planned_side, with_base

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.scenario import Scenario
    from factory_sim.study.side import EngineAsked
    from factory_sim.study.tiles import Progress

SHARED = ("horizon", "seed", "replications", "confidence")
"""What both scenarios must say alike: the same window, draws, number and interval."""


@checked
def compare(
    a: Scenario,
    b: Scenario,
    *,
    engine: EngineAsked | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Comparison:
    """Simulate two scenarios on shared draws and return their paired differences.

    Both are cut at the longer of their warm-ups. A precision of replications is reached
    by each scenario on its own; the differences are then sharper still. A scenario
    with an automation plan is taken at its plan's level.

    Args:
        a: The first scenario, from which differences are counted.
        b: The second.
        engine: Replaces the engine of both.
        replications: Replaces the number or precision of both, >= 1.
        seed: Replaces the seed of both, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.players`.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
        chunks: Directory that finished tiles are written to and, by a call that was
            stopped before, taken from. They are removed when the study is complete.
        progress: Told how many replications are done, and of how many.
        bases: Digital bases, to be shared with other studies; simulated for this one if None.

    Raises:
        EngineError: If a scenario asks for an engine that cannot run it.
        ScenarioError: If a digital base is overloaded beyond what can be simulated.
        StudyError: If the scenarios differ in what must be shared.
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If a run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    a, b = (
        adjusted(scenario, engine=engine, replications=replications, seed=seed)
        for scenario in (a, b)
    )
    check_shared(a, b)
    bases = bases or Bases()
    sides = [with_base(planned_side(one, bases.detection(one)), bases) for one in (a, b)]
    return Comparison(*complete(sides, workers, progress, executor=executor, chunks=chunks))


def check_shared(a: Scenario, b: Scenario) -> None:
    """Check that two scenarios are watched alike.

    Raises:
        StudyError: If they differ in what must be shared.
    """
    for key in SHARED:
        one, other = getattr(a, key), getattr(b, key)
        if one != other:
            said = duration if key == "horizon" else str
            message = (
                f"{key}: {a.name} (A) has {said(one)} and {b.name} (B) has {said(other)}; "
                f"set the same `{key}` in both to compare them"
            )
            raise StudyError(message)
