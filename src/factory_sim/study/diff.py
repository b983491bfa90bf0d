"""What each difference between two scenarios adds to their figures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.shapley import every_set, exact, orders, sampled, sets_on_the_way
from factory_sim.analysis.statistics import interval, paired
from factory_sim.fleet.bases import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.study.case import StudyError, adjusted, distinct, planned_case
from factory_sim.study.changes import Between
from factory_sim.study.compare import check_shared
from factory_sim.study.grouping import Grouping
from factory_sim.study.measures import measures
from factory_sim.study.priced import priced
from factory_sim.study.replications import run_study
from factory_sim.study.resources import Resources
from factory_sim.study.result import Comparison
from factory_sim.study.split import Diff, Share, Split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.shapley import Made, Order
    from factory_sim.line.arrays import Floats
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import EngineOption
    from factory_sim.study.grouping import By
    from factory_sim.study.result import Result
    from factory_sim.study.tiles import Progress

MOST_EXACT = 6
"""Most groups of which all 2^n sets are simulated; beyond, orders are sampled."""

PAIRS = 8
"""Pairs of orders that are sampled unless the user says otherwise."""


@checked
def diff(
    a: Scenario,
    b: Scenario,
    *,
    by: By = "key",
    orders_sampled: int | None = None,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Diff:
    """Return what each difference between two scenarios adds to every figure.

    The split does not depend on the order in which the changes are made (Shapley value)
    and adds up to the difference, in every replication: all plants in between are
    simulated in one window on the same draws. Up to ``MOST_EXACT`` groups of changes it is
    exact, with all 2^n plants; beyond, orders of the changes are sampled. Changes that make
    no valid scenario without others are counted with these.

    Args:
        a: The scenario before.
        b: The scenario after.
        by: Whether changes count by key, by station or by line.
        orders_sampled: How many orders to sample, an even number of 4 or more; None
            samples only where there are many groups.
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
        StudyError: If the scenarios differ in a key that must be the same in both, or a
            number is out of its range.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    if orders_sampled is not None and (orders_sampled < 4 or orders_sampled % 2):
        message = f"orders: must be an even number, 4 or more (got {orders_sampled})"
        raise StudyError(message)
    a, b = (adjusted(s, engine=engine, replications=replications, seed=seed) for s in (a, b))
    check_shared(a, b)
    grouping = Grouping(Between(a, b), (a, b), by)
    drawn: list[Order] = []

    def needed(groups: int) -> list[Made]:
        drawn.clear()
        if orders_sampled is None and groups <= MOST_EXACT:
            return every_set(groups)
        drawn.extend(orders(groups, (orders_sampled or 2 * PAIRS) // 2, a.seed))
        return sets_on_the_way(drawn)

    grouping.settle(needed)
    bases = bases or Bases()
    cases = [planned_case(scenario, bases) for scenario in grouping.scenarios.values()]
    places, different = distinct(cases)
    results = run_study(different, Resources(workers, executor, chunks, progress))
    runs = {
        made: replace(results[place], scenario=case.scenario, level=case.level)
        for made, case, place in zip(grouping.scenarios, cases, places, strict=True)
    }
    everything = frozenset(range(len(grouping.groups)))
    before, after = runs[frozenset()], replace(runs[everything], scenario=b)
    before, after = (replace(one, base=bases.known(one.scenario)) for one in (before, after))
    return Diff(
        comparison=Comparison(before, after),
        groups=tuple(grouping.groups),
        splits=_splits(runs, drawn, a.confidence),
        orders=len(drawn),
        simulated=len(different),
    )


def _splits(
    runs: Mapping[Made, Result], drawn: Sequence[Order], confidence: float
) -> dict[str, Split]:
    """Return every figure that all plants define, split over the groups."""
    splits = {}
    for name, label, unit, value in _figures(runs):
        if any(np.isnan(samples).any() for samples in value.values()):
            continue
        cases = (value[min(value, key=len)], value[max(value, key=len)])
        pair = paired(*cases, confidence, unit)
        splits[name] = Split(label, unit, pair, _shares(value, drawn, confidence, unit))
    return splits


def _figures(
    runs: Mapping[Made, Result],
) -> Iterator[tuple[str, str, str, Mapping[Made, Floats]]]:
    """Yield name, label, unit and the values (R,) for every set of each figure."""
    for what in measures(*(run.plant for run in runs.values())):
        values = {made: what.samples(run.accounts) for made, run in runs.items()}
        yield what.name, what.label, what.unit, values
    for figure, unit, values in priced(runs):
        yield figure.name, figure.label, unit, values


def _shares(
    value: Mapping[Made, Floats], drawn: Sequence[Order], confidence: float, unit: str
) -> tuple[Share, ...]:
    """Return the share of each group in a figure, from its values (R,) for every set."""
    if not drawn:
        groups = max(map(len, value))
        return tuple(Share(interval(one, confidence, unit), 0.0) for one in exact(groups, value))
    pairs = np.moveaxis(sampled(drawn, value), 1, 0)
    return tuple(_estimated(one, confidence, unit) for one in pairs)


def _estimated(share: Floats, confidence: float, unit: str) -> Share:
    """Return a share from its values by pair of orders and replication, (pairs, R).

    Both spreads are added as independent; that they have the spread of single values in
    common makes the interval a little wide.
    """
    over_replications = interval(share.mean(axis=0), confidence, unit)
    over_orders = interval(share.mean(axis=1), confidence).half_width
    both = math.hypot(over_replications.half_width, over_orders)
    return Share(replace(over_replications, half_width=both), over_orders)
