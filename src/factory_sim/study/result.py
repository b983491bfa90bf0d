"""The result of simulating one plant, and the comparison of two."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.kpis import Indicators, indicators
from factory_sim.analysis.records import defined, estimate_record
from factory_sim.analysis.statistics import Estimate, Paired, paired
from factory_sim.fleet.base.result import base_record
from factory_sim.scenario.automation import Shares, shares
from factory_sim.study.devices import ClassCost, class_costs, device_table
from factory_sim.study.measures import estimate, measures
from factory_sim.study.phrases import Phrase, phrase_record
from factory_sim.study.ramp import Ramp, daily_columns, daily_table, ramp, ramp_differences
from factory_sim.study.tables import (
    deliveries_table,
    kpi_records,
    kpi_table,
    replications_table,
    station_columns,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.engines import Choice
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario


@dataclass(frozen=True)
class Result:
    """The replications of one plant, and the estimates from them.

    Attributes:
        scenario: The scenario, overrides included.
        level: The level of automation, a share; None without an automation plan.
        plant: The plant that was simulated.
        choice: The engine that ran it, and why.
        accounts: Every figure per replication.
        tiles: The replications in the accounts, in the tiles they were computed in.
        warnings: Reasons to doubt the result, each ending in what to do.
        interrupted: Whether it stopped before all replications were done.
        seconds: Time of the whole study, s; all results of one study share it.
        base: Result of the digital base in its window; None without one, and in studies of
            many plants.
        baseline: The same plant at the plan's baseline level, on the same draws.
    """

    scenario: Scenario
    level: float | None
    plant: Plant
    choice: Choice
    accounts: Accounts
    tiles: tuple[range, ...]
    warnings: tuple[Phrase, ...]
    interrupted: bool
    seconds: float
    base: BaseResult | None = None
    baseline: Result | None = None

    @property
    def replications(self) -> int:
        """Number of independent runs behind the estimates."""
        return sum(len(tile) for tile in self.tiles)

    @property
    def warm_up(self) -> float:
        """The time cut at the start of each replication, s."""
        return self.accounts.begin

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Mean and interval of every figure, by name."""
        confidence = self.scenario.confidence
        return {m.name: estimate(m, self.accounts, confidence) for m in measures(self.plant)}

    @property
    def bottleneck(self) -> tuple[str, float]:
        """The stage that was the momentary bottleneck longest, and its share of the window."""
        shares = self.accounts.bottleneck.mean(axis=0)
        first = int(shares.argmax())
        return self.accounts.units[first], float(shares[first])

    @cached_property
    def automated(self) -> Shares | None:
        """How much of the plant the level automates; None without an automation plan."""
        return None if self.level is None else shares(self.scenario, self.level)

    @cached_property
    def comparison(self) -> Comparison | None:
        """The paired difference from the baseline level, if there is one."""
        return Comparison(self.baseline, self) if self.baseline else None

    @cached_property
    def ramp(self) -> Ramp | None:
        """How the plant came up to rate, if it was watched from time 0 for some days."""
        return ramp(self.plant, self.accounts, self.scenario.confidence)

    def daily(self) -> dict[str, list[Any]]:
        """Return the output of each whole day, as columns; see ``study.ramp``."""
        return daily_columns(self.plant, self.accounts, self.scenario.confidence)

    @cached_property
    def kpis(self) -> Indicators:
        """The indicators by ISO 22400-2, of every station and of the plant."""
        return indicators(self.plant, self.accounts, self.scenario.confidence)

    @cached_property
    def devices(self) -> list[ClassCost]:
        """What the devices of each class have cost, the worst class first; empty without any."""
        return class_costs(self.scenario, self.plant, self.accounts)

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return station_columns(self.plant, self.accounts, self.scenario.confidence)

    def stations(self) -> dict[str, list[Any]]:
        """Return what each station did, as columns; see ``study.tables``."""
        return self._columns

    def to_arrow(self) -> pa.Table:
        """Return the station table; ``polars.from_arrow`` and ``to_pandas`` take it on."""
        import pyarrow as pa

        return pa.table(self.stations())

    def deliveries_table(self) -> pa.Table:
        """Return the deliveries over time, one row per span, the warm-up included."""
        return deliveries_table(self.accounts)

    def device_table(self) -> pa.Table:
        """Return ``devices`` as an Arrow table."""
        return device_table(self.devices)

    def kpi_table(self) -> pa.Table:
        """Return the indicators, one row per station and the plant; see ``study.tables``."""
        return kpi_table(self.plant, self.kpis)

    def replications_table(self) -> pa.Table:
        """Return every figure of every replication, one row per replication."""
        return replications_table(self.accounts, [r for tile in self.tiles for r in tile])

    def daily_table(self) -> pa.Table:
        """Return the output of each whole day as an Arrow table."""
        return daily_table(self.plant, self.accounts, self.scenario.confidence)

    def record(self) -> dict[str, Any]:
        """Return the result as plain data for JSON; what is not defined is None."""
        stage, share = self.bottleneck
        record = {
            "scenario": self.scenario.name,
            "engine": self.choice.engine,
            "engine_reason": self.choice.reason,
            "replications": self.replications,
            "confidence": self.scenario.confidence,
            "seed": self.scenario.seed,
            "horizon": self.accounts.end,
            "warm_up": self.warm_up,
            "level": self.level,
            "interrupted": self.interrupted,
            "estimates": {name: estimate_record(e) for name, e in self.estimates.items()},
            "bottleneck": {"stage": stage, "share": defined(share)},
            "stations": _rows(self.stations()),
            "daily": _rows(self.daily()),
            "kpis": kpi_records(self.plant, self.kpis),
            "warnings": [phrase_record(warning) for warning in self.warnings],
        }
        if self.devices:
            record["devices"] = [cost.record() for cost in self.devices]
        if self.base:
            record["base"] = base_record(self.base)
        if self.automated:
            record["automated"] = asdict(self.automated)
        if self.ramp:
            record["ramp"] = _ramp(self.ramp)
        if self.baseline and self.baseline.ramp:
            record["baseline"] = {
                "ramp": _ramp(self.baseline.ramp),
                "daily": _rows(self.baseline.daily()),
            }
        if self.comparison:
            record["comparison"] = self.comparison.differences_record()
        return record


