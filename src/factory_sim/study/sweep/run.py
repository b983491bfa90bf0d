"""Sweep a scenario over levels of automation and settings, all points on shared draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.fleet.bases import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.scenario.automation import shares
from factory_sim.study.case import StudyError, adjusted, build_case, distinct
from factory_sim.study.replications import run_cases
from factory_sim.study.resources import Resources
from factory_sim.study.sweep.figures import equipment, gains, measured
from factory_sim.study.sweep.notes import about_money, about_takt, shared, without_takt
from factory_sim.study.sweep.point import Point
from factory_sim.study.sweep.requested import baseline_point, parse_axes, requested_points
from factory_sim.study.sweep.result import Sweep
from factory_sim.study.sweep.takt import at_takt, fastest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.line.arrays import Floats
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import Case, EngineOption
    from factory_sim.study.replications import RunCases
    from factory_sim.study.result import Result
    from factory_sim.study.sweep.requested import Levels, RequestedPoint, Settings
    from factory_sim.study.tiles import Progress


@dataclass(frozen=True)
class PointRun:
    """The run of the plant of a point.

    Attributes:
        result: The result.
        searched: Figures from the search of the fastest takt, (R,) each, by name.
        factor: Factor on every takt of the scenario.
    """

    result: Result
    searched: dict[str, Floats]
    factor: float = 1.0


@checked
def sweep(
    scenario: Scenario,
    *,
    automation: Levels | None = None,
    vary: Settings = (),
    samples: int | None = None,
    fastest_takt: float | None = None,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Sweep:
    """Simulate a scenario at many settings on the same draws, against one baseline.

    With ``automation`` the baseline is the scenario at its plan's baseline level, otherwise
    the scenario itself. It is simulated even if it is none of the points; a point with the
    same plant differs from it by exactly 0. Equal plants, such as those of two levels that
    automate the same stations, are simulated once.

    Args:
        scenario: What to simulate.
        automation: Levels: ``0:1:0.1``, ``0,25 %,50 %``, or a list of shares. Levels that the
            plan cannot reach are left out of a range, with a note; in a list they are an
            error.
        vary: Keys and their values, as ``["stations.weld.buffer=2:8:2"]`` or as a mapping
            from key to values. Several make a grid.
        samples: Number of points of a Latin hypercube to draw; None simulates the grid.
        fastest_takt: An availability in (0, 1): every point runs at the fastest takt at
            which its main line still meets it.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`.
        executor: Used instead of worker processes; any that takes pickled tasks, such as
            that of a cluster.
        chunks: Directory in which finished tiles are cached, so that an interrupted call can
            be repeated to resume it. They are removed when the study is complete.
        progress: Called with the replications that are done and their total.
        bases: Results of digital bases to share with other studies; None shares none.

    Raises:
        EngineError: If the batch engine is asked for and cannot run a point.
        ScenarioError: If a setting is wrong for the scenario.
        StudyError: If there is nothing to sweep, levels need a plan or are out of reach,
            a setting changes a key that all points share, or there is no takt to search.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    if fastest_takt is not None and not 0.0 < fastest_takt < 1.0:
        raise StudyError(f"fastest_takt: must be a share between 0 and 1 (got {fastest_takt:g})")
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    axes = parse_axes(automation, vary)
    first = baseline_point(scenario, axes)
    requested, notes = requested_points(scenario, axes, samples)
    bases = bases or Bases()
    cases = [
        build_case(point.scenario, point.level, bases.detection(point.scenario))
        for point in (first, *requested)
    ]
    places, different = distinct(cases)
    notes += shared(requested, places[1:])
    resources = Resources(workers, executor, chunks, progress)
    runs = _simulated(different, fastest_takt, partial(run_cases, resources=resources))
    if runs[0] is None:
        raise StudyError(str(without_takt(first, fastest_takt)))
    pairs = [(p, runs[place]) for p, place in zip((first, *requested), places, strict=True)]
    notes += [without_takt(point, fastest_takt) for point, run in pairs if run is None]
    baseline, *points = _points([(point, run) for point, run in pairs if run is not None])
    notes += [*about_takt(fastest_takt), *about_money((baseline, *points))]
    if not baseline.result.interrupted:
        resources.cache.remove()
    return Sweep(
        keys=tuple(axis.key for axis in axes),
        points=tuple(points),
        baseline=baseline,
        availability=fastest_takt,
        notes=tuple(notes),
        seconds=perf_counter() - started,
    )


def _simulated(
    cases: Sequence[Case], availability: float | None, run_cases: RunCases
) -> list[PointRun | None]:
    """Simulate cases at their own takts, or at the fastest ones that meet an availability.

    Returns:
        One run per case; None where no takt meets the availability.
    """
    if availability is None:
        return [PointRun(result, {}) for result in run_cases(cases)]
    return [
        PointRun(found.result, {"fastest_takt": found.takts, "output": found.output}, found.factor)
        if found
        else None
        for found in fastest(cases, availability, run_cases)
    ]


def _points(pairs: Sequence[tuple[RequestedPoint, PointRun]]) -> list[Point]:
    """Return the points of a sweep from their runs; the first is the baseline of all."""
    results = [
        replace(run.result, level=point.level, scenario=at_takt(point.scenario, run.factor))
        for point, run in pairs
    ]
    equipped = [equipment(result.scenario, result.plant) for result in results]
    prices = [point.scenario.economics for point, _ in pairs]
    powered = any(e.states_power for e in equipped) or any(p and p.base_power > 0 for p in prices)
    capital = any(e.states_capital for e in equipped)
    points = []
    for (point, run), result, its, at in zip(pairs, results, equipped, prices, strict=True):
        samples = measured(result, its, at, powered=powered) | run.searched
        reference = measured(results[0], equipped[0], at, powered=powered) | pairs[0][1].searched
        invested = its.capital - equipped[0].capital
        if at:
            samples |= gains(at, samples, reference, invested)
            reference |= gains(at, reference, reference, 0.0)
        points.append(
            Point(
                label=point.label,
                settings=point.settings,
                result=result,
                automated=None if point.level is None else shares(point.scenario, point.level),
                operators=its.operators,
                capital=its.capital if capital else None,
                invested=invested,
                samples=samples,
                reference=reference,
            )
        )
    return points
