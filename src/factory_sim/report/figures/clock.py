"""The axis of figures over time: since the start or, of a plant with shifts, by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.figures.course import NICE
from factory_sim.report.figures.style import time_scale
from factory_sim.report.texts import ENGLISH
from factory_sim.scenario.readers import DAY, DAYS
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

MOST_TICKS = 9

WEEKDAY = float(DAY)
"""Time between ticks from which on only days are named, s."""


def clock_of(run: Recorded) -> float | None:
    """Return the moment of the week at which a run starts, s; None if it knows no shifts."""
    has_shifts = any(station.calendar.off for station in run.plant.stations())
    return run.scenario.start if has_shifts else None


def time_axis(
    axes: Axes,
    window: tuple[float, float],
    *,
    started: float | None,
    note: str = "",
    say: Catalogue = ENGLISH,
) -> None:
    """Name the axis of a window, and put its ticks at round times of the day.

    Args:
        axes: Whose axis is in the unit of :func:`time_scale` for the length of the window.
        window: Start and end, s since the start.
        started: Moment of the week at the start, s; None counts from the start.
        note: What follows the name.
        say: The texts of a language, for the days.
    """
    begin, end = window
    unit, size = time_scale(end - begin)
    if started is None:
        axes.set_xlabel(f"time since the start, {unit}{note}")
        return
    steps = (*NICE, 2 * DAY, 7 * DAY)
    step = next((nice for nice in steps if (end - begin) / nice <= MOST_TICKS), steps[-1])
    first = np.ceil((started + begin) / step) * step
    moments = np.arange(first, started + end + 1e-6, step)
    axes.set_xticks(((moments - started) / size).tolist(), _named(moments.tolist(), step, say))
    axes.set_xlabel(f"time of day{note}" if step < WEEKDAY else f"day{note}")


def _named(moments: list[float], step: float, say: Catalogue) -> list[str]:
    """Return the times of moments of the week, the day below where one begins."""
    texts, named = [], ""
    for moment in moments:
        day = say(f"day.{DAYS[int(moment // DAY) % len(DAYS)]}")
        texts.append(
            day if step >= WEEKDAY else clock_text(moment % DAY) + f"\n{day}" * (day != named)
        )
        named = day
    return texts
