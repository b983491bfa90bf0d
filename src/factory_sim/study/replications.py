"""Sides simulated in one window on the same draws, until the replications suffice."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import is_precise, replications_needed
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
    from factory_sim.study.side import Side
    from factory_sim.study.tiles import Play, Progress, Replicated, Wanted

    Simulated = Callable[[Sequence[Side]], tuple[Result, ...]]


class AuditError(AssertionError):
    """A run broke a law that every run obeys: a defect of this program."""


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
        workers: Processes to use, >= 1; see :func:`study.executors.players`.
        progress: Told how many replications are done, and of how many.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
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
    check_study(study)
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


def complete(
    sides: Sequence[Side],
    workers: int,
    progress: Progress | None,
    *,
    executor: Executor | None = None,
    chunks: Path | None = None,
) -> tuple[Result, ...]:
    """Simulate sides that are a whole study, as :func:`results` does.

    Args:
        sides: The plants.
        workers: As there.
        progress: As there.
        executor: As there.
        chunks: Directory of finished tiles, which are removed when the study is complete.
    """
    kept = Chunks(chunks)
    found = results(sides, workers, progress, executor=executor, chunks=kept)
    if not found[0].interrupted:
        kept.remove()
    return found


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


def check_study(study: Replicated) -> None:
    """Check that something may be said of replications.

    Raises:
        AuditError: If a run breaks a law.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    if study.interrupted and sum(len(tile) for tile in study.tiles) < 2:
        raise KeyboardInterrupt
    broken = [f.text for some in study.accounts for f in some.findings if f.level == "error"]
    if broken:
        raise AuditError("the run breaks a law that every run obeys: " + "; ".join(broken))


def unheard(done: int, total: int) -> None:
    """Report progress to nobody."""
