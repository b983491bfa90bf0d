"""All figures of an explanation, from its record: ``explain.json``, or ``Explanation.record()``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.figures.price import Price, price
from factory_sim.report.figures.waterfall import Step, waterfall
from factory_sim.report.numbers import percent_text
from factory_sim.report.texts import ENGLISH
from factory_sim.study.phrases import recorded_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

KEYS = ("scenario", "level", "confidence", "throughput", "waterfall", "charges", "prices")
"""What the record must have."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of an explanation, and the figure.

    ``waterfall`` shows what each cause takes; ``prices`` what to change first, if any
    change whose gain is known gains something.

    Args:
        record: The explanation as plain data.
        say: The texts of a language.
    """
    confidence = percent_text(record["confidence"])
    whole, *changes, rest = (
        Step(say.phrase(recorded_phrase(step)), step["value"], _width(step))
        for step in record["waterfall"]
    )
    unit = say.unit(record["throughput"]["unit"])
    title = f"{_name(record, say)}\n{say('figure.losses', confidence=confidence)}"
    yield "waterfall", waterfall(whole, changes, rest, unit=unit, title=title, say=say)
    prices = [
        Price(
            priced_label(one, say),
            one["mean"],
            _width(one),
            say("figure.gain", unit=say.unit(one["unit"])),
        )
        for one in record["prices"]
        if one["mean"] > 0
    ]
    if prices:
        title = f"{_name(record, say)}\n{say('figure.prices', confidence=confidence)}"
        yield "prices", price(prices, title=title, say=say)


def priced_label(one: Record, say: Catalogue) -> str:
    """Return a change in words, with how good its price is where it is not exact."""
    label = say.phrase(recorded_phrase(one))
    claim = one["claim"].replace(" ", "_")
    return label if claim == "exact" else label + say("figure.claim", claim=say(f"claim.{claim}"))


def _width(entry: Record) -> float:
    return math.nan if entry["half_width"] is None else float(entry["half_width"])


def _name(record: Record, say: Catalogue) -> str:
    level = record["level"]
    if level is None:
        return str(record["scenario"])
    return say("figure.at_level", name=record["scenario"], level=percent_text(level))
