"""How the stations spend their time: one bar a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from factory_sim.analysis.states import STATES
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    INK,
    ROW,
    STATE_COLOURS,
    STATE_HATCHES,
    STATE_LABELS,
    drawing,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import plus_minus
from factory_sim.report.readable import is_informative
from factory_sim.report.rows import rows
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.report.rows import Row, Run
    from factory_sim.report.texts import Catalogue

DEEPEST = 1
"""Lines and stages get a bar, the positions of a paced section do not."""

LEAST = 1e-3
"""A state that no stage is in for longer is left out of the legend."""


def station_states(run: Run, *, title: str | None = None, say: Catalogue = ENGLISH) -> Figure:
    """Return how each stage spends its time: one bar a stage, in flow order.

    A paced section is the mean of its stations; of a long plant the mean of each line
    is shown, and the stages that were the bottleneck longest.

    Args:
        run: What was simulated.
        title: What it is called; its name and level if left out.
        say: The texts of a language, for what :func:`translate` leaves alone.
    """
    shown = [row for row in rows(run, say=say) if row.states and row.depth <= DEEPEST]
    labels = [row.label.replace(" -> ", " → ") for row in shown]
    with drawing([*labels, run.scenario.name]):
        figure = sheet(1.5 + 1.2 * ROW * len(shown))
        axes = figure.subplots()
        _bars(axes, shown)
        axes.set_yticks(range(len(shown)), [short(legible(label), 40) for label in labels])
        for number, row in enumerate(shown):
            if row.is_bottleneck:
                axes.text(1.008, number, "◂ bottleneck", va="center", fontsize=7.5)
        axes.set_ylim(len(shown) - 0.45, -0.55)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set_xlabel(f"share of the time{_left_out(run, shown)}")
        headline(figure, f"{title or _name(run)}\n{_rate(run)}")
        figure.legend(
            *axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(STATES)
        )
    return figure


def _bars(axes: Axes, shown: list[Row]) -> None:
    """Draw the states of all rows side by side."""
    shares = np.array([row.states for row in shown])
    left = np.zeros(len(shown))
    for number, state in enumerate(STATES):
        if shares[:, number].max() < LEAST:
            continue
        axes.barh(
            range(len(shown)),
            shares[:, number],
            left=left,
            height=0.76,
            color=STATE_COLOURS[state],
            hatch=STATE_HATCHES.get(state),
            edgecolor=INK,
            linewidth=0.4,
            label=STATE_LABELS[state],
        )
        left += shares[:, number]


def _name(run: Run) -> str:
    level = "" if run.level is None else f" at {100 * run.level:.3g} % automation"
    return f"{short(run.scenario.name, 64)}{level}"


def _rate(run: Run) -> str:
    """Return what was made, with the interval; that it is counted on shift where it matters."""
    hour = "hour on shift" if is_informative("jph", run) else "hour"
    return f"{plus_minus(run.estimates['jph'])} parts per {hour}"


def _left_out(run: Run, shown: list[Row]) -> str:
    """Return how many stages of a long plant have no bar."""
    stages = sum(len(line.stages) for line in run.plant.lines)
    left = stages - sum(row.depth == DEEPEST for row in shown)
    return f"  ({left} stages that were the bottleneck less often not shown)" if left else ""
