"""The tables of an explanation: losses, the critical path, what changes are worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.report.html.answers.explain import cause_text, of_entry
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell
from factory_sim.report.numbers import rounded
from factory_sim.study.phrases import recorded_phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def explanation_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield what to do first, where the output goes, and where the critical path runs."""
    yield _prices(contents, say)
    if contents.record["candidates"]:
        yield _candidates(contents, say)
    yield _losses(contents, say)
    yield _charges(contents, say)


def _prices(contents: Contents, say: Catalogue) -> Table:
    rows = [
        (
            Cell(say.phrase(recorded_phrase(one))),
            Cell(one["place"]),
            estimate_cell(of_entry(one, contents), signed=True),
            Cell(say(f"claim.{one['claim'].replace(' ', '_')}")),
        )
        for one in contents.record["prices"]
    ]
    gain = say.with_unit(say("table.gain"), say.unit("parts/h"))
    heads = (say("table.change"), say("table.place"), gain, say("table.claim"))
    return Table(say("table.prices"), heads, tuple(rows), frozenset({0, 1, 3}))


def _candidates(contents: Contents, say: Catalogue) -> Table:
    rows = [
        (Cell(str(number), number), Cell(say.phrase(recorded_phrase(one))), Cell(one["place"]))
        for number, one in enumerate(contents.record["candidates"], start=1)
    ]
    heads = tuple(say(f"table.{head}") for head in ("rank", "change", "place"))
    return Table(say("table.candidates"), heads, tuple(rows), frozenset({1, 2}))


def _losses(contents: Contents, say: Catalogue) -> Table:
    """Return the steps of the waterfall, and what share of the first each is."""
    steps = contents.record["waterfall"]
    whole = float(steps[0]["value"])
    rows = []
    for step in steps:
        value = of_entry(step, contents, "value")
        share = value.mean / whole
        is_change = step["kind"] == "change"
        sign = "+" if is_change and share > 0 else ""
        exact = value.half_width == 0 or math.isnan(value.half_width)
        text = Cell(f"{value.mean:.4g}", value.mean) if exact else None
        rows.append(
            (
                Cell(say.phrase(recorded_phrase(step))),
                text or estimate_cell(value, signed=is_change),
                Cell(f"{sign}{rounded(100 * share, 1)} %", share),
            )
        )
    rate = say.with_unit(say("table.rate"), say.unit("parts/h"))
    heads = (say("table.cause"), rate, say("table.share_of_first"))
    return Table(say("table.losses"), heads, tuple(rows))


def _charges(contents: Contents, say: Catalogue) -> Table:
    """Return every place and cause that the critical path spends time on."""
    charges = contents.record["charges"]
    has_lines = len({one["line"] for one in charges}) > 1
    rows = []
    for one in charges:
        texts = [one["place"], *[one["line"]] * has_lines, cause_text(one["cause"], say)]
        rows.append((*map(Cell, texts), estimate_cell(of_entry(one, contents))))
    names = ["place", *["line"] * has_lines, "cause"]
    heads = tuple(say(f"table.{name}") for name in names)
    time = say.with_unit(say("table.time"), "s/h")
    return Table(say("table.path"), (*heads, time), tuple(rows), frozenset(range(len(names))))
