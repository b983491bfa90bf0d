"""The table of a fleet: what the devices of each class cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.html.tables.cells import Cell, Table, estimate_cell
from factory_sim.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


def devices_table(run: Recorded, title: str, say: Catalogue) -> Table:
    """Return failures and downtime of the devices of each class, the worst class first."""
    confidence, replications = run.scenario.confidence, len(run.replications)

    def estimate(row: Record, key: str) -> Estimate:
        half = row.get(f"{key}_half_width")  # earlier versions know none of the share
        return Estimate(row[key], float("nan") if half is None else half, confidence, replications)

    rows = tuple(
        (
            Cell(row["name"]),
            Cell(f"{row['devices']:,}", row["devices"]),
            estimate_cell(estimate(row, "failures")),
            estimate_cell(estimate(row, "downtime")),
            Cell(percent(estimate(row, "share")), row["share"]),
        )
        for row in run.devices
    )
    names = ("class", "devices", "failures", "down", "share")
    heads = tuple(say(f"fleet.{name}") for name in names)
    shares = [estimate(row, "share") for row in run.devices]
    downtimes = [estimate(row, "downtime") for row in run.devices]
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
