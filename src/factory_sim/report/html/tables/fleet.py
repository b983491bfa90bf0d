"""The table of a fleet: what the devices of each class cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.estimates import read_estimate
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell
from factory_sim.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


def devices_table(run: Recorded, title: str, say: Catalogue) -> Table:
    """Return failures and downtime of the devices of each class, the worst class first."""
    asked = run.scenario.confidence, len(run.replications)
    # Files of earlier versions know no interval of the share.
    failures, downtimes, shares = (
        [read_estimate(row, key, *asked) for row in run.devices]
        for key in ("failures", "downtime", "share")
    )
    rows = tuple(
        (
            Cell(row["name"]),
            Cell(f"{row['devices']:,}", row["devices"]),
            estimate_cell(failed),
            estimate_cell(down),
            Cell(percent(share), share.mean),
        )
        for row, failed, down, share in zip(run.devices, failures, downtimes, shares, strict=True)
    )
    names = ("class", "devices", "failures", "down", "share")
    heads = tuple(say(f"fleet.{name}") for name in names)
    return Table(title, heads, rows, note=_costliest(run.devices, downtimes, shares[0], say))


def _costliest(
    classes: Sequence[Record], downtimes: Sequence[Estimate], share: Estimate, say: Catalogue
) -> str:
    """Return which class costs most, as far as its interval tells it from the next."""
    first, *others = downtimes
    if not first.mean > 0:
        return say("fleet.none_down")
    distinct = not others or first.low > others[0].high
    return say(
        "fleet.most" if distinct else "fleet.most_open",
        name=classes[0]["name"],
        share=percent(share),
        other=classes[1]["name"] if others else "",
    )
