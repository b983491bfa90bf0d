"""What the visits to a paced section bring and nothing that happens can change.

Work content, slips, checks and, where the time at a station depends on nothing else, the
breakdowns of its busy clock are functions of the draws. They are made for many cycles at a
time. Plants that are simulated side by side may differ in what stands at a position, and
levels of automation know two kinds of each station: they are made kind by kind, however many
plants there are. Row n of a chunk is cycle n: it holds, for a station at position s, what
part n - s meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from factory_sim.engines.batch.flow import Models
from factory_sim.engines.batch.process import NoTime, distinct_models
from factory_sim.engines.batch.rows import Transform, positions, without_part
from factory_sim.engines.batch.wear import Modes
from factory_sim.line.pace import learned, spared
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Orders, Station

CHUNK_ELEMENTS = 1 << 19
"""Values of a chunk, about: enough to hide the calls."""

FIRST_ROWS, MOST_ROWS = 16, 128
"""Cycles of the first chunk, and of the longest."""


@dataclass(frozen=True)
class Kind:
    """A station as it stands at a position of a section.

    Attributes:
        position: Where.
        station: What it is there.
        plants: In which of the plants side by side, ascending.
    """

    position: int
    station: Station
    plants: tuple[int, ...]


def kinds_of(variants: Sequence[Sequence[Station]]) -> tuple[Kind, ...]:
    """Return what stands at the S positions of a section in some plants, position by position.

    Args:
        variants: The S stations, as they are in each of the plants.
    """
    kinds: list[Kind] = []
    for position, stations in enumerate(zip(*variants, strict=True)):
        here: list[tuple[Station, list[int]]] = []
        for plant, station in enumerate(stations):
            found = next((plants for known, plants in here if known == station), None)
            if found is None:
                here.append((station, [plant]))
            else:
                found.append(plant)
        kinds += [Kind(position, station, tuple(plants)) for station, plants in here]
    return tuple(kinds)


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


@dataclass(frozen=True)
class Chunk:
    """What consecutive cycles bring.

    Attributes:
        work: (rows, K, R) work content of the K kinds, s; 0 where there is no part yet.
            (rows, M, K, R) for each of M models if it is open which model a part is.
        slips: Where the work makes a defect; None if people tire, so that it depends on
            the moment where ``draws`` (rows, K, R) are less than ``rates`` (K, 1).
        breakdowns: On the busy clock; None where they depend on more than the draws.
        seen: (rows, Q, R) draws of the Q inspections.
        repair: (rows, Q, R) what a repair would take, s.
    """

    work: Floats
    slips: Events | None
    draws: Floats
    rates: Floats
    breakdowns: Events | None
    seen: Floats
    repair: Floats


class WhatAhead(TypedDict):
    """What ``Ahead`` can make of a section."""

    ordered: bool
    breakdowns: bool
    slips: bool


class Ahead:
    """Makes the chunks of a section whose replications are in step.

    Args:
        kinds: The K kinds.
        orders: Which model each part is.
        draws: The randomness of one plant; gives the replications, R.
        ordered: Whether parts come in the order in which their line was given them.
        breakdowns: Whether to make them: nothing but work content takes time where a busy
            clock runs.
        slips: Whether to make them: nobody tires.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        orders: Orders,
        draws: Draws,
        *,
        ordered: bool,
        breakdowns: bool,
        slips: bool,
    ) -> None:
        self._kinds = kinds
        self._replications = len(draws.replications)
        stations = [kind.station for kind in kinds]
        models = distinct_models(stations)
        self._models: _Recent | None = None
        self._open: tuple[int, ...] = ()
        if models > 1 and ordered:
            self._models = _Recent(Models(orders, draws), 1 + kinds[-1].position)
        elif models > 1:
            self._open = (models,)
        self._contents = [Transform(s.work if models > 1 else s.work[:1]) for s in stations]
        self._work = [draws.stream(s.name, "work") for s in stations]
        self._slips = _Slips(kinds, draws) if slips else None
        self._chances = None if slips else _Chances(kinds, draws)
        self._rates = np.array([[station.defect_rate] for station in stations])
        self._breakdowns = _Breakdowns(kinds, draws) if breakdowns else None
        checked = {k.position: k.station for k in kinds if k.station.inspection}
        places, names = list(checked), [s.name for s in checked.values()]
        checks = [s.inspection for s in checked.values() if s.inspection]
        repairs = [[check.repair or NoTime()] for check in checks] or None
        self._seen = positions(draws, names, "inspection", places=places)
        self._repair = positions(draws, names, "repair", repairs, places=places)
        self._none = np.empty((0, len(kinds), self._replications))
        self._made, self._rows = 0, FIRST_ROWS
        width = len(kinds) * self._replications
        self._most = int(np.clip(CHUNK_ELEMENTS // width, FIRST_ROWS, MOST_ROWS))

    def __call__(self) -> Chunk:
        """Return the next chunk."""
        made, rows = self._made, self._rows
        if self._models is not None:
            self._models.reach(made, rows)
        work = np.empty((rows, *self._open, len(self._kinds), self._replications))
        for index, kind in enumerate(self._kinds):
            empty = without_part(kind.position, made, rows)
            work[:empty, ..., index, :] = 0.0
            if empty < rows:
                self._fill(work[empty:, ..., index, :], index, made + empty - kind.position)
        self._made += rows
        self._rows = min(2 * rows, self._most)
        return Chunk(
            work=work,
            slips=None if self._slips is None else self._slips.next(made, rows),
            draws=self._none if self._chances is None else self._chances.next(made, rows),
            rates=self._rates,
            breakdowns=None if self._breakdowns is None else self._breakdowns.next(work),
            seen=self._seen(rows)[:, 0],
            repair=self._repair(rows)[:, 0],
        )

    def _fill(self, out: Floats, kind: int, part: int) -> None:
        """Write the work content of the parts from ``part`` on for a kind, (rows, .., R)."""
        stream, content = self._work[kind], self._contents[kind]
        if self._models is not None:
            content.pick(out, stream, self._models.of(part, len(out)))
        else:
            content.fill(out if self._open else out[:, None], stream)
        curve = self._kinds[kind].station.learning
        if curve is not None:
            factor = learned(curve, np.arange(part, part + len(out)))
            out *= factor.reshape(-1, *[1] * (out.ndim - 1))


class _Recent:
    """The models of the parts that are in a section or about to enter, (parts, R or 1)."""

    def __init__(self, models: Models, positions: int) -> None:
        self._models, self._positions = models, positions
        self._first = 0
        self._known = models.next(0, 0).astype(np.int64)

    def reach(self, part: int, parts: int) -> None:
        """Know the models of some more parts from ``part`` on, forget those that have left."""
        more = self._models.next(part, parts).astype(np.int64)
        keep = max(part - self._positions, 0) - self._first
        self._known = np.concatenate([self._known[keep:], more])
        self._first += keep

    def of(self, part: int, parts: int) -> Ints:
        """Return the models of parts from ``part`` on."""
        return self._known[part - self._first : part - self._first + parts]


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


class _Slips:
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


class _Chances:
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


class _Breakdowns:
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
