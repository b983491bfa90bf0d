"""The figures of what the twin buys, from the record that ``factory-sim twin`` writes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.figures.chain import chain
from factory_sim.report.figures.course import clock
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

KEYS = ("scenario", "confidence", "replications", "levers", "together")
"""What the record must have."""

FIGURES = (
    ("throughput", "parts/day", 1 / 24),
    ("downtime", "h/day", 150.0),
    ("detection_delay", "min", 60.0),
    ("first_time_through", "%", 0.01),
)
"""What levers move, and the unit in which it is read: a second per hour is 1/150 h per day."""

BESIDE = 3
"""Of them beside each other, those that move."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of what the twin buys, and the figure.

    ``levers`` shows what each lever alone and all together change, ``chain`` what becomes of
    a fault of the network, where the scenario states one.

    Args:
        record: The gains as plain data.
        say: The texts of a language.
    """
    confidence = f"{100 * record['confidence']:.3g} %"
    rows = [(say.line(one["name"]), one["differences"]) for one in record["levers"]]
    if len(rows) > 1:
        rows.append((say("gained.together"), record["together"]))
    columns = [c for f in FIGURES for c in _column(rows, f, record["confidence"], say)]
    if columns:
        title = f"{record['scenario']}\n{say('gained.levers', confidence=confidence)}"
        yield "levers", dots([name for name, _ in rows], columns[:BESIDE], title=title)
    if (fault := record.get("fault")) is not None and fault["late"]:
        told = [*faults_told(record, say), say("chain.title", confidence=confidence)]
        yield "chain", chain(fault, title="\n".join([record["scenario"], *told]), say=say)


def faults_told(record: Record, say: Catalogue) -> Iterator[str]:
    """Yield what the faults of a digital base are, and when; nothing without a base."""
    base = record.get("base") or {"recoveries": ()}
    for fault in base["recoveries"]:
        begin, end = (clock(base, fault[edge]) for edge in ("begin", "end"))
        yield say("chain.fault", what=say.line(fault["what"]), begin=begin, end=end)


def _column(
    rows: Sequence[tuple[str, Record]],
    figure: tuple[str, str, float],
    confidence: float,
    say: Catalogue,
) -> Sequence[Column]:
    """Return what each row changes in a figure; nothing if none changes it."""
    name, unit, size = figure
    found = []
    for _, differences in rows:
        entry = differences[name]["difference"] if name in differences else None
        found.append(_estimate(entry, confidence, size))
    if not any(abs(e.mean) > 0 for e in found):
        return []
    return [Column(say.with_unit(say(f"gained.{name}"), say.unit(unit)), found)]


def _estimate(entry: Record | None, confidence: float, size: float = 1.0) -> Estimate:
    """Return an estimate of plain data in a larger unit; NaN where there is none."""
    if entry is None or entry["mean"] is None:
        return Estimate(math.nan, math.nan, confidence, 0)
    half = math.nan if entry["half_width"] is None else float(entry["half_width"])
    return Estimate(float(entry["mean"]) / size, half / size, confidence, 0)
