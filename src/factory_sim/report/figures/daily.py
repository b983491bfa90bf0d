"""How a plant comes up to rate: its output on each working day, from the first part on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from factory_sim.report.figures.style import (
    BAND,
    BLUE,
    VERMILION,
    drawing,
    grid,
    headline,
    key,
    sheet,
)
from factory_sim.report.numbers import percent_text, whole
from factory_sim.report.texts import ENGLISH
from factory_sim.study.ramp import UP_TO_RATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.line.arrays import Floats
    from factory_sim.report.texts import Catalogue
    from factory_sim.study.ramp import Ramp

SHADE = "#ececec"
"""Of the interval of the day: light enough for the band of the output to show on it."""


def daily(
    days: Mapping[str, Sequence[Any]],
    ramp: Ramp | None = None,
    *,
    confidence: float = 0.95,
    title: str = "",
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return the output of each working day with its interval and, below it, when it is up to rate.

    The stepped line is what a day yields at 90 % of the final rate, in the hours that the
    day has.

    Args:
        days: Columns ``day``, ``hours``, ``delivered`` and ``half_width``; see
            :func:`factory_sim.study.ramp.daily_columns`.
        ramp: The final rate and the day on which the plant is up to it, if that is known.
        confidence: Of the intervals.
        title: Of the figure.
        say: The texts of a language.
    """
    columns = {name: np.array(values, dtype=float) for name, values in days.items()}
    works = columns["hours"] > 0
    day, hours, made, half = (
        columns[name][works] for name in ("day", "hours", "delivered", "half_width")
    )
    half = np.nan_to_num(half)
    with drawing([title, *say.texts.values()]):
        figure = sheet(3.4)
        axes = figure.subplots()
        if ramp is not None:
            _up_to_rate(axes, day, hours, ramp, say)
        label = say("figure.interval_of_mean", confidence=percent_text(confidence))
        axes.fill_between(day, made - half, made + half, color=BAND, linewidth=0, label=label)
        axes.plot(day, made, color=BLUE, marker="o", markersize=3.0, label=say("chart.mean"))
        axes.set_xlim(0.5, float(columns["day"][-1]) + 0.5)
        axes.set_ylim(bottom=0.0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel(say("figure.day"))
        axes.set_ylabel(say("figure.per_day"))
        key(axes)
        grid(axes, "y")
        headline(figure, title)
    return figure


def _up_to_rate(axes: Axes, day: Floats, hours: Floats, ramp: Ramp, say: Catalogue) -> None:
    """Draw what a day yields at 90 % of the final rate, and from which day on that is kept."""
    share = f"{100 * UP_TO_RATE:.0f} %"
    level = UP_TO_RATE * ramp.final.mean * hours
    axes.plot(
        day, level, color=VERMILION, linestyle="--", linewidth=1.1, drawstyle="steps-mid",
        label=say("figure.of_rate", share=share),
    )  # fmt: skip
    if math.isnan(ramp.day.mean):
        return
    if ramp.day.half_width > 0:
        axes.axvspan(ramp.day.low, ramp.day.high, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(ramp.day.mean, color=VERMILION, linewidth=1.0)
    axes.annotate(
        say("figure.kept_from", share=share, day=whole(ramp.day)),
        (ramp.day.mean, 0.06),
        xytext=(6, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
    )
