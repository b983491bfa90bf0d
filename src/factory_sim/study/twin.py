"""What connecting the devices gains: each lever of the twin alone, and all together.

A lever is a key that says whether people or the twin do something. The plant without any
of them, with each, and with all is simulated on the same draws; with shares, every
combination is, and the total is split over the levers by Shapley values.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.records import estimate_record
from factory_sim.analysis.shapley import every_set, exact
from factory_sim.fleet.base.result import base_record
from factory_sim.fleet.bases import Bases
from factory_sim.scenario import rebuilt
from factory_sim.scenario.arguments import checked
from factory_sim.scenario.upkeep_checks import has_cameras
from factory_sim.study.case import StudyError, adjusted, planned_case, with_base
from factory_sim.study.measures import estimated, measures
from factory_sim.study.phrases import phrase_record
from factory_sim.study.replications import run_study
from factory_sim.study.resources import Resources
from factory_sim.study.result import Comparison

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.shapley import Made
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import EngineOption
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.result import Result
    from factory_sim.study.tiles import Progress


@dataclass(frozen=True)
class Lever:
    """A task that is done either by people or by the twin.

    Attributes:
        name: Its name in reports.
        path: Key of the scenario that says who does it.
        people: Its value without the twin.
        twin: Its value with it.
    """

    name: str
    path: tuple[str, ...]
    people: str | bool
    twin: str | bool

    @property
    def key(self) -> str:
        """The key as ``--set`` takes it."""
        return ".".join(self.path)


LEVERS = (
    Lever("monitoring", ("monitoring", "by"), "patrol", "twin"),
    Lever("management", ("maintenance", "dispatch", "by"), "hand", "twin"),
    Lever("predictive maintenance", ("maintenance", "predictive", "use"), people=False, twin=True),
    Lever("vision inspection", ("inspection_by",), "eye", "camera"),
)
"""All levers, in the order of reports."""


@dataclass(frozen=True)
class Gains:
    """What a plant gains by the twin.

    Attributes:
        levers: Those that the scenario has values for.
        alone: The plant without the twin, against the plant with each lever alone.
        together: The plant without the twin, against the plant with all of them.
        shares: For each figure what each lever adds to the total, by Shapley values; empty
            if that was not asked for.
    """

    levers: tuple[Lever, ...]
    alone: tuple[Comparison, ...]
    together: Comparison
    shares: Mapping[str, tuple[Estimate, ...]] = field(default_factory=dict)

    @property
    def replications(self) -> int:
        """Number of independent runs of each plant."""
        return self.together.replications

    @property
    def interrupted(self) -> bool:
        """Whether it stopped before all replications were done."""
        return self.together.interrupted

    @property
    def warnings(self) -> tuple[Phrase, ...]:
        """Doubts about any of the plants, each once."""
        results = (self.together.a, *(pair.b for pair in self.alone), self.together.b)
        return tuple(dict.fromkeys(said for one in results for said in one.warnings))

    def record(self) -> dict[str, Any]:
        """Return it as plain data for JSON; ``base`` is None without a digital base."""
        base = self.together.b.base
        return {
            "scenario": self.together.a.scenario.name,
            "replications": self.replications,
            "confidence": self.together.a.scenario.confidence,
            "interrupted": self.interrupted,
            "levers": [
                {
                    "name": lever.name,
                    "key": lever.key,
                    "people": lever.people,
                    "twin": lever.twin,
                    "differences": comparison.differences_record(),
                    "shares": {
                        name: estimate_record(some[number]) for name, some in self.shares.items()
                    },
                }
                for number, (lever, comparison) in enumerate(
                    zip(self.levers, self.alone, strict=True)
                )
            ],
            "together": self.together.differences_record(),
            "base": base_record(base) if base else None,
            "warnings": [phrase_record(said) for said in self.warnings],
        }


@checked
def gains(
    scenario: Scenario,
    *,
    shares: bool = False,
    engine: EngineOption | None = None,
    replications: int | None = None,
    seed: int | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    chunks: Path | None = None,
    progress: Progress | None = None,
    bases: Bases | None = None,
) -> Gains:
    """Return what each lever of the twin gains alone, and all of them together.

    Args:
        scenario: Must state, for at least one lever, the values of people and of the twin.
        shares: Whether to split the total over the levers, which takes 2^n plants instead
            of n + 2.
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
        ScenarioError: If the scenario is not valid with a lever, such as monitoring by the
            twin without its delay.
        StudyError: If it has no lever.
        EngineError: If the engine cannot run one of the plants.
        WorkersError: If workers keep dying, or an executor breaks.
        AuditError: If a run violates an invariant; please report it.
        KeyboardInterrupt: If interrupted before two replications were finished.
    """
    scenario = adjusted(scenario, engine=engine, replications=replications, seed=seed)
    levers = available(scenario)
    if not levers:
        message = (
            "the scenario has no lever of the twin; write monitoring:, maintenance: or "
            "inspection: {by_camera: ...}"
        )
        raise StudyError(message)
    every = range(len(levers))
    sets = every_set(len(levers)) if shares else [frozenset(), *(frozenset({n}) for n in every)]
    if frozenset(every) not in sets:
        sets.append(frozenset(every))
    scenarios = [pulled(scenario, [levers[n] for n in sorted(made)]) for made in sets]
    bases = bases or Bases()
    cases = [with_base(planned_case(one, bases), bases) for one in scenarios]
    results = run_study(cases, Resources(workers, executor, chunks, progress))
    runs = dict(zip(sets, results, strict=True))
    none = runs[frozenset()]
    return Gains(
        levers=levers,
        alone=tuple(Comparison(none, runs[frozenset({n})]) for n in every),
        together=Comparison(none, runs[frozenset(every)]),
        shares=_shares(runs, scenario.confidence) if shares else {},
    )


def available(scenario: Scenario) -> tuple[Lever, ...]:
    """Return the levers for which a scenario states the values of people and of the twin."""
    content = json.loads(scenario.canonical)
    found = []
    for lever in LEVERS:
        around: Any = content
        for word in lever.path[:-1]:
            around = around.get(word, {})
        if has_cameras(scenario) if lever.path == ("inspection_by",) else lever.path[-1] in around:
            found.append(lever)
    return tuple(found)


def pulled(scenario: Scenario, levers: Sequence[Lever]) -> Scenario:
    """Return a scenario in which the twin has some levers, and people have the rest.

    Raises:
        ScenarioError: If that is not a valid scenario.
    """
    content = json.loads(scenario.canonical)
    for lever in available(scenario):
        around: Any = content
        for word in lever.path[:-1]:
            around = around[word]
        around[lever.path[-1]] = lever.twin if lever in levers else lever.people
    return rebuilt(content, scenario.name).with_figures(scenario.figures)


def _shares(runs: Mapping[Made, Result], confidence: float) -> dict[str, tuple[Estimate, ...]]:
    """Return what each lever adds to each figure that all plants define."""
    levers = max(map(len, runs))
    found = {}
    for what in measures(*(run.plant for run in runs.values())):
        values = {made: what.samples(run.accounts) for made, run in runs.items()}
        split = exact(levers, values)
        if not any(np.isnan(value).any() for value in values.values()):
            found[what.name] = tuple(estimated(one, confidence, what.unit) for one in split)
    return found
