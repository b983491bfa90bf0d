"""All figures of an explanation, from its record: ``explain.json``, or ``Explanation.record()``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.explanation import CLAIMS
from factory_sim.report.figures.price import Price, price
from factory_sim.report.figures.waterfall import Step, waterfall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    Record = Mapping[str, Any]

KEYS = ("scenario", "level", "confidence", "throughput", "waterfall", "prices")
"""What the record must have."""


def figures(record: Record) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of an explanation, and the figure.

    ``waterfall`` shows what each cause takes; ``prices`` what to change first, if any
    change whose gain is known gains something.

    Args:
        record: The explanation as plain data.
    """
    confidence = f"{100 * record['confidence']:.3g} % intervals"
    whole, *changes, rest = (
        Step(step["label"], step["value"], _width(step)) for step in record["waterfall"]
    )
    unit = record["throughput"]["unit"]
    title = f"{_name(record)}\nwhat each cause takes of the output, {confidence}"
    yield "waterfall", waterfall(whole, changes, rest, unit=unit, title=title)
    prices = [
        Price(_label(one), one["mean"], _width(one), f"gain in throughput, {one['unit']}")
        for one in record["prices"]
        if one["mean"] > 0
    ]
    if prices:
        yield "prices", price(prices, title=f"{_name(record)}\nwhat to do first, {confidence}")


def _label(one: Record) -> str:
    """Return a change in words, with how good its price is where it is not exact."""
    claim = CLAIMS[one["claim"]]
    return f"{one['label']} ({claim})" if claim else str(one["label"])


def _width(entry: Record) -> float:
    return math.nan if entry["half_width"] is None else float(entry["half_width"])


def _name(record: Record) -> str:
    level = record["level"]
    at = "" if level is None else f" at {100 * level:.3g} % automation"
    return f"{record['scenario']}{at}"
