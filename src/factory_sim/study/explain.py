"""Explain a scenario: where the time of its critical path goes, and what a change is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.accounts import Accounts, account, tally
from factory_sim.analysis.binding import bind
from factory_sim.analysis.changes import changed
from factory_sim.analysis.critical_path import CAUSES, CriticalPath, NoDeparture, critical_path
from factory_sim.analysis.sensitivity import Price, prices
from factory_sim.analysis.statistics import interval
from factory_sim.analysis.trajectory import Recorder, memory, needs_detail
from factory_sim.engines import choose, simulate
from factory_sim.line.draws import Draws
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
from factory_sim.study.waterfall import ideal, waterfall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.engines import Choice
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.study.run import EngineAsked, Side
    from factory_sim.study.tiles import Job, Progress, Task
    from factory_sim.study.waterfall import Step

BUDGET = 256 * 2**20
"""Bytes of trajectories kept at a time; at least one replication is. A replication of the
Seres plant, 266 stations x 18 h, takes about 6 MB."""

SLACK = 1.1
"""How many more parts than the ideal rate makes a trajectory is reckoned with."""


@dataclass(frozen=True)
class Charge:
    """What the critical path spends at a place for a cause.

    Attributes:
        place: Name of a station or section.
        line: The line it stands in.
        cause: One of ``CAUSES``.
        per_hour: Seconds per hour of the path.
    """

    place: str
    line: str
    cause: str
    per_hour: Estimate


@dataclass(frozen=True)
class Gain:
    """What a change is worth.

    Attributes:
        price: The change.
        label: The change in words.
        gain: What it adds to throughput, parts/h.
    """

    price: Price
    label: str
    gain: Estimate


@dataclass(frozen=True)
class Explanation:
    """Why a scenario makes as many parts as it does, and what would make it make more.

    Attributes:
        scenario: What was asked, with what was given instead of what it says.
        level: Level of automation, a share; None without an automation plan.
        plant: What was simulated.
        choice: The engine that did, and why.
        accounts: The accounts of the same replications.
        path: Their critical paths.
        prices: What changes are worth, those measured with what re-runs say.
        warnings: Doubts, each ending in what to do.
        interrupted: Stopped before the replications that were asked were done.
        seconds: Time it took.
    """

    scenario: Scenario
    level: float | None
    plant: Plant
    choice: Choice
    accounts: Accounts
    path: CriticalPath
    prices: tuple[Price, ...]
    warnings: tuple[str, ...]
    interrupted: bool
    seconds: float

    @property
    def replications(self) -> int:
        """How many independent runs the figures rest on."""
        return int(self.accounts.delivered.size)

    @property
    def warm_up(self) -> float:
        """The part of each replication that was cut at its start, s."""
        return self.accounts.begin

    @cached_property
    def throughput(self) -> Estimate:
        """Parts delivered per hour."""
        return interval(self.accounts.throughput, self.scenario.confidence, "parts/h")

    @cached_property
    def waterfall(self) -> tuple[Step, ...]:
        """The steps from the takt rate, or that of the slowest stage alone, to throughput."""
        start = ideal(self.plant, self.scenario.takt)
        made = self.accounts.throughput
        return waterfall(self.plant, self.path, made, start, self.scenario.confidence)

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """What the path is charged to, the most first."""
        path, confidence = self.path, self.scenario.confidence
        per_hour = SECONDS_PER_HOUR * path.seconds / (path.last - path.first)[:, None, None]
        return tuple(
            sorted(
                (
                    Charge(
                        path.places[place],
                        self.plant.lines[path.lines[place]].name,
                        CAUSES[cause],
                        interval(per_hour[:, place, cause], confidence, "s/h"),
                    )
                    for place, cause in zip(*np.nonzero(per_hour.any(axis=0)), strict=True)
                ),
                key=lambda charge: -charge.per_hour.mean,
            )
        )

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """What changes are worth, the most first: a list of what to do."""
        return self._ranked(known=True)

    @cached_property
    def candidates(self) -> tuple[Gain, ...]:
        """Changes whose gain only a run can tell, in the order in which to try them."""
        return self._ranked(known=False)

    def _ranked(self, *, known: bool) -> tuple[Gain, ...]:
        confidence = self.scenario.confidence
        found = (
            Gain(price, _words(price, self.plant), interval(price.samples, confidence, "parts/h"))
            for price in self.prices
            if (price.claim != "rank") is known
        )
        return tuple(sorted(found, key=lambda gain: -gain.gain.mean))

    def record(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON; what is not defined is None."""
        return {
            "scenario": self.scenario.name,
            "engine": self.choice.engine,
            "engine_reason": self.choice.reason,
            "replications": self.replications,
            "confidence": self.scenario.confidence,
            "seed": self.scenario.seed,
            "horizon": self.accounts.end,
            "warm_up": self.warm_up,
            "level": self.level,
            "interrupted": self.interrupted,
            "throughput": _plain(self.throughput),
            "waterfall": [
                {
                    "label": step.label,
                    "kind": step.kind,
                    "value": step.value,
                    "half_width": _number(step.half_width),
                    "unit": "parts/h",
                }
                for step in self.waterfall
            ],
            "charges": [
                {"place": c.place, "line": c.line, "cause": c.cause, **_plain(c.per_hour)}
                for c in self.charges
            ],
            "prices": [
                {
                    "label": g.label,
                    "kind": g.price.kind,
                    "place": g.price.place,
                    "amount": g.price.amount,
                    "claim": g.price.claim,
                    **_plain(g.gain),
                }
                for g in self.gains
            ],
            "candidates": [
                {
                    "label": g.label,
                    "kind": g.price.kind,
                    "place": g.price.place,
                    "amount": g.price.amount,
                }
                for g in self.candidates
            ],
            "warnings": list(self.warnings),
        }


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
    begin, _ = common_warm_up([one], _played)
    paths: dict[range, CriticalPath] = {}

    def play(tasks: Mapping[Task, Job]) -> Iterator[tuple[Task, Accounts]]:
        for task, work in tasks.items():
            accounts, paths[task[1]] = _explained(work, task[1])
            yield task, accounts

    try:
        study = replicate([job(one, begin)], wanted_by([one]), play, progress or unheard)
    except NoDeparture as problem:
        raise StudyError(str(problem)) from None
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


def _played(tasks: Mapping[Task, Job]) -> Iterator[tuple[Task, Accounts]]:
    """Yield the accounts of tasks, in turn."""
    for task, work in tasks.items():
        yield (
            task,
            account(work.plant, work.seed, task[1], work.begin, work.end, work.engine),
        )


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
        runs = Accounts.merge([a for _, a in _played({(0, tile): work for tile in tiles})])
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


def _words(price: Price, plant: Plant) -> str:
    """Return a change in words."""
    place, amount = price.place, price.amount
    time = "1 min" if amount == SECONDS_PER_HOUR / 60 else f"{amount:.3g} s"
    match price.kind:
        case "cycle":
            return f"{time} less work at {place}"
        case "takt":
            return f"{time} less takt of {place}"
        case "mttr":
            return f"{time} shorter repairs at {place}"
        case "mtbf":
            return f"{100 * amount:.0f} % fewer breakdowns at {place}"
        case "place":
            feeders = [line.name for line in plant.lines[1:]]
            return f"one more place {'after' if place in feeders else 'before'} {place}"


def _plain(estimate: Estimate) -> dict[str, Any]:
    return {
        "mean": _number(estimate.mean),
        "half_width": _number(estimate.half_width),
        "unit": estimate.unit,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
