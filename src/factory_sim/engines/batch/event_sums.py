"""Sums of rare events, which are stored sparsely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats, Ints


class EventSums:
    """Sums of rare events at S positions in R replications.

    Args:
        shape: (S, R).
        amounts: Number of amounts that each event has, such as seconds.
    """

    def __init__(self, shape: tuple[int, int], amounts: int) -> None:
        self._shape, self._amounts = shape, amounts
        self._found: list[tuple[Floats | Ints, ...]] = []

    def add(
        self, here: Bools | bool, position: Ints, replication: Ints, *amounts: Floats | Ints
    ) -> None:
        """Add those events (m,) of a cycle whose replication is among ``here`` (R,)."""
        events = (position * self._shape[1] + replication, *amounts)
        if not isinstance(here, bool):
            some = np.flatnonzero(here[replication])
            events = tuple(each[some] for each in events)
        self._found.append(events)

    def hand_over(self) -> list[Floats]:
        """Return the sum of each amount, (S, R), and begin anew."""
        found, self._found = self._found, []
        if not found:
            return list(np.zeros((self._amounts, *self._shape)))
        place, *amounts = (np.concatenate(each) for each in zip(*found, strict=True))
        sums = np.empty((self._amounts, self._shape[0] * self._shape[1]))
        for total, each in zip(sums, amounts, strict=True):
            total[:] = np.bincount(place, each, total.size)
        return list(sums.reshape(-1, *self._shape))
