"""Simulate one scenario: warm-up, replications until they suffice, and doubts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from factory_sim.analysis.statistics import is_precise, replications_needed
from factory_sim.engines import Choice, choose
from factory_sim.fleet.seen import Bases
from factory_sim.line.compile import compile_plant
from factory_sim.line.draws import BLOCK
from factory_sim.study.chunks import Chunks
from factory_sim.study.doubts import about_base, doubts
from factory_sim.study.executors import players
from factory_sim.study.measures import measure
from factory_sim.study.result import Result
from factory_sim.study.tiles import Job, cut, played, replicate, tile_size
from factory_sim.study.warm_up import asked_by_rule, in_whole_periods, pilot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.detection import Detection
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.study.tiles import Play, Progress, Replicated, Wanted

    EngineAsked = Literal["auto", "batch", "reference"]
    Simulated = Callable[[Sequence["Side"]], tuple[Result, ...]]


class StudyError(ValueError):
    """What was asked cannot be studied; the text says what to change."""


class AuditError(AssertionError):
    """A run broke a law that every run obeys: a defect of this program."""


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

    A scenario with an automation plan is simulated at the plan's level and at its
    baseline, on the same draws; ``Result.comparison`` is their paired difference.
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
    plan = scenario.automation
    if plan is None:
        if level is not None:
            message = "level: the scenario has no automation plan; add `automation:` to it"
            raise StudyError(message)
        levels: tuple[float | None, ...] = (None,)
    else:
        levels = (plan.level if level is None else level, plan.baseline)
    bases = bases or Bases()
    seen = bases.detection(scenario)
    sides = [with_base(side(scenario, share, seen), bases) for share in levels]
    kept = Chunks(chunks)
    result, *baseline = results(sides, workers, progress, executor=executor, chunks=kept)
    if not result.interrupted:
        kept.remove()
    return replace(result, baseline=baseline[0]) if baseline else result


def adjusted(
    scenario: Scenario,
    *,
    engine: EngineAsked | None,
    replications: int | None,
    seed: int | None,
) -> Scenario:
    """Return the scenario with what was given instead of what it says.

    Raises:
        StudyError: If a number is out of its range.
    """
    for key, value, least in (("replications", replications, 1), ("seed", seed, 0)):
        if value is not None and value < least:
            message = f"{key}: must be at least {least} (got {value})"
            raise StudyError(message)
    given = {"engine": engine, "replications": replications, "seed": seed}
    return scenario.model_copy(update={k: v for k, v in given.items() if v is not None})


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


def with_base(one: Side, bases: Bases) -> Side:
    """Return a side with what its digital base does, if it describes one.

    Raises:
        ScenarioError: If the base is overloaded beyond what can be simulated.
    """
    return replace(one, base=bases.result(one.scenario))


def results(
    sides: Sequence[Side],
    workers: int,
    progress: Progress | None,
    *,
    executor: Executor | None = None,
    chunks: Chunks | None = None,
) -> tuple[Result, ...]:
    """Simulate sides in one window on the same draws; one result each.

    All sides follow the horizon, the seed and the replications of the first.

    Args:
        sides: The plants.
        workers: As in :func:`simulate`.
        progress: As there.
        executor: As there.
        chunks: Finished tiles on disk, which are left there: who calls this several times
            for one study removes them after the last.

    Raises:
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If a run breaks a law.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    with players(workers, executor) as compute:
        play = chunks.through(compute) if chunks else compute
        begin, reliable = common_warm_up(sides, play)
        jobs = [job(one, begin) for one in sides]
        study = replicate(jobs, wanted_by(sides), play, progress or unheard)
    if study.interrupted and sum(len(tile) for tile in study.tiles) < 2:
        raise KeyboardInterrupt
    check_audit(study)
    seconds = perf_counter() - started
    return tuple(
        Result(
            scenario=one.scenario,
            level=one.level,
            plant=one.plant,
            choice=one.choice,
            accounts=accounts,
            tiles=study.tiles,
            warnings=(
                *doubts(one.scenario, one.plant, accounts, rule_is_reliable=reliable),
                *about_base(one.base),
            ),
            interrupted=study.interrupted,
            seconds=seconds,
            base=one.base,
        )
        for one, accounts in zip(sides, study.accounts, strict=True)
    )


def job(one: Side, begin: float) -> Job:
    """Return what there is to do for a side, its accounts beginning at ``begin``, s."""
    scenario = one.scenario
    return Job(one.plant, scenario.seed, begin, scenario.horizon, one.choice.engine)


def common_warm_up(sides: Sequence[Side], play: Play) -> tuple[float, bool]:
    """Return the warm-up of all sides, the longest that one of them needs, s.

    With ``warm_up: auto`` a pilot of the first replications is watched from time 0. Where the
    rule finds no steady state, half of the horizon is cut at most.
    """
    begin, reliable = 0.0, True
    for one in sides:
        if one.scenario.warm_up != "auto":
            begin = max(begin, one.scenario.warm_up)
            continue
        watching, asked = job(one, 0.0), one.scenario.replications
        watched = pilot(asked if isinstance(asked, int) else asked.min)
        (accounts,) = played([watching], cut(watched, tile_size(watching)), play)
        begins, reliable_here = asked_by_rule(one.plant, accounts)
        if not reliable_here:  # what the rule would leave then is too short to tell anything
            begins = min(begins, one.scenario.horizon / 2)
        begin = max(begin, in_whole_periods(one.plant, begins, one.scenario.horizon))
        reliable = reliable and reliable_here
    return begin, reliable


def wanted_by(sides: Sequence[Side]) -> Wanted:
    """Return the rule that says how many replications there must be.

    A number is a number. A precision is approached in rounds, each as large as the
    spread so far says is needed, until every side has it or the maximum is reached.
    The batch engine gains nothing from a fraction of a block, so it takes whole ones.
    """
    asked = sides[0].scenario.replications
    if isinstance(asked, int):
        return lambda _: asked
    step = BLOCK if all(one.choice.engine == "batch" for one in sides) else 1
    confidence = sides[0].scenario.confidence
    what = measure(asked.of)

    def wanted(accounts: tuple[Accounts, ...]) -> int:
        if not accounts:
            return min(_whole(asked.min, step), asked.max)
        samples = [what.samples(some) for some in accounts]
        reached = samples[0].size
        unmet = [
            some
            for some in samples
            if not math.isnan(some.sum()) and not is_precise(some, asked.half_width, confidence)
        ]
        if not unmet:
            return reached
        needed = max(replications_needed(some, asked.half_width, confidence) for some in unmet)
        return min(_whole(max(needed, reached + 1), step), asked.max)

    return wanted


def _whole(number: int, step: int) -> int:
    return -(-number // step) * step


def check_audit(study: Replicated) -> None:
    """Raise an AuditError if a run breaks a law."""
    broken = [f.text for some in study.accounts for f in some.findings if f.level == "error"]
    if broken:
        raise AuditError("the run breaks a law that every run obeys: " + "; ".join(broken))


def unheard(done: int, total: int) -> None:
    """Report progress to nobody."""
