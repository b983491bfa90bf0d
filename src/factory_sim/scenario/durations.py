"""Times as a scenario may write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0))


def duration(seconds: float) -> str:
    """Return a time in the largest unit that it reaches, as a scenario may write it.

    Days are used only if their number is whole: 50 h, not 2.08 d.
    """
    unit, size = _unit(seconds)
    if unit == "d" and seconds % size:
        unit, size = "h", 3600.0
    number = seconds / size
    return f"{number:.{max(3, len(str(int(number))))}g} {unit}"


def exact(seconds: float) -> str:
    """Return a time with nothing rounded, as a scenario may write it: ``1 h 30 min``.

    Days are used only if their number is whole.
    """
    units = UNITS if seconds % UNITS[0][1] == 0 else UNITS[1:]
    terms, rest = [], seconds
    for unit, size in units:
        number, rest = divmod(rest, size)
        if number:
            terms.append(f"{number:.0f} {unit}")
    if rest or not terms:
        terms.append(f"{rest:.10g} s")
    return " ".join(terms)


def enough(seconds: float) -> str:
    """Return a time rounded up to whole units, as a scenario may write it."""
    unit, size = _unit(seconds)
    return f"{math.ceil(seconds / size)} {unit}"


def whole(times: Iterable[float]) -> tuple[str, float]:
    """Return the largest unit, and its seconds, in which all times, s, are whole numbers."""
    found = [time for time in times if time]
    for unit, size in UNITS if found else ():
        if all(time % size == 0 for time in found):
            return unit, size
    return "s", 1.0


def _unit(seconds: float) -> tuple[str, float]:
    for unit, size in UNITS:
        if seconds >= 2 * size or seconds == size:
            return unit, size
    return "s", 1.0
