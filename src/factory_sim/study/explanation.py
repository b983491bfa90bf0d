"""An explanation of throughput: time by cause, losses by cause, and the gains of changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.path import CAUSES
from factory_sim.analysis.records import defined, estimate_record
from factory_sim.analysis.statistics import interval
from factory_sim.study.explanation_tables import path_table, prices_table
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.phrases import phrase, phrase_record
from factory_sim.study.waterfall import ideal, waterfall

if TYPE_CHECKING:
    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.analysis.path.critical_path import CriticalPath
    from factory_sim.analysis.sensitivity import Price
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.engines import Choice
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.study.phrases import Phrase
    from factory_sim.study.waterfall import Step


@dataclass(frozen=True)
class Charge:
    """Time that the critical path spends at a place for a cause.

    Attributes:
        place: Name of a station or section.
        line: Name of its line.
        cause: One of ``CAUSES``.
        per_hour: Seconds per hour of the path.
    """

    place: str
    line: str
    cause: str
    per_hour: Estimate


@dataclass(frozen=True)
class Gain:
    """The gain of a change.

    Attributes:
        price: The change, with its gain in every replication.
        said: The change as a phrase.
        gain: Its gain in throughput, parts/h.
    """

    price: Price
    said: Phrase
    gain: Estimate

    @property
    def label(self) -> str:
        """The change, in English."""
        return str(self.said)


@dataclass(frozen=True)
class Explanation:
    """Why a scenario makes as many parts as it does, and what would make it make more.

    Attributes:
        scenario: The scenario, overrides included.
        level: Level of automation, a share; None without an automation plan.
        plant: The plant that was simulated.
        choice: The engine that ran it, and why.
        accounts: The accounts of the replications.
        tiles: The replications, in the tiles they were computed in.
        path: Their critical paths.
        prices: The gains of changes; those that were measured, from re-runs.
        warnings: Doubts, each ending in what to do.
        interrupted: Whether it stopped before all replications were done.
        seconds: Time it took, s.
    """

    scenario: Scenario
    level: float | None
    plant: Plant
    choice: Choice
    accounts: Accounts
    tiles: tuple[range, ...]
    path: CriticalPath
    prices: tuple[Price, ...]
    warnings: tuple[Phrase, ...]
    interrupted: bool
    seconds: float

    @property
    def replications(self) -> int:
        """Number of independent runs behind the figures."""
        return int(self.accounts.delivered.size)

    @property
    def warm_up(self) -> float:
        """The part of each replication that was cut at its start, s."""
        return self.accounts.begin

    @cached_property
    def throughput(self) -> Estimate:
        """Parts delivered per hour."""
        return interval(self.accounts.throughput, self.scenario.confidence, "parts/h")

    @cached_property
    def waterfall(self) -> tuple[Step, ...]:
        """The steps from the takt rate, or that of the slowest stage alone, to throughput."""
        start = ideal(self.plant, self.scenario.takt)
        made = self.accounts.throughput
        return waterfall(self.plant, self.path, made, start, self.scenario.confidence)

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """Time on the critical path by place and cause, the longest first."""
        path, confidence = self.path, self.scenario.confidence
        per_hour = SECONDS_PER_HOUR * path.seconds / (path.last - path.first)[:, None, None]
        return tuple(
            sorted(
                (
                    Charge(
                        path.places[place],
                        self.plant.lines[path.lines[place]].name,
                        CAUSES[cause],
                        interval(per_hour[:, place, cause], confidence, "s/h"),
                    )
                    for place, cause in zip(*np.nonzero(per_hour.any(axis=0)), strict=True)
                ),
                key=lambda charge: -charge.per_hour.mean,
            )
        )

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """Changes with a known gain, the largest first."""
        return self._ranked(known=True)

    @cached_property
    def candidates(self) -> tuple[Gain, ...]:
        """Changes whose gain only a run can tell, in the order in which to try them."""
        return self._ranked(known=False)

    def _ranked(self, *, known: bool) -> tuple[Gain, ...]:
        confidence = self.scenario.confidence
        found = (
            Gain(price, _said(price, self.plant), interval(price.samples, confidence, "parts/h"))
            for price in self.prices
            if (price.claim != "rank") is known
        )
        return tuple(sorted(found, key=lambda gain: -gain.gain.mean))

    def path_table(self) -> pa.Table:
        """Return what the path of each replication is charged to.

        One row per replication, place and cause that takes any time: ``replication``,
        ``place``, ``line``, ``cause``, ``seconds``.
        """
        return path_table(self.path, [line.name for line in self.plant.lines], self._numbers)

    def prices_table(self) -> pa.Table:
        """Return what every change is worth in every replication.

        The columns: ``label``, ``kind``, ``place``, ``amount``, ``claim``, ``replication``
        and ``gain``, parts/h. Of a claim ``rank`` the gain only says in which order to try.
        """
        every = (*self.gains, *self.candidates)
        labels, prices = [gain.label for gain in every], [gain.price for gain in every]
        return prices_table(labels, prices, self._numbers)

    @property
    def _numbers(self) -> list[int]:
        return [number for tile in self.tiles for number in tile]

    def record(self) -> dict[str, Any]:
        """Return the explanation as plain data for JSON; what is not defined is None."""
        return {
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
            "throughput": estimate_record(self.throughput),
            "waterfall": [
                phrase_record(step.said)
                | {
                    "kind": step.kind,
                    "value": step.value,
                    "half_width": defined(step.half_width),
                    "unit": "parts/h",
                }
                for step in self.waterfall
            ],
            "charges": [
                {"place": c.place, "line": c.line, "cause": c.cause, **estimate_record(c.per_hour)}
                for c in self.charges
            ],
            "prices": [
                phrase_record(g.said)
                | {
                    "kind": g.price.kind,
                    "place": g.price.place,
                    "amount": g.price.amount,
                    "claim": g.price.claim,
                    **estimate_record(g.gain),
                }
                for g in self.gains
            ],
            "candidates": [
                phrase_record(g.said)
                | {
                    "kind": g.price.kind,
                    "place": g.price.place,
                    "amount": g.price.amount,
                }
                for g in self.candidates
            ],
            "warnings": [phrase_record(warning) for warning in self.warnings],
        }


def _said(price: Price, plant: Plant) -> Phrase:
    """Return a change as a phrase."""
    if price.kind != "place":
        return phrase(f"change.{price.kind}", place=price.place, amount=price.amount)
    is_feeder = price.place in [line.name for line in plant.lines[1:]]
    return phrase("change.place_after" if is_feeder else "change.place_before", place=price.place)
