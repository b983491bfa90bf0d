"""A sweep on the terminal: a table of its points, and which of them is best by each figure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from factory_sim.report.basis import basis
from factory_sim.report.numbers import plus_minus, rounded, significant, thousands, three_digits
from factory_sim.report.readable import readable
from factory_sim.report.settings import labels, relabelled, varied
from factory_sim.report.terminal import (
    blocks,
    facts,
    print_lines,
    show_notes,
    show_warnings,
    wrapped,
)
from factory_sim.report.texts import ENGLISH
from factory_sim.study.sweep.axes import AUTOMATION
from factory_sim.study.sweep.figures import CAUSES, FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from factory_sim.analysis.economics import Recovery
    from factory_sim.study.sweep.best import Best
    from factory_sim.study.sweep.point import Point
    from factory_sim.study.sweep.result import Sweep

    Record = Mapping[str, Any]

MOST_NAMED = 6
"""Points that a sentence names; of more it says how many."""

DIFFERENCES = ("output", "throughput")
"""Figures whose paired difference has a column of its own; all are in the files."""

LOSSES = ("stops", *CAUSES)
"""Causes of loss, and what comes of them: shown unless they round to nothing at every point."""

NOT_SHOWN = ("scrapped", "saved_per_part")
"""Figures that only the files hold."""

HELD = (
    "line stops and line held are per hour of the clock, summed over paced sections; "
    "the line is held by stations beyond the takt"
)
"""What two columns mean."""

SHARES = (("work content", "work_content"), ("operations", "operations"), ("stations", "stations"))


@dataclass(frozen=True)
class Column:
    """A column of the table: title, unit, and a cell per row."""

    title: str
    unit: str
    cells: tuple[str, ...]


def show_sweep(sweep: Sweep, on: Console) -> None:
    """Print the points of a sweep, the best of them, and what to know about both."""
    result = replace(sweep.baseline.result, seconds=sweep.seconds)
    print_lines(facts(f"{result.scenario.name} · {basis(result)}", on.width), on)
    print_lines(wrapped(f"  {_about_baseline(sweep)}", on.width), on)
    record = sweep.record()
    called = labels(record, ENGLISH)
    for key in varied(record, ENGLISH):
        if key.key not in (AUTOMATION, key.name):
            on.print(f"  {key.name} is {key.key}", soft_wrap=True)
    front = [_cells(column) for column in _settings(record)]
    front[0] = [f"  {text}" for text in front[0]]
    for block in blocks(front, list(map(_cells, _columns(sweep))), on.width):
        on.print()
        print_lines(block, on)
    if losses := [f.label for f in FIGURES if f.name in CAUSES and _tells(f.name, _rows(sweep))]:
        lost = f"  lost per hour on shift, by the average station: {', '.join(losses)}"
        print_lines(wrapped(lost, on.width), on)
    if _tells("held", _rows(sweep)):
        print_lines(wrapped(f"  {HELD}", on.width), on)
    if sweep.best:
        on.print()
        print_lines(_best_lines(sweep, called, on.width), on)
    show_notes("note", (relabelled(note, called) for note in sweep.notes), on)
    show_warnings(sweep.warnings, on)


def _about_baseline(sweep: Sweep) -> str:
    level = sweep.baseline.level
    at = "the scenario as it stands" if level is None else f"{100 * level:.4g} % automation"
    pace = ""
    if sweep.availability is not None:
        wanted = f"{100 * sweep.availability:.4g} %"
        pace = f"; each point at its fastest takt with {wanted} availability"
    return f"differences are from the baseline, {at}{pace}"


def _cells(column: Column) -> list[str]:
    return [column.title, column.unit, *column.cells]


def _rows(sweep: Sweep) -> tuple[Point, ...]:
    return (sweep.baseline, *sweep.points)


def _settings(record: Record) -> list[Column]:
    """Return the columns that say which point a row is: whose field, and below it which."""
    columns = []
    for number, key in enumerate(varied(record, ENGLISH)):
        cells = ("" if number else "baseline", *map(key.value, record["points"]))
        field = ENGLISH.with_unit(key.field, key.unit_of_values)
        head = (key.owner, field) if key.owner else (field, "")
        columns.append(Column(*((AUTOMATION, "") if key.key == AUTOMATION else head), cells))
    return columns


def _columns(sweep: Sweep) -> Iterator[Column]:
    """Yield the informative columns, in the order of reports."""
    points = _rows(sweep)
    if AUTOMATION in sweep.keys:
        for title, name in SHARES:
            shares = [getattr(p.automated, name) for p in points]
            yield Column(title, "%", tuple(significant(100 * share, 3) for share in shares))
    for figure in FIGURES:
        if figure.name == "labour" and any(point.operators for point in points):
            yield Column("people", "", tuple(f"{p.operators:.4g}" for p in points))
        if _tells(figure.name, points):
            yield from _figure(figure.name, figure.label, points)
        if figure.name == "cost" and sweep.baseline.capital is not None:
            yield _amounts("capital", [p.capital or 0.0 for p in points], points[0])
    for name in sweep.baseline.recoveries:
        if name != "discounted_payback":
            recoveries = [point.recoveries[name] for point in points]
            title = name.replace("break_even_volume", "break-even")
            yield Column(title, recoveries[0].unit, tuple(map(_recovery, recoveries)))


def _tells(name: str, points: Sequence[Point]) -> bool:
    """Return whether a figure is informative of these points."""
    if name in NOT_SHOWN or name not in points[0].samples:
        return False
    if name in DIFFERENCES:
        return True
    known = [point for point in points if math.isfinite(point.estimates[name].mean)]
    means = [point.estimates[name].mean for point in known]
    if name == "jph":
        plain = (point.estimates["throughput"].mean for point in known)
        return any(not math.isclose(a, b) for a, b in zip(means, plain, strict=True))
    if name in LOSSES:
        return any(rounded(mean, 2) != "0.00" for mean in means)
    nothing = 1.0 if name == "first_time_through" else 0.0
    return any(mean != nothing for mean in means)


def _figure(name: str, label: str, points: Sequence[Point]) -> Iterator[Column]:
    """Yield the column of a figure, and that of its difference where it has one."""
    estimates = [point.estimates[name] for point in points]
    unit = estimates[0].unit
    unit, scale = _scaled(unit, [e.mean for e in estimates], points[0]) if unit else ("%", 0.01)
    yield Column(label, unit, tuple(plus_minus(e, scale) for e in estimates))
    if name in DIFFERENCES:
        pairs = (point.differences[name] for point in points)
        yield Column("difference", unit, tuple(plus_minus(p, scale, signed=True) for p in pairs))


def _amounts(title: str, amounts: Sequence[float], point: Point) -> Column:
    """Return a column of known amounts of money."""
    currency = point.economics.currency if point.economics else ""
    unit, scale = _scaled(currency, amounts, point)
    return Column(title, unit, tuple(f"{amount / scale:,.4g}" for amount in amounts))


def _scaled(unit: str, values: Sequence[float], point: Point) -> tuple[str, float]:
    """Return the unit of a column and its size; large amounts of money go by thousands."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if unit == "s":
        return readable(unit, largest)
    if point.economics is None or not unit.startswith(point.economics.currency):
        return unit, 1.0
    return thousands(unit, largest)


