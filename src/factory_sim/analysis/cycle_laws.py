"""Audit laws of the cycles of paced sections whose visits are summed up.

cycles     one begins where the last ends, after the takt and when every position
           has let the section go
order      where an edge of the window cuts a cycle: work begins in it, and ends in it
parts      as many are finished at a position as cycles pass it, but for those that
           an edge of the window cuts
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.breach import broken_laws

if TYPE_CHECKING:
    from factory_sim.analysis.layout import Sample
    from factory_sim.engines.record import SectionEdges, SectionRecord, StationRecord
    from factory_sim.line.arrays import Bools, Ints


class CycleLaws:
    """The laws of one section.

    Args:
        name: Of the section.
        begin: Start of the window, s.
        end: End of the window, s.
        sample: The replications that are checked, R.
    """

    def __init__(self, name: str, begin: float, end: float, sample: Sample) -> None:
        self._name, self._window, self._sample = name, (begin, end), sample
        self._last = np.zeros(sample.layout.columns)

    def broken(self, record: SectionRecord) -> list[tuple[str, int, float]]:
        """Return the laws that a slab breaks: which, in which column, and when, s."""
        begin, end = self._sample.of(record.begin), self._sample.of(record.end)
        if not len(end):
            return []
        before = np.concatenate([self._last[None], end[:-1]])
        if not record.first:
            before[0] = begin[0]
        self._last = end[-1].copy()
        name = self._name
        paced, held = self._sample.of(record.paced), self._sample.of(record.held)
        checks = [
            (f"cycles: {name} moves before its takt has passed", end, paced),
            (f"cycles: {name} moves before all let it go", end, held),
            (f"cycles: {name} moves before it has moved", begin, before),
            (f"cycles: {name} stands between two cycles", before, begin),
        ]
        return broken_laws(checks) + [
            law for edges in record.edges for law in self._disordered(edges)
        ]

    def _disordered(self, edges: SectionEdges) -> list[tuple[str, int, float]]:
        """Return the laws broken by visits that an edge of the window cuts."""
        position = self._sample.position(edges.replication)
        some = np.flatnonzero(position >= 0)
        edges, name = edges.chosen(some), self._name
        ready, finish = (np.where(edges.present, t, 0.0) for t in (edges.ready, edges.finish))
        begin, end = (np.where(edges.present, t, 0.0) for t in (edges.begin, edges.end))
        checks = [
            (f"order: {name} works before components are there", ready, begin),
            (f"order: {name} finishes before it begins", finish, ready),
            (f"order: a part leaves {name} before its work is over", end, finish),
        ]
        return [(law, int(position[some[n]]), at) for law, n, at in broken_laws(checks)]

    def passed(self, record: SectionRecord) -> tuple[Ints, Ints]:
        """Return the fewest and the most parts that each position may finish in the window.

        Returns:
            (S, R or 1) those of cycles within the window, and of all that touch it.
        """
        low, high = self._window
        begin, end = self._sample.of(record.begin), self._sample.of(record.end)
        # Position s has a part from cycle s on.
        rows = np.maximum(np.arange(len(record.section.stations)) - record.first, 0)
        within, meeting = (begin > low) & (end <= high), (begin < high) & (end > low)
        return _from_row(within, rows), _from_row(meeting, rows)


def at_the_ends(
    record: SectionRecord, positions: tuple[StationRecord, ...]
) -> dict[str, StationRecord]:
    """Return where parts enter and leave a section and where units join them, by station.

    Args:
        record: The cycles.
        positions: Its stations.
    """
    stations = record.section.stations
    found = {stations[0].name: replace(positions[0], start=record.begin)}
    empty = max(len(stations) - 1 - record.first, 0)
    last = found.get(stations[-1].name, positions[-1])
    found[stations[-1].name] = replace(last, leave=record.end[empty:])
    for place, ready in record.joined:
        here = found.get(stations[place].name, positions[place])
        found[stations[place].name] = replace(here, ready=ready)
    return found


def _from_row(some: Bools, rows: Ints) -> Ints:
    """Return how many rows from each of some on, (S, R or 1), are true in (n, R)."""
    if some.all():
        return np.maximum(len(some) - rows, 0)[:, None]
    if not some.any():
        return np.zeros((len(rows), 1), dtype=np.int64)
    counts = np.zeros((len(some) + 1, some.shape[1]), dtype=np.int64)
    counts[:-1] = np.cumsum(some[::-1], axis=0)[::-1]
    from_row: Ints = counts[np.minimum(rows, len(some))]
    return from_row
