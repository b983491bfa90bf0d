"""The tables of a diff: what each change adds, and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.changed_keys import changes_between
from factory_sim.report.changed_values import value_texts
from factory_sim.report.figures.diffed import ranked, share, side
from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell
from factory_sim.report.numbers import places_of_part
from factory_sim.report.readable import is_informative
from factory_sim.report.settings import called, changed_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def diff_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what each change adds to every figure that tells, and the changed keys."""
    if contents.split["changes"]:
        yield _shares(contents, say)
        changes = contents.split["changes"]
        yield _changes([(one, called(of, say)) for of in changes for one in of["keys"]], say)


def changes_table(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what differs between two scenarios that are compared, if anything does."""
    a, b = (contents.runs[part].scenario for part in ("a", "b"))
    if found := changes_between(a, b):
        yield _changes([(change, "") for change in found], say)


def shown_figures(contents: Contents) -> list[str]:
    """Return the figures that are split and say something of either plant."""
    known = next(iter(contents.runs.values())).estimates
    return [
        name
        for name in contents.split["differences"]
        if name not in known or any(is_informative(name, run) for run in contents.runs.values())
    ]


def _shares(contents: Contents, say: Catalogue) -> Table:
    split = contents.split
    changes = ranked(split)
    columns, heads = [], [say("table.change")]
    for name in shown_figures(contents):
        unit = split["differences"][name]["unit"]
        unit, scale = scaled(unit, max(abs(side(split, name, of).mean) for of in ("a", "b")))
        heads.append(say.with_unit(say(f"measure.{name}"), say.unit(unit)))
        finest = places_of_part(side(split, name, "difference"), scale)
        found = [share(split, one, name) for one in changes]
        columns.append([estimate_cell(e, scale, signed=True, finest=finest) for e in found])
    rows = zip([Cell(called(one, say)) for one in changes], *columns, strict=True)
    return Table(say("table.shares_of_changes"), tuple(heads), tuple(rows))


def _changes(changes: Sequence[tuple[Mapping[str, Any], str]], say: Catalogue) -> Table:
    """Return changed keys, each with what it is counted as where any is not by itself."""
    keys = [changed_key(one, say) for one, _ in changes]
    is_counted = any(as_ not in ("", key.name) for key, (_, as_) in zip(keys, changes, strict=True))
    rows = []
    for key, (one, counted) in zip(keys, changes, strict=True):
        texts = [key.head(say), one["key"], say(f"table.{one['kind']}")]
        texts += value_texts(key, one["before"], one["after"], say)
        rows.append(tuple(map(Cell, [*texts, *[counted] * is_counted])))
    heads = ("change", "key", "kind", "a", "b", *["counted_as"] * is_counted)
    titles = tuple(say(f"table.{head}") for head in heads)
    return Table(say("table.changes"), titles, tuple(rows), frozenset(range(len(heads))))
