"""What each difference between two scenarios adds, as a table from A to B."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from factory_sim.report.basis import basis
from factory_sim.report.changed_values import value_texts
from factory_sim.report.numbers import places_of_part, plus_minus
from factory_sim.report.readable import is_informative, readable
from factory_sim.report.settings import called, changed_key, names_of_changes, relabelled
from factory_sim.report.terminal import (
    NARROWEST_NAME,
    aligned,
    blocks,
    facts,
    print_lines,
    shortened,
    show_notes,
    show_warnings,
)
from factory_sim.report.texts import ENGLISH
from factory_sim.study.changes import change_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from factory_sim.study.changes import Change
    from factory_sim.study.split import Diff

FLOWS = {
    name: place
    for place, name in enumerate(
        ("throughput", "jph", "lead_time", "wip", "labour_hours_per_part", "cost")
    )
}
"""Figures that come first, in this order."""


def show_diff(diff: Diff, on: Console) -> None:
    """Print the changes, and for every figure what each of them adds from A to B."""
    a, b = diff.comparison.a, diff.comparison.b
    on.print(f"A  {a.scenario.name}", soft_wrap=True)
    on.print(f"B  {b.scenario.name}", soft_wrap=True)
    method = f"; {diff.method}" if diff.groups else ""
    print_lines(facts(f"{basis(a)}{method}", on.width), on)
    print_lines(changed_lines([c for group in diff.groups for c in group.changes], on.width), on)
    if not diff.groups:
        return
    for block in _blocks(diff, on.width):
        on.print()
        print_lines(block, on)
    called_by_key = names_of_changes(diff.record(), ENGLISH)
    show_notes("note", (relabelled(note, called_by_key) for note in diff.notes), on)
    show_warnings(diff.warnings, on)


def changed_lines(changes: Sequence[Change], width: int) -> list[str]:
    """Return what differs, a line for each key; two where both values do not fit beside it."""
    if not changes:
        return ["  nothing differs in what is simulated"]
    table = [("  changes", "key", "A", "", "B"), *map(_row, changes)]
    lines = aligned(table, "<<<<<")
    if max(map(cell_len, lines)) <= width:
        return lines
    names = aligned([row[:2] for row in table[1:]], "<<")
    lines = ["  changes, A -> B"]
    for name, (_, _, *sides) in zip(names, table[1:], strict=True):
        lines += [name, f"      {' '.join(sides).rstrip()}"]
    return lines


def _row(change: Change) -> tuple[str, str, str, str, str]:
    """Return what a change is called, its key for the file, and both its values."""
    record = change_record(change)
    key = changed_key(record, ENGLISH)
    names = f"  {key.head(ENGLISH)}", change.key
    before, after = value_texts(key, change.before, change.after, ENGLISH)
    return (*names, before, "->", after) if before else (*names, change.kind, "", "")


def _blocks(diff: Diff, width: int) -> list[list[str]]:
    """Return the table in as many blocks as the width requires, a column for each figure.

    The changes are in the order of what they add to throughput.
    """
    first = diff.splits["throughput"].shares
    ranked = sorted(range(len(first)), key=lambda n: -abs(first[n].estimate.mean))
    changes = diff.record()["changes"]
    groups = [called(changes[n], ENGLISH) for n in ranked]
    labels = ["", "", "A", *groups, "B - A", "B"]
    longest = max(NARROWEST_NAME, width // 3)
    names = [f"  {shortened(label, longest)}".rstrip() for label in labels]
    columns = sorted(_columns(diff, ranked).items(), key=lambda c: FLOWS.get(c[0], len(FLOWS)))
    return blocks([names], [column for _, column in columns], width)


def _columns(diff: Diff, ranked: Sequence[int]) -> dict[str, Sequence[str]]:
    """Return the column of every informative figure: head, unit, A, the shares, B - A, B."""
    found: dict[str, Sequence[str]] = {}
    for name, split in diff.splits.items():
        if not any(is_informative(name, side) for side in (diff.comparison.a, diff.comparison.b)):
            continue
        pair = split.pair
        unit, scale = readable(split.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
        shares = [split.shares[number].estimate for number in ranked]
        finest = places_of_part(pair.difference, scale)
        added = [
            plus_minus(share, scale, signed=True, finest=finest)
            for share in [*shares, pair.difference]
        ]
        sides = [plus_minus(side, scale) for side in (pair.a, pair.b)]
        found[name] = [split.label, unit, sides[0], *added, sides[1]]
    return found
