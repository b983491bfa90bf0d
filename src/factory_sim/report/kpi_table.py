"""The table of indicators by ISO 22400-2, and what its heads mean."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len

from factory_sim.analysis.kpis import KPIS
from factory_sim.report.numbers import decimals, plus_minus, rounded, time_unit
from factory_sim.report.rows import LONG
from factory_sim.report.terminal import NARROWEST_NAME, aligned, print_lines, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from factory_sim.analysis.kpis import Kpi
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.study.result import Result

    Column = Mapping[str, Estimate]

DASH = "-"
WHOLE = "all stations"
"""Label of the row of the plant."""

BUSIEST = 15
"""Stations shown of a long plant."""

TELLS_NOTHING = {"0.000", DASH}
"""Cells of a column that is left out when it has no other, but for the OEE and its factors."""

ALWAYS = {"availability", "effectiveness", "quality_ratio", "oee"}

WITHOUT_SETUP = {"nee": "oee", "technical_efficiency": "utilisation_efficiency"}
"""Indicators that differ from another only by set-up, and which."""


def show_kpis(result: Result, on: Console, *, every_station: bool = False) -> None:
    """Print the indicators of the stations and of the plant, and what their heads mean.

    A long plant shows its busiest stations.
    """
    on.print()
    kpis = result.kpis
    rows = kpis.stations if every_station else _busiest(kpis.stations)
    if len(rows) < len(kpis.stations):
        on.print(f"  KPIs of the {len(rows)} busiest of {len(kpis.stations)} stations")
    for lines in _blocks(rows, kpis.plant, on.width):
        print_lines(lines, on)
    orders = [kpi for kpi in KPIS if kpi.plant_only]
    cells = [f"{kpi.text}: {_cell(kpi, kpis.plant, _unit(kpi, [kpis.plant]))}" for kpi in orders]
    print_lines([f"  {cell}" for cell in cells if not cell.endswith(f": {DASH}")], on)


def _busiest(stations: Mapping[str, Column]) -> Mapping[str, Column]:
    """Return the stations of a short plant, or those that work longest of a long one."""
    if len(stations) <= LONG:
        return stations
    ranked = sorted(stations, key=lambda name: -stations[name]["oee"].mean)
    worked = [name for name in ranked if not math.isnan(stations[name]["oee"].mean)]
    return {name: stations[name] for name in stations if name in worked[:BUSIEST]}


def _blocks(rows: Mapping[str, Column], plant: Column, width: int) -> list[list[str]]:
    """Return the table in as many blocks as the width requires, the legend after each."""
    shown = [kpi for kpi in KPIS if not kpi.plant_only and _tells(kpi, [*rows.values(), plant])]
    needed = {kpi.title: _width(kpi, [*rows.values(), plant]) for kpi in shown}
    names = [*rows, WHOLE]
    left = max(NARROWEST_NAME, min(max(map(cell_len, names)), width // 4))
    room = width - left - 2
    # As many columns in each block as in the others.
    count = next(
        number
        for number in range(1, len(shown) + 1)
        if number == len(shown)
        or all(sum(2 + needed[k.title] for k in part) <= room for part in _parts(shown, number))
    )
    parts = _parts(shown, count)
    return [_block(part, rows, plant, left) + _legend(part, width) for part in parts]


def _parts(kpis: Sequence[Kpi], number: int) -> list[Sequence[Kpi]]:
    """Return the indicators in a number of parts, equal but for one."""
    edges = [len(kpis) * k // number for k in range(number + 1)]
    return [kpis[a:b] for a, b in pairwise(edges)]


def _block(kpis: Sequence[Kpi], rows: Mapping[str, Column], plant: Column, width: int) -> list[str]:
    columns = [*rows.values(), plant]
    names = ["", *(f"  {shortened(name, width)}" for name in (*rows, WHOLE))]
    table = zip(names, *(_texts(kpi, columns) for kpi in kpis), strict=True)
    return aligned(list(table), "<" + ">" * len(kpis))


def _texts(kpi: Kpi, columns: Sequence[Column]) -> list[str]:
    """Return a column of the table, its head with the unit that all its times have."""
    unit = _unit(kpi, columns)
    head = f"{kpi.title} {unit[0]}" if kpi.unit == "s" else kpi.title
    return [head, *(_cell(kpi, column, unit) for column in columns)]


def _unit(kpi: Kpi, columns: Sequence[Column]) -> tuple[str, float]:
    """Return the unit in which the shortest of some times is read well, and its size in s."""
    times = [column[kpi.name].mean for column in columns]
    known = [time for time in times if not math.isnan(time)]
    return time_unit(min(known)) if kpi.unit == "s" and known else ("", 1.0)


def _legend(kpis: Sequence[Kpi], width: int) -> list[str]:
    """Return what the heads mean, as many to a line as fit."""
    lines = [""]
    for kpi in kpis:
        text = f"{kpi.title}: {kpi.text}"
        if lines[-1] and cell_len(lines[-1]) + 2 + len(text) > width - 4:
            lines.append("")
        lines[-1] += f"; {text}" if lines[-1] else text
    return [f"    {line}" for line in lines]


def _tells(kpi: Kpi, columns: Sequence[Column]) -> bool:
    """Return whether an indicator has a column.

    It has none if it is 0 or not defined everywhere, or says the same as another.
    """
    if kpi.name in ALWAYS:
        return True
    same = WITHOUT_SETUP.get(kpi.name)
    if same and all(column[kpi.name].mean == column[same].mean for column in columns):
        return False
    return any(text not in TELLS_NOTHING for text in _texts(kpi, columns)[1:])


def _width(kpi: Kpi, columns: Sequence[Column]) -> int:
    return max(map(len, _texts(kpi, columns)))


def _cell(kpi: Kpi, column: Column, unit: tuple[str, float]) -> str:
    """Return an indicator: a share, a time in a unit, or a dash; the OEE with interval."""
    estimate = column[kpi.name]
    if math.isnan(estimate.mean):
        return DASH
    if kpi.name == "oee" and estimate.half_width > 0:
        return plus_minus(estimate)
    if not kpi.unit:
        return rounded(estimate.mean, 3)
    half_width = estimate.half_width / unit[1]
    places = min(decimals(half_width), 1) if half_width > 0 else 1
    return rounded(estimate.mean / unit[1], places)
