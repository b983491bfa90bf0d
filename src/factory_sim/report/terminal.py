"""Results on the terminal: what was found, what it rests on, what to doubt."""

from __future__ import annotations

import math
import os
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from factory_sim.analysis.accounts import STATES
from factory_sim.fleet.seen import share_base
from factory_sim.report import device_table
from factory_sim.report.base_summary import summary
from factory_sim.report.numbers import count, plus_minus, rounded, significant
from factory_sim.report.ramp import ramp_lines
from factory_sim.report.readable import margin_of, readable, tells
from factory_sim.report.rows import bottlenecks, rows, shifts
from factory_sim.report.shops import NOTE, cells, costs, shops
from factory_sim.study.durations import duration
from factory_sim.study.measures import SECONDS_PER_HOUR, measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from factory_sim.analysis.statistics import Paired
    from factory_sim.report.rows import Row
    from factory_sim.report.shops import Shop
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.result import Comparison, Result

    Detail = Literal["shops", "worst", "all"]

TIMES = "\N{MULTIPLICATION SIGN}"

MARK = " <- bottleneck"
SHARED = "variance"
NARROWEST_NAME = 12
"""Columns a name keeps, whatever else the table must show."""

SHOP_TABLES = ((True, True, "  "), (True, True, " "), (False, True, " "), (False, False, " "))
"""What a table of shops shows and the gap of its columns, the first that fits: seconds that
sections are held, numbers of stations."""

RARE = {"waiting", "down", "off"}
"""States with a column only where some station is ever in them."""


class _Console(Console):
    """A console whose reader may leave: files are still to be written then."""

    def on_broken_pipe(self) -> None:
        """Print no more, and nothing into the pipe at exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints names as they are: no markup, no emoji codes."""
    return _Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def show(result: Result, on: Console, *, detail: Detail = "shops") -> None:
    """Print a result: headline figures, stations, the gain over the baseline, doubts.

    Args:
        result: What to print.
        on: Where.
        detail: Whether a long plant is shown by shop, if it has any, with its worst stations,
            or with all of them.
    """
    on.print(f"{_name(result)} · {basis(result)}")
    print_lines(_headline(result, on.width), on)
    if result.automated:
        shares = asdict(result.automated).items()
        texts = (f"{100 * share:.3g} % of the {key.replace('_', ' ')}" for key, share in shares)
        on.print(f"  automated: {', '.join(texts)}")
    found = shops(result) if detail == "shops" else []
    if found:
        print_lines(_shop_lines(found, on.width), on)
        print_lines(wrapped(f"  {NOTE}", on.width), on)
        print_lines(wrapped(f"  {costs(result)}", on.width), on)
    else:
        table = rows(result, every_station=detail == "all")
        print_lines(_station_lines(table, on.width), on)
    if result.devices:
        print_lines(aligned(device_table.cells(result.devices), "<>>>>"), on)
    if result.base:
        print_lines(summary(result.base), on)
    if result.ramp:
        on.print()
        print_lines(ramp_lines(result, on.width), on)
    if result.comparison:
        on.print()
        show_comparison(result.comparison, on)
    show_warnings(result.warnings, on)


def show_both(comparison: Comparison, on: Console, about: Sequence[str] = ()) -> None:
    """Print what two scenarios rest on, their differences, and the doubts about either.

    Args:
        comparison: Of the two.
        on: Where.
        about: Lines that say what they differ in.
    """
    on.print(basis(comparison.a))
    show_comparison(comparison, on, about)
    show_bases(comparison, on)
    show_warnings(dict.fromkeys((*comparison.a.warnings, *comparison.b.warnings)), on)


def show_comparison(comparison: Comparison, on: Console, about: Sequence[str] = ()) -> None:
    """Print the paired differences of two results, each figure with its interval.

    The last column is what pairing did to the variance of the difference; a narrow
    terminal does without it.
    """
    for side, result in (("A", comparison.a), ("B", comparison.b)):
        on.print(f"{side}  {_name(result)}")
    print_lines(about, on)
    table = [("", "A", "B", "B - A", SHARED)]
    for label, unit, scale, pair in _worth_showing(comparison):
        difference = plus_minus(pair.difference, scale, signed=True)
        paired = -100 * pair.variance_reduction
        gained = "-" if math.isnan(paired) else f"{paired:+.1f} %"
        sides = plus_minus(pair.a, scale), plus_minus(pair.b, scale)
        table.append((f"  {label} {unit}", *sides, difference, gained))
    lines = aligned(table, "<>>>>")
    if comparison.replications == 1 or max(map(cell_len, lines)) > on.width:
        print_lines(aligned([row[:4] for row in table], "<>>>"), on)
        return
    print_lines(lines, on)
    on.print(f"  {SHARED}: what the shared draws take off the variance of B - A")


