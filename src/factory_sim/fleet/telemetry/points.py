"""Moments at which devices tell something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.line.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Points:
    """Moments at which devices send, n in all: m stretches, one after the other.

    Attributes:
        device: (m,) number of the device within its class.
        knots: (m,) the knot of the tracks that holds during the stretch.
        rows: (m,) moments of the stretch.
        ticks: (n,) the moments, whole ms after time 0.
        on_change: (n,) whether it is the start of the stretch, where the state changes.
    """

    device: Ints
    knots: Ints
    rows: Ints
    ticks: Floats
    on_change: Bools

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the stretches, (m,), as those of the moments, (n,)."""
        return np.repeat(values, self.rows)
