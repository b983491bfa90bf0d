"""Sums of rare events, which are stored sparsely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats, Ints

MOST = 512
"""Cycles whose events are kept one by one."""


class EventSums:
    """Sums of rare events at S positions in R replications.

    Args:
        shape: (S, R).
        amounts: Number of amounts that each event has, such as seconds; without any, the
            events are counted.
    """

    def __init__(self, shape: tuple[int, int], amounts: int) -> None:
        self._shape = shape
        self._found: list[tuple[Floats | Ints, ...]] = []
        self._sums = np.zeros((max(amounts, 1), shape[0] * shape[1]))

    def add(
        self, here: Bools | bool, position: Ints, replication: Ints, *amounts: Floats | Ints
    ) -> None:
        """Add those events (m,) of a cycle whose replication is among ``here`` (R,)."""
        events = (position, replication, *amounts)
        if not isinstance(here, bool):
            some = np.flatnonzero(here[replication])
            events = tuple(each[some] for each in events)
        self._found.append(events)
        if len(self._found) == MOST:
            self._sum_up()

    def hand_over(self) -> list[Floats]:
        """Return the sum of each amount, (S, R), and begin anew."""
        self._sum_up()
        sums, self._sums = self._sums, np.zeros_like(self._sums)
        return list(sums.reshape(-1, *self._shape))

    def _sum_up(self) -> None:
        """Add up the events kept."""
        found, self._found = self._found, []
        if not found:
            return
        position, replication, *amounts = (
            np.concatenate(each) for each in zip(*found, strict=True)
        )
        place = position * self._shape[1] + replication
        # One after the other: a sum does not depend on where the rows before were added up.
        for total, amount in zip(self._sums, amounts or [np.ones(place.size)], strict=True):
            np.add.at(total, place, amount)
