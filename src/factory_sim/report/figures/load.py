"""The stages of a digital base over time: load, queues, losses, servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from factory_sim.report.figures.course import clock_axis, legend_of_faults, mark_faults, values
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.latency import stage_name
from factory_sim.report.figures.style import (
    BLUE,
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
    from matplotlib.figure import Figure

    from factory_sim.line.arrays import Floats
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

COLUMNS = ("rate", "utilisation", "replicas", "queue")
HEIGHT = 1.05
"""Of a row, inches."""

MOST = 9
"""Stages that have a row: those with the largest load or queue."""

LINEAR = 50.0
"""Queue from which on its axis is logarithmic."""


def load(record: Record, *, title: str, say: Catalogue) -> Figure:
    """Return messages, utilisation, servers and queue of every stage over time, a row each.

    Args:
        record: Of a digital base.
        title: Of the figure.
        say: The texts of a language.
    """
    stages = _telling(record["stages"])
    heads = [say(f"base.head_{name}") for name in COLUMNS]
    names = [stage_name(stage, say) for stage in stages]
    with drawing([title, *heads, *names]):
        figure = sheet(1.1 + HEIGHT * len(stages))
        panels = figure.subplots(len(stages), len(COLUMNS), sharex=True, squeeze=False)
        for row, stage, name in zip(panels, stages, names, strict=True):
            _row(row, stage, record)
            row[0].set_ylabel(short(legible(name), 18))
        for axes, head in zip(panels[0], heads, strict=True):
            axes.set_title(legible(head), fontsize=8.5)
        for axes in panels[-1]:
            axes.set_xlabel(say("base.clock"))
        clock_axis(panels[0, 0], record, most=3)
        handles = _legend(stages, record, say)
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        left = len(record["stages"]) - len(stages)
        more = "\n" + say("base.stages_left", number=str(left)) if left else ""
        headline(figure, title + more)
    return figure


def _telling(stages: Sequence[Record]) -> list[Record]:
    """Return the stages with the largest losses, queues and loads, in flow order."""

    def size(stage: Record) -> tuple[float, ...]:
        return -stage["lost"], -stage["longest_queue"], -(stage["utilisation"]["mean"] or 0.0)

    best = sorted(range(len(stages)), key=lambda at: size(stages[at]))[:MOST]
    return [stages[at] for at in sorted(best)]


def _row(row: Sequence[Axes], stage: Record, record: Record) -> None:
    steps, course = values(record["steps"]), stage["course"]
    for axes, name in zip(row, COLUMNS, strict=True):
        mark_faults(axes, record)
        _stairs(axes, values(course[name]), steps)
        grid(axes, "y")
    rate, utilisation, replicas, queue = row
    lost = values(course["lost"])
    rate.stairs(np.where(lost > 0, lost, np.nan), steps, fill=True, color=VERMILION, linewidth=0)
    rate.yaxis.set_major_locator(MaxNLocator(3))
    rate.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    utilisation.set_ylim(0.0, 1.05)
    utilisation.set_yticks([0.0, 0.5, 1.0])
    utilisation.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    replicas.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    _queue_axis(queue, values(course["queue"]))
    for axes in (rate, replicas):
        axes.set_ylim(0.0, 1.15 * max(axes.get_ylim()[1] / 1.05, 1.0))


def _stairs(axes: Axes, course: Floats, steps: Floats) -> None:
    axes.stairs(course, steps, baseline=None, color=BLUE, linewidth=1.2, clip_on=False)


def _queue_axis(axes: Axes, queue: Floats) -> None:
    """Use a logarithmic axis for a long queue, so that it can be read where it is short, too."""
    longest = float(np.nanmax(queue, initial=0.0))
    if longest <= LINEAR:
        axes.set_ylim(0.0, max(1.15 * longest, 1.0))
        axes.yaxis.set_major_locator(MaxNLocator(3))
        return
    axes.set_yscale("symlog", linthresh=1.0, linscale=0.4)
    powers = np.arange(1, int(np.log10(longest)) + 1)
    every = 1 if powers.size <= 3 else 2
    axes.set_yticks([0.0, *(10.0 ** powers[::every])])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(0.0, 2.0 * longest)


def _legend(stages: Sequence[Record], record: Record, say: Catalogue) -> list[Line2D | Patch]:
    marks: list[Line2D | Patch] = [Line2D([], [], color=BLUE, label=say("base.course"))]
    if any(stage["lost"] for stage in stages):
        marks.append(Patch(color=VERMILION, label=say("base.lost")))
    return [*marks, *legend_of_faults(record, say)]
