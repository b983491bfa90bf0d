"""Rare events at a paced section computed ahead of time: defects and breakdowns.

They follow from the draws and the work content, not from when parts arrive, and concern
few visits; so they are stored sparsely. As in ``ahead``, row n of a chunk is cycle n, in
which the station at position s works on part n - s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.kinds import members
from factory_sim.engines.batch.modes import Modes
from factory_sim.engines.batch.rows import without_part
from factory_sim.line.pace import draw_factor, learned
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.kinds import Expander, Kind
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws


@dataclass(frozen=True)
class Events:
    """Events of one type in the cycles of a chunk, m in all, sorted by cycle.

    Attributes:
        bounds: (rows + 1,) index of the first event of each cycle, and m.
        position: (m,) position in the section.
        replication: (m,) column among the replications of all plants side by side.
        seconds: (m,) downtime of breakdowns, s; 0 for defects.
        number: (m,) number of breakdowns that coincide; 1 for defects.
    """

    bounds: list[int]
    position: Ints
    replication: Ints
    seconds: Floats
    number: Ints


@dataclass(frozen=True)
class KindEvents:
    """Events of one type at kinds of stations, m in all, sorted by cycle.

    Attributes:
        bounds: (rows + 1,) as of ``Events``.
        kind: (m,) index of the kind.
        replication: (m,) of one plant.
        seconds: (m,) as of ``Events``; so is the next.
        number: (m,)
    """

    bounds: list[int]
    kind: Ints
    replication: Ints
    seconds: Floats
    number: Ints

    def of_plants(self, expander: Expander) -> Events:
        """Return the events of all plants side by side."""
        many, begins, first = expander.expand(self.kind)
        return Events(
            bounds=begins[self.bounds].tolist(),
            position=np.repeat(expander.position[self.kind], many),
            replication=np.repeat(self.replication, many) + first,
            seconds=np.repeat(self.seconds, many),
            number=np.repeat(self.number, many),
        )


def _bounds(cycle: Ints, rows: int) -> list[int]:
    """Return the index of the first event (m,) of each cycle, and m, (rows + 1,)."""
    bounds: list[int] = np.searchsorted(cycle, np.arange(rows + 1)).tolist()
    return bounds


class Defects:
    """Defects made by the work at kinds whose defect rates do not vary with fatigue.

    All kinds at a position use the same draws. Those below the highest of their rates are
    few, and only these are compared with the rate of each kind.
    """

    def __init__(self, kinds: Sequence[Kind], draws: Draws) -> None:
        faulty = [(n, kind) for n, kind in enumerate(kinds) if kind.station.defect_rate > 0]
        self._which = np.array([n for n, _ in faulty], dtype=np.int64)
        self._rates = np.array([kind.station.defect_rate for _, kind in faulty])
        self._curves = [
            (index, kind.position, kind.station.defect_learning)
            for index, (_, kind) in enumerate(faulty)
            if kind.station.defect_learning is not None
        ]
        # Experience lowers the rate from part to part: the first one has the highest.
        likely = self._rates.copy()
        for index, _, curve in self._curves:
            likely[index] *= (1 + ROUNDING) * learned(curve, np.zeros(1, dtype=np.int64))[0]
        at = [(kind.position, kind.station.name) for _, kind in faulty]
        self._many = np.array([len([*some]) for _, some in groupby(at)], dtype=np.int64)
        self._first = np.cumsum(self._many) - self._many
        self._streams = [
            (at[first][0], draws.stream(at[first][1], "defect"), likely[first : first + many].max())
            for first, many in zip(self._first, self._many, strict=True)
        ]
        self._kinds, self._replications = len(kinds), len(draws.replications)

    def next(self, made: int, rows: int) -> KindEvents:
        """Return the defects that arise in the cycles from ``made`` on."""
        stream, visit, draw = self._candidates(made, rows)
        many = self._many[stream]
        kind, draw = members(self._first[stream], many), np.repeat(draw, many)
        cycle, replication = np.divmod(np.repeat(visit, many), self._replications)
        for index, position, curve in self._curves:
            here = kind == index
            draw[here] *= draw_factor(curve, made + cycle[here] - position)
        arises = draw < self._rates[kind]
        cycle, kind, replication = cycle[arises], self._which[kind[arises]], replication[arises]
        order = np.lexsort((replication, kind, cycle))
        return KindEvents(
            bounds=_bounds(cycle[order], rows),
            kind=kind[order],
            replication=replication[order],
            seconds=np.zeros(order.size),
            number=np.ones_like(order),
        )

    def _candidates(self, made: int, rows: int) -> tuple[Ints, Ints, Floats]:
        """Return streams, cells of (rows, R) and values of draws that may make a defect, (m,)."""
        none = np.zeros(0, dtype=np.int64)
        numbers, cells, draws = [none], [none], [np.zeros(0)]
        for number, (position, stream, most) in enumerate(self._streams):
            empty = without_part(position, made, rows)
            if empty == rows:
                continue
            draw = stream.take(rows - empty).ravel()
            cell = np.flatnonzero(draw < most)
            numbers.append(np.full(cell.size, number))
            cells.append(cell + empty * self._replications)
            draws.append(draw[cell])
        return np.concatenate(numbers), np.concatenate(cells), np.concatenate(draws)


class DefectDraws:
    """Draws to be compared with defect rates that vary with fatigue."""

    def __init__(self, kinds: Sequence[Kind], draws: Draws) -> None:
        self._kinds, self._replications = kinds, len(draws.replications)
        self._streams = [draws.stream(kind.station.name, "defect") for kind in kinds]

    def next(self, made: int, rows: int) -> Floats:
        """Return the draws of the cycles from ``made`` on, (rows, K, R)."""
        draw = np.empty((rows, len(self._kinds), self._replications))
        for index, (kind, stream) in enumerate(zip(self._kinds, self._streams, strict=True)):
            empty = without_part(kind.position, made, rows)
            draw[:empty, index] = 1.0  # no part, no defect
            if empty == rows:
                continue
            draw[empty:, index] = stream.take(rows - empty)
            curve = kind.station.defect_learning
            if curve is not None:
                part = np.arange(made + empty, made + rows) - kind.position
                draw[empty:, index] *= draw_factor(curve, part)[:, None]
        return draw


class Breakdowns:
    """Breakdowns of kinds of stations: where cumulative work passes a threshold."""

    def __init__(self, kinds: Sequence[Kind], draws: Draws) -> None:
        failing = [
            (index, kind.station.name, failure)
            for index, kind in enumerate(kinds)
            for failure in kind.station.failures
            if failure.clock == "busy"
        ]
        self._which = np.array(sorted({index for index, *_ in failing}), dtype=np.int64)
        # The modes of all kinds in a row, and the clock that each goes by.
        self._clock = np.searchsorted(self._which, [index for index, *_ in failing])
        self._modes = Modes([(name, failure) for _, name, failure in failing], draws)
        replications = len(draws.replications)
        self._worked = np.zeros((len(self._which), replications))
        self._kinds = len(kinds)

    def next(self, work: Floats) -> KindEvents:
        """Return the breakdowns that the next work (rows, K, R) brings."""
        rows, replications = len(work), self._worked.shape[1]
        worked = work[:, self._which]
        # One visit after the other, as a process would add them: sums must agree to the bit.
        for before, after in pairwise([self._worked, *worked]):
            after += before
        self._worked = worked[-1].copy()
        visits, seconds = self._struck(worked)
        # Several may strike during one visit.
        visit, which, number = np.unique(visits, return_inverse=True, return_counts=True)
        total = np.bincount(which, weights=seconds, minlength=visit.size).astype(np.float64)
        place, replication = np.divmod(visit, replications)
        cycle, kind = np.divmod(place, self._kinds)
        return KindEvents(_bounds(cycle, rows), kind, replication, total, number)

    def _struck(self, worked: Floats) -> tuple[Ints, Floats]:
        """Return the breakdowns while cumulative work goes on to ``worked``.

        Args:
            worked: (rows, failing kinds, R) cumulative work, s.

        Returns:
            The visits, numbered by cycle, kind and replication, and their repairs, s, (m,)
            each; mode by mode, so that sums do not depend on where chunks begin.
        """
        replications, threshold = worked.shape[2], self._modes.threshold
        none = np.zeros(0, dtype=np.int64)
        found: list[tuple[Ints, Floats, Ints]] = [(none, np.zeros(0), none)]
        mode, replication = np.nonzero(self._worked[self._clock] > threshold)
        while mode.size:
            clock = self._clock[mode]
            passed = worked[:, clock, replication] <= threshold[mode, replication]
            cycle = np.count_nonzero(passed, axis=0)
            visit = (cycle * self._kinds + self._which[clock]) * replications + replication
            found.append((visit, self._modes.strike(mode, replication), mode))
            again = self._worked[clock, replication] > threshold[mode, replication]
            mode, replication = mode[again], replication[again]
        visits, seconds, modes = (np.concatenate(some) for some in zip(*found, strict=True))
        order = np.argsort(modes, kind="stable")
        return visits[order], seconds[order]
