"""The tables of a digital base: stages, classes of devices, faults."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.base.detection import FAULT, DetectionLaw
from factory_sim.report.estimates import read_estimate
from factory_sim.report.figures.course import clock, values
from factory_sim.report.figures.latency import MARKERS, stage_name
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell, known, of_part
from factory_sim.report.numbers import significant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

MILLISECOND = 1e-3


def base_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what every stage did, what the twin knew of every class, and what faults did."""
    for part, record in contents.bases.items():
        found = [_faults(record, say)] if record["recoveries"] else []
        for table in (*found, _stages(record, say), _classes(record, say)):
            yield replace(table, title=of_base(table.title, part, contents, say))


def of_base(title: str, part: str, contents: Contents, say: Catalogue) -> str:
    """Return a title that says whose digital base it is about, where there are several."""
    return of_part(title, part, contents, say) if len(contents.bases) > 1 else title


def _stages(record: Record, say: Catalogue) -> Table:
    rows = []
    for stage in record["stages"]:
        low, high = min(stage["course"]["replicas"]), max(stage["course"]["replicas"])
        servers = f"{high:.3g}" if low == high else f"{low:.3g} - {high:.3g}"
        rows.append(
            (
                Cell(stage_name(stage, say)),
                Cell(servers, high),
                _number(stage["arrived"] / record["length"]),
                estimate_cell(read_estimate(stage["utilisation"]), 0.01),
                estimate_cell(read_estimate(stage["queue"])),
                _count(stage["longest_queue"]),
                _count(stage["lost"]),
                estimate_cell(read_estimate(stage["mean_latency"]), MILLISECOND),
                *(_number(stage["latency"][key], MILLISECOND) for key in MARKERS),
            )
        )
    names = ("stage", "servers", "rate", "load", "queue", "longest", "lost", "mean_time")
    heads = [say(f"base.table_{name}") for name in names]
    heads += [say.with_unit(key, "ms") for key in MARKERS]
    return Table(say("base.table_stages"), tuple(heads), tuple(rows))


def _classes(record: Record, say: Catalogue) -> Table:
    rows = []
    for each in record["classes"]:
        normal, worst = seen_after(each)
        rows.append(
            (
                Cell(each["name"]),
                _count(each["devices"]),
                _number(each["sent"] / record["length"]),
                _count(sum(each["lost"].values())),
                estimate_cell(read_estimate(each["mean_latency"]), MILLISECOND),
                _number(each["latency"]["p99"], MILLISECOND),
                estimate_cell(read_estimate(each["age"])),
                _number(each["age_p99"]["mean"]),
                _number(each["fresh_within"]),
                estimate_cell(read_estimate(each["fresh"]), 0.01) if each["fresh"] else Cell("-"),
                _number(normal),
                _number(worst),
            )
        )
    names = ("class", "devices", "rate", "lost", "mean_way", "p99_way", "age", "age_p99", "aim")
    heads = [say(f"base.table_{name}") for name in (*names, "fresh", "seen", "seen_fault")]
    return Table(say("base.table_classes"), tuple(heads), tuple(rows))


def seen_after(each: Record) -> tuple[float, float]:
    """Return how long the twin takes to see a failure of a class, s, on average.

    Returns:
        Without a fault, and at the worst moment of one; NaN if there is none.
    """
    found = each["detection"]
    law = DetectionLaw(
        name=each["name"],
        begins=values(found["begins"]),
        end=float(found["end"]),
        phases=tuple(found["phases"]),
        delays=np.array(found["delays"], dtype=float),
        seen=values(found["seen"]),
    )
    in_fault = [law.mean(piece) for piece, phase in enumerate(law.phases) if phase == FAULT]
    return law.mean(law.normal), max(in_fault, default=math.nan)


def _faults(record: Record, say: Catalogue) -> Table:
    rows = [
        (
            Cell(say.line(fault["what"])),
            Cell(clock(record, fault["begin"]), fault["begin"]),
            Cell(clock(record, fault["end"]), fault["end"]),
            _count(fault["lost"]),
            _number(fault["after"]),
            Cell(say.line(fault["last"]) or "-"),
        )
        for fault in record["recoveries"]
    ]
    names = ("fault", "begin", "end", "lost", "back", "last")
    heads = tuple(say(f"base.table_{name}") for name in names)
    return Table(say("base.table_faults"), heads, tuple(rows), frozenset({0, 5}))


def _count(number: float) -> Cell:
    return Cell(f"{number:,.0f}", float(number))


def _number(value: float | None, scale: float = 1.0) -> Cell:
    if value is None or not math.isfinite(value):
        return Cell("-")
    text = significant(value / scale, 3) if abs(value) < 1000 * scale else f"{value / scale:,.0f}"
    return Cell(text, known(value))
