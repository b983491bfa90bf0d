"""What does a user wait for, and how much memory does it take, from the shell?"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from statistics import median

from measure import RUNS, Child, Row, child, table

SCENARIO = Path(__file__).parents[1] / "scenarios" / "seres.yaml"
MIB, GIB = 2.0**20, 2.0**30


def command() -> str:
    """Return the command of the environment that runs this script."""
    beside = Path(sys.executable).with_name("factory-sim")
    return str(beside) if beside.exists() else shutil.which("factory-sim") or "factory-sim"


def repeated(arguments: list[str], runs: int) -> Child:
    """Return medians over runs of the command, after one that is not counted."""
    took = [child([command(), *arguments]) for _ in range(runs + 1)][1:]
    wall, cpu = median(c.wall for c in took), median(c.cpu for c in took)
    return Child(wall, cpu, max(c.memory for c in took), max(c.status for c in took))


def measure(runs: int = RUNS, scenario: Path = SCENARIO) -> list[Row]:
    """Return wall time and peak memory of the help and of the main job."""
    help_ = repeated(["--help"], runs)
    rows = [Row("factory-sim --help: wall", help_.wall, "s", "<= 0.5", _note(help_))]
    if not scenario.exists():
        return [
            *rows,
            Row(f"factory-sim run {scenario.name}", float("nan"), "s", "", "no such file"),
        ]
    run = repeated(["run", str(scenario)], runs)
    name = f"factory-sim run {scenario.name}"
    rows.append(Row(f"{name}: wall", run.wall, "s", "<= 10", _note(run)))
    rows.append(Row(f"{name}: peak memory", run.memory / GIB, "GiB", "<= 1", ""))
    return rows


def _note(took: Child) -> str:
    failed = f"FAILED with exit code {took.status}, " if took.status else ""
    return f"{failed}processor {took.cpu:.2f} s, {took.memory / MIB:,.0f} MiB"


if __name__ == "__main__":
    print(table(measure()))
