"""Assignment of devices to queues, which does not depend on other classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Floats, Ints


def uniform(plan: Plan, purpose: str) -> Floats:
    """Return a number in [0, 1) for each device, by its class and place in it."""
    return np.concatenate(
        [generator(plan.seed, 0, c.name, purpose).random(c.count) for c in plan.classes]
    )


def round_robin(plan: Plan, purpose: str, count: int) -> Ints:
    """Return a queue for each device: those of a class take turns, from a drawn one on."""
    firsts = [int(generator(plan.seed, 0, c.name, purpose).random() * count) for c in plan.classes]
    turns = [
        (np.arange(c.count) + first) % count for c, first in zip(plan.classes, firsts, strict=True)
    ]
    return np.concatenate(turns)


def hashed(plan: Plan, purpose: str, count: int) -> Ints:
    """Return a queue for each device by a hash of it, so that loads differ by chance."""
    return (uniform(plan, purpose) * count).astype(np.int64)
