"""A run on the terminal: headline figures, stations, the gain over the baseline, doubts."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from factory_sim.report import device_table
from factory_sim.report.base_summary import summary
from factory_sim.report.basis import basis, subject
from factory_sim.report.comparison_table import show_comparison
from factory_sim.report.numbers import percent, plus_minus, rounded, significant
from factory_sim.report.ramp import ramp_lines
from factory_sim.report.readable import is_informative, margin_of, readable
from factory_sim.report.rows import bottlenecks, rows, shifts
from factory_sim.report.shops import NOTE, costs, shops
from factory_sim.report.station_table import shop_lines, spread, station_lines
from factory_sim.report.terminal import aligned, facts, print_lines, show_warnings, wrapped
from factory_sim.study.measures import SECONDS_PER_HOUR, measures

if TYPE_CHECKING:
    from rich.console import Console

    from factory_sim.study.result import Result

    Detail = Literal["shops", "worst", "all"]


def show_run(result: Result, on: Console, *, detail: Detail = "shops") -> None:
    """Print a result: headline figures, stations, the gain over the baseline, doubts.

    Args:
        result: What to print.
        on: Where.
        detail: Whether a long plant is shown by shop, if it has any, with its worst stations,
            or with all of them.
    """
    print_lines(facts(f"{subject(result)} · {basis(result)}", on.width), on)
    print_lines(_headline(result, on.width), on)
    if result.automated:
        shares = asdict(result.automated).items()
        texts = (f"{100 * share:.3g} % of the {key.replace('_', ' ')}" for key, share in shares)
        print_lines(wrapped(f"  automated: {', '.join(texts)}", on.width), on)
    found = shops(result) if detail == "shops" else []
    if found:
        print_lines(shop_lines(found, on.width), on)
        print_lines(wrapped(f"  {NOTE}", on.width), on)
        print_lines(wrapped(f"  {costs(result)}", on.width), on)
    else:
        table = rows(result, every_station=detail == "all")
        print_lines(station_lines(table, on.width), on)
    print_lines(wrapped(f"  {spread(result, found)}", on.width), on)
    if result.devices:
        print_lines(aligned(device_table.cells(result.devices), "<>>>>"), on)
    if result.base:
        print_lines(summary(result.base, on.width), on)
    if result.ramp:
        on.print()
        print_lines(ramp_lines(result, on.width), on)
    if result.comparison:
        on.print()
        show_comparison(result.comparison, on)
    show_warnings(result.warnings, on)


def _headline(result: Result, width: int) -> list[str]:
    """Return the figures of the whole plant, two to a line where they fit."""
    cells = [
        (m.label, _value(m.name, m.unit, result))
        for m in measures(result.plant)
        if is_informative(m.name, result)
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


def _value(name: str, unit: str, result: Result) -> str:
    estimate = result.estimates[name]
    unit, scale = readable(unit, estimate.mean)
    text = plus_minus(estimate, scale)
    return text if math.isnan(estimate.mean) else f"{text} {unit}"


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


def _bottleneck(result: Result) -> str:
    """Return the bottleneck, or the two that are it longest if none is most of the time."""
    found = bottlenecks(result)
    if shifts(found):
        first, second = (f"{stage} {percent(share)}" for stage, share in found[:2])
        return f"shifts: {first}, {second} of the time"
    stage, share = found[0]
    return f"{stage}, {percent(share)} of the time"
