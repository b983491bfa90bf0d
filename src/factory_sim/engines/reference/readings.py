"""The draws of one address, read one after the other."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.draws import Draws

T = TypeVar("T")

AHEAD = 256
"""Draws fetched at a time: enough to make the cost of a call per draw negligible."""


class Uniforms:
    """Uniform draws on [0, 1) of one object and purpose."""

    def __init__(self, draws: Draws, name: str, purpose: str) -> None:
        self._stream = draws.stream(name, purpose)
        self._position = AHEAD
        self._values: list[float] = []

    def next(self) -> float:
        """Return the next draw."""
        if self._position == AHEAD:
            self._values = self._stream.take(AHEAD)[:, 0].tolist()
            self._position = 0
        value = self._values[self._position]
        self._position += 1
        return value


class Quantities:
    """Draws of one object and purpose, each seen through the distribution that applies."""

    def __init__(
        self, draws: Draws, name: str, purpose: str, kinds: Sequence[Distribution]
    ) -> None:
        self._stream = draws.stream(name, purpose)
        self._kinds = kinds
        self._position = AHEAD
        self._uniform: Floats
        self._values: list[list[float]]

    def next(self, kind: int = 0) -> float:
        """Return the next draw as a quantile of distribution number ``kind``."""
        if self._position == AHEAD:
            self._uniform = self._stream.take(AHEAD)[:, 0]
            self._values = [[] for _ in self._kinds]
            self._position = 0
        if not self._values[kind]:
            self._values[kind] = self._kinds[kind].quantile(self._uniform).tolist()
        value = self._values[kind][self._position]
        self._position += 1
        return value


def by_part(factor: Callable[[Ints], Floats]) -> Iterator[float]:
    """Yield a factor that depends on the count of a part, for the parts from 0 on."""
    for first in count(0, AHEAD):
        yield from factor(np.arange(first, first + AHEAD)).tolist()


def in_growing_portions(following: Callable[[int], Sequence[T]]) -> Iterator[T]:
    """Yield values without end, one at first, then more and more at a time.

    Args:
        following: Returns the next so many values.
    """
    number = 1
    while True:
        yield from following(number)
        number = min(2 * number, AHEAD)
