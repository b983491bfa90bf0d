"""From a fault of the network to parts that are not made.

While the twin is blind to a class of devices, failures of these are seen late, so that they
stop their stations longer. One fault of minutes meets few failures, so what it costs on
average is shown in three ways: as it follows from the rate of failures,

    extra downtime = sum over failure modes of rate x integral of (delay - usual delay)

from runs in which the fault comes again and again, back to back, divided by how often it
came, and from the runs in which it comes once. The first two agree as long as
failures are so rare that one does not delay another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.states import STATES
from factory_sim.analysis.statistics import Estimate, paired
from factory_sim.fleet.seen import Bases
from factory_sim.line import plant as plants
from factory_sim.line.detection import Repeated, excess
from factory_sim.scenario import rebuilt
from factory_sim.study.compare import planned_side
from factory_sim.study.records import base_record
from factory_sim.study.run import StudyError, adjusted, results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Seen
    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result
    from factory_sim.study.run import EngineAsked, Side
    from factory_sim.study.tiles import Progress

NOTICEABLE = 0.1
"""Share of the usual delay by which a delay differs that is told from a rounding."""

OWN = "stations"
"""Stands for the class of failures of the stations themselves."""


@dataclass(frozen=True)
class Late:
    """A class of devices whose failures are seen late because of a fault.

    Attributes:
        of: Its name.
        devices: How many there are whose failures stop or slow a station.
        begin: When its failures begin to be seen late, s.
        end: From when on they are seen as usual, s.
        failures: Failures expected in that time, at the average load of the stations.
        delay: How much later they are seen on average, s.
        downtime: Seconds that they are expected to last longer, all together.
        lost: Messages lost; None if that is not known.
    """

    of: str
    devices: int
    begin: float
    end: float
    failures: float
    delay: float
    downtime: float
    lost: float | None = None


@dataclass(frozen=True)
class Cost:
    """What a fault costs, as simulated; differences are paired.

    Attributes:
        unseen: Seconds that failures are seen later.
        downtime: Seconds that stations are down longer.
        parts: Parts that are not made.
    """

    unseen: Estimate
    downtime: Estimate
    parts: Estimate


@dataclass(frozen=True)
class Chain:
    """From the fault to the parts.

    Attributes:
        late: The classes that are seen late, the costliest first.
        once: What the fault costs in runs in which it comes once.
        each: What it costs on average, in runs in which it comes back to back.
        times: How often it comes in each of those.
        replications: How many independent runs that rests on.
        base: What the digital base does without the fault, where it was simulated.
    """

    late: tuple[Late, ...]
    once: Cost
    each: Cost
    times: float
    replications: int
    base: BaseResult | None = None

    def record(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        base = {"base": base_record(self.base)} if self.base else {"base": None}
        return asdict(replace(self, base=None)) | base


def chain(
    usual: Scenario,
    faulty: Scenario,
    *,
    engine: EngineAsked | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Chain:
    """Follow a fault of the network from messages to parts.

    Args:
        usual: The plant without the fault.
        faulty: The same with it.
        engine: Replaces the engine of both.
        replications: Replaces the number or precision of both, >= 1.
        seed: Replaces the seed of both, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.players`.
        executor: Computes instead of them: any that takes pickled tasks, a cluster's too.
        progress: Told how many replications are done, and of how many.
        bases: Digital bases, to be shared with other studies; simulated for this one if None.

    Raises:
        StudyError: If no failure is seen late, such as where people see all of them.
        EngineError: If the engine cannot run the plants.
        WorkersError: If workers die beyond repair, or an executor breaks.
        AuditError: If a run breaks a law; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    bases = bases or Bases()
    usual, faulty = (
        adjusted(one, engine=engine, replications=replications, seed=seed)
        for one in (usual, faulty)
    )
    sides = [planned_side(one, bases.detection(one)) for one in (usual, faulty)]
    spells = _spells(sides[0].plant, sides[1].plant, usual.horizon)
    if not spells:
        message = "the fault delays no failure: is monitoring.by twin, and do its classes fail?"
        raise StudyError(message)
    begin = min(first for first, _ in spells.values())
    end = max(last for _, last in spells.values())
    sides += [_repeated(one, begin, end) for one in sides]
    runs = results(sides, workers, progress, executor=executor)
    times = (runs[0].accounts.end - runs[0].accounts.begin) / (end - begin)
    before, after = (one.detection.lost if one.detection else {} for one in sides[:2])
    return Chain(
        late=_late(runs[0], runs[1], spells, after, before),
        once=_cost(runs[0], runs[1], 1.0),
        each=_cost(runs[2], runs[3], times),
        times=times,
        replications=runs[0].replications,
        base=bases.known(usual),
    )


def fault_chain(scenario: Scenario, **means: Any) -> Chain | None:
    """Follow the faults that a scenario states for its network; None if it has none.

    They are ``monitoring.blind`` or those of the ``digital_base``. Monitoring is by the
    twin, whatever the scenario says, and all else as it says.

    Args:
        scenario: The plant.
        means: As the keyword arguments of :func:`chain`.

    Raises:
        ScenarioError: If the scenario does not say how fast the twin sees.
    """
    monitoring, base = scenario.monitoring, scenario.digital_base
    stated = base is not None and base.faults
    if monitoring is None or not (monitoring.blind or stated):
        return None
    by_twin = monitoring.model_copy(update={"by": "twin"})
    faulty = scenario.model_copy(update={"monitoring": by_twin})
    rebuilt(json.loads(faulty.canonical), scenario.name)
    usual = faulty.model_copy(
        update={
            "monitoring": by_twin.model_copy(update={"blind": None}),
            "digital_base": base and base.model_copy(update={"faults": ()}),
        }
    )
    return chain(usual, faulty, **means)


def _modes(plant: plants.Plant) -> Iterator[tuple[plants.Station, plants.Failure]]:
    """Yield every failure mode that somebody must see, with its station."""
    for station in plant.stations():
        slowing = (failure for one in station.slowing for failure in one.failures)
        for failure in (*station.failures, *slowing):
            if failure.seen is not None:
                yield station, failure


def _pairs(
    usual: plants.Plant, faulty: plants.Plant
) -> Iterator[tuple[plants.Station, plants.Failure, Seen, Seen]]:
    """Yield station, failure, usual law and law with the fault where the two differ."""
    for (station, before), (_, after) in zip(_modes(usual), _modes(faulty), strict=True):
        if before.seen is not None and after.seen is not None and before.seen != after.seen:
            yield station, before, before.seen, after.seen


def _spells(
    usual: plants.Plant, faulty: plants.Plant, until: float
) -> dict[str, tuple[float, float]]:
    """Return from when until when the failures of each class are seen late, s."""
    found: dict[str, tuple[float, float]] = {}
    for _, failure, before, after in _pairs(usual, faulty):
        kind = failure.of or OWN
        if kind not in found and (spell := spell_of(after, before, until)) is not None:
            found[kind] = spell
    return found


def spell_of(law: Seen, usual: Seen, until: float) -> tuple[float, float] | None:
    """Return the span, s, outside of which two laws say the same; None if they never differ."""
    edges = sorted({0.0, until, *law.edges(0.0, until), *usual.edges(0.0, until)})
    middle = np.array([(a + b) / 2 for a, b in pairwise(edges)])
    normal = usual.mean(middle)
    differs = np.flatnonzero(np.abs(law.mean(middle) - normal) > NOTICEABLE * normal)
    return (edges[differs[0]], edges[differs[-1] + 1]) if differs.size else None


def _repeated(side: Side, begin: float, end: float) -> Side:
    """Return a side in which what the twin sees in a span comes back to back."""

    def again(failure: plants.Failure) -> plants.Failure:
        if failure.seen is None:
            return failure
        return replace(failure, seen=Repeated(failure.seen, begin, end))

    def at(station: plants.Station) -> plants.Station:
        slowing = tuple(
            replace(one, failures=tuple(map(again, one.failures))) for one in station.slowing
        )
        return replace(station, failures=tuple(map(again, station.failures)), slowing=slowing)

    lines = tuple(plants.changed(line, at) for line in side.plant.lines)
    return replace(side, plant=replace(side.plant, lines=lines))


def _late(
    usual: Result,
    faulty: Result,
    spells: Mapping[str, tuple[float, float]],
    lost: Mapping[str, float],
    lost_before: Mapping[str, float],
) -> tuple[Late, ...]:
    """Return what is expected of each class."""
    loads = _loads(usual)
    devices: dict[str, set[str]] = {kind: set() for kind in spells}
    failures, downtime = dict.fromkeys(spells, 0.0), dict.fromkeys(spells, 0.0)
    for station, failure, before, after in _pairs(usual.plant, faulty.plant):
        kind = failure.of or OWN
        if kind not in spells:
            continue
        begin, end = spells[kind]
        rate = rate_of(failure, loads[station.name])
        devices[kind].add(f"{station.name}/{failure.name.rpartition('/')[0]}")
        failures[kind] += rate * (end - begin)
        downtime[kind] += rate * excess(after, before, begin, end)
    found = [
        Late(
            of=kind,
            devices=len(devices[kind]),
            begin=spells[kind][0],
            end=spells[kind][1],
            failures=failures[kind],
            delay=downtime[kind] / failures[kind] if failures[kind] else 0.0,
            downtime=downtime[kind],
            lost=lost[kind] - lost_before.get(kind, 0.0) if kind in lost else None,
        )
        for kind in spells
    ]
    return tuple(sorted(found, key=lambda one: -one.downtime))


def rate_of(failure: plants.Failure, load: float) -> float:
    """Return how often a mode fails in the long run, 1/s.

    Args:
        failure: The mode, as good as new after repairs and without growth.
        load: Servers of its station that work on average.
    """
    if failure.clock == "busy":
        return load / failure.up.mean
    return 1.0 / (failure.up.mean + failure.down.mean)


def _loads(result: Result) -> dict[str, float]:
    """Return how many servers of each station work on average, by its name."""
    busy = result.accounts.states[:, :, STATES.index("busy")].mean(axis=0)
    stations = result.plant.stations()
    return {s.name: s.servers * float(share) for s, share in zip(stations, busy, strict=True)}


def _cost(usual: Result, faulty: Result, times: float) -> Cost:
    """Return the paired differences of two runs, divided by how often the fault came."""
    down, span = STATES.index("down"), usual.accounts.end - usual.accounts.begin
    servers = np.array([station.servers for station in usual.plant.stations()])

    def difference(of: Callable[[Accounts], Floats], unit: str) -> Estimate:
        a, b = (of(run.accounts) / times for run in (usual, faulty))
        return paired(a, b, usual.scenario.confidence, unit).difference

    return Cost(
        unseen=difference(lambda a: a.unseen.sum(axis=1), "s"),
        downtime=difference(lambda a: span * (a.states[:, :, down] @ servers), "s"),
        parts=difference(lambda a: -a.delivered, "parts"),
    )
