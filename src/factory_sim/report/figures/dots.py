"""Dot plots of estimates: a row each, a dot with its interval, in several columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import BLUE, INK, ROW, drawing, grid, headline, sheet, short
from factory_sim.report.numbers import plus_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate

TICKS = 8
"""Most tick labels along all axes beside each other: that many, such as -0.25, stay apart."""

ACROSS = 3
"""Columns beside each other; more than these go in rows of the same length."""


@dataclass(frozen=True)
class Column:
    """One figure of every row.

    Attributes:
        label: What it is, with its unit.
        estimates: One per row; a row whose mean is NaN stays empty.
        texts: What is written beside each dot; the estimates if left out.
    """

    label: str
    estimates: Sequence[Estimate]
    texts: Sequence[str] = ()


def dots(rows: Sequence[str], columns: Sequence[Column], *, title: str = "") -> Figure:
    """Return differences as dots with their intervals about a line at zero.

    Args:
        rows: Their labels, from the top.
        columns: From the left, each with axes of its own, at most ``ACROSS`` beside each other.
        title: Of the figure.

    Raises:
        ValueError: If there is no row or no column, or a column has not one estimate per row.
    """
    if not rows or not columns or any(len(c.estimates) != len(rows) for c in columns):
        message = (
            f"{len(rows)} rows need one or more columns with an estimate per row "
            f"(got {[len(column.estimates) for column in columns]})"
        )
        raise ValueError(message)
    texts = [text for column in columns for text in (column.label, *column.texts)]
    down = -(-len(columns) // ACROSS)
    across = -(-len(columns) // down)
    with drawing([title, *rows, *texts]):
        figure = sheet(0.3 + (0.6 + 1.2 * ROW * len(rows)) * down)
        panels = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
        for axes, column in zip(panels, columns, strict=False):
            _draw(axes, column)
            axes.xaxis.set_major_locator(MaxNLocator(TICKS // across))
        for axes in panels[len(columns) :]:
            axes.remove()
        width = 44 // across + 9
        panels[0].set_yticks(range(len(rows)), [short(legible(row), width) for row in rows])
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        headline(figure, title)
    return figure


def _draw(axes: Axes, column: Column) -> None:
    """Draw the dots of a column, and write their values beside the axes."""
    means = [e.mean for e in column.estimates]
    half = np.nan_to_num([e.half_width for e in column.estimates])
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.errorbar(
        means, range(len(means)), xerr=half, fmt="o", markersize=4, color=BLUE, ecolor=INK,
        elinewidth=1.0, capsize=2.5,
    )  # fmt: skip
    texts = column.texts or [plus_minus(e, signed=True) for e in column.estimates]
    for row, (mean, text) in enumerate(zip(means, texts, strict=True)):
        if not math.isnan(mean):
            axes.annotate(
                text,
                (1.015, row),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
            )
    axes.set_xlabel(legible(column.label))
    grid(axes, "x")
    axes.grid(axis="y", color=INK, linewidth=0.2)
