"""Results on the terminal: what was found, what it rests on, what to doubt."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import asdict
from threading import Timer
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from factory_sim.analysis.accounts import STATES
from factory_sim.report.numbers import count, plus_minus, rounded, significant, time_unit
from factory_sim.report.rows import rows
from factory_sim.study.doubts import duration
from factory_sim.study.measures import MEASURES, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from factory_sim.analysis.statistics import Paired
    from factory_sim.report.rows import Row
    from factory_sim.study.result import Comparison, Result

PATIENCE = 1.0
"""Work that takes longer than this, s, gets a progress bar."""

TIMES = "\N{MULTIPLICATION SIGN}"

BOTTLENECK = "<- bottleneck"
NARROWEST_NAME = 12
"""Columns a name keeps, whatever else the table must show."""

RARE = {"waiting", "down", "off"}
"""States with a column only where some station is ever in them."""


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints names as they are: no markup, no emoji codes."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


@contextmanager
def progress_bar(on: Console) -> Iterator[Callable[[int, int], None]]:
    """Yield what a study reports its progress to; a bar appears if it takes long.

    Nothing is ever drawn where the console is not a terminal.
    """
    if not on.is_terminal:
        yield lambda _done, _total: None
        return
    counts = TextColumn("{task.completed:.0f} of {task.total:.0f} replications")
    bar = Progress(BarColumn(), counts, TimeRemainingColumn(), console=on, transient=True)
    task = bar.add_task("simulating", total=1)
    timer = Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def show(result: Result, on: Console, *, every_station: bool = False) -> None:
    """Print a result: headline figures, stations, the gain over the baseline, doubts."""
    on.print(f"{_name(result)} · {_basis(result)}")
    on.print(_headline(result))
    if result.automated:
        shares = asdict(result.automated).items()
        texts = (f"{100 * share:.3g} % of {key.replace('_', ' ')}" for key, share in shares)
        on.print(f"  automated: {', '.join(texts)}")
    on.print(_station_table(rows(result, every_station=every_station), on.width))
    if result.comparison:
        on.print()
        show_comparison(result.comparison, on)
    _show_warnings(result.warnings, on)


def show_both(comparison: Comparison, on: Console) -> None:
    """Print what two scenarios rest on, their differences, and the doubts about either."""
    on.print(_basis(comparison.a))
    show_comparison(comparison, on)
    _show_warnings(dict.fromkeys((*comparison.a.warnings, *comparison.b.warnings)), on)


def show_comparison(comparison: Comparison, on: Console) -> None:
    """Print the paired differences of two results, each figure with its interval.

    The last column is what pairing did to the variance of the difference.
    """
    for side, result in (("A", comparison.a), ("B", comparison.b)):
        on.print(f"{side}  {_name(result)}")
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("")
    for title in ("A", "B", "B - A", "variance"):
        table.add_column(title, justify="right", no_wrap=True)
    for label, unit, scale, pair in _worth_showing(comparison):
        table.add_row(
            f"  {label} {unit}",
            plus_minus(pair.a, scale),
            plus_minus(pair.b, scale),
            plus_minus(pair.difference, scale, signed=True),
            f"{-100 * pair.variance_reduction:+.0f} %",
        )
    on.print(table)


def _name(result: Result) -> str:
    """Return what was simulated."""
    plan = "" if result.level is None else f" at {100 * result.level:.3g} % automation"
    engine = "" if result.choice.engine == "batch" else f" (reference: {result.choice.reason})"
    return f"{result.scenario.name}{plan}, {count(len(result.plant.stations()), 'station')}{engine}"


def _basis(result: Result) -> str:
    """Return how much was simulated, and by what."""
    cut = f" (first {duration(result.warm_up)} cut)" if result.warm_up else ""
    runs = f"{count(result.replications, 'replication')} {TIMES} {duration(result.accounts.end)}"
    return f"{runs}{cut} · {result.choice.engine} engine, {result.seconds:.1f} s"


def _headline(result: Result) -> Table:
    """Return the figures of the whole plant, two to a line."""
    cells = [(m.label, _value(m.name, m.unit, result)) for m in MEASURES if _tells(m.name, result)]
    takt = _takt(result)
    if takt:
        cells.insert(1, takt)
    stage, share = result.bottleneck
    cells.append(("bottleneck", f"{stage}, {100 * share:.0f} % of the time"))
    grid = Table.grid(padding=(0, 2))
    left, right = cells[::2], [*cells[1::2], ("", "")]
    for (label, value), (other, other_value) in zip(left, right, strict=False):
        grid.add_row(f"  {label}", value, other, other_value)
    return grid


def _station_table(shown: Sequence[Row], width: int) -> Table:
    """Return the table of stations, its names cut to what the width leaves."""
    states = [
        (number, state)
        for number, state in enumerate(STATES)
        if state not in RARE or any(row.states and row.states[number] > 0 for row in shown)
    ]
    has_stops = any(row.lost > 0 for row in shown)
    titles = [state for _, state in states] + ["lost s/h"] * has_stops + ["alone/h"]
    left = width - sum(len(title) + 2 for title in titles)
    mark = BOTTLENECK if left >= NARROWEST_NAME + len(BOTTLENECK) + 4 else BOTTLENECK[:2]
    longest = max(cell_len(row.label) + 2 * row.depth for row in shown)
    name_width = min(longest, max(left - len(mark) - 4, NARROWEST_NAME))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", width=name_width, no_wrap=True, overflow="ellipsis")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in shown:
        shares = [rounded(row.states[number], 3) if row.states else "" for number, _ in states]
        lost = [rounded(row.lost, 1) if row.lost else ""] * has_stops
        alone = "" if row.alone is None else significant(row.alone, 3)
        name = "  " * row.depth + row.label
        table.add_row(name, *shares, *lost, alone, mark if row.is_bottleneck else "")
    return table


def _worth_showing(comparison: Comparison) -> Iterator[tuple[str, str, float, Paired]]:
    """Yield label, unit, its size and the pair of every figure that tells in either result."""
    for what in MEASURES:
        pair = comparison.differences.get(what.name)
        if pair and (_tells(what.name, comparison.a) or _tells(what.name, comparison.b)):
            unit, scale = _readable(what.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
            yield what.label, unit, scale, pair


def _tells(name: str, result: Result) -> bool:
    """Return whether a figure says something of this plant on the terminal."""
    mean = {key: estimate.mean for key, estimate in result.estimates.items()}
    match name:
        case "lead_time_p50" | "lead_time_p95":
            return False
        case "jph":
            return not math.isclose(mean["jph"], mean["throughput"])
        case "first_time_through":
            return mean[name] < 1
        case "scrapped" | "labour_hours_per_part" | "stops" | "stopped_time":
            return mean[name] > 0
    return True


def _value(name: str, unit: str, result: Result) -> str:
    estimate = result.estimates[name]
    unit, scale = _readable(unit, estimate.mean)
    return f"{plus_minus(estimate, scale)} {unit}"


def _readable(unit: str, magnitude: float) -> tuple[str, float]:
    """Return the unit in which a figure is shown, and its size in the unit it has."""
    if unit == "s":
        return time_unit(magnitude)
    return (unit, 1.0) if unit else ("%", 0.01)


def _takt(result: Result) -> tuple[str, str] | None:
    """Return what the customer's takt asks for, and whether the plant makes it.

    Takt is scheduled time over demand, so it is held against the rate per scheduled hour.
    """
    takt = result.scenario.takt
    if takt is None:
        return None
    asked, made = SECONDS_PER_HOUR / takt, result.estimates["jph"]
    margin = f"{abs(made.mean / asked - 1):.1%}".replace("%", " %")
    if made.low >= asked:
        verdict = f"met, {margin} to spare"
    elif made.high < asked:
        verdict = f"missed by {margin}"
    else:
        verdict = "not decided, more replications would tell"
    return f"takt asks {significant(asked, 3)}", verdict


def _show_warnings(warnings: Iterable[str], on: Console) -> None:
    for warning in warnings:
        on.print(Text.assemble(("warning: ", "yellow"), warning))
