"""The tables of a fault of the network: what each class loses, and what one fault costs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from factory_sim.report.costs import COSTS, RUNS, STEPS, cost_text, over_all_classes
from factory_sim.report.estimates import read_estimate
from factory_sim.report.html.tables.cells import Cell, Table, known
from factory_sim.report.numbers import elapsed, significant
from factory_sim.study.late import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

FEW = 10
"""Replications below which a spread is hardly known: its relative error, 1 / sqrt(2 (n - 1))
for normal samples, is a quarter here."""


def chain_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield the effects of each fault of the network that was followed to parts."""
    for part, fault in contents.faults.items():
        of = ""
        if contents.kind == "compare":
            of = say("caption.of", part=contents.name_of(part, say))
        for table in (_late(fault["late"], say), _costs(fault, say)):
            yield replace(table, title=table.title + of)


def class_name(kind: str, say: Catalogue) -> str:
    """Return the name of a class; failures of the stations themselves are one."""
    return say("twin.stations") if kind == OWN else kind


def _late(late: Sequence[Record], say: Catalogue) -> Table:
    """Return the effects on the failures of each class during a fault."""
    rows = []
    for one in late:
        steps = (_step(one.get(step), whole=step == "lost") for step in STEPS)
        edges = (Cell(elapsed(one[edge]), one[edge]) for edge in ("begin", "end"))
        name = Cell(class_name(one["of"], say))
        rows.append((name, Cell(f"{one['devices']:,}", one["devices"]), *edges, *steps))
    if len(late) > 1:
        number = sum(one["devices"] for one in late)
        sums = (_step(over_all_classes(late, step), whole=step == "lost") for step in STEPS)
        total = Cell(say("chain.all_classes"))
        rows.append((total, Cell(f"{number:,}", number), Cell(""), Cell(""), *sums))
    names = ("class", "devices", "begin", "end", *STEPS)
    heads = tuple(say(f"twin.late_{name}") for name in names)
    return Table(say("twin.late"), heads, tuple(rows), note=say("twin.late_note"))


def _step(value: float | None, *, whole: bool) -> Cell:
    if value is None or not math.isfinite(value):
        return Cell("-")
    return Cell(f"{value:,.0f}" if whole else significant(value, 3), value)


def _costs(fault: Record, say: Catalogue) -> Table:
    """Return what one fault costs: as expected, and as simulated."""
    expected = significant(over_all_classes(fault["late"], "downtime"), 3)
    rows: list[tuple[Cell, ...]] = [
        (Cell(say("twin.cost_expected")), Cell(expected), Cell(expected), Cell("-"))
    ]
    for run in RUNS:
        found = [read_estimate(fault[run][name]) for name in COSTS]
        cells = (Cell(cost_text(one, say), known(one.mean)) for one in found)
        times = significant(fault["times"], 3)
        rows.append((Cell(say(f"twin.cost_{run}", times=times)), *cells))
    heads = say("twin.cost"), *(say(f"chain.cost_{name}") for name in COSTS)
    note = say("twin.cost_note")
    if fault["replications"] < FEW:
        few = say("twin.cost_few", n=str(fault["replications"]))
        note = say("answer.both", first=note, second=few)
    return Table(say("twin.costs"), heads, tuple(rows), note=note)
