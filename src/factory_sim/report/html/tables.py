"""The tables of a page: cells that are read, and the values that they are sorted by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import Estimate, paired
from factory_sim.report.html.amounts import (
    cell,
    percent,
    read_estimate,
    scaled,
    share,
    verdict,
)
from factory_sim.report.html.answer import recovery
from factory_sim.report.html.points import swept, told
from factory_sim.report.numbers import rounded, significant
from factory_sim.report.terminal import tells
from factory_sim.study.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

SHARES = ("work_content", "operations", "stations")
KPIS = {
    "oee": "",
    "availability": "",
    "effectiveness": "",
    "quality_ratio": "",
    "utilisation_efficiency": "",
    "allocation_efficiency": "",
    "throughput_rate": "parts/h",
    "mtbf": "h",
    "mttr": "min",
    "first_pass_yield": "",
}
"""Indicators that a page shows, and their units; the files hold all of them."""

SIZES = {"h": 3600.0, "min": 60.0}


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by; text sorts by itself."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        title: Above it.
        heads: Of the columns; the first names the row.
        rows: As many cells each.
        texts: Columns that hold text, flush left.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: frozenset[int] = frozenset({0})


def tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield the tables of results, the telling ones first."""
    if contents.kind == "sweep":
        yield _points(contents, say)
        return
    if contents.pair:
        yield _differences(contents, say)
    else:
        yield _figures(contents.runs["run"], say)
    if contents.record.get("ramp"):
        yield _ramp(contents, say)
    if automated := contents.record.get("automated"):
        rows = [(Cell(_share_head(name, say)), _share(automated[name])) for name in SHARES]
        heads = (say("table.shares"), say("table.value"))
        yield Table(say("table.shares"), heads, tuple(rows))
    for part, run in contents.runs.items():
        if part != "baseline":
            yield _stations(run, _of(say("table.stations"), part, contents, say), say)
            yield _kpis(part, contents, say)


def _of(title: str, part: str, contents: Contents, say: Catalogue) -> str:
    if contents.kind == "run":
        return title
    return title + say("caption.of", part=say(f"part.{part}"))


def _figures(run: Recorded, say: Catalogue) -> Table:
    """Return every figure of a run that tells something."""
    rows = []
    for what in MEASURES:
        estimate = run.estimates[what.name]
        if tells(what.name, run) or what.name.startswith("lead_time"):
            unit, scale = scaled(what.unit, estimate.mean)
            name = Cell(say(f"measure.{what.name}"))
            rows.append((name, _cell(estimate, scale), Cell(say.unit(unit))))
    heads = tuple(say(f"table.{head}") for head in ("figure", "value", "unit"))
    return Table(say("table.figures"), heads, tuple(rows), frozenset({0, 2}))


