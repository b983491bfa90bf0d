"""The stops of a paced section and the states of its positions.

Where the engine sums up visits, the sums are taken as they are; the visits of cycles that an
edge of the window cuts are added as far as they lie within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import KEPT, StationTally
from factory_sim.analysis.window import Window
from factory_sim.engines.record import CAUGHT, DEFECTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.record import SectionEdges, SectionRecord, SectionSums
    from factory_sim.line.arrays import Floats
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section


class SectionTally:
    """The stops of one paced section and the states of its positions, summed up slab by slab.

    Args:
        section: Which, S positions.
        begin: Begin of the window, s.
        end: End of the window, s.
        replications: R.

    Attributes:
        section: Which.
        positions: The states of each position.
        stops: (S, R) cycles that a position held beyond the takt.
        lost: (S, R) seconds on shift from the takt to its release of the section.
    """

    def __init__(self, section: Section, begin: float, end: float, replications: int) -> None:
        self.section = section
        self.stops, self.lost = np.zeros((2, len(section.stations), replications))
        self._begin, self._end = begin, end
        self._cycles, self._seconds = np.zeros((2, replications))
        self._columns = np.arange(replications)
        # Positions that keep the same hours meet the edges of the window alike.
        self._window = Window(begin, end, replications)
        self._sums = np.zeros((len(KEPT), len(section.stations), replications))
        self.positions = [
            StationTally(
                station,
                begin,
                end,
                replications,
                (
                    self._sums[:, place],
                    self._window if section.uniform else Window(begin, end, replications),
                ),
            )
            for place, station in enumerate(section.stations)
        ]

    def add(self, record: SectionRecord, of_positions: Sequence[Outages]) -> None:
        """Add the cycles of a slab.

        Args:
            record: The cycles.
            of_positions: Outages of each position; the shifts of the first are the section's.
        """
        if not len(record.end):
            return
        outages = of_positions[0]
        self._window.follow(outages, record.end)
        if not self.section.uniform:
            # Cycles go on at positions that no part has come to yet.
            for position, own in zip(self.positions, of_positions, strict=True):
                position.follow(own, record.end)
        if record.sums is not None:
            self._add_sums(record.sums, outages)
        for edges in record.edges:
            self._add_edges(edges)
        inside = (record.end > self._begin) & (record.end <= self._end)
        if not inside.any():
            return
        released = np.maximum(record.held, record.paced)
        times = np.where(inside, np.stack([released, record.paced, record.begin]), 0.0)
        if not outages.none:
            rows = times.reshape(-1, times.shape[2])
            times = (rows - outages.off(rows)).reshape(times.shape)
        shift, paced, begin = times
        row, column = np.nonzero(inside & (released > record.paced))
        here = record.holder[row, column] * self._columns.size + column
        late = (shift - paced)[row, column]
        self.stops += np.bincount(here, minlength=self.stops.size).reshape(self.stops.shape)
        self.lost += np.bincount(here, late, self.lost.size).reshape(self.lost.shape)
        self._cycles += inside.sum(axis=0)
        self._seconds += (shift - begin).sum(axis=0)

    def _add_sums(self, sums: SectionSums, outages: Outages) -> None:
        """Add cycles that lie within the window."""
        edges = np.concatenate([sums.begin, sums.end])
        if not outages.none:
            edges -= outages.lost(edges)
        begin, end = np.split(edges, 2)
        added = {
            "processed": sums.parts,
            "defective": sums.defective,
            "caught": sums.caught,
            "setup": sums.setup,
            "failures": sums.failures,
            "busy": sums.busy,
            "repairs": sums.repairs,
            "blocked": end - begin - sums.busy - sums.repairs - sums.waiting,
            "waiting": sums.waiting,
        }
        for name, total in zip(KEPT, self._sums, strict=True):
            total += added[name]

    def _add_edges(self, edges: SectionEdges) -> None:
        """Add visits of cycles that an edge of the window cuts."""
        window, at, some = self._window, edges.replication, edges.present
        start = window.available_until(edges.begin[None], at)
        leave = window.available_until(edges.end[None], at)
        ready, finish = (window.available_until(t, at) for t in (edges.ready, edges.finish))
        part = window.part(edges.ready, edges.finish, at) * some
        inside = window.inside(edges.finish) & some
        repairs = 0.0 if edges.down is None else edges.down * part
        verdict = np.zeros_like(inside, np.int16) if edges.verdict is None else edges.verdict
        added = {
            "processed": inside,
            "defective": inside & (verdict & DEFECTIVE > 0),
            "caught": inside & (verdict & CAUGHT > 0),
            "setup": 0.0 if edges.setup is None else edges.setup * part,
            "failures": 0.0 if edges.failures is None else edges.failures * inside,
            "busy": (finish - ready) * some - repairs,
            "repairs": repairs,
            "blocked": (leave - finish) * some,
            "waiting": (ready - start) * some,
        }
        for name, total in zip(KEPT, self._sums, strict=True):
            total[:, at] += added[name]

    def alone(self) -> Floats:
        """Return parts per scheduled hour, were it never starved nor blocked, (R,)."""
        none = np.full_like(self._cycles, np.nan)
        parts = 3600.0 * self._cycles
        return np.divide(parts, self._seconds, out=none, where=self._seconds > 0)