def _recovery(found: Recovery) -> str:
    """Return a payback as ``2.2 (2.1-2.4)``."""
    if math.isnan(found.value):
        return "-"
    value, low, high = map(_amount, (found.value, found.low, found.high))
    return value if value == low == high else f"{value} ({low} to {high})"


def _amount(value: float) -> str:
    return "never" if math.isinf(value) else three_digits(value)


def _best_lines(sweep: Sweep, called: Mapping[str, str], width: int) -> list[str]:
    """Return which point is best by each figure that has a column, and how sure that is."""
    shown = [best for best in sweep.best if _has_column(sweep, best)]
    if not shown:
        return []
    confidence = f"{100 * shown[0].confidence:.4g} %"
    lines = [f"best by (each at {confidence}, all points compared at once)"]
    indent = 4 + max(cell_len(best.label) for best in shown)
    for best in shown:
        lines.append(f"  {best.label}".ljust(indent))
        parts = _verdict(sweep, best, called)
        if any(indent + cell_len(part) > width for part in parts):
            parts = [piece for part in parts for piece in re.split("(?<=,) ", part)]
        for number, part in enumerate(parts):
            if number and cell_len(lines[-1]) + 1 + cell_len(part) > width:
                lines.append(" " * indent)
            lines[-1] += part if lines[-1].endswith(" ") else f" {part}"
    return lines


def _has_column(sweep: Sweep, best: Best) -> bool:
    return best.name in sweep.baseline.recoveries or _tells(best.name, _rows(sweep))


def _verdict(sweep: Sweep, best: Best, called: Mapping[str, str]) -> list[str]:
    """Return the best point by a figure and which others may be it, in parts to be wrapped."""
    label = [called[point.label] for point in sweep.points]
    *first, last = (label[place] for place in best.equal)
    winners = [*(f"{name} =" for name in first), f"{last}:"]
    others = [label[place] for place in best.possible if place not in best.equal]
    if not others:
        return [*winners, "told apart from every other"]
    if len(others) > MOST_NAMED:
        others = [f"{len(others)} of the {len(best.compared) - len(best.equal)} others"]
    return [*winners, "not told apart from", *(f"{name};" for name in others[:-1]), others[-1]]
