"""How long something takes: medians over interleaved runs, and rows of a table.

Processor time judges, since a machine is never ours alone; the wall clock is shown
beside it. Runs of what is compared take turns, so that a busy minute hits all alike,
and one run of each before the first is thrown away.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RUNS = 5

GIB = 2.0**30


@dataclass(frozen=True)
class Time:
    """Median seconds of a task, on the processor and on the wall."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        value: The figure, judged by processor time where it is a time.
        unit: Of the figure.
        target: What it must reach, with the comparison; empty if nothing.
        note: How it came about.
    """

    what: str
    value: float
    unit: str
    target: str = ""
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if not self.target:
            return None
        sign, limit = self.target.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)


@dataclass(frozen=True)
class Child:
    """What a process of its own took: wall and processor, s, peak resident memory, bytes."""

    wall: float
    cpu: float
    memory: int
    status: int


def interleaved(tasks: Mapping[str, Callable[[], object]], runs: int = RUNS) -> dict[str, Time]:
    """Return the median times of tasks that take turns, after one run of each."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for turn in range(runs + 1):
        for name, task in tasks.items():
            cpu, wall = time.process_time(), time.perf_counter()
            task()
            took = time.process_time() - cpu, time.perf_counter() - wall
            if turn:
                spent[name].append(took)
    return {name: Time(*map(median, zip(*took, strict=True))) for name, took in spent.items()}


def child(command: Sequence[str]) -> Child:
    """Run a command to its end, without its output, and return what it took."""
    launcher = [sys.executable, "-S", str(Path(__file__).with_name("launch.py"))]
    took = subprocess.run([*launcher, *command], stdout=subprocess.PIPE, check=True)
    return Child(*json.loads(took.stdout))


def peak(script: str, *arguments: object) -> tuple[float, str]:
    """Run a script with some arguments; return its peak memory, GiB, and how long it took.

    Raises:
        RuntimeError: If it fails.
    """
    words = [str(each) for each in arguments]
    took = child([sys.executable, script, *words])
    if took.status:
        raise RuntimeError(f"{script} {' '.join(words)} ended with exit code {took.status}")
    return took.memory / GIB, f"wall {took.wall:.3g} s, processor {took.cpu:.3g} s"


def table(rows: Sequence[Row]) -> str:
    """Return rows as text, one line each, with what missed its target marked."""
    marks = {None: "", True: "reached", False: "MISSED"}
    lines = [
        (row.what, f"{row.value:,.4g}", row.unit, row.target, marks[row.reached], row.note)
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    align = ["<", ">", "<", "<", "<", "<"]
    return "\n".join(
        "  ".join(f"{c:{a}{w}}" for c, a, w in zip(line, align, widths, strict=True)).rstrip()
        for line in lines
    )
