"""All benchmarks, one table: ``python benchmarks/run.py`` (three to six minutes)."""

from __future__ import annotations

import os
import platform
import sys

import numpy as np

import automation_levels
import batch_cost
import command_line
import cost_growth
import digital_base
import engines_compared
import explain_cost
import memory
import other_simulators
import telemetry
import two_processes
from measure import table

QUESTIONS = (
    batch_cost,
    cost_growth,
    engines_compared,
    other_simulators,
    explain_cost,
    command_line,
    memory,
    automation_levels,
    two_processes,
    telemetry,
    digital_base,
)


def main() -> int:
    """Print the table and return 1 if a target was missed."""
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    rows = []
    for question in QUESTIONS:
        print(f"... {question.__doc__.partition(chr(10))[0]}", file=sys.stderr)
        rows.extend(question.measure())
    print(table(rows))
    return int(any(row.reached is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
