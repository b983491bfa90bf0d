"""Which class of devices costs most: failures and downtime of each, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis import jackknife
from factory_sim.analysis.devices import device_classes
from factory_sim.analysis.records import defined
from factory_sim.analysis.statistics import Estimate, interval
from factory_sim.study.measures import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.arrays import Floats
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
    share: Estimate

    def record(self) -> dict[str, Any]:
        """Return it as plain data; a half-width that is not known is None."""
        figures: dict[str, float | None] = {}
        for key in ("failures", "downtime", "share"):
            estimate: Estimate = getattr(self, key)
            figures[key] = estimate.mean
            figures[f"{key}_half_width"] = defined(estimate.half_width)
        return {"name": self.name, "devices": self.devices, **figures}


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
    costs = [
        ClassCost(
            name=name,
            devices=scenario.fleet.classes[name].count,
            failures=interval(
                accounts.device_failures[:, which] / hours, scenario.confidence, "failures/h"
            ),
            downtime=interval(downtime[:, which], scenario.confidence, "h/h"),
            share=_share(downtime[:, which], downtime.sum(axis=1), scenario.confidence),
        )
        for which, name in enumerate(device_classes(plant))
    ]
    return sorted(costs, key=lambda cost: -cost.downtime.mean)


def _share(of: Floats, total: Floats, confidence: float) -> Estimate:
    """Return a share of a total, (R,) each; 0 of nothing."""
    samples = jackknife.ratio(of, total)
    if np.isnan(samples).any():
        share = of.sum() / total.sum() if total.any() else 0.0
        return Estimate(float(share), math.nan, confidence, of.size)
    return interval(samples, confidence)


def device_table(costs: Sequence[ClassCost]) -> pa.Table:
    """Return the costs as an Arrow table, a row per class, the worst first."""
    import pyarrow as pa

    return pa.Table.from_pylist([cost.record() for cost in costs])
