"""The figures of what the twin buys, from the record that ``factory-sim twin`` writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.report.estimates import read_estimate, rescaled
from factory_sim.report.figures.chain import chain
from factory_sim.report.figures.course import clock
from factory_sim.report.figures.dots import Column, dots
from factory_sim.report.numbers import percent_text
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]
    Rows = Sequence[tuple[str, Record]]

FIGURES = (
    ("throughput", "parts/day", 1 / 24),
    ("downtime", "h/day", 150.0),
    ("detection_delay", "min", 60.0),
    ("first_time_through", "%", 0.01),
)
"""What levers move, and the unit in which it is read: a second per hour is 1/150 h per day."""


def figures(record: Record, say: Catalogue = ENGLISH) -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure of what the twin buys, and the figure.

    ``levers`` shows what each lever alone and all together change, ``lever_shares`` how the
    total is split over them, where that was asked, and ``chain`` what becomes of a fault of
    the network, where the scenario states one.

    Args:
        record: The gains as plain data.
        say: The texts of a language.
    """
    confidence = percent_text(record["confidence"])
    for name, found in (("levers", levers(record, say)), ("lever_shares", shares(record, say))):
        if found.columns:
            about = say(f"gained.{name}", confidence=confidence)
            yield name, dots(found.rows, found.columns, title=f"{record['scenario']}\n{about}")
    if (fault := record.get("fault")) is not None and fault["late"]:
        yield "chain", followed(fault, record.get("base"), record["scenario"], say)


def parts(say: Catalogue = ENGLISH) -> dict[str, str]:
    """Return what the plants without and with the twin are called."""
    return {part: say(f"twin.{part}") for part in ("a", "b")}


def chains(
    faults: Mapping[str, Record], runs: Mapping[str, Recorded], say: Catalogue = ENGLISH
) -> Iterator[tuple[str, Figure]]:
    """Yield the effects of the faults by which plants differ; ``b-chain`` for the second plant.

    Args:
        faults: By the part that the plant with them plays.
        runs: By the same.
        say: The texts of a language.
    """
    for number, (part, run) in enumerate(runs.items()):
        if part in faults:
            figure = followed(faults[part], run.base, run.scenario.name, say)
            yield f"{part}-chain" if number else "chain", figure


def followed(fault: Record, base: Record | None, scenario: str, say: Catalogue) -> Figure:
    """Return the figure of the effects of a fault of the network.

    Args:
        fault: What it costs.
        base: What the digital base does with it, if there is one.
        scenario: Its name.
        say: The texts of a language.
    """
    confidence = percent_text(fault["each"]["parts"]["confidence"])
    lines = [*fault_subtitles(base, say), say("chain.title", confidence=confidence)]
    return chain(fault, title="\n".join([scenario, *lines]), say=say)


@dataclass(frozen=True)
class Gained:
    """What levers change, as rows of figures.

    Attributes:
        rows: The levers, and what stands for all of them.
        names: Of the figures that some row changes.
        columns: Those figures, an estimate for each row.
    """

    rows: list[str]
    names: list[str]
    columns: list[Column]


def levers(record: Record, say: Catalogue) -> Gained:
    """Return what each lever alone and all together change."""
    rows = [(say.line(one["name"]), _differences(one["differences"])) for one in record["levers"]]
    return _gained(_with_all(rows, record, say), record["confidence"], say)


def shares(record: Record, say: Catalogue) -> Gained:
    """Return the fair share of each lever in what all change; nothing if that was not asked."""
    rows = [(say.line(one["name"]), one.get("shares") or {}) for one in record["levers"]]
    if not any(found for _, found in rows):
        return Gained([], [], [])
    return _gained(_with_all(rows, record, say), record["confidence"], say)


def _with_all(rows: Rows, record: Record, say: Catalogue) -> Rows:
    """Return rows and, if there are several, one for all levers together."""
    together = say("gained.together"), _differences(record["together"])
    return [*rows, together] if len(rows) > 1 else rows


def _differences(entries: Record) -> Record:
    return {name: entry["difference"] for name, entry in entries.items()}


def _gained(rows: Rows, confidence: float, say: Catalogue) -> Gained:
    """Return the figures that some row changes; one that a row lacks stays empty there."""
    names, columns = [], []
    for name, unit, size in FIGURES:
        found = [_estimate(entries.get(name), confidence, size) for _, entries in rows]
        if any(abs(estimate.mean) > 0 for estimate in found):
            names.append(name)
            columns.append(Column(say.with_unit(say(f"gained.{name}"), say.unit(unit)), found))
    return Gained([name for name, _ in rows], names, columns)


def _estimate(entry: Record | None, confidence: float, size: float) -> Estimate:
    """Return an estimate from its record in units of ``size``; NaN where there is none."""
    return rescaled(read_estimate(entry or {}, "mean", confidence, 0), size)


def fault_subtitles(base: Record | None, say: Catalogue) -> Iterator[str]:
    """Yield what the faults of a digital base are, and when; nothing without a base."""
    if base is None:
        return
    for fault in base["recoveries"]:
        begin, end = (clock(base, fault[edge]) for edge in ("begin", "end"))
        yield say("chain.fault", what=say.line(fault["what"]), begin=begin, end=end)
