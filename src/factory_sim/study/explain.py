"""Explain a scenario: where the time of its critical path goes, and what a change is worth."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.analysis.accounts import Accounts, tally
from factory_sim.analysis.changes import changed
from factory_sim.analysis.path import (
    CriticalPath,
    NoDeparture,
    Recorder,
    bind,
    critical_path,
    memory,
    needs_detail,
)
from factory_sim.analysis.sensitivity import prices
from factory_sim.engines import choose, simulate
from factory_sim.line.draws import Draws
from factory_sim.study.executors import in_turn
from factory_sim.study.explanation import Explanation
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.run import (
    StudyError,
    adjusted,
    check_audit,
    common_warm_up,
    job,
    side,
    unheard,
    wanted_by,
)
from factory_sim.study.tiles import cut, replicate
from factory_sim.study.waterfall import ideal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.sensitivity import Price
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.study.run import EngineAsked, Side
    from factory_sim.study.tiles import Finished, Job, Progress, Task

BUDGET = 512 * 2**20
"""Bytes of trajectories kept at a time; at least one replication is. A replication of the
Seres plant, 266 stations x 18 h, takes about 7 MB."""

SLACK = 1.1
"""How many more parts than the ideal rate makes a trajectory is reckoned with."""


def explain(
    scenario: Scenario,
    *,
    engine: EngineAsked | None = None,
    replications: int | None = None,
    seed: int | None = None,
    level: float | None = None,
    measure: int = 1,
    progress: Progress | None = None,
) -> Explanation:
    """Explain the throughput of a scenario by the critical paths of its replications.

    Trajectories are kept for as many replications at a time as ``BUDGET`` holds.

    Args:
        scenario: What to explain; with an automation plan at the plan's level.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        level: Replaces the plan's level of automation, a share.
        measure: How many of the changes that promise most, of those whose price is not
            exact, to simulate on the same draws; each costs as much as a run.
        progress: Told how many replications are done, and of how many.

    Raises:
        EngineError: If the batch engine is asked for and cannot run the plant.
        StudyError: If a level is given without an automation plan, a number is out of its
            range, or nothing leaves the line in some replication.
        AuditError: If the run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    plan = scenario.automation
    if plan is None and level is not None:
        raise StudyError("level: the scenario has no automation plan; add `automation:` to it")
    one = side(scenario, plan.level if plan and level is None else level)
    begin, _ = common_warm_up([one], in_turn)
    paths: dict[range, CriticalPath] = {}

    def play(tasks: Mapping[Task, Job]) -> Finished:
        for task, work in tasks.items():
            accounts, paths[task[1]] = _explained(work, task[1])
            yield task, accounts

    try:
        study = replicate([job(one, begin)], wanted_by([one]), play, progress or unheard)
    except NoDeparture as problem:
        raise StudyError(f"horizon: {problem}") from None
    if study.interrupted and sum(len(tile) for tile in study.tiles) < 2:
        raise KeyboardInterrupt
    check_audit(study)
    (accounts,) = study.accounts
    path = CriticalPath.merge([paths[tile] for tile in study.tiles])
    found = prices(one.plant, path, accounts.throughput)
    if not study.interrupted:
        found = _measured(found, one, accounts, study.tiles, measure)
    return Explanation(
        scenario=scenario,
        level=one.level,
        plant=one.plant,
        choice=one.choice,
        accounts=accounts,
        tiles=study.tiles,
        path=path,
        prices=found,
        warnings=_doubts(one.plant, accounts),
        interrupted=study.interrupted,
        seconds=perf_counter() - started,
    )


def affordable(plant: Plant, end: float) -> int:
    """Return how many trajectories up to a time, s, the budget holds; at least 1."""
    _, rate = ideal(plant, None)
    parts = SLACK * rate * end / SECONDS_PER_HOUR
    return max(int(BUDGET / max(memory(plant, parts), 1.0)), 1)


def _explained(work: Job, tile: range) -> tuple[Accounts, CriticalPath]:
    """Return accounts and paths of a tile, as many replications at a time as fit."""
    size = 1 if work.engine == "reference" else affordable(work.plant, work.end)
    accounts, paths = [], []
    for some in cut(tile, size):
        draws = Draws(work.seed, some)
        detail = needs_detail(work.plant)
        recorder = Recorder(work.plant, draws)
        slabs = simulate(work.plant, draws, work.end, work.engine, detail=detail)
        accounts.append(tally(work.plant, recorder.watch(slabs), work.begin, work.end, len(some)))
        paths.append(critical_path(bind(recorder.trajectory()), work.begin, work.end))
    return Accounts.merge(accounts), CriticalPath.merge(paths)


def _measured(
    found: tuple[Price, ...], one: Side, accounts: Accounts, tiles: tuple[range, ...], number: int
) -> tuple[Price, ...]:
    """Return prices, the highest that are not exact replaced by what re-runs say."""
    open_ = [price for price in found if price.claim != "exact"]
    chosen = sorted(open_, key=lambda price: -price.samples.mean())[:number]
    better: dict[int, Price] = {}
    for price in chosen:
        plant = changed(one.plant, price.kind, price.place, price.amount)
        other = replace(one, plant=plant, choice=choose(plant, one.choice.engine))
        work = job(other, accounts.begin)
        runs = Accounts.merge([a for _, a in in_turn({(0, tile): work for tile in tiles})])
        gained = runs.throughput - accounts.throughput
        better[id(price)] = replace(price, claim="measured", samples=gained)
    return tuple(better.get(id(price), price) for price in found)


def _doubts(plant: Plant, accounts: Accounts) -> tuple[str, ...]:
    """Return what makes an explanation doubtful, each a sentence that ends in what to do."""
    found = [finding.text for finding in accounts.findings if finding.level == "warning"]
    if accounts.delivered.size == 1:
        found.append("one replication has no interval. Set `replications: 2` or more.")
    if plant.pools:
        found.append(
            "people are shared between stations: a wait for them is charged to the station "
            "that waits, and no price counts what a station gains by freeing them sooner. "
            "Use `factory-sim compare` with one more of them."
        )
    return tuple(found)
