"""Tool changes: after every so many parts, the next one's processing begins with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import Columns, Count, Rows, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class ToolChanges:
    """The tool changes of P stations that parts pass one step after the other.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        replications = len(draws.replications)
        self._positions = len(stations)
        self._all = np.arange(replications)
        self._tools = [
            (
                position,
                s.tool_change.every,
                Rows(positions(draws, [s.name], "tool", [[s.tool_change.takes]]), replications),
            )
            for position, s in enumerate(stations)
            if s.tool_change is not None
        ]

    def changes(self, part: Count, at: Columns, oldest: Count) -> Floats:
        """Return the tool change time in the processing of parts, (P, n), s.

        Args:
            part: Count of the part at position 0, ``part - 1`` is at 1, and so on.
            at: The n replications.
            oldest: No later call asks for a part before this one.
        """
        time = np.zeros((self._positions, self._all[at].size))
        for position, every, takes in self._tools:
            change, since = np.divmod(np.asarray(part) - position, every)
            due = (since == 0) & (change > 0)
            if isinstance(part, int):
                if due:
                    number = int(change) - 1
                    time[position] = takes.row(number, at, number)[0, 0]
            elif due.any():
                # The next change of a replication is that of the first part still to come.
                later = np.maximum(-((position - oldest) // every) - 1, 0)
                some = np.flatnonzero(due)
                drawn = takes.row(change[some] - 1, self._all[at][some], later)
                time[position, some] = drawn[0, 0]
        return time
