"""Explain a scenario: where the time of its critical path goes, and what a change is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.analysis.changes import can_change, changed
from factory_sim.analysis.path import NoDeparture
from factory_sim.analysis.sensitivity import prices
from factory_sim.engines import choose
from factory_sim.fleet.bases import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.study.case import StudyError, adjusted, build_case, planned_level
from factory_sim.study.doubts import doubts
from factory_sim.study.explanation import Explanation
from factory_sim.study.phrases import phrase
from factory_sim.study.replications import check_study, common_warm_up, job, stopping_rule
from factory_sim.study.resources import Resources
from factory_sim.study.tiles import replicate

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.analysis.path import CriticalPath
    from factory_sim.analysis.sensitivity import Price
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import Case, EngineOption
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.tiles import Compute, Progress


@dataclass(frozen=True)
class _Traced:
    """Replications with their critical paths, and the prices of changes.

    Attributes:
        accounts: Of all replications.
        path: Their critical paths.
        prices: Of every change.
        tiles: The replications.
        is_steady: Whether the rule for the warm-up, where it was used, found a steady state.
        interrupted: Whether it stopped before all was done, measuring changes included.
    """

    accounts: Accounts
    path: CriticalPath
    prices: tuple[Price, ...]
    tiles: tuple[range, ...]
    is_steady: bool
    interrupted: bool


@checked
def explain(
    scenario: Scenario,
    *,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    level: float | None = None,
    measure: int = 1,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Explanation:
    """Explain the throughput of a scenario by the critical paths of its replications.

    The explanation does not depend on what computes it. After Ctrl-C it covers the
    replications that were finished.

    Args:
        scenario: What to explain; with an automation plan at the plan's level.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        level: Replaces the plan's level of automation, a share.
        measure: How many changes to simulate on the same draws: those with the highest
            price that is not exact. Each costs as much as a run.
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`. Each keeps
            trajectories of up to ``study.traced.BUDGET``.
        executor: Used instead of worker processes; any that takes pickled tasks, such as
            that of a cluster.
        chunks: Directory in which finished tiles are cached, so that an interrupted call can
            be repeated to resume it. They are removed when the study is complete.
        progress: Called with the replications that are done and their total.
        bases: Results of digital bases to share with other studies; None shares none.

    Raises:
        EngineError: If the batch engine is asked for and cannot run the plant.
        StudyError: If a level is given without an automation plan, a number is out of its
            range, or nothing leaves the line in some replication.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If the run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    if measure < 0:
        raise StudyError(f"measure: must be 0 or more changes (got {measure})")
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    level = planned_level(scenario, level)
    case = build_case(scenario, level, (bases or Bases()).detection(scenario))
    resources = Resources(workers, executor, chunks, progress)
    try:
        with resources.open() as compute:
            traced = _traced(case, measure, compute, progress)
    except NoDeparture as problem:
        raise StudyError(f"horizon: {problem}") from None
    if not traced.interrupted:
        resources.cache.remove()
    return Explanation(
        scenario=scenario,
        level=case.level,
        plant=case.plant,
        choice=case.choice,
        accounts=traced.accounts,
        tiles=traced.tiles,
        path=traced.path,
        prices=traced.prices,
        warnings=_doubts(case, traced),
        interrupted=traced.interrupted,
        seconds=perf_counter() - started,
    )


def _traced(case: Case, measure: int, compute: Compute, progress: Progress | None) -> _Traced:
    """Simulate a case, trace its critical paths, and price changes, the best by re-runs."""
    begin, is_steady = common_warm_up([case], compute)
    traced = replace(job(case, begin), paths=True)
    study = replicate([traced], stopping_rule([case]), compute, progress)
    check_study(study)
    (outcome,) = study.outcomes
    assert outcome.path is not None, "the job asks for paths"
    priced = prices(case.plant, outcome.path, outcome.accounts.throughput)
    interrupted = study.interrupted
    if not interrupted:
        priced, interrupted = _measured(priced, case, outcome.accounts, measure, compute, progress)
    return _Traced(outcome.accounts, outcome.path, priced, study.tiles, is_steady, interrupted)


def _measured(
    estimated: tuple[Price, ...],
    case: Case,
    accounts: Accounts,
    number: int,
    compute: Compute,
    progress: Progress | None,
) -> tuple[tuple[Price, ...], bool]:
    """Return prices, the highest inexact ones replaced by differences measured in re-runs.

    Args:
        estimated: The prices by the critical paths.
        case: The case they are of.
        accounts: Its accounts, from which differences count.
        number: How many changes to measure.
        compute: Computes the re-runs.
        progress: As for :func:`explain`.

    Returns:
        The prices, and whether the re-runs were interrupted; then none is replaced.
    """
    inexact = [
        price
        for price in estimated
        if price.claim != "exact" and can_change(case.plant, price.kind, price.place)
    ]
    chosen = sorted(inexact, key=lambda price: -price.samples.mean())[:number]
    if not chosen:
        return estimated, False
    plants = [changed(case.plant, price.kind, price.place, price.amount) for price in chosen]
    jobs = [
        job(replace(case, plant=plant, choice=choose(plant, case.choice.engine)), accounts.begin)
        for plant in plants
    ]
    replications = int(accounts.throughput.size)
    study = replicate(jobs, lambda _: replications, compute, progress)
    if study.interrupted:
        return estimated, True
    check_study(study)
    measured = {
        id(price): replace(price, claim="measured", samples=run.throughput - accounts.throughput)
        for price, run in zip(chosen, study.accounts, strict=True)
    }
    return tuple(measured.get(id(price), price) for price in estimated), False


def _doubts(case: Case, traced: _Traced) -> tuple[Phrase, ...]:
    """Return the warnings of an explanation: those of its run, and one on shared people."""
    of_run = doubts(case.scenario, case.plant, traced.accounts, rule_is_reliable=traced.is_steady)
    shared = [phrase("doubt.shared_people")] if case.plant.pools else []
    return (*of_run, *shared)
