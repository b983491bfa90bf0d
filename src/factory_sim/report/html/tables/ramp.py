"""The tables of a plant that comes up to rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell, of_part
from factory_sim.report.numbers import significant, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def ramp_tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield the ramp-up of every run that has one, and its output on each working day."""
    for part, run in contents.runs.items():
        if run.ramp is None or run.daily is None:
            continue
        rows = [
            (
                Cell(say(f"table.ramp_{name}")),
                estimate_cell(estimate) if name != "day" else Cell(whole(estimate), estimate.mean),
                Cell(say.unit(estimate.unit)),
            )
            for name, estimate in vars(run.ramp).items()
        ]
        heads = tuple(say(f"table.{head}") for head in ("figure", "value", "unit"))
        title = of_part(say("table.ramp"), part, contents, say)
        yield Table(title, heads, tuple(rows), frozenset({0, 2}))
        columns = (run.daily[name] for name in ("day", "hours", "delivered", "half_width"))
        days = [
            (
                Cell(str(day), day),
                Cell(significant(hours, 3), hours),
                estimate_cell(Estimate(made, half, contents.confidence, contents.replications)),
            )
            for day, hours, made, half in zip(*columns, strict=True)
            if hours > 0
        ]
        heads = tuple(say(f"table.{head}") for head in ("day", "hours", "made"))
        yield Table(of_part(say("table.daily"), part, contents, say), heads, tuple(days))
