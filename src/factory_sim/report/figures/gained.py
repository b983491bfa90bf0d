"""The figures of what the twin buys, from the record that ``factory-sim twin`` writes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ORANGE,
    ROW,
    drawing,
    grid,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import plus_minus, significant
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
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

STEPS = ("failures", "delay", "downtime")
"""From the fault on, for each class."""

MOST = 20
"""Classes that have a row, the costliest first."""


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
        title = f"{record['scenario']}\n{say('gained.chain', confidence=confidence)}"
        yield "chain", chain(fault, title=title, say=say)


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


def chain(fault: Record, *, title: str = "", say: Catalogue = ENGLISH) -> Figure:
    """Return what becomes of a fault of the network: failures, delays, downtime, parts.

    Above, for each class of devices that is seen late: the failures that are expected in that
    time, how much later each is seen, and how much longer stations are down for all of them.
    Below, what one fault costs in parts as simulated.

    Args:
        fault: From the record of the gains.
        title: Of the figure.
        say: The texts of a language.
    """
    late = sorted(fault["late"], key=lambda one: -one["downtime"])[:MOST]
    names = [one["of"] for one in late]
    costs = [(say(f"gained.{which}"), fault[which]) for which in ("each", "once")]
    heads = [say(f"gained.{step}") for step in ("failures", "delay", "downtime_longer")]
    with drawing([title, *names, *heads, *(name for name, _ in costs), say("gained.parts")]):
        figure = sheet(1.9 + 1.2 * ROW * len(late) + 0.5)
        ratios = [0.3 + 1.2 * ROW * len(late), 0.6]
        places = figure.add_gridspec(2, len(STEPS), height_ratios=ratios)
        first = figure.add_subplot(places[0, 0])
        panels = [first, *(figure.add_subplot(places[0, k], sharey=first) for k in (1, 2))]
        for axes, step, head in zip(panels, STEPS, heads, strict=True):
            _bars(axes, [float(one[step]) for one in late])
            axes.set_title(legible(head), fontsize=8.5)
            axes.tick_params(labelleft=axes is first)
        first.set_yticks(range(len(late)), [short(legible(name), 24) for name in names])
        first.set_ylim(len(late) - 0.4, -0.6)
        _parts(figure.add_subplot(places[1, :]), costs, say)
        headline(figure, title)
    return figure


def _bars(axes: Axes, found: Sequence[float]) -> None:
    """Draw bars with their values at their ends."""
    axes.barh(range(len(found)), found, height=0.6, color=BLUE)
    for row, value in enumerate(found):
        axes.annotate(
            significant(value, 2), (value, row), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.set_xlim(0.0, 1.3 * max([*found, 1e-9]))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(3))


def _parts(axes: Axes, costs: Sequence[tuple[str, Record]], say: Catalogue) -> None:
    """Draw what a fault costs in parts, with intervals about a line at zero."""
    found = [_estimate(cost["parts"], float(cost["parts"]["confidence"])) for _, cost in costs]
    axes.axvline(0.0, color=INK, linewidth=0.8)
    for row, estimate in enumerate(found):
        half = estimate.half_width if math.isfinite(estimate.half_width) else 0.0
        axes.errorbar(
            estimate.mean, row, xerr=half, fmt="o", markersize=4, color=ORANGE, ecolor=INK,
            elinewidth=1.0, capsize=2.5,
        )  # fmt: skip
        axes.annotate(
            plus_minus(estimate, signed=True), (1.01, row), fontsize=8,
            xycoords=("axes fraction", "data"), va="center",
        )  # fmt: skip
    axes.set_yticks(range(len(costs)), [legible(name) for name, _ in costs])
    axes.set_ylim(len(costs) - 0.4, -0.6)
    axes.set_xlabel(say("gained.parts"))
    grid(axes, "x")
