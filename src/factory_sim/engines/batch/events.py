"""What befalls few visits to a paced section and nothing that happens can change.

Slips and breakdowns are functions of the draws, and of work content that is. They are found
for many cycles at a time: row n of a chunk holds, for a station at position s, what part
n - s meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.modes import Modes
from factory_sim.engines.batch.rows import without_part
from factory_sim.line.pace import learned, spared
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.kinds import Kind
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws


@dataclass(frozen=True)
class Events:
    """What happens at few of the positions, sorted by cycle.

    Attributes:
        bounds: (rows + 1,) index of the first event of each cycle, and the end.
        position: (m,) where.
        replication: (m,) in which of the replications of all plants side by side.
        seconds: (m,) how long, s; of breakdowns.
        number: (m,) how many; of breakdowns.
    """

    bounds: list[int]
    position: Ints
    replication: Ints
    seconds: Floats
    number: Ints


class _Plants:
    """Tells what happens to kinds of stations in all plants in which they stand."""

    def __init__(self, kinds: Sequence[Kind], replications: int) -> None:
        self._position = np.array([kind.position for kind in kinds])
        self._many = np.array([len(kind.plants) for kind in kinds])
        self._first = np.cumsum(self._many) - self._many
        self._plant = np.concatenate([kind.plants for kind in kinds])
        self._replications = replications

    def events(
        self, rows: int, cycle: Ints, kind: Ints, replication: Ints, seconds: Floats, number: Ints
    ) -> Events:
        """Return events (m,) of kinds, whose cycles ascend, where the kinds stand."""
        event, member = _members(self._first[kind], self._many[kind])
        plant = self._plant[member]
        return Events(
            bounds=np.searchsorted(cycle[event], np.arange(rows + 1)).tolist(),
            position=self._position[kind][event],
            replication=plant * self._replications + replication[event],
            seconds=seconds[event],
            number=number[event],
        )


def _members(first: Ints, many: Ints) -> tuple[Ints, Ints]:
    """Return which of some runs of numbers (n,) each member is of, and the members, (m,)."""
    run = np.repeat(np.arange(many.size), many)
    before = np.cumsum(many) - many
    return run, np.arange(run.size) + (first - before)[run]


class Slips:
    """Where work makes a defect, if the draws and the part decide: nobody tires.

    Kinds at one position see the same draws. Few of these are less than the greatest of
    their rates, and only of those it is asked at which of the kinds.
    """

    def __init__(self, kinds: Sequence[Kind], draws: Draws) -> None:
        careless = [(n, kind) for n, kind in enumerate(kinds) if kind.station.defect_rate > 0]
        self._which = np.array([n for n, _ in careless], dtype=np.int64)
        self._rates = np.array([kind.station.defect_rate for _, kind in careless])
        self._curves = [
            (index, kind.position, kind.station.defect_learning)
            for index, (_, kind) in enumerate(careless)
            if kind.station.defect_learning is not None
        ]
        # The first part is spared least.
        likely = self._rates.copy()
        for index, _, curve in self._curves:
            likely[index] *= (1 + ROUNDING) * learned(curve, np.zeros(1, dtype=np.int64))[0]
        at = [(kind.position, kind.station.name) for _, kind in careless]
        self._many = np.array([len([*some]) for _, some in groupby(at)], dtype=np.int64)
        self._first = np.cumsum(self._many) - self._many
        self._streams = [
            (at[first][0], draws.stream(at[first][1], "defect"), likely[first : first + many].max())
            for first, many in zip(self._first, self._many, strict=True)
        ]
        self._kinds, self._replications = len(kinds), len(draws.replications)
        self._plants = _Plants(kinds, self._replications)

    def next(self, made: int, rows: int) -> Events:
        """Return the defects that arise in the cycles from ``made`` on."""
        stream, visit, draw = self._candidates(made, rows)
        which, kind = _members(self._first[stream], self._many[stream])
        draw = draw[which]
        cycle, replication = np.divmod(visit[which], self._replications)
        for index, position, curve in self._curves:
            here = kind == index
            draw[here] *= spared(curve, made + cycle[here] - position)
        arises = draw < self._rates[kind]
        cycle, kind, replication = cycle[arises], self._which[kind[arises]], replication[arises]
        order = np.lexsort((replication, kind, cycle))
        return self._plants.events(
            rows,
            cycle[order],
            kind[order],
            replication[order],
            np.zeros(order.size),
            np.ones_like(order),
        )

    def _candidates(self, made: int, rows: int) -> tuple[Ints, Ints, Floats]:
        """Return draws that may make a defect: streams, cells of (rows, R), draws, (m,) each."""
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


class Chances:
    """Draws that make a defect where they are less than a rate that the moment changes."""

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
                draw[empty:, index] *= spared(curve, part)[:, None]
        return draw


class Breakdowns:
    """When the busy clocks of kinds pass the thresholds of their failures."""

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
        self._plants = _Plants(kinds, replications)

    def next(self, work: Floats) -> Events:
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
        return self._plants.events(rows, cycle, kind, replication, total, number)

    def _struck(self, worked: Floats) -> tuple[Ints, Floats]:
        """Return what strikes while clocks go on to (rows, failing kinds, R), (m,) each.

        Returns:
            The visits, numbered by cycle, kind and replication, and the seconds of repair;
            mode by mode, so that sums do not depend on where chunks begin.
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
