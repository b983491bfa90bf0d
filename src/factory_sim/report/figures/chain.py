"""From a fault of the network to parts that are not made: lost messages, delays, downtime."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, MaxNLocator

from factory_sim.report.costs import COSTS, RUNS, STEPS, cost_text, over_all_classes
from factory_sim.report.estimates import read_estimate
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ORANGE,
    ROW,
    SOFT,
    drawing,
    grid,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import significant, true_minus
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

MOST = 20
"""Classes that have a row, the costliest first."""

ROOM = 1.55
"""Width of a panel of bars with their values, of the longest bar."""


def chain(fault: Record, *, title: str = "", say: Catalogue = ENGLISH) -> Figure:
    """Return the effects of a fault of the network: messages, failures, downtime, parts.

    Above, for each class of devices that is seen late: the messages that it loses, where the
    network was simulated, the failures that are expected in that time, how much later each
    is seen, and how much longer stations are down for all of them. Below, what one fault
    costs as simulated, with intervals, and dashed what is expected.

    Args:
        fault: From the record of the gains.
        title: Of the figure.
        say: The texts of a language.
    """
    late = sorted(fault["late"], key=lambda one: -one["downtime"])
    steps = [step for step in STEPS if any(one.get(step) is not None for one in late)]
    heights = [1.0 + 1.2 * ROW * (len(late[:MOST]) + 1), 1.9]
    texts = [
        *(one["of"] for one in late),
        *(say(f"chain.{name}") for name in (*steps, "all_classes", "simulated")),
        *(say(f"chain.cost_{name}") for name in COSTS),
    ]
    with drawing([title, *texts]):
        figure = sheet(0.3 + sum(heights))
        above, below = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        _classes(above, late, steps, say)
        _costs(below, fault, say)
        headline(figure, title)
    return figure


def _classes(part: SubFigure, late: Sequence[Record], steps: Sequence[str], say: Catalogue) -> None:
    """Draw a panel for each step with a bar for each class, and below what all add up to."""
    shown = late[:MOST]
    panels = part.subplots(1, len(steps), sharey=True, squeeze=False)[0]
    for axes, step in zip(panels, steps, strict=True):
        known = [math.nan if one.get(step) is None else float(one[step]) for one in shown]
        _bars(axes, known, over_all_classes(late, step), whole=step == "lost")
        axes.set_title(say(f"chain.{step}"), fontsize=8.5)
    names = [short(legible(one["of"]), 22) for one in shown]
    if len(shown) > 1:
        names.append(say("chain.all_classes"))
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)


def _bars(axes: Axes, found: Sequence[float], total: float, *, whole: bool) -> None:
    """Draw bars with their values at their ends, and the value of all of them."""

    def said(value: float) -> str:
        return f"{value:,.0f}" if whole and math.isfinite(value) else significant(value, 3)

    longest = max([value for value in found if math.isfinite(value)] + [1e-9])
    axes.barh(range(len(found)), found, height=0.6, color=BLUE)
    for row, value in enumerate(found):
        end = value if math.isfinite(value) else 0.0
        axes.annotate(
            said(value), (end, row), xytext=(3, 0), textcoords="offset points", va="center",
            fontsize=8,
        )  # fmt: skip
    if len(found) > 1:
        axes.axhline(len(found) - 0.5, color=INK, linewidth=0.6)
        axes.annotate(
            said(total), (0.0, len(found)), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=8,
        )  # fmt: skip
    axes.set_xlim(0.0, ROOM * longest)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _costs(part: SubFigure, fault: Record, say: Catalogue) -> None:
    """Draw what a fault costs as simulated, a panel for each kind of cost."""
    expected = over_all_classes(fault["late"], "downtime")
    panels = part.subplots(1, len(COSTS), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, COSTS, strict=True):
        found = [read_estimate(fault[run][name]) for run in RUNS]
        _dots(axes, found, say)
        if name != "parts":
            label = say("chain.expected", seconds=significant(expected, 3))
            axes.axvline(expected, color=SOFT, linestyle="--", linewidth=1.2, label=label)
        axes.set_xlabel(say(f"chain.cost_{name}"))
    times = say("chain.each", times=significant(fault["times"], 3))
    panels[0].set_yticks(range(len(RUNS)), [times, say("chain.once")])
    panels[0].set_ylim(len(RUNS) - 0.6, -0.75)
    part.legend(handles=panels[0].get_legend_handles_labels()[0], loc="outside upper right")
    part.suptitle(say("chain.simulated"), x=0.008, ha="left", fontsize=8.5)


def _dots(axes: Axes, found: Sequence[Estimate], say: Catalogue) -> None:
    """Draw estimates about a line at zero, their values above them to save room."""
    axes.axvline(0.0, color=INK, linewidth=0.8)
    for row, estimate in enumerate(found):
        half = estimate.half_width if math.isfinite(estimate.half_width) else 0.0
        axes.errorbar(
            estimate.mean, row, xerr=half, fmt="o", markersize=4, color=ORANGE, ecolor=INK,
            elinewidth=1.0, capsize=2.5,
        )  # fmt: skip
        axes.annotate(
            cost_text(estimate, say), (0.02, row), xytext=(0, 5), textcoords="offset points",
            xycoords=("axes fraction", "data"), fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    if any(estimate.mean != 0 for estimate in found):
        axes.xaxis.set_major_locator(MaxNLocator(2))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x)))
    else:
        axes.set_xticks([0.0], ["0"])
    grid(axes, "x")


def _tick(value: float) -> str:
    """Return a value at an axis, short however small or large it is."""
    return true_minus(f"{value:,.4g}")
