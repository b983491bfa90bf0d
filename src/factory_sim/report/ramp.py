"""The output per day of a plant that comes up to rate, on the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.numbers import plus_minus, significant, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.study.ramp import Ramp
    from factory_sim.study.result import Result

BARS = "▁▂▃▄▅▆▇█"

SHOWN = 9
"""Days that are named with their figures."""


def ramp_lines(result: Result, width: int) -> list[str]:
    """Return what a run from the first part on made per day: bars, some days, the verdict.

    Args:
        result: A run with a ramp.
        width: Columns of the terminal.
    """
    ramp = result.ramp
    assert ramp is not None
    columns = result.daily()
    working = [day for day, hours in enumerate(columns["hours"]) if hours > 0]
    delivered = np.array(columns["delivered"])[working]
    bars = _bars(delivered, max(width - 4, len(BARS)))
    steps = np.linspace(0, len(working) - 1, min(SHOWN, len(working))).round().astype(int)
    confidence = result.scenario.confidence
    cells = []
    for step in steps:
        day = working[step]
        half_width = columns["half_width"][day]
        estimate = Estimate(columns["delivered"][day], half_width, confidence, result.replications)
        cells.append((f"day {columns['day'][day]}", plus_minus(estimate)))
    title = f"  parts per working day, day {working[0] + 1} to day {working[-1] + 1}"
    return [title, f"  {bars}", *_in_columns(cells, width), *_verdict(ramp)]


def _bars(values: Floats, width: int) -> str:
    """Return one bar per value, or per group of neighbours where the width is short."""
    groups = np.array_split(values, min(values.size, width))
    heights = np.array([group.mean() for group in groups])
    top = heights.max() or 1.0
    return "".join(
        BARS[math.ceil(height / top * len(BARS)) - 1 if height else 0] for height in heights
    )


def _in_columns(cells: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Return labelled figures side by side, as many to a line as fit."""
    label, figure = (max(map(len, column)) for column in zip(*cells, strict=True))
    texts = [f"{a:<{label}}  {b:>{figure}}" for a, b in cells]
    per_line = max((width - 2) // (label + figure + 6), 1)
    return [
        "  " + "    ".join(texts[first : first + per_line])
        for first in range(0, len(texts), per_line)
    ]


def _verdict(ramp: Ramp) -> list[str]:
    """Return the final rate and the day on which it is nearly reached."""
    final = f"  final rate {plus_minus(ramp.final)} parts per hour on shift"
    if math.isnan(ramp.day.mean):
        return [f"{final}; 90 % of it is not kept in every replication"]
    start = significant(100 * ramp.first.mean / ramp.final.mean, 2)
    return [final, f"  of it: {start} % on the first day, 90 % from day {whole(ramp.day)} on"]
