"""Time in whole nanoseconds, and distributions tabulated for fast draws.

Queues add and compare times only. In integers that is exact, whatever the order of
additions, and it is several times faster than in floating point: a result does not
depend on how the horizon is cut, and two implementations agree to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.distributions import Distribution

SECOND = 1_000_000_000
"""Nanoseconds of a second."""

CELLS = 1 << 12
"""Cells of equal probability in which a quantile function is taken as linear. More would
be more exact, but the tables of all laws together should stay in the cache."""

EXACT = 8
"""Cells at either end in which it is computed, not tabulated: the tails make the delays."""


def nanoseconds(seconds: float) -> int:
    """Return a time in whole ns."""
    return round(seconds * SECOND)


@dataclass(frozen=True)
class Law:
    """The distribution of a time, which turns uniform draws into whole nanoseconds.

    Attributes:
        of: The distribution, s.
        intercept: (CELLS,) of the line that stands for the quantile function in a cell, ns.
        slope: (CELLS,) of that line, ns per unit of u.
        is_constant: Whether it needs no draws.
    """

    of: Distribution
    intercept: Floats
    slope: Floats
    is_constant: bool

    def times(self, u: Floats, out: Ints | None = None) -> Ints:
        """Return the times of some draws, ns, at least 1; exponential to 0.2 % of the mean.

        Service times of 0 would make the order of events ambiguous.

        Args:
            u: Draws in [0, 1).
            out: Where the times go, if not into a new array.
        """
        cells = (u * CELLS).astype(np.intp)
        times = self.slope.take(cells)
        times *= u
        times += self.intercept.take(cells)
        # as unsigned numbers, cells below EXACT are very large
        cells -= EXACT
        tails = (cells.view(np.uintp) >= CELLS - 2 * EXACT).nonzero()[0]
        if tails.size:
            times[tails] = self.of.quantile(u[tails]) * SECOND
        times += 0.5
        out = np.empty(u.size, np.int64) if out is None else out
        out[:] = times
        return np.maximum(out, 1, out=out)


def law(distribution: Distribution) -> Law:
    """Return a distribution ready for fast draws."""
    edges = np.arange(CELLS + 1) / CELLS
    edges[-1] = np.nextafter(1.0, 0.0)
    knots = distribution.quantile(edges) * SECOND
    slope = np.diff(knots) * CELLS
    return Law(distribution, knots[:-1] - slope * edges[:-1], slope, distribution.sd == 0)
