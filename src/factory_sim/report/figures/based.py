"""All figures of a digital base, from its record: ``base.json``, or ``BaseResult.record()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.figures.age import age
from factory_sim.report.figures.course import clock, fault_lines
from factory_sim.report.figures.latency import latency
from factory_sim.report.figures.load import load
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

KEYS = ("name", "begin", "length", "steps", "stages", "classes", "tail", "recoveries", "doubts")
"""What the record must have."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of a digital base, and the figure.

    ``latency`` shows how long messages take in each stage and to the twin, ``age`` how old
    what the twin knows is over time, ``load`` what every stage does over time.

    Args:
        record: The base as plain data.
        say: The texts of a language.
    """
    window = say(
        "base.window",
        name=record["name"],
        devices=f"{record['devices']:,}",
        begin=clock(record, 0.0),
        end=clock(record, record["length"]),
    )
    over_time = "\n".join([window, *fault_lines(record, say)])
    yield "latency", latency(record, title=f"{window}\n{say('base.latency')}", say=say)
    yield "age", age(record, title=over_time, say=say)
    yield "load", load(record, title=over_time, say=say)
