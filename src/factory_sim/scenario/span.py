"""A span of time in a run, read from the texts of a user."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from factory_sim.scenario.readers import CLOCK, since_start
from factory_sim.scenario.shifts import moment_text

if TYPE_CHECKING:
    from factory_sim.scenario.schema import Scenario


def span(scenario: Scenario, begin: str, end: str | None) -> tuple[float, float]:
    """Return begin and end of a span of the run of a scenario, s after time 0.

    Args:
        scenario: The validated scenario.
        begin: ``10:00``, ``tue 10:00`` or the time since time 0, ``30 h``.
        end: Likewise; the horizon if None.

    Raises:
        ValueError: If one of them is no time, or no span of the run lies between them; the
            text says which, and what to write.
    """
    start, horizon = scenario.start, scenario.horizon
    first = _moment("from", begin, start)
    last = horizon if end is None else _moment("to", end, start)
    since, until, over = (moment_text(start + t) for t in (first, last, horizon))
    if last <= first and end is None:
        raise ValueError(f"from: must be before the horizon ends, {over} ({begin} is {since})")
    if last <= first:
        has_no_day = end is not None and CLOCK.fullmatch(end.strip())
        named = f"; name the day: 'tue {end}'" if has_no_day else ""
        message = f"to: must be after from ({_read(begin, since)} and {_read(end, until)}){named}"
        raise ValueError(message)
    if last > horizon:
        message = (
            f"to: must lie within the horizon, which ends {over} ({end} is {until}); "
            f"choose an earlier span or add --set horizon='{ceil(last / 3600)} h'"
        )
        raise ValueError(message)
    return first, last


def _read(text: str | None, moment: str) -> str:
    """Return a text and how it was read, where these differ."""
    return moment if text in (None, moment) else f"{text} is {moment}"


def _moment(side: str, text: str, start: float) -> float:
    try:
        return since_start(text, start)
    except ValueError as error:
        message = f"{side}: {error}; write 10:00, 'tue 10:00', or the time since the start, 30 h"
        raise ValueError(message) from None
