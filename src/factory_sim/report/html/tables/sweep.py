"""The table of a sweep: its points and when their capital comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.answers.sweep import recovery
from factory_sim.report.html.points import Swept, informative_figures, swept
from factory_sim.report.html.tables.cells import (
    SHARES,
    Cell,
    Table,
    estimate_cell,
    known,
    share_cell,
    share_head,
)
from factory_sim.report.settings import Key, labels, relabelled, varied
from factory_sim.study.phrases import recorded_phrase
from factory_sim.study.sweep.axes import AUTOMATION
from factory_sim.study.sweep.tables import as_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

MONEY = ("npv", "gain", "cost")
"""Figures in the currency of the scenario, by part or year."""

ALIKE = ("note.same_plant", "note.plants_once")
"""Notes that say which points are one plant."""


def points_table(contents: Contents, say: Catalogue) -> Table:
    """Return the baseline and every point of a sweep: shares, figures, recoveries."""
    baseline, points = swept(contents, say)
    rows = [baseline, *points]
    keys = contents.record["keys"]
    columns: list[tuple[str, list[Cell]]] = []
    if "automated" in baseline.record and AUTOMATION in keys:
        for name in SHARES:
            cells = [share_cell(row.record["automated"][name]) for row in rows]
            columns.append((share_head(name, say), cells))
    people = [row.record["operators"] for row in rows]
    if any(people):
        columns.append((say("table.people"), [Cell(f"{n:.4g}", n) for n in people]))
    for name in informative_figures(rows):
        estimates = [row.estimates[name] for row in rows]
        what, unit = say(f"measure.{name}"), estimates[0].unit
        unit, scale = scaled(
            unit, max((abs(e.mean) for e in estimates if e.mean == e.mean), default=0)
        )
        cells = [estimate_cell(e, scale) for e in estimates]
        columns.append((say.with_unit(what, say.unit(unit)), cells))
        if name in ("output", "throughput", "cost"):
            cells = [estimate_cell(row.differences[name], scale, signed=True) for row in rows]
            head = say("table.difference_of", what=what)
            columns.append((say.with_unit(head, say.unit(unit)), cells))
    columns = [
        *_settings(points, varied(contents.record, say), say),
        *columns,
        *_recoveries(rows, say),
    ]
    heads = tuple(head for head, _ in columns)
    cells_by_row = zip(*(cells for _, cells in columns), strict=True)
    texts = frozenset(range(len(keys)))
    return Table(say("table.points"), heads, tuple(cells_by_row), texts, _alike(contents, say))


def _alike(contents: Contents, say: Catalogue) -> str:
    """Return which points are one plant, as the notes of the study have it."""
    called = labels(contents.record, say)
    found = [recorded_phrase(one) for one in contents.record["notes"] if one["key"] in ALIKE]
    return say("page.between").join(say.phrase(relabelled(one, called)) for one in found)


def _settings(
    points: Sequence[Swept], keys: Sequence[Key], say: Catalogue
) -> Iterator[tuple[str, list[Cell]]]:
    """Yield a column for each key that was varied; the baseline sorts before all points."""
    for number, key in enumerate(keys):
        texts = [key.value(point.record) for point in points]
        ranks = as_numbers(texts)[0] or range(len(points))
        first = "" if number else say("table.baseline")
        kept = [text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts]  # number and unit
        cells = [Cell(text, float(rank)) for text, rank in zip(kept, ranks, strict=True)]
        yield key.head(say), [Cell(first, min(ranks) - 1.0), *cells]


def _recoveries(rows: Sequence[Any], say: Catalogue) -> Iterator[tuple[str, list[Cell]]]:
    """Yield the columns of what capital there is, and when it has come back."""
    capital = [row.record["capital"] for row in rows]
    money = (row.record["figures"].get(name) for row in rows for name in MONEY)
    currency = next((one["unit"].partition("/")[0] for one in money if one), "")
    if any(capital):
        # Without a unit the largest would be taken for a share.
        largest = max(amount or 0.0 for amount in capital)
        unit, scale = scaled(currency, largest) if currency else ("", 1.0)
        cells = [Cell(f"{(amount or 0.0) / scale:,.4g}", amount or 0.0) for amount in capital]
        yield say.with_unit(say("table.capital"), unit), cells
    for name in ("payback", "break_even_volume"):
        found = [row.record["recoveries"].get(name) for row in rows]
        if any(found):
            cells = [
                Cell(recovery(one, say), known(one["value"])) if one else Cell("-") for one in found
            ]
            yield say(f"measure.{name}"), cells
