"""Laws of the detection delay: by a person on patrol, or by the twin from telemetry.

The detection delay is the time from a failure until somebody knows of it. A law gives it
for the clock time of the failure and one uniform draw. All laws rise with the draw, so
two ways of monitoring, or one with and without a fault in the network, differ in the
delay alone: the draws are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.line.arrays import Floats
    from factory_sim.line.distributions import DetectionDelay, Distribution


@dataclass(frozen=True)
class Round:
    """A patrol comes by at regular intervals: the delay is uniform over one of them.

    Attributes:
        every: Time from one visit to the next, s.
    """

    every: float

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays, uniform over the round; see :class:`DetectionDelay`."""
        return np.broadcast_to(self.every * u, np.broadcast_shapes(t.shape, u.shape))

    def mean(self, t: Floats) -> Floats:
        """Return half the round at all times."""
        return np.full_like(t, self.every / 2)

    def edges(self, _begin: float, _end: float) -> tuple[float, ...]:
        """Return none: the law does not change."""
        return ()


@dataclass(frozen=True)
class Steady:
    """A delay whose distribution does not depend on the clock.

    Attributes:
        of: Its distribution, s.
    """

    of: Distribution

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays; see :class:`DetectionDelay`."""
        return np.broadcast_to(self.of.quantile(u), np.broadcast_shapes(t.shape, u.shape))

    def mean(self, t: Floats) -> Floats:
        """Return the mean of the distribution at all times."""
        return np.full_like(t, self.of.mean)

    def edges(self, _begin: float, _end: float) -> tuple[float, ...]:
        """Return none: the law does not change."""
        return ()


@dataclass(frozen=True)
class Law:
    """A delay whose distribution changes with the clock, such as while a gateway is down.

    Within each piece of time the delay has one distribution, given by its quantiles and
    straight lines between them. The last piece goes on for ever.

    Attributes:
        begins: (n,) begin of each piece, s, ascending from 0.
        shares: (m,) shares, ascending from 0 to 1.
        quantiles: (n, m) delay, s, below which those shares of the failures of a piece are
            seen; no row falls.

    Raises:
        ValueError: If the table is not of that form.
    """

    begins: tuple[float, ...]
    shares: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if not self.begins or self.begins[0] != 0.0 or _falls(self.begins, strictly=True):
            raise ValueError(f"begins must ascend from 0 (got {self.begins})")
        ends = (self.shares[:1], self.shares[-1:])
        if ends != ((0.0,), (1.0,)) or _falls(self.shares, strictly=True):
            raise ValueError(f"shares must ascend from 0 to 1 (got {self.shares})")
        widths = {len(row) for row in self.quantiles}
        if len(self.quantiles) != len(self.begins) or widths != {len(self.shares)}:
            raise ValueError(
                f"quantiles must have a row for each of the {len(self.begins)} pieces and a "
                f"column for each of the {len(self.shares)} shares"
            )
        if any(row[0] < 0 or _falls(row) for row in self.quantiles):
            raise ValueError("quantiles must be at least 0 s and not fall within a piece")

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays; see :class:`DetectionDelay`."""
        begins, shares, quantiles = self._tables
        piece = np.searchsorted(begins, t, side="right") - 1
        left = np.clip(np.searchsorted(shares, u, side="right") - 1, 0, len(shares) - 2)
        low, high = quantiles[piece, left], quantiles[piece, left + 1]
        part = (u - shares[left]) / (shares[left + 1] - shares[left])
        delays: Floats = low + part * (high - low)
        return delays

    def mean(self, t: Floats) -> Floats:
        """Return the expected delay of failures at clock times ``t``, s."""
        begins, shares, quantiles = self._tables
        means = ((quantiles[:, 1:] + quantiles[:, :-1]) / 2) @ np.diff(shares)
        expected: Floats = means[np.searchsorted(begins, t, side="right") - 1]
        return expected

    def edges(self, begin: float, end: float) -> tuple[float, ...]:
        """Return the begins of its pieces in (begin, end), s."""
        return tuple(edge for edge in self.begins if begin < edge < end)

    @cached_property
    def _tables(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.begins), np.array(self.shares), np.array(self.quantiles)


@dataclass(frozen=True)
class Blind:
    """A steady delay, but for one spell whose failures are detected only after its end.

    Attributes:
        of: Distribution of the delay, s; for failures within the spell counted from its end.
        begin: Begin of the spell, s.
        end: Its end, s.
    """

    of: Distribution
    begin: float
    end: float

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays; see :class:`DetectionDelay`."""
        delays: Floats = self._wait(t) + self.of.quantile(u)
        return delays

    def mean(self, t: Floats) -> Floats:
        """Return the expected delay of failures at clock times ``t``, s."""
        expected: Floats = self._wait(t) + self.of.mean
        return expected

    def edges(self, begin: float, end: float) -> tuple[float, ...]:
        """Return the ends of the spell in (begin, end), s."""
        return tuple(edge for edge in (self.begin, self.end) if begin < edge < end)

    def _wait(self, t: Floats) -> Floats:
        return np.where((t >= self.begin) & (t < self.end), self.end - t, 0.0)


@dataclass(frozen=True)
class Repeated:
    """A law of which one span is repeated for ever, back to back, with the fault in it.

    Attributes:
        law: The law.
        begin: Begin of the span, s.
        end: Its end, s.
    """

    law: DetectionDelay
    begin: float
    end: float

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays; see :class:`DetectionDelay`."""
        return self.law.delay(self._within(t), u)

    def mean(self, t: Floats) -> Floats:
        """Return the expected delay of failures at clock times ``t``, s."""
        return self.law.mean(self._within(t))

    def edges(self, begin: float, end: float) -> tuple[float, ...]:
        """Return the edges of the law in every span of (begin, end), s."""
        length = self.end - self.begin
        inner = (self.begin, *self.law.edges(self.begin, self.end))
        first, last = ((t - self.begin) // length for t in (begin, end))
        cycles = range(int(first), int(last) + 1)
        edges = (edge + cycle * length for cycle in cycles for edge in inner)
        return tuple(edge for edge in edges if begin < edge < end)

    def _within(self, t: Floats) -> Floats:
        within: Floats = self.begin + (t - self.begin) % (self.end - self.begin)
        return within


def excess(law: DetectionDelay, usual: DetectionDelay, begin: float, end: float) -> float:
    """Return the integral over [begin, end] of mean delay less usual mean delay, s^2.

    Times the failure rate, this is the expected extra downtime, s. It is exact: between the
    edges of the laws, means are linear.
    """
    edges = sorted({begin, end, *law.edges(begin, end), *usual.edges(begin, end)})
    first, last = np.array(edges[:-1]), np.array(edges[1:])
    middle = (first + last) / 2
    total: Floats = (law.mean(middle) - usual.mean(middle)) * (last - first)
    return float(total.sum())


@dataclass(frozen=True)
class Detection:
    """How late the twin detects the failures of each class of devices.

    Attributes:
        laws: Detection delay by name of the class; a class that is missing sends nothing.
        sent: Messages of each class that were sent in the time simulated; empty if unknown.
        lost: Those of them that did not arrive.
    """

    laws: Mapping[str, Law]
    sent: Mapping[str, float] = field(default_factory=dict)
    lost: Mapping[str, float] = field(default_factory=dict)


def _falls(values: tuple[float, ...], *, strictly: bool = False) -> bool:
    """Return whether values fall somewhere; ``strictly`` also if two are the same."""
    return any(b <= a if strictly else b < a for a, b in pairwise(values))