def _differences(contents: Contents, say: Catalogue) -> Table:
    """Return both sides of every figure, the paired difference, and what can be told."""
    assert contents.pair is not None
    a, b = contents.pair
    rows = []
    for what in MEASURES:
        samples = a.samples[what.name], b.samples[what.name]
        worth = tells(what.name, a) or tells(what.name, b) or what.name.startswith("lead_time")
        if not worth or np.isnan(samples).any():
            continue
        pair = paired(*samples, contents.confidence, what.unit)
        unit, scale = scaled(what.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
        rows.append(
            (
                Cell(say(f"measure.{what.name}")),
                _cell(pair.a, scale),
                _cell(pair.b, scale),
                _cell(pair.difference, scale, signed=True),
                Cell(say.unit(unit)),
                Cell(_told(pair.difference, say)),
            )
        )
    planned = contents.kind == "planned"
    sides = ("baseline", "plan") if planned else ("a", "b")
    names = ("figure", *sides, "difference", "unit", "told")
    title = say("table.differences_planned" if planned else "table.differences")
    heads = tuple(say(f"table.{name}") for name in names)
    return Table(title, heads, tuple(rows), frozenset({0, 4, 5}))


def _told(difference: Estimate, say: Catalogue) -> str:
    words = {"rises": "yes", "falls": "yes", "same": "same", "undecided": "no"}
    return say(f"table.{words[verdict(difference)]}")


def _stations(run: Recorded, title: str, say: Catalogue) -> Table:
    """Return what every station did."""
    columns = run.columns
    states = [s for s in STATES if any(rounded(v, 3) != "0.000" for v in columns[s])]
    has_lines = len(set(columns["line"])) > 1
    has_stops = any(columns["lost"])
    rows = []
    for at, name in enumerate(columns["name"]):
        row = [Cell(name)]
        if has_lines:
            row += [Cell(columns["line"][at]), Cell(columns["stage"][at])]
        row += [Cell(share(columns[state][at]), columns[state][at]) for state in states]
        if has_stops:
            row.append(Cell(rounded(columns["lost"][at], 1), columns["lost"][at]))
        alone = columns["alone"][at]
        row.append(Cell(significant(alone, 3), _known(alone)))
        row.append(Cell(share(columns["bottleneck"][at]), columns["bottleneck"][at]))
        rows.append(tuple(row))
    names = ["station", *["line", "section"] * has_lines]
    heads = [say(f"table.{name}") for name in names]
    heads += [say(f"state.{state}") for state in states]
    heads += [say(f"table.{name}") for name in [*["lost"] * has_stops, "alone", "bottleneck"]]
    return Table(title, tuple(heads), tuple(rows), frozenset(range(len(names))))


def _kpis(part: str, contents: Contents, say: Catalogue) -> Table:
    """Return the indicators of the plant and of every station."""
    record = contents.record[part] if contents.kind == "compare" else contents.record
    found = sorted(record["kpis"], key=lambda row: str(row["scope"]) != "plant")
    asked = contents.confidence, contents.replications
    shown = [name for name in KPIS if any(row[name] is not None for row in found)]
    rows = []
    for row in found:
        name = say("table.plant") if row["scope"] == "plant" else row["name"]
        estimates = [read_estimate(row, kpi, *asked) for kpi in shown]
        sizes = [SIZES.get(KPIS[kpi], 1.0) for kpi in shown]
        cells = [_cell(e, size) for e, size in zip(estimates, sizes, strict=True)]
        rows.append((Cell(name), *cells))
    heads = [say(f"kpi.{name}") for name in shown]
    units = [say.unit(KPIS[name]) for name in shown]
    titled = [_with_unit(head, unit, say) for head, unit in zip(heads, units, strict=True)]
    title = _of(say("table.kpis"), part, contents, say)
    return Table(title, (say("table.station"), *titled), tuple(rows))


def _points(contents: Contents, say: Catalogue) -> Table:
    """Return the baseline and every point of a sweep: shares, figures, recoveries."""
    baseline, points = swept(contents)
    rows = [baseline, *points]
    columns: list[tuple[str, list[Cell]]] = []
    if "automated" in baseline.record and "automation" in contents.record["keys"]:
        for name in SHARES:
            cells = [_share(row.record["automated"][name]) for row in rows]
            columns.append((_share_head(name, say), cells))
    people = [row.record["operators"] for row in rows]
    if any(people):
        columns.append((say("table.people"), [Cell(f"{n:.4g}", n) for n in people]))
    for name in told(rows):
        estimates = [row.estimates[name] for row in rows]
        what, unit = say(f"measure.{name}"), estimates[0].unit
        unit, scale = scaled(
            unit, max((abs(e.mean) for e in estimates if e.mean == e.mean), default=0)
        )
        cells = [_cell(e, scale) for e in estimates]
        columns.append((_with_unit(what, say.unit(unit), say), cells))
        if name in ("output", "throughput", "cost"):
            cells = [_cell(row.differences[name], scale, signed=True) for row in rows]
            head = say("table.difference_of", what=what)
            columns.append((_with_unit(head, say.unit(unit), say), cells))
    columns += _recoveries(rows, say)
    label = say("table.baseline")
    names = [Cell(f"{baseline.label}" if baseline.label == label else f"{label}", -1.0)]
    names += [Cell(point.label, float(place)) for place, point in enumerate(points)]
    cells_by_row = zip(names, *(cells for _, cells in columns), strict=True)
    heads = (say("table.setting"), *(head for head, _ in columns))
    return Table(say("table.points"), heads, tuple(cells_by_row))


def _recoveries(rows: Sequence[Any], say: Catalogue) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the columns of what capital there is, and when it has come back."""
    capital = [row.record["capital"] for row in rows]
    currency = next(
        (r.record["figures"]["npv"]["unit"] for r in rows if "npv" in r.record["figures"]), ""
    )
    if any(capital):
        unit, scale = scaled(currency, max(value or 0.0 for value in capital))
        cells = [Cell(f"{(value or 0.0) / scale:,.4g}", value or 0.0) for value in capital]
        yield _with_unit(say("table.capital"), unit, say), cells
    for name in ("payback", "break_even_volume"):
        found = [row.record["recoveries"].get(name) for row in rows]
        if any(found):
            cells = [
                Cell(recovery(one, say), _known(one["value"])) if one else Cell("-")
                for one in found
            ]
            yield say(f"measure.{name}"), cells


def _ramp(contents: Contents, say: Catalogue) -> Table:
    """Return how a plant comes up to rate."""
    found, rows = contents.record["ramp"], []
    for name in ("final", "first", "day"):
        estimate = read_estimate(found[name], "mean", contents.confidence, contents.replications)
        unit = say.unit(estimate.unit)
        rows.append((Cell(say(f"table.ramp_{name}")), _cell(estimate), Cell(unit)))
    heads = tuple(say(f"table.{head}") for head in ("figure", "value", "unit"))
    return Table(say("table.ramp"), heads, tuple(rows), frozenset({0, 2}))


def _share_head(name: str, say: Catalogue) -> str:
    return say("table.stations_share" if name == "stations" else f"table.{name}")


def _share(value: float) -> Cell:
    return Cell(percent(value), value)


def _with_unit(head: str, unit: str, say: Catalogue) -> str:
    return say("chart.of_measure", measure=head, unit=unit) if unit else head


def _cell(estimate: Estimate, scale: float = 1.0, *, signed: bool = False) -> Cell:
    return Cell(cell(estimate, scale, signed=signed), _known(estimate.mean))


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
