"""What a second is worth, and where: gains ranked, as a list of what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import BLUE, INK, ROW, drawing, grid, headline, sheet, short
from factory_sim.report.numbers import plus_minus
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

MOST = 15
"""Most bars per unit; the others are counted below."""


@dataclass(frozen=True)
class Price:
    """What one unit of a change brings.

    Attributes:
        label: What is changed, such as "weld: a second less of cycle time".
        value: What it brings.
        half_width: Of its interval; NaN where it is not known.
        unit: Of both, such as parts/h per s.
    """

    label: str
    value: float
    half_width: float
    unit: str


def price(prices: Sequence[Price], *, title: str = "", say: Catalogue = ENGLISH) -> Figure:
    """Return prices as bars with their intervals, the largest first.

    What has different units is not compared: each unit gets axes of its own. A bar whose
    interval reaches 0 is hollow.

    Args:
        prices: In any order.
        title: Of the figure.
        say: The texts of a language.

    Raises:
        ValueError: If there is none.
    """
    if not prices:
        message = "there is no price to draw; give one or more"
        raise ValueError(message)
    groups = {unit: _ranked(prices, unit) for unit in dict.fromkeys(p.unit for p in prices)}
    shown = [min(len(group), MOST) for group in groups.values()]
    with drawing([title, *(p.label + p.unit for p in prices)]):
        figure = sheet(0.5 + sum(0.55 + 1.2 * ROW * number for number in shown))
        panels = figure.subplots(len(groups), squeeze=False, height_ratios=shown)[:, 0]
        for axes, (unit, group) in zip(panels, groups.items(), strict=True):
            _bars(axes, group, unit, say)
        headline(figure, title)
    return figure


def _ranked(prices: Sequence[Price], unit: str) -> list[Price]:
    return sorted((p for p in prices if p.unit == unit), key=lambda p: -p.value)


def _bars(axes: Axes, group: Sequence[Price], unit: str, say: Catalogue) -> None:
    """Draw the prices of one unit."""
    shown, places = group[:MOST], np.arange(min(len(group), MOST))
    significant = [not one.half_width >= one.value for one in shown]
    axes.barh(
        places,
        [p.value for p in shown],
        height=0.7,
        color=[BLUE if one else "#ffffff" for one in significant],
        edgecolor=BLUE,
        linewidth=0.8,
    )
    for place, one in zip(places, shown, strict=True):
        if one.half_width > 0:
            axes.errorbar(one.value, place, xerr=one.half_width, color=INK, elinewidth=1.0,
                          capsize=2.5)  # fmt: skip
        axes.annotate(
            plus_minus(Estimate(one.value, one.half_width, 0.95, 0), signed=True),
            (1.015, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
        )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [short(legible(p.label), 52) for p in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    left = len(group) - len(shown)
    more = say("figure.smaller_one" if left == 1 else "figure.smaller", number=f"{left:,}")
    hollow = "" if all(significant) else say("figure.hollow")
    axes.set_xlabel(f"{legible(unit)}{hollow}{more if left else ''}")
    grid(axes, "x")
