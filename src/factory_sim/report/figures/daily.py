"""How a plant comes up to rate: its output on each working day, from the first part on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from factory_sim.report.changed_keys import changes_between, of_two
from factory_sim.report.figures.style import (
    BAND,
    BLUE,
    ORANGE,
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

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.line.arrays import Floats
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue
    from factory_sim.study.ramp import Ramp

SHADE = "#ececec"
"""Of the interval of the day: light enough for the band of the output to show on it."""


LEFTWARD = 0.65
"""Share of the days from which on a text stands before its line: after it there is no room."""


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
    day, hours, made, half = _working(days)
    with drawing([title, *say.texts.values()]):
        figure = sheet(3.4)
        axes = _days(figure, days["day"][-1], say)
        if ramp is not None:
            _up_to_rate(axes, day, hours, ramp, say)
        label = say("figure.interval_of_mean", confidence=percent_text(confidence))
        axes.fill_between(day, made - half, made + half, color=BAND, linewidth=0, label=label)
        axes.plot(day, made, color=BLUE, marker="o", markersize=3.0, label=say("chart.mean"))
        axes.set_ylim(bottom=0.0)
        key(axes)
        headline(figure, title)
    return figure


def two_ramps(a: Recorded, b: Recorded, say: Catalogue = ENGLISH) -> Figure | None:
    """Return the output of each working day of two plants, and when each is up to its rate.

    None unless both were watched from time 0 for some days.

    Args:
        a: The first.
        b: The second.
        say: The texts of a language.
    """
    if a.ramp is None or b.ramp is None or a.daily is None or b.daily is None:
        return None
    title = of_two(a.scenario.name, b.scenario.name, changes_between(a.scenario, b.scenario), say)
    with drawing([title, *say.texts.values()]):
        figure = sheet(3.4)
        axes = _days(figure, max(a.daily["day"][-1], b.daily["day"][-1]), say)
        for letter, days, ramp, color, mark, height in (
            ("A", a.daily, a.ramp, ORANGE, "s", 0.14),
            ("B", b.daily, b.ramp, BLUE, "o", 0.05),
        ):
            day, _, made, half = _working(days)
            axes.fill_between(day, made - half, made + half, color=color, alpha=0.3, linewidth=0)
            axes.plot(day, made, color=color, marker=mark, markersize=3.0, label=letter)
            if not math.isnan(ramp.day.mean):
                axes.axvline(ramp.day.mean, color=color, linewidth=1.0, linestyle="--")
                _note(axes, ramp.day, height, f"{letter}: {_kept(ramp, say)}")
        axes.set_ylim(bottom=0.0)
        key(axes)
        headline(figure, title)
    return figure


def _working(days: Mapping[str, Sequence[Any]]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return number, hours, output and its half-width of the working days, (W,) each."""
    columns = {name: np.array(values, dtype=float) for name, values in days.items()}
    works = columns["hours"] > 0
    day, hours, made, half = (
        columns[name][works] for name in ("day", "hours", "delivered", "half_width")
    )
    return day, hours, made, np.nan_to_num(half)


def _days(figure: Figure, last: int, say: Catalogue) -> Axes:
    """Return axes for output over days, up to a last one."""
    axes = figure.subplots()
    axes.set_xlim(0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(say("figure.day"))
    axes.set_ylabel(say("figure.per_day"))
    grid(axes, "y")
    return axes


def _up_to_rate(axes: Axes, day: Floats, hours: Floats, ramp: Ramp, say: Catalogue) -> None:
    """Draw what a day yields at 90 % of the final rate, and from which day on that is kept."""
    level = UP_TO_RATE * ramp.final.mean * hours
    axes.plot(
        day, level, color=VERMILION, linestyle="--", linewidth=1.1, drawstyle="steps-mid",
        label=say("figure.of_rate", share=percent_text(UP_TO_RATE)),
    )  # fmt: skip
    if math.isnan(ramp.day.mean):
        return
    if ramp.day.half_width > 0:
        axes.axvspan(ramp.day.low, ramp.day.high, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(ramp.day.mean, color=VERMILION, linewidth=1.0)
    _note(axes, ramp.day, 0.06, _kept(ramp, say))


def _kept(ramp: Ramp, say: Catalogue) -> str:
    """Return from which day on the final rate is nearly kept."""
    return say("figure.kept_from", share=percent_text(UP_TO_RATE), day=whole(ramp.day))


def _note(axes: Axes, day: Estimate, height: float, text: str) -> None:
    """Write a text beside the line of a day, at a height, a share of that of the axes."""
    first, last = axes.get_xlim()
    leftward = day.mean > first + LEFTWARD * (last - first)
    axes.annotate(
        text,
        (day.mean, height),
        xytext=(-6 if leftward else 6, 0),
        ha="right" if leftward else "left",
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0},
    )
