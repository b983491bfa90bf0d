"""The tables of a diff: what each change adds, and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.diff_table import value_text
from factory_sim.report.figures.diffed import ranked, share, short_label, side
from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell
from factory_sim.report.terminal import tells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def diff_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what each change adds to every figure that tells, and the changed keys."""
    if contents.split["changes"]:
        yield _shares(contents, say)
        yield _changes(contents, say)


def shown_figures(contents: Contents) -> list[str]:
    """Return the figures that are split and say something of either plant."""
    known = next(iter(contents.runs.values())).estimates
    return [
        name
        for name in contents.split["differences"]
        if name not in known or any(tells(name, run) for run in contents.runs.values())
    ]


def _shares(contents: Contents, say: Catalogue) -> Table:
    split = contents.split
    changes = ranked(split)
    columns, heads = [], [say("table.change")]
    for name in shown_figures(contents):
        unit = split["differences"][name]["unit"]
        unit, scale = scaled(unit, max(abs(side(split, name, of).mean) for of in ("a", "b")))
        heads.append(say.with_unit(say(f"measure.{name}"), say.unit(unit)))
        columns.append(
            [estimate_cell(share(split, one, name), scale, signed=True) for one in changes]
        )
    rows = zip([Cell(short_label(one)) for one in changes], *columns, strict=True)
    return Table(say("table.shares_of_changes"), tuple(heads), tuple(rows))


def _changes(contents: Contents, say: Catalogue) -> Table:
    rows = [
        (
            Cell(key["key"]),
            Cell(say(f"table.{key['kind']}")),
            Cell(value_text(key["before"])),
            Cell(value_text(key["after"])),
            Cell(short_label(change)),
        )
        for change in contents.split["changes"]
        for key in change["keys"]
    ]
    heads = ("key", "kind", "a", "b", "counted_as")
    titles = tuple(say(f"table.{head}") for head in heads)
    return Table(say("table.changes"), titles, tuple(rows), frozenset(range(len(heads))))
