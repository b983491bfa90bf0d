"""Histograms of times in bins of equal relative width, and of time spent between two ages.

Bins are sixteenths of an octave, so a time is known to within 6 %; sums within the bins
are kept where shares of time are asked, which makes them exact at the edges and
good to far less than a bin between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints

PER_OCTAVE_BITS = 4
"""Bits of the mantissa that tell bins apart: 16 per octave."""

SMALLEST, LARGEST = 10, 46
"""Octaves covered: from 2**10 ns, 1 us, to 2**46 ns, 19.5 h; other times go to the end bins."""

BINS = ((LARGEST - SMALLEST) << PER_OCTAVE_BITS) + 1
"""Number of bins; the first also holds all shorter times."""

_SHIFT = 23 - PER_OCTAVE_BITS
_OFFSET = ((127 + SMALLEST) << PER_OCTAVE_BITS) - 1


def edges() -> Floats:
    """Return the (BINS + 1,) edges of the bins, ns."""
    inner = np.arange(BINS + 1) - 1
    octave, part = np.divmod(inner, 1 << PER_OCTAVE_BITS)
    result: Floats = np.ldexp(1 + part / (1 << PER_OCTAVE_BITS), octave + SMALLEST)
    result[0] = 0.0
    return result


EDGES = edges()


def bins(times: Ints) -> Ints:
    """Return the bin of each time, ns: the leading bits of a floating-point number."""
    found = times.astype(np.float32).view(np.int32)
    found >>= _SHIFT
    found -= _OFFSET
    np.maximum(found, 0, out=found)
    np.minimum(found, BINS - 1, out=found)
    return found.astype(np.intp)


def quantile(counts: Ints, share: float) -> float:
    """Return a quantile of the counted times, s; nan if nothing was counted.

    Within a bin the times are taken as evenly spread.
    """
    return float(quantiles(np.concatenate([[0.0], np.cumsum(counts)]), np.array([share]))[0])


def quantiles(below: Floats, shares: Floats) -> Floats:
    """Return quantiles, s, of a distribution given at the edges of the bins.

    Args:
        below: (BINS + 1,) weight below each edge, not decreasing.
        shares: In [0, 1].
    """
    total = below[-1]
    if not total > 0:
        return np.full(shares.shape, np.nan)
    # of equal values only the last before an increase and the first after it matter
    rises = np.flatnonzero(np.diff(below) > 0)
    knots = np.unique(np.concatenate([rises, rises + 1]))
    times: Floats = np.interp(shares * total, below[knots], EDGES[knots]) / 1e9
    return times


class Spans:
    """Time spent at each age by ages that rise from one value to another, added up per row.

    Every age rises by a second per second. So the time spent at an age of at most z while
    it rises from x to y is ``max(z - x, 0) - max(z - y, 0)``: ends of rises are
    all that is kept, as counts and sums per bin.

    Attributes:
        counts: (rows, BINS) rises that begin in the bin less those that end in it.
        sums: (rows, BINS) ages at which they do, ns.
    """

    def __init__(self, rows: int) -> None:
        self.counts = np.zeros((rows, BINS))
        self.sums = np.zeros((rows, BINS))

    def add(self, rows: Ints, ages: Ints, sign: int) -> None:
        """Add ends of rises: begins with sign 1, ends with sign -1.

        Args:
            rows: Row of each.
            ages: Ages, ns.
            sign: 1 or -1.
        """
        self.add_binned(rows * BINS + bins(ages), ages, sign)

    def add_binned(self, places: Ints, ages: Ints, sign: int) -> None:
        """Add ends of rises of known places, ``row * BINS + bin``."""
        np.add.at(self.counts.reshape(-1), places, np.full(places.size, float(sign)))
        np.add.at(self.sums.reshape(-1), places, sign * ages.astype(float))

    def below(self) -> Floats:
        """Return the (rows, BINS + 1) time spent below each edge of the bins, ns."""
        nothing = np.zeros((self.counts.shape[0], 1))
        counts = np.hstack([nothing, np.cumsum(self.counts, axis=1)])
        sums = np.hstack([nothing, np.cumsum(self.sums, axis=1)])
        return counts * EDGES - sums
