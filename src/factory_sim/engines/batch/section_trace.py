"""A trace of the cycles of a paced section, kept for the critical path.

Where visits are summed up, they are not recorded. The critical path still asks what the
visits took at stations that held their section; so their content is kept, a row per
cycle. Their times follow from the cycles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.log import Column
from factory_sim.engines.batch.rows import ALL
from factory_sim.engines.record import SectionTrace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.outcome import Outcome
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Station

NONE = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
"""No repairs: positions, replications, seconds."""


class Trace:
    """The content of the cycles of a section since the last call of ``hand_over``.

    Args:
        stations: Its S stations.
        rows: Cycles in a slab, at most.
        replications: R.
    """

    def __init__(self, stations: Sequence[Station], rows: int, replications: int) -> None:
        shape = (len(stations), replications)
        self._work, self._setup = Column(rows, shape), Column(rows, shape)
        self._carried = Column(rows, shape, dtype=np.bool_)
        self._caught = {
            place: Column(rows, (replications,), dtype=np.bool_)
            for place, station in enumerate(stations)
            if station.inspection is not None
        }
        self._struck: list[tuple[Ints, Ints, Floats]] = []

    def add(self, now: Outcome, carried: Bools) -> None:
        """Add a cycle that ends.

        Args:
            now: What happened in it.
            carried: (S, R) as in ``SectionTrace``.
        """
        self._work.write(ALL, now.work(ALL))
        self._carried.write(ALL, carried)
        if now.setup is not None:
            self._setup.write(ALL, now.setup)
        if self._caught:
            found = dict(now.caught)
            for place, column in self._caught.items():
                column.write(ALL, found.get(place, False))
        self._struck.append(NONE if now.struck is None else now.struck[:3])

    def hand_over(self) -> SectionTrace:
        """Return the cycles added since the last call, valid until the next is added."""
        struck, self._struck = self._struck, []
        row = np.repeat(np.arange(len(struck)), [len(position) for position, *_ in struck])
        position, replication, seconds = (
            np.concatenate(each) for each in zip(*(struck or [NONE]), strict=True)
        )
        setup = self._setup.hand_over()
        return SectionTrace(
            work=self._work.hand_over(),
            carried=self._carried.hand_over(),
            setup=setup if len(setup) else None,
            caught=tuple((place, rows.hand_over()) for place, rows in self._caught.items()),
            struck=(row, position, replication, seconds),
        )
