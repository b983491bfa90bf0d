"""What a sweep varies: axes of levels and keys, and the points of a grid or a hypercube.

An axis is written ``a:b:step``, with the end that is hit, ``a:b`` where points are
drawn or the key takes whole numbers, or as a list ``v1,v2,v3``. Values may carry a unit,
and are handed on as a scenario would have them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from factory_sim.study.case import StudyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Combination = tuple[str, ...]

AUTOMATION = "automation"
"""Key of the axis of automation levels."""

MOST_POINTS = 10_000
"""Most points of a sweep; more are a mistake rather than a question."""

_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%|[^\W\d_]+)?"
_RANGE = re.compile(rf"\s*{_NUMBER}\s*:\s*{_NUMBER}\s*(?::\s*{_NUMBER}\s*)?")
_OPENING, _CLOSING, _QUOTES = "[{(", "]})", "'\""


@dataclass(frozen=True)
class Axis:
    """One thing that a sweep varies.

    Attributes:
        key: As ``--set`` takes it; ``automation`` for the level.
        values: In order, as a scenario writes them; empty for a span without steps.
        span: First and last value of a range; None for a list.
        unit: Of a range; empty without one.
    """

    key: str
    values: tuple[str, ...]
    span: tuple[Decimal, Decimal] | None = None
    unit: str = ""

    def in_whole_steps(self, option: str) -> Axis:
        """Return it with a step of 1 where it is a span without one.

        Args:
            option: What the user wrote, for the message.

        Raises:
            StudyError: If there would be too many values.
        """
        if self.values or self.span is None:
            return self
        first, last = self.span
        return _stepped(self, Decimal(1 if first <= last else -1), option)

    def at(self, u: float) -> str:
        """Return the value below which a share ``u`` in [0, 1) of the axis lies.

        Raises:
            ValueError: If it has neither values nor a span.
        """
        if self.values:
            return self.values[int(u * len(self.values))]
        if self.span is None:
            raise ValueError(f"{self.key} has no values")
        low, high = map(float, self.span)
        return _written(Decimal(f"{low + u * (high - low):.6g}"), self.unit)


def axis(key: str, text: str, option: str) -> Axis:
    """Return the axis that a text describes.

    Args:
        key: What it varies.
        text: Such as ``2:8:2``, ``0 %:100 %:10 %`` or ``5min,10min``.
        option: What the user wrote, for the message.

    Raises:
        StudyError: If the text is none of these.
    """
    if (span := _RANGE.fullmatch(text)) is not None:
        return _range(key, span, option)
    values = _items(text)
    if not values or not all(values):
        message = f"{option}: has an empty value; write a:b:step or a list v1,v2,v3"
        raise StudyError(message)
    return Axis(key, values)


def setting_axis(text: str) -> Axis:
    """Return the axis of a ``--vary`` option, ``key=values``.

    Raises:
        StudyError: If it is not one.
    """
    option = f"--vary {text}"
    key, equals, values = text.partition("=")
    if not (equals and key.strip()):
        message = f"{option}: must be key=a:b:step or key=v1,v2, e.g. stations.weld.buffer=2:8:2"
        raise StudyError(message)
    return axis(key.strip(), values, option)


def _range(key: str, span: re.Match[str], option: str) -> Axis:
    """Return the axis of a range, with or without steps."""
    first, last, step = (Decimal(span[n]) if span[n] else None for n in (1, 3, 5))
    units = {span[n] for n in (2, 4, 6)} - {None}
    if first is None or last is None or len(units) > 1:
        message = f"{option}: a range has one unit (got {', '.join(sorted(units))}); use the same"
        raise StudyError(message)
    unit = units.pop() if units else ""
    if step is not None and (step == 0 or (last - first) / step < 0):
        message = f"{option}: the step {step:f} does not lead from {first:f} to {last:f}"
        raise StudyError(message)
    bare = Axis(key, (), (first, last), unit)
    return bare if step is None else _stepped(bare, step, option)


def _stepped(bare: Axis, step: Decimal, option: str) -> Axis:
    """Return the axis of a span with the values that a step leads to."""
    assert bare.span is not None
    first, last = bare.span
    number = int((last - first) / step) + 1
    if number > MOST_POINTS:
        message = (
            f"{option}: has {number:,} values; a sweep has at most {MOST_POINTS:,} points, "
            f"so write a wider step"
        )
        raise StudyError(message)
    values = tuple(_written(first + step * k, bare.unit) for k in range(number))
    return replace(bare, values=values)


def _written(value: Decimal, unit: str) -> str:
    digits = f"{value:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{digits} {unit}".rstrip()


def _items(text: str) -> tuple[str, ...]:
    """Return the items of a list, cut at the commas outside brackets and quotes."""
    items, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and depth == 0 and not quote:
            items.append("")
        else:
            items[-1] += character
    return tuple(item.strip() for item in items)


def combinations(axes: Sequence[Axis], samples: int | None, seed: int) -> list[Combination]:
    """Return the points of a sweep, a value per axis each.

    Args:
        axes: At least one.
        samples: None for the full grid, the last axis running fastest. Otherwise so many
            points of a Latin hypercube: of each axis, every one of that many equal parts
            is met once. Those that fall on one point, as lists may have it, are that point.
        seed: Of the hypercube.

    Raises:
        StudyError: If there would be no point or too many, or an axis of a grid has no
            step.
    """
    number = samples if samples is not None else math.prod(len(a.values) for a in axes)
    if samples is None and (bare := [a.key for a in axes if not a.values]):
        option = "--automation" if bare[0] == AUTOMATION else f"--vary {bare[0]}"
        message = f"{option}: a grid needs a step; write a:b:step, or draw points with --samples"
        raise StudyError(message)
    if not 1 <= number <= MOST_POINTS:
        message = f"a sweep has 1 to {MOST_POINTS:,} points (got {number:,}); vary less at once"
        raise StudyError(message)
    if samples is None:
        return list(product(*(a.values for a in axes)))
    drawn = _hypercube(len(axes), samples, seed)
    points = (tuple(a.at(u) for a, u in zip(axes, row, strict=True)) for row in drawn)
    return list(dict.fromkeys(points))


def _hypercube(axes: int, samples: int, seed: int) -> Iterable[Sequence[float]]:
    """Return (samples, axes) points of a Latin hypercube in [0, 1).

    Source: McKay, Beckman & Conover (1979), Technometrics 21(2).
    """
    from scipy.stats import qmc

    rows: list[list[float]] = qmc.LatinHypercube(axes, seed=seed).random(samples).tolist()
    return rows
