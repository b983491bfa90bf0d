"""The clock of a scenario: from time 0 to the moments that people and time stamps name.

A scenario knows the day of the week, not the date. Time stamps need one, so its first week
is that of Monday 1 January 2024: days of the week and times of day are right, dates are a
convention.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from factory_sim.scenario.quantities import DAY, DAYS, WEEK, duration, moment

if TYPE_CHECKING:
    from factory_sim.scenario import Scenario

EPOCH = datetime(2024, 1, 1)  # noqa: DTZ001  -- local time of a plant that is nowhere
"""The Monday 00:00 before time 0."""


def seconds(scenario: Scenario, text: str) -> float:
    """Return a moment, s after time 0: the first one that the text names.

    Args:
        scenario: Says when time 0 is.
        text: A time of day, ``10:00``, with a day of the week, ``tue 10:00``, or the time
            since time 0, ``30 h``.

    Raises:
        ValueError: If it is none of these.
    """
    if ":" not in text:
        return duration(text)
    cycle = WEEK if " " in text.strip() else DAY
    return (moment(text) - scenario.start) % cycle


def stamp(scenario: Scenario, t: float) -> datetime:
    """Return the time stamp of a moment, s after time 0."""
    return EPOCH + timedelta(seconds=scenario.start + t)


def clock_text(scenario: Scenario, t: float) -> str:
    """Return a moment, s after time 0, as a day of the week and a time: ``tue 10:00``."""
    day, rest = divmod(round(scenario.start + t), round(DAY))
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    text = f"{DAYS[day % len(DAYS)]} {hours:02d}:{minutes:02d}"
    return f"{text}:{left:02d}" if left else text
