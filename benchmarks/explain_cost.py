"""What does explaining a run cost, against the run that it explains?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from factory_sim import load
from factory_sim.study.case import build_case
from factory_sim.study.explain import explain
from factory_sim.study.replications import run_cases
from factory_sim.study.resources import Resources
from measure import RUNS, Row, interleaved, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCENARIOS = Path(__file__).parents[1] / "scenarios"

CASES = {"three_stations.yaml": [], "seres.yaml": ["replications=10"]}
"""Scenarios and what is overridden in them."""


def measure(cases: Mapping[str, Sequence[str]] = CASES, runs: int = RUNS) -> list[Row]:
    """Return the ratio of processor time: with one change measured, which is a run, and without.

    A scenario with an automation plan is run at one level, the one that is explained.
    """
    rows = []
    for name, overrides in cases.items():
        scenario = load(SCENARIOS / name, overrides=overrides)
        plan = scenario.automation
        case = build_case(scenario, plan.level if plan else None)
        times = interleaved(
            {
                "run": lambda case=case: run_cases([case], Resources()),
                "one change measured": lambda s=scenario: explain(s),
                "none measured": lambda s=scenario: explain(s, measure=0),
            },
            runs,
        )
        run = times.pop("run").cpu
        for what, time in times.items():
            target = "<= 3" if what.startswith("one") else ""
            note = f"run {run:.2f} s, explained {time.cpu:.2f} s"
            rows.append(Row(f"{scenario.name}: explain, {what}", time.cpu / run, "x", target, note))
    return rows


if __name__ == "__main__":
    print(table(measure()))
