"""How long messages take: curves of what share takes longer, and quantiles in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from factory_sim.fleet.base.result import EXCEEDED
from factory_sim.report.figures.course import values
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ORANGE,
    PURPLE,
    ROW,
    SOFT,
    VERMILION,
    columns,
    drawing,
    grid,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

COLOURS = (BLUE, ORANGE, PURPLE, VERMILION, SOFT)
DASHES = ("-", (0, (6, 2)), (0, (1.5, 1.5)))
"""Grey print tells curves by dashes, and one that covers another lets it show."""

MARKERS = {"p50": "o", "p95": "s", "p99": "^", "p99.9": "D"}

LEFT = 3.0
"""How far the axis of times reaches below the shortest median."""

ACROSS, MARK = 88, 8
"""Columns of a line of the legend, and those of a mark in it, in letters."""

MOST_ROWS = 40
"""Stages and classes that have a row."""


def latency(record: Record, *, title: str, say: Catalogue) -> Figure:
    """Return what share of the messages takes longer than a time, and the usual quantiles.

    Args:
        record: Of a digital base.
        title: Of the figure.
        say: The texts of a language.
    """
    names = [stage_name(stage, say) for stage in record["stages"]]
    whole = say("base.end_to_end")
    rows = [*zip(names, record["stages"], strict=True), (whole, record)]
    rows += [(each["name"], each) for each in record["classes"]]
    rows = rows[:MOST_ROWS]
    texts = [title, *(name for name, _ in rows), say("base.exceed"), say("base.time")]
    with drawing(texts):
        figure = sheet(3.6 + ROW * len(rows))
        ratios = [2.4, 0.2 + ROW * len(rows)]
        curves, table = figure.subplots(2, 1, sharex=True, height_ratios=ratios)
        _curves(curves, record, names, say)
        _rows(table, rows, len(names), say)
        curves.tick_params(labelbottom=True)
        headline(figure, title)
    return figure


def stage_name(stage: Record, say: Catalogue) -> str:
    """Return what a stage is called: services by their names, the others as what they are."""
    key = f"base.{stage['name']}"
    return say(key) if say.has(key) else str(stage["name"])


def _curves(axes: Axes, record: Record, names: Sequence[str], say: Catalogue) -> None:
    """Draw the share of messages that takes longer, on logarithmic axes."""
    for place, (name, stage) in enumerate(zip(names, record["stages"], strict=True)):
        known = _known(stage["tail"], stage["arrived"] - stage["lost"])
        colour, style = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
        axes.plot(*known, color=colour, linestyle=style, label=short(legible(name), 20))
    arrived = sum(each["arrived"] for each in record["classes"])
    axes.plot(
        *_known(record["tail"], arrived), color=INK, linewidth=2.2, label=say("base.end_to_end")
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    # Down to the decade of the rarest message: few messages say nothing about rarer ones.
    rarest = min(line.get_ydata().min(initial=1.0) for line in axes.lines)  # type: ignore[union-attr]
    lowest = min(int(np.floor(np.log10(rarest) + 1e-9)), -1)
    axes.set_ylim(0.999 * 10.0**lowest, 1.3)
    axes.set_yticks([10.0**decades for decades in range(lowest, 1)])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.10g} %"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(say("base.exceed"))
    grid(axes, "both")
    letters = sum(columns(str(line.get_label())) + MARK for line in axes.lines)
    across = -(-len(axes.lines) // -(-letters // ACROSS))
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=across)


def _known(tail: Sequence[float | None], messages: int) -> tuple[Any, Any]:
    """Return times and shares down to that of one message."""
    counted = EXCEEDED * messages >= 1.0
    times = np.maximum(values(tail), 1e-6)
    return times[counted], EXCEEDED[counted]


def _rows(axes: Axes, rows: Sequence[tuple[str, Record]], stages: int, say: Catalogue) -> None:
    """Draw the quantiles of each stage and each class, a row each."""
    for place, (_, entry) in enumerate(rows):
        found = values([entry["latency"][key] for key in MARKERS])
        colour = INK if place == stages else BLUE
        axes.plot(found[[0, -1]], [place, place], color=colour, linewidth=0.8)
        for key, time in zip(MARKERS, found, strict=True):
            face = "white" if key in ("p95", "p99.9") else colour
            axes.plot(
                time, place, MARKERS[key], markersize=4.2, markeredgecolor=colour,
                markerfacecolor=face,
            )  # fmt: skip
    axes.axhline(stages + 0.5, color=INK, linewidth=0.5)
    axes.set_yticks(range(len(rows)), [short(legible(name)) for name, _ in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(say("base.time"))
    time_axis(axes)
    medians = values([entry["latency"]["p50"] for _, entry in rows])
    if np.isfinite(medians).any():
        axes.set_xlim(left=np.nanmin(medians) / LEFT)
    grid(axes, "x")
    handles = [
        Line2D(
            [], [], linestyle="", marker=MARKERS[key], markersize=4.2, color=BLUE, label=key,
            markerfacecolor="white" if key in ("p95", "p99.9") else BLUE,
        )
        for key in MARKERS
    ]  # fmt: skip
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=4)


def time_axis(axes: Axes, which: str = "x") -> None:
    """Let a logarithmic axis say times in the units in which they are read."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(10.0, numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda x, _: decade(x)))
    axis.set_minor_formatter(NullFormatter())


def decade(seconds: float) -> str:
    """Return a power of ten of a second in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.999 * size:
            return f"{seconds / size:,.4g} {unit}"
    return time_text(seconds)
