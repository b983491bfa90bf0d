"""What is built, and when orders for it arrive."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from factory_sim.scenario.distributions import Distribution
from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import Name, Positive


class Orders(Schema):
    """What is built: models drawn by weight, or a sequence that repeats."""

    mix: dict[Name, Positive] = Field(default_factory=dict)
    """Weight of each model; divided by their sum."""
    sequence: tuple[Name, ...] = ()
    """Models in the order of the orders, repeated for ever."""

    @property
    def shares(self) -> dict[str, float]:
        """Share of each model in the long run; models by name."""
        weights: dict[str, float] = dict.fromkeys(sorted({*self.mix, *self.sequence}), 0.0)
        for model, weight in [*self.mix.items(), *((model, 1.0) for model in self.sequence)]:
            weights[model] += weight
        total = sum(weights.values())
        return {model: weight / total for model, weight in weights.items()} or {"part": 1.0}


class Arrivals(Schema):
    """Orders that arrive at the main line."""

    every: Annotated[Distribution, Field(examples=["60 s"])]
    """Time between orders, s."""
