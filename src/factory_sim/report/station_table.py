"""How the stations of a plant spend their time, each or by shop, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import interval
from factory_sim.report.numbers import NOISE, rounded, significant
from factory_sim.report.shops import cells, limits, made, minutes
from factory_sim.report.terminal import NARROWEST_NAME, aligned, shortened
from factory_sim.study.measures import SECONDS_PER_MINUTE
from factory_sim.study.tables import station_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.report.rows import Row
    from factory_sim.report.shops import Shop
    from factory_sim.study.result import Result

MARK = " <- bottleneck"

SHOP_TABLES = ((True, True, "  "), (True, True, " "), (False, True, " "), (False, False, " "))
"""What a table of shops shows and the gap of its columns, the first that fits: minutes that
sections are held, numbers of stations."""

RARE = {"waiting", "down", "off"}
"""States with a column only where some station is ever in them."""


def station_lines(shown: Sequence[Row], width: int) -> list[str]:
    """Return the table of stations, its names cut to what the width leaves."""
    states = [number for number in range(len(STATES)) if _has_column(number, shown)]
    has_stops = any(row.lost > 0 for row in shown)
    titles = [*(STATES[number] for number in states), *["held min/h"] * has_stops, "alone/h"]
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


def spread(result: Result, shown: Sequence[Shop] = ()) -> str:
    """Return in a sentence how far the figures of stations may be off, empty where unknown.

    It holds for the station, and its state, of which least is known; a mean over stations
    is known better. Of the time that the line is held it holds for sections and lines, too.

    Args:
        result: Of what.
        shown: The shops whose figures it is about, too, if any.
    """
    accounts, texts = result.accounts, []
    confidence = result.scenario.confidence
    for title, samples, unit in (
        *([("made", made(result, shown), " parts/h")] if shown else []),
        ("alone", accounts.alone, " parts/h"),
        *([("limits", 100.0 * limits(result, shown), " %")] if shown else []),
        ("shares of time", accounts.states, ""),
        ("held", _held(result), " min/h"),
    ):
        columns = samples.reshape(len(samples), -1)
        known = columns[:, np.isfinite(columns).all(axis=0)]
        if not known.size:
            continue
        most = interval(known[:, known.var(axis=0).argmax()], confidence).half_width
        if most > NOISE:
            texts.append(f"{title} ± {significant(most, 2)}{unit} at most")
    return ", ".join(texts)


def _held(result: Result) -> Floats:
    """Return the minutes per hour that stations, sections and lines are held, (R, n)."""
    accounts, places = result.accounts, np.array(station_places(result.plant))
    sums = [
        accounts.lost[:, column == owner].sum(axis=1)
        for column in places.T
        for owner in dict.fromkeys(column)
    ]
    minutes = (accounts.end - accounts.begin) / SECONDS_PER_MINUTE
    return np.column_stack(sums) / minutes


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
    held = [minutes(row.lost)] * has_stops
    return [*shares, *held, "" if row.alone is None else significant(row.alone, 3)]


def shop_lines(found: Sequence[Shop], width: int) -> list[str]:
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
