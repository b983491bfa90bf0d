"""Explain a scenario: where the time of its critical path goes, and what a change is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.analysis.changes import changed
from factory_sim.analysis.path import NoDeparture
from factory_sim.analysis.sensitivity import prices
from factory_sim.engines import choose
from factory_sim.fleet.seen import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.study.chunks import Chunks
from factory_sim.study.doubts import doubts
from factory_sim.study.executors import players
from factory_sim.study.explanation import Explanation
from factory_sim.study.phrases import phrase
from factory_sim.study.replications import check_study, common_warm_up, job, unheard, wanted_by
from factory_sim.study.side import StudyError, adjusted, planned_level, side
from factory_sim.study.tiles import replicate

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.analysis.path import CriticalPath
    from factory_sim.analysis.sensitivity import Price
    from factory_sim.scenario import Scenario
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.side import EngineAsked, Side
    from factory_sim.study.tiles import Play, Progress


@dataclass(frozen=True)
class _Traced:
    """What was simulated and followed, and what changes are worth by it.

    Attributes:
        accounts: Of all replications.
        path: Their critical paths.
        prices: Of every change.
        tiles: The replications.
        settles: What the rule for the warm-up said of itself, where it was asked.
        interrupted: Stopped before all was done, the changes to measure included.
    """

    accounts: Accounts
    path: CriticalPath
    prices: tuple[Price, ...]
    tiles: tuple[range, ...]
    settles: bool
    interrupted: bool


@checked
def explain(
    scenario: Scenario,
    *,
    engine: EngineAsked | None = None,
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

    The explanation does not depend on who computes it. Ctrl-C returns what was finished.

    Args:
        scenario: What to explain; with an automation plan at the plan's level.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        level: Replaces the plan's level of automation, a share.
        measure: How many of the changes that promise most, of those whose price is not
            exact, to simulate on the same draws; each costs as much as a run.
        workers: Processes to use, >= 1; see :func:`study.executors.players`. Each keeps
            trajectories of up to ``study.traced.BUDGET``.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
        chunks: Directory that finished tiles are written to and, by a call that was
            stopped before, taken from. They are removed when the study is complete.
        progress: Told how many replications are done, and of how many.
        bases: Digital bases, to be shared with other studies; simulated for this one if None.

    Raises:
        EngineError: If the batch engine is asked for and cannot run the plant.
        StudyError: If a level is given without an automation plan, a number is out of its
            range, or nothing leaves the line in some replication.
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If the run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    level = planned_level(scenario, level)
    one = side(scenario, level, (bases or Bases()).detection(scenario))
    kept = Chunks(chunks)
    try:
        with players(workers, executor) as compute:
            found = _traced(one, measure, kept.through(compute), progress or unheard)
    except NoDeparture as problem:
        raise StudyError(f"horizon: {problem}") from None
    if not found.interrupted:
        kept.remove()
    return Explanation(
        scenario=scenario,
        level=one.level,
        plant=one.plant,
        choice=one.choice,
        accounts=found.accounts,
        tiles=found.tiles,
        path=found.path,
        prices=found.prices,
        warnings=_doubts(one, found),
        interrupted=found.interrupted,
        seconds=perf_counter() - started,
    )


def _traced(one: Side, measure: int, play: Play, progress: Progress) -> _Traced:
    """Simulate a side, follow its paths, and price changes, the best of them by re-runs."""
    begin, settles = common_warm_up([one], play)
    followed = replace(job(one, begin), paths=True)
    study = replicate([followed], wanted_by([one]), play, progress)
    check_study(study)
    (outcome,) = study.outcomes
    assert outcome.path is not None, "paths were asked for"
    found = prices(one.plant, outcome.path, outcome.accounts.throughput)
    interrupted = study.interrupted
    if not interrupted:
        found, interrupted = _measured(found, one, outcome.accounts, measure, play, progress)
    return _Traced(outcome.accounts, outcome.path, found, study.tiles, settles, interrupted)


def _measured(
    found: tuple[Price, ...],
    one: Side,
    accounts: Accounts,
    number: int,
    play: Play,
    progress: Progress,
) -> tuple[tuple[Price, ...], bool]:
    """Return prices, the highest that are not exact replaced by what re-runs say.

    Says, too, whether the re-runs were interrupted; then none is replaced.
    """
    open_ = [price for price in found if price.claim != "exact"]
    chosen = sorted(open_, key=lambda price: -price.samples.mean())[:number]
    if not chosen:
        return found, False
    plants = [changed(one.plant, price.kind, price.place, price.amount) for price in chosen]
    jobs = [
        job(replace(one, plant=plant, choice=choose(plant, one.choice.engine)), accounts.begin)
        for plant in plants
    ]
    replications = int(accounts.throughput.size)
    study = replicate(jobs, lambda _: replications, play, progress)
    if study.interrupted:
        return found, True
    check_study(study)
    better = {
        id(price): replace(price, claim="measured", samples=run.throughput - accounts.throughput)
        for price, run in zip(chosen, study.accounts, strict=True)
    }
    return tuple(better.get(id(price), price) for price in found), False


def _doubts(one: Side, found: _Traced) -> tuple[Phrase, ...]:
    """Return what makes an explanation doubtful: what does a run, and people who are shared."""
    of_run = doubts(one.scenario, one.plant, found.accounts, rule_is_reliable=found.settles)
    shared = [phrase("doubt.shared_people")] if one.plant.pools else []
    return (*of_run, *shared)
