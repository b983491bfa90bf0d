"""What the visits to a paced section bring and nothing that happens can change.

Work content, slips, checks and, where the time at a station depends on nothing else, the
breakdowns of its busy clock are functions of the draws. They are made for many cycles at a
time, once for all plants of a sweep in which the section is the same. Row n of a chunk is
cycle n: it holds, for the station at position s, what part n - s meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from factory_sim.engines.batch.flow import Models
from factory_sim.engines.batch.process import NoTime, distinct_models
from factory_sim.engines.batch.rows import Transform, positions
from factory_sim.engines.batch.wear import Modes
from factory_sim.line.pace import learned, spared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws, Stream
    from factory_sim.line.plant import Orders, Station

CHUNK_ELEMENTS = 1 << 18
"""Values of a chunk, about: enough to hide the calls."""

FIRST_ROWS, MOST_ROWS = 16, 128
"""Cycles of the first chunk, and of the longest."""


@dataclass(frozen=True)
class Events:
    """What happens at few of the positions, sorted by cycle.

    Attributes:
        bounds: (rows + 1,) index of the first event of each cycle, and the end.
        position: (m,) where.
        replication: (m,) in which.
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
        work: (rows, S, R) work content, s; 0 where there is no part yet. (rows, M, S, R)
            for each of M models if it is open which model a part is.
        slips: Where the work makes a defect; None if people tire, so that it depends on
            the moment where ``draws`` (rows, S, R) are less than ``rates`` (S, 1).
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
        stations: The S positions.
        orders: Which model each part is.
        draws: The randomness; gives the replications, R.
        ordered: Whether parts come in the order in which their line was given them.
        breakdowns: Whether to make them: nothing but work content takes time where a busy
            clock runs.
        slips: Whether to make them: nobody tires.
    """

    def __init__(
        self,
        stations: Sequence[Station],
        orders: Orders,
        draws: Draws,
        *,
        ordered: bool,
        breakdowns: bool,
        slips: bool,
    ) -> None:
        self._stations = stations
        self._replications = len(draws.replications)
        models = distinct_models(stations)
        self._models: _Recent | None = None
        self._open: tuple[int, ...] = ()
        if models > 1 and ordered:
            self._models = _Recent(Models(orders, draws), len(stations))
        elif models > 1:
            self._open = (models,)
        self._contents = [Transform(s.work if models > 1 else s.work[:1]) for s in stations]
        self._work = [draws.stream(s.name, "work") for s in stations]
        self._slips = _Slips(stations, draws, everywhere=not slips)
        self._steady = slips
        self._breakdowns = _Breakdowns(stations, draws) if breakdowns else None
        checked = [(place, s, s.inspection) for place, s in enumerate(stations) if s.inspection]
        places, names = [place for place, *_ in checked], [s.name for _, s, _ in checked]
        repairs = [[check.repair or NoTime()] for *_, check in checked] or None
        self._seen = positions(draws, names, "inspection", places=places)
        self._repair = positions(draws, names, "repair", repairs, places=places)
        self._made, self._rows = 0, FIRST_ROWS
        width = len(stations) * self._replications
        self._most = int(np.clip(CHUNK_ELEMENTS // width, FIRST_ROWS, MOST_ROWS))

    def __call__(self) -> Chunk:
        """Return the next chunk."""
        made, rows = self._made, self._rows
        if self._models is not None:
            self._models.reach(made, rows)
        work = np.empty((rows, *self._open, len(self._stations), self._replications))
        for position in range(len(self._stations)):
            empty = min(max(0, position - made), rows)
            work[:empty, ..., position, :] = 0.0
            if empty < rows:
                self._fill(work[empty:, ..., position, :], position, made + empty - position)
        self._made += rows
        self._rows = min(2 * rows, self._most)
        draw = self._slips.draw(made, rows)
        return Chunk(
            work=work,
            slips=self._slips.events(draw) if self._steady else None,
            draws=draw[:0] if self._steady else draw,
            rates=self._slips.rates,
            breakdowns=None if self._breakdowns is None else self._breakdowns.next(work),
            seen=self._seen(rows)[:, 0],
            repair=self._repair(rows)[:, 0],
        )

    def _fill(self, out: Floats, position: int, part: int) -> None:
        """Write the work content at a position of the parts from ``part`` on, (rows, .., R)."""
        stream, content = self._work[position], self._contents[position]
        if self._models is not None:
            content.pick(out, stream, self._models.of(part, len(out)))
        else:
            content.fill(out if self._open else out[:, None], stream)
        curve = self._stations[position].learning
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


class _Slips:
    """Where work makes a defect: at K of the S positions it can."""

    def __init__(self, stations: Sequence[Station], draws: Draws, *, everywhere: bool) -> None:
        careless = [(p, s) for p, s in enumerate(stations) if s.defect_rate > 0 or everywhere]
        self._places = np.array([place for place, _ in careless], dtype=np.int64)
        self.rates = np.array([s.defect_rate for _, s in careless])[:, None]
        self._curves = [s.defect_learning for _, s in careless]
        self._streams: list[Stream] = [draws.stream(s.name, "defect") for _, s in careless]
        self._replications = len(draws.replications)

    def draw(self, made: int, rows: int) -> Floats:
        """Return draws (rows, K, R) that make a defect where they are less than the rate."""
        draw = np.empty((rows, len(self._streams), self._replications))
        places = self._places.tolist()
        for index, (place, stream) in enumerate(zip(places, self._streams, strict=True)):
            empty = min(max(0, place - made), rows)
            draw[:empty, index] = 1.0  # no part, no defect
            if empty == rows:
                continue
            draw[empty:, index] = stream.take(rows - empty)
            curve = self._curves[index]
            if curve is not None:
                part = made + empty - place
                rarer = spared(curve, np.arange(part, part + rows - empty))
                draw[empty:, index] *= rarer[:, None]
        return draw

    def events(self, draw: Floats) -> Events:
        """Return where the rate alone decides."""
        cycle, which, replication = np.nonzero(draw < self.rates)
        none = np.zeros(cycle.size)
        return _sorted(len(draw), cycle, self._places[which], replication, none, cycle)


class _Breakdowns:
    """When the busy clocks of positions pass the thresholds of their failures."""

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        failing = [
            (place, s.name, failure)
            for place, s in enumerate(stations)
            for failure in s.failures
            if failure.clock == "busy"
        ]
        self._places = np.array(sorted({place for place, *_ in failing}), dtype=np.int64)
        # The modes of all stations in a row, and the clock that each goes by.
        self._clock = np.searchsorted(self._places, [place for place, *_ in failing])
        self._modes = Modes([(name, failure) for _, name, failure in failing], draws)
        self._worked = np.zeros((len(self._places), len(draws.replications)))
        self._positions = len(stations)

    def next(self, work: Floats) -> Events:
        """Return the breakdowns that the next work (rows, S, R) brings."""
        rows, replications = len(work), self._worked.shape[1]
        none = np.zeros(0, dtype=np.int64)
        nothing = _sorted(rows, none, none, none, np.zeros(0), none)
        worked = work[:, self._places]
        worked[0] += self._worked
        # One visit after the other, as a process would add them: sums must agree to the bit.
        np.add.accumulate(worked, axis=0, out=worked)
        self._worked = worked[-1].copy()
        found: list[tuple[Ints, Floats]] = []
        mode, replication = np.nonzero(self._worked[self._clock] > self._modes.threshold)
        while mode.size:
            clock = self._clock[mode]
            passed = worked[:, clock, replication] <= self._modes.threshold[mode, replication]
            cycle = np.count_nonzero(passed, axis=0)
            visit = (cycle * self._positions + self._places[clock]) * replications + replication
            found.append((visit, self._modes.strike(mode, replication)))
            again = self._worked[clock, replication] > self._modes.threshold[mode, replication]
            mode, replication = mode[again], replication[again]
        if not found:
            return nothing
        # Several may strike during one visit.
        visits, seconds = (np.concatenate(some) for some in zip(*found, strict=True))
        visit, which, number = np.unique(visits, return_inverse=True, return_counts=True)
        total = np.bincount(which, weights=seconds, minlength=visit.size).astype(np.float64)
        place, replication = np.divmod(visit, replications)
        cycle, position = np.divmod(place, self._positions)
        return _sorted(rows, cycle, position, replication, total, number)


def _sorted(
    rows: int, row: Ints, position: Ints, replication: Ints, seconds: Floats, number: Ints
) -> Events:
    """Return events whose rows (m,) ascend."""
    bounds = np.searchsorted(row, np.arange(rows + 1)).tolist()
    return Events(bounds, position, replication, seconds, number)
