"""What a level of automation brings: a figure at each level, and its difference to the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BAND,
    BLUE,
    INK,
    drawing,
    grid,
    headline,
    key,
    percent,
    sheet,
)
from factory_sim.report.numbers import percent_text
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue


def automation(
    levels: Sequence[float],
    estimates: Sequence[Estimate],
    differences: Sequence[Estimate],
    *,
    what: str = "throughput",
    level_label: str = "level of automation",
    shares: bool = True,
    title: str = "",
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return a measure against the level of automation and, below, its paired difference.

    Any other number that a sweep varies may stand in the place of the level.

    The bands are intervals; those below are of the paired difference, which shared draws
    make much narrower than the bands above could tell.

    Args:
        levels: Of automation, or what else was varied, ascending.
        estimates: Of the measure at each level.
        differences: Of the measure minus that of the baseline, on the same draws.
        what: What is measured; its unit is that of the estimates.
        level_label: What the levels are.
        shares: Whether they are shares of 1, to be written in percent.
        title: Of the figure, such as the name of the plant.
        say: The texts of a language.

    Raises:
        ValueError: If there is not one estimate and one difference per level.
    """
    if not len(levels) == len(estimates) == len(differences) > 0:
        message = (
            f"{len(levels)} levels need as many estimates and differences "
            f"(got {len(estimates)} and {len(differences)})"
        )
        raise ValueError(message)
    unit = say.unit(estimates[0].unit)
    confidence = percent_text(estimates[0].confidence)
    with drawing([title, what, level_label, unit]):
        figure = sheet(4.6)
        above, below = figure.subplots(2, sharex=True, height_ratios=[3, 2])
        band(above, levels, estimates, say("figure.mean_and", confidence=confidence))
        band(below, levels, differences, say("figure.mean_of_pairs", confidence=confidence))
        below.axhline(0.0, color=INK, linewidth=0.8)
        above.set_ylabel(say.with_unit(legible(what), unit))
        below.set_ylabel(say.with_unit(say("figure.to_baseline"), unit))
        along(below, levels, level_label, shares=shares, room=12)
        headline(figure, title)
        figure.align_ylabels()
    return figure


def along(axes: Axes, levels: Sequence[float], label: str, *, shares: bool, room: int) -> None:
    """Label the axis of the levels, with a tick at each where they do not crowd.

    Args:
        axes: Whose.
        levels: Ascending.
        label: What they are.
        shares: Whether they are shares of 1, to be written in percent.
        room: Ticks that fit beside each other.
    """
    axes.set_xlabel(legible(label))
    if shares:
        axes.xaxis.set_major_formatter(percent())
    if len(levels) > 1 and min(np.diff(levels)) >= (levels[-1] - levels[0]) / room:
        axes.set_xticks(levels)


def band(
    axes: Axes, levels: Sequence[float], estimates: Sequence[Estimate], label: str = ""
) -> None:
    """Draw means as a line with a mark at each level, over the band of their intervals.

    Args:
        axes: Where.
        levels: Where along them.
        estimates: One per level; what is NaN is left out.
        label: What the marks mean; not said if left out, or where nothing has an interval.
    """
    means = np.array([e.mean for e in estimates])
    half = np.array([e.half_width for e in estimates])
    known = bool(np.isfinite(half).any())
    half = np.nan_to_num(half)
    shown = axes.fill_between(levels, means - half, means + half, color=BAND, linewidth=0)
    axes.plot(levels, means, color=BLUE, marker="o", markersize=3.5)
    grid(axes, "y")
    if label and known:
        shown.set_label(label)
        key(axes)