def show_bases(comparison: Comparison, on: Console) -> None:
    """Print what the digital bases of two results do: one base that they share, or each."""
    a, b = comparison.a, comparison.b
    if a.base and b.base and share_base(a.scenario, b.scenario):
        print_lines(summary(a.base), on)
        return
    for letter, result in (("A", a), ("B", b)):
        if result.base:
            print_lines((f"{letter}  {line}" for line in summary(result.base)), on)


def _name(result: Result) -> str:
    """Return what was simulated."""
    plan = "" if result.level is None else f" at {100 * result.level:.3g} % automation"
    engine = "" if result.choice.engine == "batch" else f" (reference: {result.choice.reason})"
    return f"{result.scenario.name}{plan}, {count(len(result.plant.stations()), 'station')}{engine}"


def basis(result: Result) -> str:
    """Return how much was simulated, and by what."""
    cut = f" (first {duration(result.warm_up)} cut)" if result.warm_up else ""
    runs = f"{count(result.replications, 'replication')} {TIMES} {duration(result.accounts.end)}"
    return f"{runs}{cut} · {result.choice.engine} engine, {result.seconds:.1f} s"


def _headline(result: Result, width: int) -> list[str]:
    """Return the figures of the whole plant, two to a line where they fit."""
    cells = [
        (m.label, _value(m.name, m.unit, result))
        for m in measures(result.plant)
        if tells(m.name, result)
    ]
    takt = _takt(result)
    if takt:
        cells.insert(1, takt)
    cells.append(("bottleneck", _bottleneck(result)))
    off = {rounded(share, 3) for share in result.stations()["off"]}
    if len(off) == 1 and off != {"0.000"}:
        cells.append(("off shift", f"{100 * float(off.pop()):.3g} % of the time"))
    pairs = zip(cells[::2], [*cells[1::2], ("", "")], strict=False)
    lines = aligned([(f"  {a}", b, c, d) for (a, b), (c, d) in pairs], "<<<<")
    if max(map(cell_len, lines)) <= width:
        return lines
    return aligned([(f"  {label}", value) for label, value in cells], "<<")


def _bottleneck(result: Result) -> str:
    """Return the bottleneck, or the two that are it longest if none is most of the time."""
    found = bottlenecks(result)
    if shifts(found):
        first, second = (f"{stage} {100 * share:.0f} %" for stage, share in found[:2])
        return f"shifts: {first}, {second} of the time"
    stage, share = found[0]
    return f"{stage}, {100 * share:.0f} % of the time"


def _station_lines(shown: Sequence[Row], width: int) -> list[str]:
    """Return the table of stations, its names cut to what the width leaves."""
    states = [number for number in range(len(STATES)) if _has_column(number, shown)]
    has_stops = any(row.lost > 0 for row in shown)
    titles = [*(STATES[number] for number in states), *["lost s/h"] * has_stops, "alone/h"]
    figures = [titles, *(_figures(row, states, has_stops=has_stops) for row in shown)]
    names = ["", *("  " * row.depth + row.label for row in shown)]
    needed = sum(max(map(len, column)) for column in zip(*figures, strict=True))
    longest = max(cell_len(name) for name, row in zip(names[1:], shown, strict=True) if row.states)
    gap = "  " if longest + needed + 2 * len(titles) <= width else " "
    left = max(width - needed - len(gap) * len(titles) - len(MARK[:3]), NARROWEST_NAME)
    table = [(shortened(n, min(longest, left)), *f) for n, f in zip(names, figures, strict=True)]
    lines = aligned(table, "<" + ">" * len(titles), gap)
    for number, row in enumerate(shown, start=1):
        if not row.states:  # it only names a line, in as many columns as that takes
            lines[number] = names[number]
        if row.is_bottleneck:
            mark = MARK if cell_len(lines[number] + MARK) <= width else MARK[:3]
            lines[number] += mark
    return lines


