"""Assignment of devices to queues; that of a class does not depend on the other classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Floats, Ints


def uniform(plan: Plan, purpose: str) -> Floats:
    """Return a uniform draw in [0, 1) for each device, by its class and its place in the class."""
    return np.concatenate(
        [generator(plan.seed, 0, c.name, purpose).random(c.count) for c in plan.classes]
    )


def round_robin(plan: Plan, purpose: str, count: int) -> Ints:
    """Return a queue for each device: round robin within a class, from a queue drawn at random."""
    firsts = [int(generator(plan.seed, 0, c.name, purpose).random() * count) for c in plan.classes]
    turns = [
        (np.arange(c.count) + first) % count for c, first in zip(plan.classes, firsts, strict=True)
    ]
    return np.concatenate(turns)


def hashed(plan: Plan, purpose: str, count: int) -> Ints:
    """Return a queue for each device, drawn at random as a hash would, so that loads differ."""
    return (uniform(plan, purpose) * count).astype(np.int64)
