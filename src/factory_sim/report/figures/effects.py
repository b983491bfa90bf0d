"""What a setting does to several figures: small panels over the same axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.report.figures.automation import along, band
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import BLUE, INK, drawing, grid, headline, percent, sheet
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.economics import Recovery
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

ACROSS = 2
"""Panels beside each other."""


@dataclass(frozen=True)
class Panel:
    """A figure at every level.

    Attributes:
        label: What it is, with its unit.
        estimates: One per level; NaN where a level has none.
        baseline: Its mean at the baseline, drawn as a line across; NaN for none.
        percent: Whether the figure is a share of 1, to be written in percent.
    """

    label: str
    estimates: Sequence[Estimate]
    baseline: float = math.nan
    percent: bool = False


@dataclass(frozen=True)
class Recoveries:
    """When the investment is paid back, at every level.

    Attributes:
        label: What it is, with its unit.
        found: One per level; NaN where nothing was invested, infinite where it never does.
    """

    label: str
    found: Sequence[Recovery]


def effects(
    levels: Sequence[float],
    panels: Sequence[Panel | Recoveries],
    *,
    level_label: str = "level of automation",
    shares: bool = True,
    title: str = "",
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return small panels, each a figure against the level with its interval.

    Args:
        levels: Of automation, or what else was varied, ascending.
        panels: In order, from the left and the top.
        level_label: What the levels are.
        shares: Whether they are shares of 1, to be written in percent.
        title: Of the figure.
        say: The texts of a language.

    Raises:
        ValueError: If there is no panel.
    """
    if not panels:
        message = "there is no figure to draw; give one or more"
        raise ValueError(message)
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    with drawing([title, level_label, say("answer.never"), *(panel.label for panel in panels)]):
        figure = sheet(0.8 + 1.75 * down)
        places = figure.subplots(down, across, sharex=True, squeeze=False).ravel()
        for axes, panel in zip(places, panels, strict=False):
            if isinstance(panel, Panel):
                _figure(axes, levels, panel)
            else:
                _recoveries(axes, levels, panel, say("answer.never"))
            axes.set_title(legible(panel.label), fontsize=8.5)
        for axes in places[len(panels) :]:
            axes.remove()
        # Those above nothing are the last of their column, and carry the axis.
        for axes in places[max(len(panels) - across, 0) : len(panels)]:
            along(axes, levels, level_label, shares=shares, room=6 * ACROSS // across)
            axes.tick_params(labelbottom=True)
        headline(figure, title)
    return figure


def _figure(axes: Axes, levels: Sequence[float], panel: Panel) -> None:
    """Draw a figure over its interval, and where the baseline is."""
    band(axes, levels, panel.estimates)
    if not math.isnan(panel.baseline):
        axes.axhline(panel.baseline, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    if panel.percent:
        axes.yaxis.set_major_formatter(percent())


def _recoveries(axes: Axes, levels: Sequence[float], panel: Recoveries, never: str) -> None:
    """Draw when capital is paid back; an interval up to never extends beyond the panel."""
    finite = [
        (x, one.value, one.low, one.high)
        for x, one in zip(levels, panel.found, strict=True)
        if math.isfinite(one.value)
    ]
    # An interval that reaches very far would flatten all others.
    top = 1.15 * max((min(high, 2 * value) for _, value, _, high in finite), default=1.0)
    for x, value, low, high in finite:
        reached = min(high, top)
        axes.plot([x, x], [low, reached], color=INK, linewidth=1.0)
        axes.plot(x, value, color=BLUE, marker="o", markersize=3.5)
        if high > top:
            axes.plot(x, top, color=INK, marker="^", markersize=5, clip_on=False)
    for x, one in zip(levels, panel.found, strict=True):
        if math.isinf(one.value):
            axes.annotate(
                never, (x, 0.5), xycoords=("data", "axes fraction"), rotation=90,
                ha="center", va="center", fontsize=8,
            )  # fmt: skip
    axes.plot([x for x, *_ in finite], [value for _, value, *_ in finite], color=BLUE)
    axes.set_ylim(0.0, top)
    grid(axes, "y")
