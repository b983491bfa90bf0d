"""How old what the twin knows of the devices is, over time, and what share is fresh enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from factory_sim.report.figures.course import clock_axis, legend_of_faults, mark_faults, values
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.latency import time_axis
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ROW,
    VERMILION,
    drawing,
    grid,
    headline,
    sheet,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

ACROSS = 3
"""Panels beside each other."""

HEIGHT, LABEL = 1.15, 1.7
"""Of a row of panels, and of the label beside all of them, inches."""

MOST = 18
"""Most classes that have a panel: those whose age grows most."""

AIM: dict[str, Any] = {"color": INK, "linewidth": 0.9, "linestyle": "--"}
"""Style of the line that an age should not exceed."""

LEAST_FRESH = 0.9
"""Share of fresh devices at which the scale of shades ends, unless a share is lower."""


def age(record: Record, *, title: str, say: Catalogue) -> Figure:
    """Return the age of information of each class over time, and the share that is fresh.

    Above a panel for each class: mean and 99 % quantile of the age, and what it should not
    exceed. Below a row for each class with such an aim, the darker the fewer of its devices
    are within it.

    Args:
        record: Of a digital base.
        title: Of the figure.
        say: The texts of a language.
    """
    classes = _telling(record["classes"])
    aimed = [each for each in classes if each["fresh_within"] is not None]
    down = -(-len(classes) // min(ACROSS, len(classes)))
    heights = [0.9 + max(HEIGHT * down, LABEL)]
    if aimed:
        heights.append(0.75 + ROW * len(aimed))
    with drawing([title, *(each["name"] for each in classes), say("base.fresh")]):
        figure = sheet(0.5 + sum(heights))
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        _panels(parts[0], classes, record, say)
        if aimed:
            _fresh(parts[1], aimed, record, say)
        left = len(record["classes"]) - len(classes)
        more = "\n" + say("base.classes_left", number=str(left)) if left else ""
        headline(figure, title + more)
    return figure


def _telling(classes: Sequence[Record]) -> list[Record]:
    """Return the classes whose age grows most, in their order."""

    def grows(each: Record) -> float:
        course = values(each["course"]["mean"])
        known = course[np.isfinite(course)]
        return -float(known.max() / np.median(known)) if known.size and known.max() > 0 else 0.0

    best = sorted(range(len(classes)), key=lambda at: grows(classes[at]))[:MOST]
    return [classes[at] for at in sorted(best)]


def _panels(part: SubFigure, classes: Sequence[Record], record: Record, say: Catalogue) -> None:
    """Draw a panel for each class over the same axes."""
    across = min(ACROSS, len(classes))
    down = -(-len(classes) // across)
    panels = part.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, each in zip(panels, classes, strict=False):
        _panel(axes, each, record)
    for axes in panels[len(classes) :]:
        axes.remove()
    for axes in panels[max(len(classes) - across, 0) : len(classes)]:
        axes.tick_params(labelbottom=True)
    clock_axis(panels[0], record, most=4)
    panels[0].set_yscale("log")
    time_axis(panels[0], "y")
    part.supylabel(say("base.age"), fontsize=8.5)
    part.supxlabel(say("base.clock"), fontsize=8.5)
    aimed = any(each["fresh_within"] is not None for each in classes)
    handles = [
        Line2D([], [], color=BLUE, label=say("base.mean")),
        Line2D([], [], color=VERMILION, linewidth=0.9, label=say("base.p99")),
        *([Line2D([], [], **AIM, label=say("base.aim"))] if aimed else []),
        *legend_of_faults(record, say),
    ]
    part.legend(handles=handles, loc="outside upper left", ncols=len(handles))


def _panel(axes: Axes, each: Record, record: Record) -> None:
    """Draw the age of one class; the 99 % quantile is thinner than the mean."""
    mark_faults(axes, record)
    steps = values(record["steps"])
    for key, colour, width in (("p99", VERMILION, 0.9), ("mean", BLUE, 1.4)):
        axes.stairs(
            values(each["course"][key]), steps, baseline=None, color=colour, linewidth=width
        )
    if each["fresh_within"] is not None:
        axes.axhline(each["fresh_within"], **AIM)
    axes.set_title(short(legible(each["name"])), fontsize=8.5)
    grid(axes, "y")


def _fresh(part: SubFigure, aimed: Sequence[Record], record: Record, say: Catalogue) -> None:
    """Draw the share of devices that are fresh, a row for each class, darker where it is low."""
    axes = part.subplots()
    shares = np.array([values(each["course"]["fresh"]) for each in aimed])
    lowest = min(LEAST_FRESH, np.floor(20 * np.nanmin(shares, initial=1.0)) / 20)
    edges = np.arange(len(aimed) + 1) - 0.5
    mesh = axes.pcolormesh(
        values(record["steps"]), edges, shares, cmap="Blues_r", vmin=lowest, vmax=1.0,
        rasterized=True,
    )  # fmt: skip
    axes.set_ylim(edges[-1], edges[0])
    axes.set_yticks(range(len(aimed)), [short(legible(each["name"])) for each in aimed])
    axes.tick_params(axis="y", length=0)
    clock_axis(axes, record)
    axes.set_xlabel(say("base.clock"))
    axes.set_title(say("base.fresh"), fontsize=8.5)
    for fault in record["recoveries"]:
        for edge in (fault["begin"], fault["end"]):
            axes.axvline(edge, color=INK, linewidth=0.8, linestyle=":")
    bar = part.colorbar(mesh, ax=axes, aspect=12, pad=0.01)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    bar.outline.set_visible(False)
