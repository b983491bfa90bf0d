"""What a level of automation brings: a figure at each level, and its difference to the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BAND,
    BLUE,
    INK,
    drawing,
    grid,
    headline,
    key,
    sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate


def automation(
    levels: Sequence[float],
    estimates: Sequence[Estimate],
    differences: Sequence[Estimate],
    *,
    what: str = "throughput",
    level_label: str = "level of automation",
    title: str = "",
) -> Figure:
    """Return a measure against the level of automation and, below, its paired difference.

    The bands are intervals; those below are of the paired difference, which shared draws
    make much narrower than the bands above could tell.

    Args:
        levels: Shares in [0, 1], ascending.
        estimates: Of the measure at each level.
        differences: Of the measure minus that of the baseline, on the same draws.
        what: What is measured; its unit is that of the estimates.
        level_label: What the levels are shares of.
        title: Of the figure, such as the name of the plant.

    Raises:
        ValueError: If there is not one estimate and one difference per level.
    """
    if not len(levels) == len(estimates) == len(differences) > 0:
        message = (
            f"{len(levels)} levels need as many estimates and differences "
            f"(got {len(estimates)} and {len(differences)})"
        )
        raise ValueError(message)
    unit = estimates[0].unit
    of_unit = f", {unit}" if unit else ""
    confidence = f"{100 * estimates[0].confidence:.3g} %"
    with drawing([title, what, level_label]):
        figure = sheet(4.6)
        above, below = figure.subplots(2, sharex=True, height_ratios=[3, 2])
        _band(above, levels, estimates, f"with its {confidence} interval")
        _band(below, levels, differences, f"paired, with its {confidence} interval")
        below.axhline(0.0, color=INK, linewidth=0.8)
        above.set_ylabel(f"{legible(what)}{of_unit}")
        below.set_ylabel(f"difference to\nthe baseline{of_unit}")
        below.set_xlabel(legible(level_label))
        below.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        headline(figure, title)
        figure.align_ylabels()
    return figure


def _band(axes: Axes, levels: Sequence[float], estimates: Sequence[Estimate], label: str) -> None:
    """Draw means as a line with a mark at each level, over the band of their intervals."""
    means = np.array([e.mean for e in estimates])
    half = np.nan_to_num([e.half_width for e in estimates])
    axes.fill_between(levels, means - half, means + half, color=BAND, linewidth=0, label=label)
    axes.plot(levels, means, color=BLUE, marker="o", markersize=3.5)
    grid(axes, "y")
    key(axes)
