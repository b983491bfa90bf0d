"""The effect of faults on the queues of a stage at a moment: which are down or slow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Bools, Floats, Ints


def down_until(plan: Plan, target: str, count: int, now: int) -> tuple[Bools, Ints]:
    """Return which of a stage's queues are down from ``now`` on, and until when, ns."""
    down, until = np.zeros(count, bool), np.zeros(count, np.int64)
    for fault in plan.holding(target, now):
        if fault.fault.slower is None:
            queue = getattr(fault.fault, target) - 1
            down[queue] = True
            until[queue] = max(until[queue], fault.end)
    return down, until


def slowed_by(plan: Plan, target: str, name: object, now: int, queues: int) -> Floats | None:
    """Return the factors on the service times of each queue, or None if all are 1.

    Args:
        plan: The run.
        target: The target by which faults name the stage.
        name: Name of the service, None where faults number the queues.
        now: Start of the time in question, ns.
        queues: Number of queues.
    """
    factor = np.ones(queues)
    for fault in plan.holding(target, now):
        if fault.fault.slower is not None:
            which = getattr(fault.fault, target)
            if name is None and which != "all":
                factor[which - 1] *= fault.fault.slower
            elif which in ("all", name):
                factor *= fault.fault.slower
    return factor if (factor != 1).any() else None
