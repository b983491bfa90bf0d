"""A figure of points that differ in several settings: a panel for each, and each point in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.figures.automation import along
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    SOFT,
    drawing,
    grid,
    headline,
    sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.figures.settings_axis import Axis

ACROSS = 3
"""Panels beside each other."""


def scattered(
    settings: Sequence[Axis], estimates: Sequence[Estimate], *, label: str, title: str = ""
) -> Figure:
    """Return a panel for each setting, with an estimate and its interval for every point.

    Where the points of a panel lie along a line, that setting decides; where they are a
    cloud, the others do.

    Args:
        settings: Where the points stand along each.
        estimates: One per point.
        label: What is estimated, with its unit.
        title: Of the figure.

    Raises:
        ValueError: If there is no setting, or one has not as many values as there are points.
    """
    if not settings or any(len(axis.values) != len(estimates) for axis in settings):
        found = ", ".join(str(len(axis.values)) for axis in settings) or "none"
        message = f"1 or more settings of {len(estimates)} points each (got {found})"
        raise ValueError(message)
    across = min(ACROSS, len(settings))
    down = -(-len(settings) // across)
    means, half = ([getattr(e, of) for e in estimates] for of in ("mean", "half_width"))
    with drawing([title, label, *(axis.label for axis in settings)]):
        figure = sheet(0.9 + 2.3 * down)
        places = figure.subplots(down, across, sharey=True, squeeze=False)
        for axes, axis in zip(places.flat, settings, strict=False):
            axes.errorbar(
                axis.values, means, yerr=np.nan_to_num(half), fmt="o", markersize=3.5,
                color=BLUE, ecolor=SOFT, elinewidth=0.8,
            )  # fmt: skip
            axes.axhline(0.0, color=INK, linewidth=0.8)
            along(axes, sorted({*axis.values}), axis.label, shares=axis.shares, room=18 // across)
            grid(axes, "y")
        for axes in places.flat[len(settings) :]:
            axes.remove()
        for axes in places[:, 0]:
            axes.set_ylabel(legible(label))
        headline(figure, title)
    return figure
