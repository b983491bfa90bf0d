"""The draws of plants that are simulated side by side, as columns of one.

Plants that differ in nothing but what their stations are drew the same uniforms at the same
addresses. The columns are the replications of the first plant, then those of the second,
and so on; each plant finds in its own the draws that it would have alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import Draws, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.distributions import Distribution


class SideBySide(Draws):
    """The randomness of some replications, for several plants at once.

    Args:
        one: That of one plant.
        plants: How many there are.
    """

    def __init__(self, one: Draws, plants: int) -> None:
        super().__init__(one.seed, range(plants * len(one.replications)))
        self._one, self._plants = one, plants

    @property
    def one(self) -> Draws:
        """The randomness of one of the plants."""
        return self._one

    def stream(self, name: str, purpose: str) -> Stream:
        """Return the draws of an object and purpose, from its first part on."""
        return _Repeated(self._one.stream(name, purpose), self._plants)


class _Repeated(Stream):
    """The draws of a stream, once for each of some plants."""

    def __init__(self, one: Stream, plants: int) -> None:
        self._one, self._plants = one, plants

    def take(self, parts: int) -> Floats:
        """Return the next ``(parts, plants x replications)`` draws."""
        return np.tile(self._one.take(parts), self._plants)

    def times(self, distributions: Sequence[Distribution], parts: int) -> list[Floats]:
        """Return the next draws through each of some distributions, each like ``take``."""
        return [np.tile(times, self._plants) for times in self._one.times(distributions, parts)]

    def skip(self, parts: int) -> None:
        """Pass over draws."""
        self._one.skip(parts)
