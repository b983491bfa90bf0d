"""One point of a sweep: its run, its figures with their intervals, and when it pays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from factory_sim.analysis.economics import Recovery, discounted_payback, payback, recovery
from factory_sim.study.measures import estimated
from factory_sim.study.sweep.figures import FIGURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.line.arrays import Floats
    from factory_sim.scenario.automation import Shares
    from factory_sim.scenario.economics import Economics
    from factory_sim.study.result import Result
    from factory_sim.study.sweep.figures import PointFigure

RECOVERIES = ("payback", "discounted_payback", "break_even_volume")
"""When the capital beyond the baseline has come back, in the order of reports."""


@dataclass(frozen=True)
class Point:
    """One combination of settings that was simulated, against the baseline.

    Attributes:
        label: Its settings in short, such as ``30 %, stations.weld.buffer=4``.
        settings: What was set on top of the scenario, as text by key.
        result: The run of the point; its level of automation is in it.
        automated: How much of the plant is automated; None without a plan.
        operators: People on shift: crews, utility workers and people of pools.
        capital: Of all stations, in the currency; None if no point of the sweep states any.
        invested: Capital beyond that of the baseline.
        samples: Every figure that is defined here, (R,) each; see ``FIGURES``.
        reference: The same figures of the baseline, same draws, at the point's prices.
    """

    label: str
    settings: Mapping[str, str]
    result: Result
    automated: Shares | None
    operators: float
    capital: float | None
    invested: float
    samples: Mapping[str, Floats]
    reference: Mapping[str, Floats]

    @property
    def level(self) -> float | None:
        """The level of automation that was asked, a share; None without a plan."""
        return self.result.level

    @property
    def economics(self) -> Economics | None:
        """The prices of the point; None where the scenario has none."""
        return self.result.scenario.economics

    @property
    def figures(self) -> tuple[PointFigure, ...]:
        """The figures that the point defines, in the order of reports."""
        return tuple(figure for figure in FIGURES if figure.name in self.samples)

    def unit(self, figure: PointFigure) -> str:
        """Return the unit of a figure, the currency in its place."""
        return figure.unit.format(self.economics.currency if self.economics else "")

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Mean and interval of every figure, by name; NaN where a replication has none."""
        confidence = self.result.scenario.confidence
        return {
            f.name: estimated(self.samples[f.name], confidence, self.unit(f)) for f in self.figures
        }

    @cached_property
    def differences(self) -> dict[str, Estimate]:
        """The paired difference of every figure from the baseline, with its interval."""
        confidence = self.result.scenario.confidence
        pairs = {f: self.samples[f.name] - self.reference[f.name] for f in self.figures}
        return {f.name: estimated(pair, confidence, self.unit(f)) for f, pair in pairs.items()}

    @cached_property
    def recoveries(self) -> dict[str, Recovery]:
        """When the capital has come back, by name; empty without prices or capital.

        Years for the paybacks, parts for the break-even volume. The capital is known and
        each falls with the gain, so the intervals are those of the gains, transformed.
        """
        if self.economics is None or self.capital is None:
            return {}
        rate, saved = self.estimates["gain"], self.estimates["saved_per_part"]
        discounted = partial(discounted_payback, interest=self.economics.interest)
        return {
            "payback": recovery(self.invested, rate, payback, "years"),
            "discounted_payback": recovery(self.invested, rate, discounted, "years"),
            "break_even_volume": recovery(self.invested, saved, payback, "parts"),
        }

    def judged(self, name: str) -> Floats | None:
        """Return what points are compared by, (R,); None where the point has none.

        A recovery is compared by the gain per capital, which is highest where it is
        shortest.
        """
        if name not in RECOVERIES:
            return self.samples.get(name)
        if name not in self.recoveries or self.invested <= 0:
            return None
        gain = "saved_per_part" if name == "break_even_volume" else "gain"
        return self.samples[gain] / self.invested
