"""Simulate production lines from one YAML file.

    import factory_sim

    result = factory_sim.simulate(factory_sim.load("line.yaml"))
    print(result.estimates["throughput"])

Names are imported when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.lazily import importer

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.engines import EngineError
    from factory_sim.scenario import Scenario, ScenarioError, load, loads
    from factory_sim.study.case import StudyError
    from factory_sim.study.compare import compare
    from factory_sim.study.diff import diff
    from factory_sim.study.explain import explain
    from factory_sim.study.explanation import Explanation
    from factory_sim.study.result import Comparison, Result
    from factory_sim.study.run import simulate
    from factory_sim.study.split import Diff
    from factory_sim.study.sweep.result import Sweep
    from factory_sim.study.sweep.run import sweep
    from factory_sim.study.tiles import WorkersError

    __version__: str

__all__ = [
    "Comparison",
    "Diff",
    "EngineError",
    "Estimate",
    "Explanation",
    "Result",
    "Scenario",
    "ScenarioError",
    "StudyError",
    "Sweep",
    "WorkersError",
    "__version__",
    "compare",
    "diff",
    "explain",
    "load",
    "loads",
    "simulate",
    "sweep",
]

_HOMES = {
    "Comparison": "factory_sim.study.result",
    "Diff": "factory_sim.study.split",
    "EngineError": "factory_sim.engines",
    "Estimate": "factory_sim.analysis.statistics",
    "Explanation": "factory_sim.study.explanation",
    "Result": "factory_sim.study.result",
    "Scenario": "factory_sim.scenario",
    "ScenarioError": "factory_sim.scenario",
    "StudyError": "factory_sim.study.case",
    "Sweep": "factory_sim.study.sweep.result",
    "WorkersError": "factory_sim.study.tiles",
    "compare": "factory_sim.study.compare",
    "diff": "factory_sim.study.diff",
    "explain": "factory_sim.study.explain",
    "load": "factory_sim.scenario",
    "loads": "factory_sim.scenario",
    "simulate": "factory_sim.study.run",
    "sweep": "factory_sim.study.sweep.run",
}


_imported = importer(__name__, _HOMES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        return version("factory-sim")
    return _imported(name)


def __dir__() -> list[str]:
    return sorted(__all__)
