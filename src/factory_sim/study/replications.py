"""Cases simulated in one window on the same draws, until the stopping rule is met."""

from __future__ import annotations

import math
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import is_precise, replications_needed
from factory_sim.line.draws import BLOCK
from factory_sim.study.doubts import about_base, doubts
from factory_sim.study.measures import measure
from factory_sim.study.result import Result
from factory_sim.study.tiles import Job, compute_accounts, cut, replicate, tile_size
from factory_sim.study.warm_up import mser_warm_up, pilot, rounded_to_periods

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.study.case import Case
    from factory_sim.study.resources import Resources
    from factory_sim.study.tiles import Compute, Replicated, StoppingRule

    RunCases = Callable[[Sequence[Case]], tuple[Result, ...]]


class AuditError(AssertionError):
    """A run violates an invariant that every run obeys: a defect of this program."""


def run_cases(cases: Sequence[Case], resources: Resources) -> tuple[Result, ...]:
    """Simulate cases in one window on the same draws; one result each.

    The horizon, the seed and the replications are those of the first case. Cached tiles are
    left on disk, for later calls of the same study.

    Args:
        cases: At least one.
        resources: What computes them.

    Raises:
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    with resources.open() as compute:
        begin, reliable = common_warm_up(cases, compute)
        jobs = [job(case, begin) for case in cases]
        study = replicate(jobs, stopping_rule(cases), compute, resources.progress)
    check_study(study)
    seconds = perf_counter() - started
    return tuple(
        Result(
            scenario=case.scenario,
            level=case.level,
            plant=case.plant,
            choice=case.choice,
            accounts=accounts,
            tiles=study.tiles,
            warnings=(
                *doubts(case.scenario, case.plant, accounts, rule_is_reliable=reliable),
                *about_base(case.base),
            ),
            interrupted=study.interrupted,
            seconds=seconds,
            base=case.base,
        )
        for case, accounts in zip(cases, study.accounts, strict=True)
    )


def run_study(cases: Sequence[Case], resources: Resources) -> tuple[Result, ...]:
    """Simulate the cases of a whole study; as :func:`run_cases`, then clear its cache."""
    results = run_cases(cases, resources)
    if not results[0].interrupted:
        resources.cache.remove()
    return results


def job(case: Case, begin: float) -> Job:
    """Return the job of a case whose accounts begin at ``begin``, s."""
    scenario = case.scenario
    return Job(case.plant, scenario.seed, begin, scenario.horizon, case.choice.engine)


def common_warm_up(cases: Sequence[Case], compute: Compute) -> tuple[float, bool]:
    """Return the warm-up of all cases, s, and whether it can be relied on.

    It is the longest that one of them needs. With ``warm_up: auto`` this is estimated from
    a pilot of the first replications, accounted from time 0. Where the rule finds no steady
    state, at most half of the horizon is cut, and the warm-up is not reliable.
    """
    begin, reliable = 0.0, True
    for case in cases:
        scenario = case.scenario
        if scenario.warm_up != "auto":
            begin = max(begin, scenario.warm_up)
            continue
        pilot_job, asked = job(case, 0.0), scenario.replications
        replications = pilot(asked if isinstance(asked, int) else asked.min)
        tiles = cut(replications, tile_size(pilot_job))
        (accounts,) = compute_accounts([pilot_job], tiles, compute)
        warm_up, is_steady = mser_warm_up(case.plant, accounts)
        if not is_steady:  # what the rule would leave then is too short to tell anything
            warm_up = min(warm_up, scenario.horizon / 2)
        begin = max(begin, rounded_to_periods(case.plant, warm_up, scenario.horizon))
        reliable = reliable and is_steady
    return begin, reliable


def stopping_rule(cases: Sequence[Case]) -> StoppingRule:
    """Return the rule for how many replications are required, as the first case states it.

    A fixed number needs one round. A precision is reached sequentially: each round runs as
    many replications as the variance so far requires, until every case has the precision or
    the maximum is reached. The batch engine computes whole blocks of replications at no
    extra cost, so the number is rounded up to these.
    """
    asked = cases[0].scenario.replications
    if isinstance(asked, int):
        return lambda _: asked
    step = BLOCK if all(case.choice.engine == "batch" for case in cases) else 1
    confidence = cases[0].scenario.confidence
    figure = measure(asked.of)

    def required(accounts: tuple[Accounts, ...]) -> int:
        if not accounts:
            return min(_whole(asked.min, step), asked.max)
        samples = [figure.samples(one) for one in accounts]
        reached = samples[0].size
        imprecise = [
            some
            for some in samples
            if not math.isnan(some.sum()) and not is_precise(some, asked.half_width, confidence)
        ]
        if not imprecise:
            return reached
        needed = max(replications_needed(some, asked.half_width, confidence) for some in imprecise)
        return min(_whole(max(needed, reached + 1), step), asked.max)

    return required


def _whole(number: int, step: int) -> int:
    """Return a number rounded up to a multiple of ``step``."""
    return -(-number // step) * step


def check_study(study: Replicated) -> None:
    """Check that replications allow a result to be reported.

    Raises:
        AuditError: If a run violates an invariant.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    if study.interrupted and sum(len(tile) for tile in study.tiles) < 2:
        raise KeyboardInterrupt
    broken = [finding.text for some in study.accounts for finding in some.findings]
    if broken:
        raise AuditError("the run breaks a law that every run obeys: " + "; ".join(broken))
