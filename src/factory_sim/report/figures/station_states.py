"""Figures: functions that take a result and return a matplotlib ``Figure``.

Each state has a colour of its own that colour-blind readers can tell apart and whose
lightness differs in grey print; what stops a station is also hatched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from factory_sim.analysis.accounts import STATES
from factory_sim.report.files import OutputError
from factory_sim.report.numbers import plus_minus
from factory_sim.report.rows import rows

if TYPE_CHECKING:
    from pathlib import Path

    from factory_sim.study.result import Result

# Okabe and Ito (2008), "Color Universal Design", darkest for work, lightest for waiting.
COLOURS = {
    "busy": "#0072b2",
    "blocked": "#e69f00",
    "starved": "#d9d9d9",
    "waiting": "#cc79a7",
    "down": "#000000",
    "off": "#ffffff",
}
HATCHES = {"blocked": "///", "waiting": "...", "off": "xx"}

DEEPEST = 1
"""Lines and stages get a bar, the positions of a paced section do not."""

ROW_HEIGHT = 0.27
"""Height of a bar with its gap, inches: 7 pt labels do not touch."""


def station_states(result: Result) -> Figure:
    """Return how each stage spends its time: one bar a stage, in flow order.

    A paced section is the mean of its stations; of a long plant the mean of each line
    is shown, and the stages that were the bottleneck longest.
    """
    shown = [row for row in rows(result) if row.states and row.depth <= DEEPEST]
    figure = Figure(figsize=(8, 1.4 + ROW_HEIGHT * len(shown)), layout="constrained")
    axes = figure.subplots()
    labels = [row.label for row in shown]
    places = range(len(shown))
    left = [0.0] * len(shown)
    for number, state in enumerate(STATES):
        widths = [row.states[number] if row.states else 0.0 for row in shown]
        if max(widths) < 1e-4:
            continue
        axes.barh(
            places,
            widths,
            left=left,
            height=0.78,
            color=COLOURS[state],
            hatch=HATCHES.get(state),
            edgecolor="#444444",
            linewidth=0.4,
            label=state,
        )
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axes.set_yticks(places, labels, fontsize=8)
    for label, row in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_fontweight("bold" if row.is_bottleneck else "normal")
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("share of the window (bold: the bottleneck)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    axes.set_title(_title(result), loc="left", fontsize=10)
    return figure


def save(result: Result, path: Path) -> None:
    """Draw the station states of a result into a file, in the format of its suffix.

    Raises:
        OutputError: If the suffix names no format, or the file cannot be written.
    """
    figure = station_states(result)
    try:
        figure.savefig(path, dpi=160)
    except (ValueError, OSError) as error:
        message = f"--plot {path}: {error}; write a name that ends in .svg, .png or .pdf"
        raise OutputError(message) from error


def _title(result: Result) -> str:
    """Return what was simulated and its rate, with the interval."""
    jph = result.estimates["jph"]
    level = "" if result.level is None else f" at {100 * result.level:.3g} % automation"
    return f"{result.scenario.name}{level}: {plus_minus(jph, 1.0)} parts per scheduled hour"
