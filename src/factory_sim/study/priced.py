"""Energy, carbon dioxide and cost of a part, where scenarios state what that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.study.sweep.figures import FIGURES, equipment, measured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.shapley import Made
    from factory_sim.line.arrays import Floats
    from factory_sim.study.result import Result
    from factory_sim.study.sweep.figures import PointFigure

PRICED = tuple(figure for figure in FIGURES if figure.name in ("energy", "co2", "cost"))
"""Figures that depend on the scenario as well as on the accounts of a run."""


def priced(runs: Mapping[Made, Result]) -> list[tuple[PointFigure, str, dict[Made, Floats]]]:
    """Return each figure with its unit and its values (R,) in every run, if all define it.

    Args:
        runs: Results by the set of changes made, each with its own prices.
    """
    prices = {key: run.scenario.economics for key, run in runs.items()}
    currencies = {price.currency if price else None for price in prices.values()}
    has = {key: equipment(run.scenario, run.plant) for key, run in runs.items()}
    powered = any(one.states_power for one in has.values()) or any(
        price is not None and price.base_power > 0 for price in prices.values()
    )
    if len(currencies) > 1 or not (powered or all(prices.values())):
        return []
    values = {
        key: measured(run, has[key], prices[key], powered=powered) for key, run in runs.items()
    }
    (currency,) = currencies
    return [
        (
            figure,
            figure.unit.format(currency),
            {key: found[figure.name] for key, found in values.items()},
        )
        for figure in PRICED
        if all(figure.name in found for found in values.values())
    ]
