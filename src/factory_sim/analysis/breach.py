"""Where a law is broken, and how exactly a run must keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats

TOLERANCE = 1e-9
"""Relative to the clock."""


def breach(later: Floats, earlier: Floats) -> list[float]:
    """Return the time of the first row in which ``later`` precedes ``earlier``, if any."""
    rows = min(len(later), len(earlier))
    later, earlier = later[:rows], earlier[:rows]
    wrong = later < earlier
    if not wrong.any():
        return []
    wrong &= later < earlier - TOLERANCE * (1 + np.minimum(earlier, FAR))
    wrong &= earlier < np.inf
    return [float(later[wrong].min())] if wrong.any() else []
