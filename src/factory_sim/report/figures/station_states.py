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
    drawing,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import plus_minus
from factory_sim.report.rows import rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.report.rows import Row, Run

DEEPEST = 1
"""Lines and stages get a bar, the positions of a paced section do not."""

LEAST = 1e-3
"""A state that no stage is in for longer is left out of the legend."""


def station_states(run: Run) -> Figure:
    """Return how each stage spends its time: one bar a stage, in flow order.

    A paced section is the mean of its stations; of a long plant the mean of each line
    is shown, and the stages that were the bottleneck longest.
    """
    shown = [row for row in rows(run) if row.states and row.depth <= DEEPEST]
    with drawing([row.label for row in shown] + [run.scenario.name]):
        figure = sheet(1.5 + 1.2 * ROW * len(shown))
        axes = figure.subplots()
        _bars(axes, shown)
        axes.set_yticks(range(len(shown)), [short(legible(row.label), 40) for row in shown])
        for number, row in enumerate(shown):
            if row.is_bottleneck:
                axes.text(1.008, number, "◂ bottleneck", va="center", fontsize=7.5)
        axes.set_ylim(len(shown) - 0.45, -0.55)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set_xlabel("share of the window")
        headline(figure, _title(run))
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(STATES))
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
            label=state,
        )
        left += shares[:, number]


def _title(run: Run) -> str:
    """Return what was simulated and its rate, with the interval."""
    jph = run.estimates["jph"]
    level = "" if run.level is None else f" at {100 * run.level:.3g} % automation"
    rate = plus_minus(jph, 1.0)
    return f"{short(run.scenario.name, 64)}{level}\n{rate} parts per scheduled hour"