@dataclass(frozen=True)
class Comparison:
    """Two plants on the same draws; differences are b - a, replication by replication.

    Attributes:
        a: The first, for example the baseline.
        b: The second.
    """

    a: Result
    b: Result

    @cached_property
    def differences(self) -> dict[str, Paired]:
        """The paired difference of every figure that both plants define, by name.

        Those of plants that come up to rate are among them; see ``study.ramp``.
        """
        confidence = self.a.scenario.confidence
        samples = {
            m: (m.samples(self.a.accounts), m.samples(self.b.accounts))
            for m in measures(self.a.plant, self.b.plant)
        }
        pairs = {
            m.name: paired(a, b, confidence, m.unit)
            for m, (a, b) in samples.items()
            if not np.isnan(a + b).any()
        }
        a, b = ((side.plant, side.accounts) for side in (self.a, self.b))
        return pairs | ramp_differences(a, b, confidence)

    @property
    def replications(self) -> int:
        """Number of independent pairs of runs behind the differences."""
        return self.a.replications

    @property
    def interrupted(self) -> bool:
        """Whether it stopped before all replications were done."""
        return self.a.interrupted

    def differences_record(self) -> dict[str, Any]:
        """Return the differences as plain data for JSON, with both sides of each."""
        return {
            name: {
                "a": estimate_record(pair.a),
                "b": estimate_record(pair.b),
                "difference": estimate_record(pair.difference),
                "variance_reduction": defined(pair.variance_reduction),
                "unit": pair.difference.unit,
            }
            for name, pair in self.differences.items()
        }

    def record(self) -> dict[str, Any]:
        """Return both results and their differences as plain data for JSON."""
        return {
            "a": self.a.record(),
            "b": self.b.record(),
            "replications": self.replications,
            "interrupted": self.interrupted,
            "differences": self.differences_record(),
        }


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return a table as a list of its rows."""
    rows = zip(*columns.values(), strict=True)
    return [{name: defined(v) for name, v in zip(columns, row, strict=True)} for row in rows]


def _ramp(found: Ramp) -> dict[str, Any]:
    return {field.name: estimate_record(getattr(found, field.name)) for field in fields(found)}
