"""Which visits can hold a section beyond its takt: few, and known ahead.

A cycle lasts the takt at least. So with every cycle as short as that, the backlog of a
position is as large as it can be; it follows from the draws alone, and is the same in all
plants beside each other that have the station. A visit can hold the section only where that
backlog, the work and the repairs exceed takt and window. What it really requires depends on
the visits before it in the same busy period, which begins when the position is without
backlog; so these are selected as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.kinds import Expander

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from factory_sim.engines.batch.ahead import Chunk
    from factory_sim.engines.batch.kinds import Kind
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Section

MOST = 1 / 8
"""Largest share of visits in a selection; with more, it is faster to follow all of them."""

SLACK = 1e-6
"""How much shorter than the takt a cycle may come out by rounding, s, and more."""


@dataclass(frozen=True)
class Selection:
    """Visits of a chunk, m in all, sorted by cycle; R columns for all plants beside each other.

    Attributes:
        bounds: (rows + 1,) index of the first visit of each cycle, and m.
        cell: (m,) index in an array (S, R).
        column: (m,) replication, among those of all plants.
        work: (m,) work content, s.
        goes_on: (m,) whether the next visit to the position is selected, in the same busy period.
    """

    bounds: list[int]
    cell: Ints
    column: Ints
    work: Floats
    goes_on: Bools

    def of(self, row: int) -> slice:
        """Return which of the visits are in a cycle."""
        return slice(self.bounds[row], self.bounds[row + 1])


class Selector:
    """Selects visits of a section whose work and breakdowns are known ahead.

    Args:
        section: Which section.
        kinds: The K kinds of its stations.
        replications: Of one plant, R / L.
        besides: Positions whose visits are never selected, since all of them are followed.
    """

    def __init__(
        self,
        section: Section,
        kinds: Sequence[Kind],
        replications: int,
        besides: Collection[int],
    ) -> None:
        windows = [kind.station.window for kind in kinds]
        self._takt = section.takt - SLACK
        # The same for all is compared faster.
        limit = windows[0] if len(set(windows)) == 1 else np.array(windows)[:, None]
        self._limit = self._takt + limit
        self._expander = Expander(kinds, replications)
        self._besides = np.flatnonzero(np.isin(self._expander.position, list(besides)))
        self._replications = replications
        self._columns = replications * sum(len(kind.plants) for kind in kinds if not kind.position)
        # The largest backlog that there can be, s.
        self._backlog = np.zeros((len(kinds), replications))

    def next(self, chunk: Chunk) -> Selection | None:
        """Return the visits of the next cycles that are worth following; None for all."""
        follows, goes_on = self._possible(chunk)
        _add_busy_periods(follows, goes_on)
        if np.count_nonzero(follows) > MOST * follows.size:
            return None
        visit = np.flatnonzero(follows)
        rest, replication = np.divmod(visit, self._replications)
        cycle, kind = np.divmod(rest, follows.shape[1])
        many, begins, first = self._expander.expand(kind)
        column = np.repeat(replication, many) + first
        return Selection(
            bounds=begins[np.searchsorted(cycle, np.arange(len(follows) + 1))].tolist(),
            cell=np.repeat(self._expander.position[kind] * self._columns, many) + column,
            column=column,
            work=np.repeat(chunk.work.ravel()[visit], many),
            goes_on=np.repeat(goes_on.ravel()[visit], many),
        )

    def _possible(self, chunk: Chunk) -> tuple[Bools, Bools]:
        """Return which visits may hold the section, and may leave a backlog, (rows, K, R / L)."""
        shape, backlog = chunk.work.shape, self._backlog
        holds, leaves = np.empty(shape, dtype=bool), np.empty(shape, dtype=bool)
        struck = chunk.struck
        for row, work in enumerate(chunk.work):
            backlog += work
            np.greater(backlog, self._limit, out=holds[row])
            if struck is not None and struck.bounds[row] < struck.bounds[row + 1]:
                which = slice(struck.bounds[row], struck.bounds[row + 1])
                kind, replication = struck.kind[which], struck.replication[which]
                backlog[kind, replication] += struck.seconds[which]
                holds[row, kind, replication] = True
            backlog -= self._takt
            np.greater(backlog, 0.0, out=leaves[row])
            np.maximum(backlog, 0.0, out=backlog)
        holds[:, self._besides] = leaves[:, self._besides] = False
        return holds, leaves


def _add_busy_periods(holds: Bools, leaves: Bools) -> None:
    """Add the visits before those that may hold the section, in the same busy period.

    Args:
        holds: (rows, K, R / L) which visits may hold the section; the others are added.
        leaves: (rows, K, R / L) which may leave a backlog; kept where that matters to the next.
    """
    # What a chunk leaves is needed in the next, of which nothing is known yet.
    holds[-1] |= leaves[-1]
    for row in range(len(holds) - 1, 0, -1):
        leaves[row - 1] &= holds[row]
        holds[row - 1] |= leaves[row - 1]
