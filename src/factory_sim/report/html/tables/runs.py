"""The tables of runs: figures, differences, stations, indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import Estimate, Paired, paired
from factory_sim.report.estimates import read_estimate, read_pair
from factory_sim.report.html.amounts import scaled, verdict
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell, of_part
from factory_sim.report.numbers import rounded
from factory_sim.report.readable import is_informative
from factory_sim.report.rows import of_station
from factory_sim.study.measures import MAINTENANCE_MEASURES, MEASURES, SECONDS_PER_MINUTE
from factory_sim.study.ramp import COMPARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

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


def figures_table(contents: Contents, say: Catalogue) -> Table:
    """Return every figure of a run that tells something."""
    run, recorded = contents.runs["run"], contents.record["estimates"]
    asked = contents.confidence, contents.replications
    found = {
        what.name: run.estimates[what.name]
        for what in MEASURES
        if is_informative(what.name, run) or what.name.startswith("lead_time")
    }
    found |= {
        what.name: read_estimate(recorded[what.name], "mean", *asked)
        for what in MAINTENANCE_MEASURES
        if what.name in recorded
    }
    rows = []
    for name, estimate in found.items():
        unit, scale = scaled(estimate.unit, found[_beside(name, found)].mean)
        head = Cell(say(f"measure.{name}"))
        rows.append((head, estimate_cell(estimate, scale), Cell(say.unit(unit))))
    heads = tuple(say(f"table.{head}") for head in ("figure", "value", "unit"))
    return Table(say("table.figures"), heads, tuple(rows), frozenset({0, 2}))


def differences_table(contents: Contents, say: Catalogue) -> Table:
    """Return both sides of every figure, the paired difference, and the verdict on it."""
    rows = []
    pairs = _pairs(contents)
    for name, pair in pairs.items():
        like = pairs[_beside(name, pairs)]
        unit, scale = scaled(pair.difference.unit, max(abs(like.a.mean), abs(like.b.mean)))
        rows.append(
            (
                Cell(say(f"measure.{name}")),
                estimate_cell(pair.a, scale),
                estimate_cell(pair.b, scale),
                estimate_cell(pair.difference, scale, signed=True),
                Cell(say.unit(unit)),
                Cell(_told(pair.difference, say)),
            )
        )
    planned = contents.kind == "planned"
    sides = [say("table.baseline"), say("table.plan")]
    if not planned:
        sides = [contents.name_of(part, say) for part in "ab"]
    key = {"planned": "table.differences_planned", "twin": "twin.differences"}
    title = say(key.get(contents.kind, "table.differences"))
    rest = (say(f"table.{name}") for name in ("difference", "unit", "told"))
    heads = (say("table.figure"), *sides, *rest)
    return Table(title, heads, tuple(rows), frozenset({0, 4, 5}))


def _beside(name: str, known: Mapping[str, object]) -> str:
    """Return the figure that chooses the unit of one: for quantiles of a time its mean."""
    mean = "lead_time"
    return mean if name.startswith(mean) and mean in known else name


def _pairs(contents: Contents) -> dict[str, Paired]:
    """Return both sides and the difference of every figure that tells something of either."""
    assert contents.pair is not None
    a, b = contents.pair
    found = {}
    for what in MEASURES:
        samples = a.samples[what.name], b.samples[what.name]
        worth = (
            is_informative(what.name, a)
            or is_informative(what.name, b)
            or what.name.startswith("lead_time")
        )
        if worth and not np.isnan(samples).any():
            found[what.name] = paired(*samples, contents.confidence, what.unit)
    recorded = contents.differences
    for name in (*(what.name for what in MAINTENANCE_MEASURES), *COMPARED):
        if name in recorded:
            found[name] = read_pair(recorded[name], contents.confidence, contents.replications)
    return found


def _told(difference: Estimate, say: Catalogue) -> str:
    words = {"rises": "yes", "falls": "yes", "same": "same", "undecided": "no"}
    return say(f"table.{words[verdict(difference)]}")


def stations_table(run: Recorded, title: str, say: Catalogue) -> Table:
    """Return what every station did."""
    columns = run.columns
    states = [s for s in STATES if any(rounded(v, 3) != "0.000" for v in columns[s])]
    has_lines = len(set(columns["line"])) > 1
    has_sections = columns["stage"] != columns["name"]
    has_stops = any(columns["lost"])
    rows = []
    for at, name in enumerate(columns["name"]):
        row = [Cell(name)]
        if has_lines:
            row.append(Cell(columns["line"][at]))
        if has_sections:
            row.append(Cell(columns["stage"][at]))
        row += [estimate_cell(of_station(run, state, at), finest=3) for state in states]
        if has_stops:
            row.append(estimate_cell(of_station(run, "lost", at), SECONDS_PER_MINUTE))
        row += [estimate_cell(of_station(run, name, at)) for name in ("alone", "bottleneck")]
        rows.append(tuple(row))
    names = ["station", *["line"] * has_lines, *["section"] * has_sections]
    heads = [say(f"table.{name}") for name in names]
    heads += [say(f"state.{state}") for state in states]
    heads += [say(f"table.{name}") for name in [*["lost"] * has_stops, "alone", "bottleneck"]]
    return Table(title, tuple(heads), tuple(rows), frozenset(range(len(names))))


def kpis_table(part: str, contents: Contents, say: Catalogue) -> Table:
    """Return the indicators of the plant and of every station."""
    found = sorted(contents.record_of(part)["kpis"], key=lambda row: str(row["scope"]) != "plant")
    asked = contents.confidence, contents.replications
    shown = [name for name in KPIS if any(row[name] is not None for row in found)]
    rows = []
    for row in found:
        name = say("table.plant") if row["scope"] == "plant" else row["name"]
        estimates = [read_estimate(row, kpi, *asked) for kpi in shown]
        sizes = [SIZES.get(KPIS[kpi], 1.0) for kpi in shown]
        cells = [estimate_cell(e, size) for e, size in zip(estimates, sizes, strict=True)]
        rows.append((Cell(name), *cells))
    heads = [say(f"kpi.{name}") for name in shown]
    units = [say.unit(KPIS[name]) for name in shown]
    titled = [say.with_unit(head, unit) for head, unit in zip(heads, units, strict=True)]
    title = of_part(say("table.kpis"), part, contents, say)
    return Table(title, (say("table.station"), *titled), tuple(rows))
