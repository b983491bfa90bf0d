"""What the failures of each class of devices cost, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.numbers import percent, plus_minus, rounded, significant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.study.devices import ClassCost

MOST_CLASSES = 8
"""Most classes that are shown; those that cost less are summed up."""

TITLES = ("devices", "", "failures/h", "down on average", "of downtime")


def cells(costs: Sequence[ClassCost]) -> list[tuple[str, ...]]:
    """Return the table of device classes, titles first, the worst class first."""
    table: list[tuple[str, ...]] = [TITLES]
    for cost in costs[:MOST_CLASSES]:
        figures = plus_minus(cost.failures), plus_minus(cost.downtime)
        table.append((f"  {cost.name}", f"{cost.devices:,}", *figures, percent(cost.share)))
    rest = costs[MOST_CLASSES:]
    if rest:
        number = sum(cost.devices for cost in rest)
        failures = significant(sum(cost.failures.mean for cost in rest), 3)
        downtime = significant(sum(cost.downtime.mean for cost in rest), 3)
        share = f"{rounded(100 * sum(cost.share.mean for cost in rest), 0)} %"
        table.append((f"  {len(rest)} others", f"{number:,}", failures, downtime, share))
    return table