def _shop_lines(found: Sequence[Shop], width: int) -> list[str]:
    """Return the table of shops, its last column cut to what the width leaves."""
    for held, counted, gap in SHOP_TABLES:
        table = cells(found, held=held, counted=counted)
        sides = "<" + ">" * (len(table[0]) - 2) + "<"
        others = aligned([row[:-1] for row in table], sides[:-1], gap)
        left = width - max(map(cell_len, others)) - cell_len(gap + MARK[:3])
        if left >= max(cell_len(row[-1]) for row in table):
            break
    left = max(left, NARROWEST_NAME)
    lines = aligned([(*row[:-1], shortened(row[-1], left)) for row in table], sides, gap)
    for number, shop in enumerate(found, start=1):
        if shop.is_bottleneck:
            lines[number] += MARK[:3]
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of a width, all of them indented; none of an empty one."""
    return textwrap.wrap(text.strip(), width, initial_indent="  ", subsequent_indent="    ")


def _has_column(number: int, shown: Sequence[Row]) -> bool:
    """Return whether a state has a column: not if it is rare and nobody is ever in it.

    Nor is there one for a time off shift that all stations share: the headline says it.
    """
    shares = {rounded(row.states[number], 3) for row in shown if row.states}
    if STATES[number] == "off":
        return len(shares) > 1
    return STATES[number] not in RARE or shares != {"0.000"}


def _figures(row: Row, states: Sequence[int], *, has_stops: bool) -> list[str]:
    """Return the cells of a row beside its name."""
    shares = [rounded(row.states[number], 3) if row.states else "" for number in states]
    lost = [rounded(row.lost, 1) if row.lost else ""] * has_stops
    return [*shares, *lost, "" if row.alone is None else significant(row.alone, 3)]


def aligned(table: Sequence[Sequence[str]], sides: str, gap: str = "  ") -> list[str]:
    """Return the rows of a table as lines, each column flush left (<) or right (>)."""
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]

    def cell(text: str, width: int, side: str) -> str:
        padding = " " * (width - cell_len(text))
        return text + padding if side == "<" else padding + text

    return [gap.join(map(cell, row, widths, sides)).rstrip() for row in table]


def shortened(text: str, width: int) -> str:
    """Return a text cut to a width, with a mark where something is missing."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def print_lines(lines: Iterable[str], on: Console) -> None:
    """Print lines as they are, however wide the console."""
    for line in lines:
        on.print(line, soft_wrap=True)


def _worth_showing(comparison: Comparison) -> Iterator[tuple[str, str, float, Paired]]:
    """Yield label, unit, its size and the pair of every figure that tells in either result."""
    for what in measures(comparison.a.plant, comparison.b.plant):
        pair = comparison.differences.get(what.name)
        if pair and (tells(what.name, comparison.a) or tells(what.name, comparison.b)):
            unit, scale = readable(what.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
            yield what.label, unit, scale, pair


def _value(name: str, unit: str, result: Result) -> str:
    estimate = result.estimates[name]
    unit, scale = readable(unit, estimate.mean)
    return f"{plus_minus(estimate, scale)} {unit}"


def _takt(result: Result) -> tuple[str, str] | None:
    """Return what the customer's takt asks for, and whether the plant makes it.

    Takt is scheduled time over demand, so it is held against the rate per scheduled hour.
    """
    takt = result.scenario.takt
    if takt is None:
        return None
    asked, made = SECONDS_PER_HOUR / takt, result.estimates["jph"]
    margin = f"{plus_minus(margin_of(made, asked))} %"
    if made.low >= asked:
        verdict = f"met, {margin} to spare"
    elif made.high < asked:
        verdict = f"missed by {margin}"
    else:
        verdict = "not decided yet"
    return "takt", f"asks {significant(asked, 3)} parts/h: {verdict}"


def show_warnings(warnings: Iterable[Phrase | str], on: Console) -> None:
    """Print doubts, marked as such."""
    for warning in warnings:
        on.print(Text.assemble(("warning: ", "yellow"), str(warning)))
