"""Numbers as engineers write them: ``52 s``, ``1 %``, ``06:30``, ``mon-sat``.

Each reader takes what stood in the file and returns a plain number in base units
(seconds, shares, parts), or raises ``ValueError`` with a message that names the
range and quotes the value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal

DAY = 86_400.0
"""Seconds of a day."""

WEEK = 7 * DAY
"""Seconds of a week; time 0 of the week is Monday 00:00."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week, in its order."""

_SECONDS = {"ms": "0.001", "s": "1", "min": "60", "h": "3600", "d": "86400"}
_NUMBER = r"[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(rf"\s*({_NUMBER})\s*([^\W\d_]+)\s*")
_PERCENT = re.compile(rf"\s*({_NUMBER})\s*%\s*")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
"""A time of day."""

LARGEST_COUNT = 1_000_000
"""Largest number of things."""

LARGEST = 1e12
"""Largest number of any unit; 1e12 s are 30,000 years."""


def shown(value: object, limit: int = 60) -> str:
    """Return a value of the file as the user would recognise it, shortened if long."""
    if value is None:
        return "nothing"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def unlike(expected: str, value: object) -> ValueError:
    """Return the error that a value is not what is expected; the validator reports ValueErrors."""
    return ValueError(f"must be {expected} (got {shown(value)})")


def number(value: object) -> float:
    """Return a finite number; text, booleans and numbers beyond 1e308 are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unlike("a number", value)
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise unlike("a finite number", value)
    return result


def duration(value: object) -> float:
    """Return a time in s, from a number of seconds or a text such as ``1 h 30 min``."""
    if not isinstance(value, str):
        try:
            return number(value)
        except ValueError:
            raise unlike("a time such as 52 s or 12 min", value) from None
    total, position = Decimal(0), 0
    while position < len(value) or not value:
        term = _TERM.match(value, position)
        if term is None:
            raise unlike("a time such as 52 s or 12 min", value)
        amount, unit = term.groups()
        if unit not in _SECONDS:
            raise ValueError(
                f"has the unknown unit {unit}; write ms, s, min, h or d (got {shown(value)})"
            )
        total += _decimal(amount) * Decimal(_SECONDS[unit])
        position = term.end()
    return number(float(total))


def _decimal(digits: str) -> Decimal:
    """Return digits as a decimal, so that ``3 ms`` is the float nearest to 0.003."""
    result = Decimal(re.sub(r"\s", "", digits))
    if result and abs(result.adjusted()) > 300:
        raise unlike("a number between 1e-300 and 1e300", digits)
    return result


def ratio(value: object) -> float:
    """Return a plain number, from a number or a percentage such as ``30 %``."""
    if isinstance(value, str) and (percent := _PERCENT.fullmatch(value)):
        return number(float(_decimal(percent[1]) / 100))
    try:
        return number(value)
    except ValueError:
        raise unlike("a number or a percentage such as 5 %", value) from None


def clock(value: object) -> float:
    """Return a time of day in s after midnight, from ``06:30`` or a number of seconds."""
    if isinstance(value, str) and (parts := CLOCK.fullmatch(value.strip())):
        hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        result = 3600.0 * hours + 60 * minutes + seconds
        if minutes < 60 and seconds < 60 and result <= DAY:
            return result
    elif not isinstance(value, str):
        result = number(value)
        if 0 <= result <= DAY:
            return result
    raise unlike("a time of day from 00:00 to 24:00", value)


def moment(value: object) -> float:
    """Return a moment of the week in s after Monday 00:00, from ``tue 06:00``."""
    if not isinstance(value, str):
        return ranged(number(value), value, "s", least=0, below=WEEK)
    day, _, time = value.strip().rpartition(" ")
    if day and day.lower() not in DAYS:
        raise ValueError(f"must begin with a day, {', '.join(DAYS)} (got {shown(value)})")
    return (DAYS.index(day.lower()) if day else 0) * DAY + clock(time) % DAY


def since_start(text: str, start: float) -> float:
    """Return how long after time 0 a moment is, s.

    Args:
        text: A time of day, ``10:00``, or a moment of the week, ``tue 10:00``: the first that
            is not before time 0; or the time that has passed, ``4 h``.
        start: Moment of the week at time 0, s after Monday 00:00.
    """
    if ":" not in text:
        return ranged(duration(text), text, "s", least=0, most=LARGEST)
    named = text.strip().partition(" ")[0].lower() in DAYS
    return (moment(text) - start) % (WEEK if named else DAY)


def days(value: object) -> tuple[str, ...]:
    """Return days in the order of the week, from ``mon-sat``, ``daily`` or a list of days."""
    if isinstance(value, str):
        items = [item.strip().lower() for item in value.split(",")]
    elif isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        items = [item.lower() for item in value]
    else:
        raise unlike("days such as mon-fri", value)
    chosen: set[str] = set()
    for item in items:
        first, dash, last = (part.strip() for part in item.partition("-"))
        if item == "daily":
            chosen.update(DAYS)
        elif first in DAYS and (last in DAYS or not dash):
            begin = DAYS.index(first)
            length = (DAYS.index(last) - begin) % 7 if dash else 0
            chosen.update(DAYS[(begin + k) % 7] for k in range(length + 1))
        else:
            raise unlike("days such as mon-fri, daily or [mon, wed]", value)
    if not chosen:
        raise ValueError("must name at least one day")
    return tuple(day for day in DAYS if day in chosen)


def integer(value: object) -> int:
    """Return a whole number; 40.0 is one, 40.5 and text are not."""
    result = number(value) if isinstance(value, float) else value
    if isinstance(result, bool) or not isinstance(result, int | float) or result != int(result):
        raise unlike("a whole number", value)
    return int(result)


def name(value: object) -> str:
    """Return a name: text without ``/ * ? [ ]``, control characters or blanks at its ends."""
    if not isinstance(value, str):
        raise unlike("text in quotes", value)
    if not value or value != value.strip() or not value.isprintable():
        raise unlike("printable text without blanks at its ends", value)
    if forbidden := sorted(set(value) & set("/*?[]")):
        raise ValueError(f"must not contain {' '.join(forbidden)} (got {shown(value)})")
    return value


def ranged(
    result: float,
    value: object,
    unit: str = "",
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return ``result`` if it lies in the range; name the broken bound if not."""
    bounds = (
        (result >= least, "at least", least),
        (result > above, "greater than", above),
        (result <= most, "at most", most),
        (result < below, "less than", below),
    )
    for holds, words, bound in bounds:
        if not holds and math.isfinite(bound):
            limit = f"{bound:,.7g} {unit}".rstrip()
            raise ValueError(f"must be {words} {limit} (got {shown(value)})")
    return result
