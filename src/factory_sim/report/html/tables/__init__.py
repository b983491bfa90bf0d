"""The tables of a page.

cells.py    what a cell and a table are
runs.py     figures, differences, stations, indicators
ramp.py     a plant that comes up to rate
fleet.py    what the devices of each class cost
sweep.py    the points of a sweep
explain.py  losses, the critical path, what changes are worth
diff.py     what each change adds
twin.py     what each lever buys, what a fault costs, who sees failures how soon
chain.py    what becomes of a fault of the network
base.py     stages, devices and faults of a digital base
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.html.tables.base import base_tables
from factory_sim.report.html.tables.cells import (
    SHARES,
    Cell,
    Table,
    of_part,
    share_cell,
    share_head,
)
from factory_sim.report.html.tables.chain import chain_tables
from factory_sim.report.html.tables.diff import changes_table, diff_tables
from factory_sim.report.html.tables.explain import explanation_tables
from factory_sim.report.html.tables.fleet import devices_table
from factory_sim.report.html.tables.ramp import ramp_tables
from factory_sim.report.html.tables.runs import (
    differences_table,
    figures_table,
    kpis_table,
    stations_table,
)
from factory_sim.report.html.tables.sweep import points_table
from factory_sim.report.html.tables.twin import twin_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


def tables(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield the tables of results, the telling ones first."""
    match contents.kind:
        case "sweep":
            yield points_table(contents, say)
        case "explain":
            yield from explanation_tables(contents, say)
        case "diff":
            yield from diff_tables(contents, say)
        case "twin":
            yield from twin_tables(contents, say)
        case "compare":
            yield from changes_table(contents, say)
            yield from chain_tables(contents, say)
    if contents.runs:
        yield from _of_runs(contents, say)
    yield from base_tables(contents, say)


def _of_runs(contents: Contents, say: Catalogue) -> Iterator[Table]:
    """Yield the tables of one run, or of two and their differences."""
    if contents.pair:
        yield differences_table(contents, say)
    else:
        yield figures_table(contents, say)
    yield from ramp_tables(contents, say)
    if automated := contents.record.get("automated"):
        rows = [(Cell(share_head(name, say)), share_cell(automated[name])) for name in SHARES]
        heads = (say("table.shares"), say("table.value"))
        yield Table(say("table.shares"), heads, tuple(rows))
    for part, run in contents.runs.items():
        if part != "baseline":
            yield stations_table(run, of_part(say("table.stations"), part, contents, say), say)
            if contents.kind != "twin":
                yield kpis_table(part, contents, say)
            if run.devices:
                title = of_part(say("fleet.title"), part, contents, say)
                yield devices_table(run, title, say)
