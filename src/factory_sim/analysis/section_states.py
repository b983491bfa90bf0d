"""The stops of a paced section and the states of its positions.

Where the engine has summed up visits, its sums are used; visits in cycles cut by an edge of
the window are added as far as they lie within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import KEPT, StationTally
from factory_sim.analysis.window import Window, latest
from factory_sim.engines.record import CAUGHT, DEFECTIVE
from factory_sim.line.arrays import sum_of_rows
from factory_sim.line.calendars import on_shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.layout import Layout
    from factory_sim.engines.record import SectionEdges, SectionRecord, SectionSums
    from factory_sim.line.arrays import Floats
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section


class SectionTally:
    """The stops of one paced section and the states of its positions, summed up slab by slab.

    Args:
        section: Which, S positions.
        begin: Start of the window, s.
        end: End of the window, s.
        layout: Of the replications, R.

    Attributes:
        section: Which.
        positions: The states of each position.
        stops: (S, R) cycles that a position held beyond the takt.
        lost: (S, R) seconds on shift from the takt to its release of the section.
    """

    def __init__(self, section: Section, begin: float, end: float, layout: Layout) -> None:
        self.section = section
        replications = layout.columns
        self.stops, self.lost = np.zeros((2, len(section.stations), replications))
        self._begin, self._end = begin, end
        self._cycles, self._seconds = np.zeros((2, replications))
        self._columns = np.arange(replications)
        # Positions with the same shifts share the outages at the edges of the window.
        self._window = Window(begin, end, layout)
        self._sums = np.zeros((len(KEPT), len(section.stations), replications))
        self.positions = [
            StationTally(
                station,
                begin,
                end,
                layout,
                (
                    self._sums[:, place],
                    self._window if section.uniform else Window(begin, end, layout),
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
        outages, (last, _) = of_positions[0], latest(record.end)
        self._window.follow(outages, last)
        if not self.section.uniform:
            # Cycles also pass at positions that no part has reached yet.
            for position, own in zip(self.positions, of_positions, strict=True):
                position.follow(own, last)
        # In this order: a plant beside others may get its sums later than it would alone.
        for edges in record.edges:
            self._add_edges(edges)
        if record.sums is not None:
            self._add_sums(record.sums)
        if last > self._begin:
            self._add_cycles(record, outages)

    def _add_cycles(self, record: SectionRecord, outages: Outages) -> None:
        """Add the stops of cycles that end within the window."""
        inside = (record.end > self._begin) & (record.end <= self._end)
        begin, paced, released = record.begin, record.paced, np.maximum(record.held, record.paced)
        whole = bool(inside.all())
        if not whole:
            begin, paced, released = (
                np.where(inside, t, self._begin) for t in (begin, paced, released)
            )
        late, seconds = released - paced, released - begin
        stops = np.flatnonzero(late > 0)
        if not outages.none:
            off = outages.off_between(begin, released)
            seconds -= off
            row, column = np.divmod(np.flatnonzero(off), self._columns.size)
            edges = paced[row, column][None], released[row, column][None]
            late[row, column] -= outages.off_between(*edges, column)[0]
        here = (record.holder * self._columns.size + self._columns).ravel()[stops]
        shape, size = self.stops.shape, self.stops.size
        self.stops += np.bincount(here, minlength=size).reshape(shape)
        self.lost += np.bincount(here, late.ravel()[stops], size).reshape(shape)
        self._cycles += len(inside) if whole else np.count_nonzero(inside, axis=0)
        self._seconds += sum_of_rows(seconds)

    def _add_sums(self, sums: SectionSums) -> None:
        """Add cycles that lie within the window."""
        # Outages since the begin of the window may be forgotten; these are breaks alone.
        present = on_shift(self.section.calendar, sums.begin, sums.end)
        added = {
            "processed": sums.parts,
            "defective": sums.defective,
            "caught": sums.caught,
            "setup": sums.setup,
            "failures": sums.failures,
            "busy": sums.busy,
            "repairs": sums.repairs,
            "blocked": present - sums.busy - sums.repairs - sums.waiting,
            "waiting": sums.waiting,
        }
        for name, total in zip(KEPT, self._sums, strict=True):
            total += added[name]

    def _add_edges(self, edges: SectionEdges) -> None:
        """Add visits of cycles that an edge of the window cuts."""
        window, at, some = self._window, edges.replication, edges.present
        setup = 0.0 if edges.setup is None else edges.setup * some
        repairs = 0.0 if edges.down is None else edges.down * some
        if np.any(cut := np.add(setup, repairs) > 0):
            row, column = np.nonzero(cut)
            part = np.zeros(some.shape)
            ready, finish = edges.ready[row, column], edges.finish[row, column]
            part[row, column] = window.part(ready[None], finish[None], at[column])[0]
            setup, repairs = setup * part, repairs * part
        shape = some.shape
        begin, end = (np.broadcast_to(window.cut(t), shape) for t in (edges.begin, edges.end))
        ready, finish = window.cut(edges.ready), window.cut(edges.finish)
        inside = window.inside(edges.finish) & some
        verdict = np.zeros_like(inside, np.int16) if edges.verdict is None else edges.verdict
        added = {
            "processed": inside,
            "defective": inside & (verdict & DEFECTIVE > 0),
            "caught": inside & (verdict & CAUGHT > 0),
            "setup": setup,
            "failures": 0.0 if edges.failures is None else edges.failures * inside,
            "busy": window.between(ready, finish, at) * some - repairs,
            "repairs": repairs,
            "blocked": window.between(finish, end, at) * some,
            "waiting": window.between(begin, ready, at) * some,
        }
        for name, total in zip(KEPT, self._sums, strict=True):
            total[:, at] += added[name]

    def alone(self) -> Floats:
        """Return parts per scheduled hour, were it never starved nor blocked, (R,)."""
        none = np.full_like(self._cycles, np.nan)
        parts = 3600.0 * self._cycles
        return np.divide(parts, self._seconds, out=none, where=self._seconds > 0)
