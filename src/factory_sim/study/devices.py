"""Which class of devices costs most: failures and downtime of each, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.devices import device_classes
from factory_sim.analysis.records import defined
from factory_sim.analysis.statistics import Estimate, interval
from factory_sim.study.measures import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario


@dataclass(frozen=True)
class ClassCost:
    """What the devices of one class, which stop their stations, have cost together.

    Attributes:
        name: Of the class.
        devices: How many there are.
        failures: Per hour.
        downtime: Hours of repair per hour, which is how many are down on average.
        share: Of the downtime of all such classes.
    """

    name: str
    devices: int
    failures: Estimate
    downtime: Estimate
    share: float

    def record(self) -> dict[str, Any]:
        """Return it as plain data; a half-width that is not known is None."""
        figures: dict[str, float | None] = {}
        for key, estimate in (("failures", self.failures), ("downtime", self.downtime)):
            figures[key] = estimate.mean
            figures[f"{key}_half_width"] = defined(estimate.half_width)
        return {"name": self.name, "devices": self.devices, **figures, "share": self.share}


def class_costs(scenario: Scenario, plant: Plant, accounts: Accounts) -> list[ClassCost]:
    """Return what the devices of each class have cost, the worst class first.

    Args:
        scenario: With the classes and the confidence of the intervals.
        plant: What was simulated.
        accounts: Every figure per replication.
    """
    if scenario.fleet is None:
        return []
    hours = (accounts.end - accounts.begin) / SECONDS_PER_HOUR
    downtime = accounts.device_downtime / SECONDS_PER_HOUR / hours
    total = float(downtime.sum())
    costs = [
        ClassCost(
            name=name,
            devices=scenario.fleet.classes[name].count,
            failures=interval(
                accounts.device_failures[:, which] / hours, scenario.confidence, "failures/h"
            ),
            downtime=interval(downtime[:, which], scenario.confidence, "h/h"),
            share=float(downtime[:, which].sum()) / total if total else 0.0,
        )
        for which, name in enumerate(device_classes(plant))
    ]
    return sorted(costs, key=lambda cost: -cost.downtime.mean)


def device_table(costs: Sequence[ClassCost]) -> pa.Table:
    """Return the costs as an Arrow table, a row per class, the worst first."""
    import pyarrow as pa

    return pa.Table.from_pylist([cost.record() for cost in costs])
