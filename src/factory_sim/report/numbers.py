"""Numbers formatted for readers: no more digits than the interval supports."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate

WITHOUT_SPREAD = 4
"""Significant digits of a value that is exact, or whose spread is unknown."""

NOISE = 1e-9
"""A spread this far below its value, or below 1, is rounding error of sums, not chance."""

HYPHEN = re.compile(r"(?<![\w)-])-(?=\d)")
"""What stands for a minus: a hyphen before a number that no word or number leads to."""


def true_minus(text: str) -> str:
    """Return a text whose negative numbers have a minus sign, as wide as a plus, for print.

    A terminal, and what is copied from it, has the hyphen that programs read.
    """
    return HYPHEN.sub("\N{MINUS SIGN}", text)


def decimals(half_width: float) -> int:
    """Return the decimals that a value with this half-width deserves; negative left of the point.

    Two significant digits of the half-width up to 3.54, else one: the rounding rule of
    the Particle Data Group (Review of Particle Physics, section 5.3).
    """
    exponent = math.floor(math.log10(half_width))
    two = half_width / 10**exponent < 3.545
    return int(two) - exponent


def rounded(value: float, places: int) -> str:
    """Return a value with so many decimals; a negative number rounds left of the point."""
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def significant(value: float, digits: int = 4) -> str:
    """Return a value with so many significant digits, never in powers of ten."""
    if not math.isfinite(value):
        return "-"
    if value == 0:
        return "0"
    return rounded(value, digits - 1 - math.floor(math.log10(abs(value))))


def plus_minus(
    estimate: Estimate, scale: float = 1.0, *, signed: bool = False, finest: int | None = None
) -> str:
    """Return an estimate as ``mean ± half-width``.

    Args:
        estimate: What to write.
        scale: What one of the written unit is in the unit of the estimate.
        signed: Whether a positive mean gets a plus sign.
        finest: Decimals at most; a half-width that they do not show is left out.
    """
    mean, half_width = estimate.mean / scale, estimate.half_width / scale
    if math.isnan(mean):
        return "-"
    if not math.isfinite(half_width):
        text, spread = _plain(mean), ""
    elif half_width <= NOISE * max(abs(mean), 1.0):
        text, spread = _plain(mean), " ± 0"
    else:
        most = math.inf if finest is None else finest
        places = int(min(decimals(half_width), most))
        while places < most and _reads_as_open(mean, half_width, places):
            places += 1
        text, spread = rounded(mean, places), f" ± {rounded(half_width, places)}"
        if float(rounded(half_width, places)) == 0:
            spread = ""
    sign = "+" if signed and not text.startswith("-") and float(text) != 0 else ""
    return f"{sign}{text}{spread}"


def _reads_as_open(mean: float, half_width: float, places: int) -> bool:
    """Return whether an interval that leaves out 0 reads as if it reached it: 4 ± 4 of 4.1 ± 3.9.

    Ends closer to 0 than a thousandth of the half-width need no words.
    """
    excludes_zero = abs(mean) > 1.001 * half_width
    return excludes_zero and float(rounded(abs(mean), places)) <= float(rounded(half_width, places))


def places_of_part(whole: Estimate, scale: float = 1.0) -> int | None:
    """Return the most decimals of the parts of a sum: one more than the whole deserves."""
    half_width = whole.half_width / scale
    return decimals(half_width) + 1 if 0 < half_width < math.inf else None


def whole(estimate: Estimate) -> str:
    """Return the mean of whole numbers; where all were the same there is no spread to tell."""
    return f"{estimate.mean:.0f}" if estimate.half_width == 0 else plus_minus(estimate)


def _plain(value: float) -> str:
    """Return a value without spread: few digits, but all those left of the point."""
    if abs(value) <= NOISE:
        return "0"
    text = rounded(value, max(WITHOUT_SPREAD - 1 - math.floor(math.log10(abs(value))), 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def three_digits(value: float) -> str:
    """Return a value with three significant digits, from 1000 on with separators."""
    digits = significant(value, 3)
    return f"{float(digits):,.0f}" if abs(value) >= 1000 else digits


def rate_text(rate: float) -> str:
    """Return a rate as a whole number with separators, below 10 with three significant digits."""
    return f"{rate:,.0f}" if rate >= 10 else significant(rate, 3)


def percent_text(share: float) -> str:
    """Return a share of 1 in per cent, with three significant digits."""
    return f"{100 * share:.3g} %"


def percent(share: Estimate) -> str:
    """Return a share of 1 with its interval, if it varies at all, in per cent."""
    return percent_text(share.mean) if share.half_width == 0 else f"{plus_minus(share, 0.01)} %"


def thousands(unit: str, largest: float) -> tuple[str, float]:
    """Return a unit for amounts of up to ``largest``, and its size in the given one.

    From ten thousand on it is one of thousands, then of millions and of billions.
    """
    for prefix, size in (("bn", 1e9), ("M", 1e6), ("k", 1e3)):
        if largest >= 10 * size:
            return f"{prefix} {unit}", size
    return unit, 1.0


def time_unit(seconds: float) -> tuple[str, float]:
    """Return the unit in which a time is easily read, and what it is in s."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if abs(seconds) >= 10 * size:
            return unit, size
    return "s", 1.0


def count(number: int, noun: str) -> str:
    """Return a number of things, the noun in the plural where it takes it."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def elapsed(seconds: float) -> str:
    """Return a time after the start as hours, minutes and seconds, ``52:04:00``."""
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def time_text(seconds: float) -> str:
    """Return a time of three digits in the unit that suits it."""
    if not math.isfinite(seconds):
        return "-"
    for unit, size in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if abs(seconds) >= (10 * size if size > 1 else size):
            return f"{significant(seconds / size, 3)} {unit}"
    return f"{significant(seconds * 1e3, 2)} ms"
