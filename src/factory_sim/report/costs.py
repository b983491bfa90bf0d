"""What a fault of the network costs, read from the record of a twin's gains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.report.numbers import plus_minus
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

STEPS = ("lost", "failures", "delay", "downtime")
"""Figures of each class whose failures are detected late, in the order of cause and effect."""

COSTS = ("unseen", "downtime", "parts")
"""What a fault costs, as simulated; the first two are expected to be the same."""

RUNS = ("each", "once")
"""The runs: faults back to back, averaged over them; and a single fault."""


def over_all_classes(late: Sequence[Record], step: str) -> float:
    """Return a step for all classes together: the sum or, of the delay, the mean over failures.

    Args:
        late: The classes whose failures are detected late.
        step: One of ``STEPS``.
    """
    if step == "delay":
        failures = sum(one["failures"] for one in late)
        return sum(one["downtime"] for one in late) / failures if failures else math.nan
    return float(sum(one.get(step) or 0.0 for one in late))


def cost_text(estimate: Estimate, say: Catalogue = ENGLISH, unit: str = "") -> str:
    """Return what a fault costs in words; zeros without spread are not presented as certain."""
    if estimate.mean == 0 and not estimate.half_width > 0:
        return say("chain.no_difference", n=f"{estimate.n:,}")
    return f"{plus_minus(estimate, signed=True)} {unit}".rstrip()
