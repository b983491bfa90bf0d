"""Sweep a scenario over levels of automation and settings, all points on shared draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.fleet.seen import Bases
from factory_sim.scenario.arguments import checked
from factory_sim.scenario.automation import shares
from factory_sim.study.chunks import Chunks
from factory_sim.study.replications import results
from factory_sim.study.side import StudyError, adjusted, distinct, side
from factory_sim.study.sweep.figures import equipment, gains, measured
from factory_sim.study.sweep.notes import about_money, about_takt, shared, without_takt
from factory_sim.study.sweep.point import Point
from factory_sim.study.sweep.result import Sweep
from factory_sim.study.sweep.takt import at_takt, fastest
from factory_sim.study.sweep.wishes import axes_of, baseline_of, wishes_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.line.arrays import Floats
    from factory_sim.scenario import Scenario
    from factory_sim.study.replications import Simulated
    from factory_sim.study.result import Result
    from factory_sim.study.side import EngineAsked, Side
    from factory_sim.study.sweep.wishes import Levels, Settings, Wish
    from factory_sim.study.tiles import Progress


@dataclass(frozen=True)
class Played:
    """What became of a plant.

    Attributes:
        result: Its run.
        searched: What the search of its fastest takt found, (R,) by figure.
        factor: On the takts of the scenario.
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
    engine: EngineAsked | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Sweep:
    """Simulate a scenario at many settings on the same draws, against one baseline.

    With ``automation`` the baseline is the scenario at its plan's baseline level, else
    the scenario as it stands; it is simulated whether or not it is a point, and a point
    with its plant differs from it by exactly 0. Plants that come out equal, such as two
    levels that automate the same stations, are simulated once.

    Args:
        scenario: What to simulate.
        automation: Levels: ``0:1:0.1``, ``0,25 %,50 %``, or a list of shares. Levels of a
            range that the plan cannot reach are left out, with a note; one of a list is
            refused.
        vary: Keys and their values, as ``["stations.weld.buffer=2:8:2"]`` or as a mapping
            from key to values. Several make a grid.
        samples: Draw so many points of a Latin hypercube instead of the grid.
        fastest_takt: An availability in (0, 1): every point runs at the fastest takt at
            which its main line still meets it.
        engine: Replaces the scenario's engine.
        replications: Replaces the scenario's number or precision, >= 1.
        seed: Replaces the scenario's seed, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.players`.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
        chunks: Directory that finished tiles are written to and, by a call that was
            stopped before, taken from. They are removed when the study is complete.
        progress: Told how many replications are done, and of how many.
        bases: Digital bases, to be shared with other studies; simulated for this one if None.

    Raises:
        EngineError: If the batch engine is asked for and cannot run a point.
        ScenarioError: If a setting is wrong for the scenario.
        StudyError: If there is nothing to sweep, levels need a plan or are out of reach,
            a setting would end what all points share, or there is no takt to search.
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If a run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    started = perf_counter()
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    axes = axes_of(automation, vary)
    first = baseline_of(scenario, axes)
    wishes, notes = wishes_of(scenario, axes, samples)
    bases = bases or Bases()
    sides = [side(w.scenario, w.level, bases.detection(w.scenario)) for w in (first, *wishes)]
    places, different = distinct(sides)
    notes += shared(wishes, places[1:])
    kept = Chunks(chunks)
    simulated = partial(results, workers=workers, progress=progress, executor=executor, chunks=kept)
    played = _played(different, fastest_takt, simulated)
    if played[0] is None:
        raise StudyError(str(without_takt(first, fastest_takt)))
    found = [(wish, played[place]) for wish, place in zip((first, *wishes), places, strict=True)]
    notes += [without_takt(wish, fastest_takt) for wish, run in found if run is None]
    baseline, *points = _points([(wish, run) for wish, run in found if run is not None])
    notes += [*about_takt(fastest_takt), *about_money((baseline, *points))]
    if not baseline.result.interrupted:
        kept.remove()
    return Sweep(
        keys=tuple(axis.key for axis in axes),
        points=tuple(points),
        baseline=baseline,
        availability=fastest_takt,
        notes=tuple(notes),
        seconds=perf_counter() - started,
    )


def _played(
    sides: Sequence[Side], wanted: float | None, simulated: Simulated
) -> list[Played | None]:
    """Simulate plants as they are, or at their fastest takts; None where there is none."""
    if wanted is None:
        return [Played(result, {}) for result in simulated(sides)]
    return [
        Played(one.result, {"fastest_takt": one.takts, "output": one.output}, one.factor)
        if one
        else None
        for one in fastest(sides, wanted, simulated)
    ]


def _points(met: Sequence[tuple[Wish, Played]]) -> list[Point]:
    """Return the points of wishes and their runs; the first is the baseline of all."""
    runs = [
        replace(run.result, level=wish.level, scenario=at_takt(wish.scenario, run.factor))
        for wish, run in met
    ]
    has = [equipment(run.scenario, run.plant) for run in runs]
    prices = [wish.scenario.economics for wish, _ in met]
    powered = any(e.states_power for e in has) or any(e and e.base_power > 0 for e in prices)
    capital = any(e.states_capital for e in has)
    points = []
    for (wish, played), run, its, at in zip(met, runs, has, prices, strict=True):
        here = measured(run, its, at, powered=powered) | played.searched
        there = measured(runs[0], has[0], at, powered=powered) | met[0][1].searched
        invested = its.capital - has[0].capital
        if at:
            here |= gains(at, here, there, invested)
            there |= gains(at, there, there, 0.0)
        points.append(
            Point(
                label=wish.label,
                settings=wish.settings,
                result=run,
                automated=None if wish.level is None else shares(wish.scenario, wish.level),
                operators=its.operators,
                capital=its.capital if capital else None,
                invested=invested,
                samples=here,
                reference=there,
            )
        )
    return points
