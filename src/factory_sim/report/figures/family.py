"""What two settings do together: a figure against the one, a line for each value of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.figures.automation import along
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    VERMILION,
    drawing,
    grid,
    headline,
    sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate

MARKS = (
    (BLUE, "o", "-"),
    (ORANGE, "s", "--"),
    (INK, "^", ":"),
    (VERMILION, "D", "-."),
    (PURPLE, "v", "-"),
    (SOFT, "P", "--"),
)
"""Colour, marker and dashes of each line; grey print tells them by the latter two."""

MOST = len(MARKS)


@dataclass(frozen=True)
class Family:
    """One figure at every pair of settings.

    Attributes:
        label: What it is, with its unit.
        lines: For each value of the second setting, an estimate per value of the first.
    """

    label: str
    lines: Sequence[Sequence[Estimate]]


def family(
    levels: Sequence[float],
    others: Sequence[str],
    panels: Sequence[Family],
    *,
    level_label: str,
    others_label: str,
    shares: bool = False,
    title: str = "",
) -> Figure:
    """Return panels below each other, each with a line and its intervals for each other value.

    Args:
        levels: Of the setting along the axis, ascending.
        others: Values of the setting that tells the lines apart, at most ``MOST``.
        panels: From the top.
        level_label: What the levels are.
        others_label: What the others are.
        shares: Whether the levels are shares of 1, to be written in percent.
        title: Of the figure.

    Raises:
        ValueError: If there is no panel, or more lines than can be told apart.
    """
    if not panels or len(others) > MOST:
        message = f"1 or more panels of at most {MOST} lines (got {len(panels)} of {len(others)})"
        raise ValueError(message)
    texts = [title, level_label, others_label, *others, *(panel.label for panel in panels)]
    with drawing(texts):
        figure = sheet(1.2 + 2.1 * len(panels))
        rows = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(rows, panels, strict=True):
            for other, line, mark in zip(others, panel.lines, MARKS, strict=False):
                colour, marker, dashes = mark
                axes.errorbar(
                    levels,
                    [e.mean for e in line],
                    yerr=np.nan_to_num([e.half_width for e in line]),
                    color=colour,
                    marker=marker,
                    markersize=4,
                    linestyle=dashes,
                    linewidth=1.2,
                    elinewidth=0.8,
                    capsize=2,
                    label=legible(other),
                )
            axes.set_ylabel("\n".join(map(legible, panel.label.split("\n"))))
            grid(axes, "y")
        along(rows[-1], levels, level_label, shares=shares, room=12)
        handles, labels = rows[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, title=legible(others_label), loc="outside lower center", ncols=MOST
        )
        headline(figure, title)
        figure.align_ylabels()
    return figure
