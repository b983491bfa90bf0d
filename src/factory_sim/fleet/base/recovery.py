"""Recovery from faults: when queues, latency and age are back in their normal bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.detection import FAULT, NORMAL, RECOVERING
from factory_sim.fleet.base.result import Recovery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Bools, Floats, Ints

FEWEST_NORMAL = 5
"""Steps without a fault that a normal band needs."""

WIDTH = 4.0
"""Standard deviations of a step's value that the band reaches above the normal mean."""

HOLDS = 3
"""Steps in a row that must lie in the band."""


def upsets(plan: Plan) -> list[tuple[str, int, int]]:
    """Return the faults within the window, in order: label, start and end, ns.

    A fault that lasts for the whole window is the set-up of the base, not an upset.
    """
    end = plan.steps[-1]
    return [
        (f.fault.label, f.begin, f.end)
        for f in sorted(plan.faults, key=lambda f: f.begin)
        if not (f.begin <= plan.steps[0] and f.end >= end)
    ]


def _during(plan: Plan, spans: list[tuple[str, int, int]]) -> Bools:
    steps = np.array(plan.steps)
    during = np.zeros(steps.size - 1, bool)
    for _, begin, end in spans:
        during |= (steps[:-1] >= begin) & (steps[:-1] < end)
    return during


def recoveries(
    plan: Plan, courses: Mapping[str, Floats], lost: Ints
) -> tuple[tuple[Recovery, ...], tuple[str, ...]]:
    """Return how the base recovered from each fault, and the phase of each step.

    A figure is back when it lies below its normal mean plus ``WIDTH`` standard
    deviations for ``HOLDS`` steps in a row, or up to the next fault. Normal is what
    was before the first fault.

    Args:
        plan: The run.
        courses: Figures that a fault raises, per step, by name.
        lost: Messages lost by step.
    """
    spans = upsets(plan)
    steps = np.array(plan.steps) / 1e9
    during = _during(plan, spans)
    phases = [FAULT if at else NORMAL for at in during]
    first = int(np.argmax(during)) if during.any() else during.size
    found = []
    for what, begin, end in spans:
        last, back = _back(steps, courses, during, first, end / 1e9)
        after = None if back is None else max(back - end / 1e9, 0.0)
        if first < FEWEST_NORMAL:
            after = float("nan")
        until = steps[-1] if back is None else back
        for k in np.flatnonzero((steps[:-1] >= end / 1e9) & (steps[:-1] < until)):
            if phases[k] == NORMAL and first >= FEWEST_NORMAL:
                phases[k] = RECOVERING
        hit = (steps[:-1] >= begin / 1e9) & (steps[:-1] < until)
        found.append(Recovery(what, begin / 1e9, end / 1e9, int(lost[hit].sum()), after, last))
    return tuple(found), tuple(phases)


def _back(
    steps: Floats, courses: Mapping[str, Floats], during: Bools, first: int, end: float
) -> tuple[str, float | None]:
    """Return which figure recovers last after a fault and when, s; None if one never does."""
    begin = int(np.searchsorted(steps, end - 1e-9))
    later = np.flatnonzero(during[begin:])
    stop = begin + int(later[0]) if later.size else during.size
    slowest, when = "", end
    for name, course in courses.items():
        normal = course[:first]
        normal = normal[~np.isnan(normal)]
        if normal.size < FEWEST_NORMAL:
            continue
        top = normal.mean() + WIDTH * normal.std(ddof=1) + 1e-9
        inside = ~(course[begin:stop] > top)
        back = _first_run(inside, HOLDS)
        if back is None:
            return name, None
        if steps[begin + back] > when:
            slowest, when = name, float(steps[begin + back])
    return slowest, when


def _first_run(inside: Bools, length: int) -> int | None:
    """Return where the first run of so many true values begins, shorter at the end."""
    for k in range(inside.size):
        if inside[k : k + length].all():
            return k
    return 0 if not inside.size else None
