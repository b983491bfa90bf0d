"""The cost of a fault of the network, from late messages to parts that are not made.

While the twin is blind to a class of devices, failures of these are detected late, so that
they stop their stations longer. A fault of minutes coincides with few failures, so its mean
cost is estimated in three ways: by the rate of failures,

    extra downtime = sum over failure modes of rate x integral of (delay - usual delay)

from runs in which the fault is repeated back to back, divided by the number of repetitions,
and from runs in which it happens once. The first two agree as long as failures are so rare
that one does not delay another (``study.late``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.records import defined
from factory_sim.analysis.states import STATES
from factory_sim.analysis.statistics import Estimate, paired
from factory_sim.fleet.base.result import base_record
from factory_sim.fleet.bases import Bases, share_base
from factory_sim.line.detection import Repeated
from factory_sim.line.plant import changed
from factory_sim.scenario import rebuilt
from factory_sim.study.case import StudyError, adjusted, planned_case
from factory_sim.study.late import Late, late_classes, spells_of
from factory_sim.study.replications import run_cases
from factory_sim.study.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.arrays import Floats
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Station
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import Case, EngineOption
    from factory_sim.study.result import Comparison, Result
    from factory_sim.study.tiles import Progress


@dataclass(frozen=True)
class Cost:
    """The simulated cost of a fault, as paired differences.

    Attributes:
        unseen: Extra time until failures are detected, all together, s.
        downtime: Extra downtime of stations, s.
        parts: Parts that are not made.
    """

    unseen: Estimate
    downtime: Estimate
    parts: Estimate


@dataclass(frozen=True)
class Chain:
    """The chain of effects of a fault, from late detection to parts.

    Attributes:
        late: The classes that are detected late, the one with most extra downtime first.
        once: Cost of the fault in runs in which it happens once.
        each: Mean cost of one fault in runs in which it is repeated back to back.
        times: Number of repetitions in each of these.
        replications: Number of these runs.
        base: Result of the digital base without the fault, if it was simulated.
    """

    late: tuple[Late, ...]
    once: Cost
    each: Cost
    times: float
    replications: int
    base: BaseResult | None = None

    def record(self) -> dict[str, Any]:
        """Return the chain as plain data for JSON."""
        base = {"base": base_record(self.base)} if self.base else {"base": None}
        plain: dict[str, Any] = defined(asdict(replace(self, base=None)))
        return plain | base


def chain(
    usual: Scenario,
    faulty: Scenario,
    *,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
    runs: Sequence[Result] = (),
) -> Chain:
    """Follow a fault of the network from messages to parts.

    Args:
        usual: The plant without the fault.
        faulty: The same plant with it.
        engine: Replaces the engine of both.
        replications: Replaces the number or precision of both, >= 1.
        seed: Replaces the seed of both, >= 0.
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`.
        executor: Used instead of worker processes; any that takes pickled tasks, such as
            that of a cluster.
        progress: Called with the replications that are done and their total.
        bases: Results of digital bases to share with other studies; None shares none.
        runs: Earlier results. Plants that are among them, with the same window and number of
            replications, are not simulated again if both are.

    Raises:
        StudyError: If the fault delays the detection of no failure.
        EngineError: If the engine cannot run the plants.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    bases = bases or Bases()
    usual, faulty = (
        adjusted(one, engine=engine, replications=replications, seed=seed)
        for one in (usual, faulty)
    )
    cases = [planned_case(scenario, bases) for scenario in (usual, faulty)]
    spells = spells_of(cases[0].plant, cases[1].plant, usual.horizon)
    if not spells:
        message = "the fault delays no failure: is monitoring.by twin, and do its classes fail?"
        raise StudyError(message)
    resources = Resources(workers, executor, progress=progress)
    known = [next((run for run in runs if _is_run_of(run, case)), None) for case in cases]
    once = [run for run in known if run is not None]
    if len(once) < len(cases):
        once = list(run_cases(cases, resources))
    if once[0].interrupted:
        raise KeyboardInterrupt
    begin = min(first for first, _ in spells.values())
    end = max(last for _, last in spells.values())
    each = run_cases([_repeated(case, begin, end, once[0]) for case in cases], resources)
    times = (once[0].accounts.end - once[0].accounts.begin) / (end - begin)
    before, after = (case.detection.lost if case.detection else {} for case in cases)
    return Chain(
        late=late_classes(once[0], once[1], spells, after, before),
        once=_cost(once[0], once[1], 1.0),
        each=_cost(each[0], each[1], times),
        times=times,
        replications=each[0].replications,
        base=bases.known(usual),
    )


def _is_run_of(run: Result, case: Case) -> bool:
    """Return whether a run is one of a case, and complete."""
    asked, done = case.scenario, run.scenario
    alike = (asked.seed, asked.horizon, asked.warm_up, asked.replications) == (
        done.seed,
        done.horizon,
        done.warm_up,
        done.replications,
    )
    return alike and not run.interrupted and run.choice == case.choice and run.plant == case.plant


def fault_chain(scenario: Scenario, **options: Any) -> Chain | None:
    """Follow the faults that a scenario states for its network; None if it has none.

    They are ``monitoring.blind`` or those of the ``digital_base``. Monitoring is by the
    twin, whatever the scenario says, and all else as it says.

    Args:
        scenario: The plant.
        options: As the keyword arguments of :func:`chain`.

    Raises:
        ScenarioError: If the scenario does not say how fast the twin sees.
    """
    monitoring = scenario.monitoring
    if monitoring is None or not any(_faults(scenario)):
        return None
    by_twin = monitoring.model_copy(update={"by": "twin"})
    faulty = scenario.model_copy(update={"monitoring": by_twin})
    rebuilt(json.loads(faulty.canonical), scenario.name)
    return chain(_without_faults(faulty), faulty, **options)


def chains_compared(comparison: Comparison, **options: Any) -> dict[str, Chain]:
    """Follow the faults of the network in which two plants differ, by ``a`` and ``b``.

    Each plant with faults is compared with the same plant without them. A plant without
    faults, or whose failures are detected by people, has no chain. The base without the
    faults is in a chain unless it is that of the other plant.

    Args:
        comparison: Of the plants.
        options: As the keyword arguments of :func:`chain`, but for what the plants say: engine,
            replications and seed.

    Raises:
        StudyError: If faults delay no failure.
    """
    a, b = comparison.a.scenario, comparison.b.scenario
    found: dict[str, Chain] = {}
    if _faults(a) == _faults(b):
        return found
    for part, scenario, other in (("a", a, b), ("b", b, a)):
        sees = scenario.monitoring is not None and scenario.monitoring.by == "twin"
        if not sees or not any(_faults(scenario)):
            continue
        usual = _without_faults(scenario)
        followed = chain(usual, scenario, runs=(comparison.a, comparison.b), **options)
        found[part] = replace(followed, base=None) if share_base(usual, other) else followed
    return found


def _faults(scenario: Scenario) -> tuple[object, object]:
    """Return the faults that a scenario states: the spell of a blind twin, those of its base."""
    monitoring, base = scenario.monitoring, scenario.digital_base
    return monitoring and monitoring.blind, base and base.faults


def _without_faults(scenario: Scenario) -> Scenario:
    """Return a scenario with all of its faults taken out."""
    monitoring, base = scenario.monitoring, scenario.digital_base
    return scenario.model_copy(
        update={
            "monitoring": monitoring and monitoring.model_copy(update={"blind": None}),
            "digital_base": base and base.model_copy(update={"faults": ()}),
        }
    )


def _repeated(case: Case, begin: float, end: float, like: Result) -> Case:
    """Return a case in which the detection delays of a span of time repeat back to back.

    Args:
        case: The plant.
        begin: Begin of the span, s.
        end: Its end, s.
        like: A run with the warm-up and the number of replications to use.
    """

    def repeated(failure: Failure) -> Failure:
        if failure.seen is None:
            return failure
        return replace(failure, seen=Repeated(failure.seen, begin, end))

    def with_repeated(station: Station) -> Station:
        slowing = tuple(
            replace(one, failures=tuple(map(repeated, one.failures))) for one in station.slowing
        )
        return replace(station, failures=tuple(map(repeated, station.failures)), slowing=slowing)

    lines = tuple(changed(line, with_repeated) for line in case.plant.lines)
    asked = {"warm_up": like.warm_up, "replications": like.replications}
    return replace(
        case,
        plant=replace(case.plant, lines=lines),
        scenario=case.scenario.model_copy(update=asked),
    )


def _cost(usual: Result, faulty: Result, times: float) -> Cost:
    """Return the paired differences of two runs, divided by the number of faults."""
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
