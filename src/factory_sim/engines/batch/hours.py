"""When stations that advance together are available: one look ahead for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.outages import Outages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class Hours:
    """The outages of P stations, each at its own moment of the clock.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.

    Attributes:
        of_position: The outages of each.
        always: Whether all are always available.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        self.of_position = [Outages(station, draws) for station in stations]
        self.always = all(outages.none for outages in self.of_position)
        # The stations look ahead in rows of one table, so that one comparison asks all.
        self._next = np.empty((len(stations), len(draws.replications)))
        for row, outages in zip(self._next, self.of_position, strict=True):
            outages.look_ahead_in(row)

    def interrupt(self, ready: Floats, need: Floats, finish: Floats) -> None:
        """Put off the finishes of work that meets an outage; each (P, R), s.

        Args:
            ready: When the work may begin.
            need: Available time it takes.
            finish: Their sum; nothing before the finish will be asked again.
        """
        late = finish > self._next
        if not np.count_nonzero(late):
            return
        for position in np.flatnonzero(late.any(axis=1)):
            outages, some = self.of_position[position], np.flatnonzero(late[position])
            finish[position, some] = outages.interrupted(
                ready[position, some], need[position, some], some
            )

    def forget(self, before: Floats) -> None:
        """Drop outages that ended before a time of each station, (P, R), s."""
        for outages, time in zip(self.of_position, before, strict=True):
            outages.forget(time)
