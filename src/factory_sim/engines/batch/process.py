"""The processing of a part at a station: work content, set-up, quality and breakdowns.

One object serves P stations at once: the positions of a paced section, or the one
station of an asynchronous stage (P = 1). Arrays are (P, n): position, replication.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import Columns, Count, Rows, positions
from factory_sim.engines.batch.tools import ToolChanges
from factory_sim.engines.batch.wear import BusyClock
from factory_sim.engines.record import CAUGHT, DEFECTIVE
from factory_sim.line.pace import Tiring, draw_factor, learned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.engines.record import Strikes
    from factory_sim.line.arrays import Bools, Codes, Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.pace import Pace
    from factory_sim.line.plant import Station


@dataclass
class Visit:
    """The visits of a part to each of P stations, in n replications.

    Attributes:
        time: (P, n) processing: work content, set-up, tool change, repair in place, s.
        down: (P, n) breakdowns on the busy clock, s; None if there are no such.
        defect: (P, n) whether it leaves defective; None if that has not changed.
        found: (P, n) whether an inspection stopped it; None without inspections.
        repair: (P, n) what its repair takes or took, s; likewise.
        setup: (P, n) the set-up in ``time``, s; None if there is none.
        failures: (P, n) breakdowns that make up ``down``; None likewise.
        verdict: (P, n) what ``StationRecord.verdict`` says; None without quality.
        seen: (P, n) part of ``down`` until failures are detected, s; None if all are at once.
        planned: (P, n) planned repairs on the busy clock; None likewise.
    """

    time: Floats
    down: Floats | None = None
    defect: Bools | None = None
    found: Bools | None = None
    repair: Floats | None = None
    setup: Floats | None = None
    failures: Ints | None = None
    verdict: Codes | None = None
    seen: Floats | None = None
    planned: Ints | None = None


class Process:
    """The content of visits to P stations that parts pass one step after the other.

    Args:
        stations: The P stations.
        draws: The randomness; gives the replications, R.
        pace: The factor on work content by the moment in which work begins.
    """

    def __init__(self, stations: Sequence[Station], draws: Draws, pace: Pace) -> None:
        self._draws = draws
        self._stations = stations
        self._pace = pace
        self._models = distinct_models(stations)
        contents = [s.work if self._models > 1 else s.work[:1] for s in stations]
        # The same for all levels of automation of a station, so that they share their draws.
        width = len(draws.replications) * len(stations)
        names = [s.name for s in stations]
        work = positions(draws, names, "work", contents)
        curves = [None if s.learning is None else partial(learned, s.learning) for s in stations]
        self._work = Rows(_experienced(work, curves), width)
        self._setups = Setups(stations, draws) if any(s.setup for s in stations) else None
        self._tools = ToolChanges(stations, draws) if any(s.tool_change for s in stations) else None
        self._quality = _Quality(stations, draws) if any(map(_has_quality, stations)) else None
        failures = any(f.clock == "busy" for s in stations for f in s.failures)
        self._clock = BusyClock(stations, draws) if failures else None

    def visit(
        self,
        part: Count,
        at: Columns,
        oldest: Count,
        ready: Floats,
        model: Ints,
        defect: Floats,
        server: Ints,
    ) -> Visit:
        """Return the visits of part ``part`` to position 0, of ``part - 1`` to 1, and so on.

        Args:
            part: Count of the part at position 0, one for all or one for each of n.
            at: The n replications.
            oldest: No later call asks for a part before this one.
            ready: (P, n) when the work on it begins, s.
            model: (P, n) model of the part at each position; -1 for no part.
            defect: (P, n) 1 where it arrives defective.
            server: (P, n) the server it takes.
        """
        contents = self._work.row(part, at, oldest)
        visit = Visit(contents[0] if self._models == 1 else of_model(contents, model))
        if not self._pace.steady:
            visit.time = visit.time * self._pace.factor(ready, at)
        if self._setups is not None:
            visit.setup = self._setups.change(at, model, server)
            visit.time = visit.time + visit.setup
        if self._tools is not None:
            visit.time = visit.time + self._tools.changes(part, at, oldest)
        if self._quality is not None:
            self._quality.inspect(visit, part, at, oldest, ready, defect)
        if self._clock is not None:
            met = self._clock.add(visit.time, at, part, ready)
            visit.down, visit.failures = met.down, met.failures
            visit.seen, visit.planned = met.seen, met.planned
        return visit

    def strikes(self) -> list[Strikes | None]:
        """Return the breakdowns on the busy clock at each station since the last call."""
        return [None] * len(self._stations) if self._clock is None else self._clock.strikes()


def distinct_models(stations: Sequence[Station]) -> int:
    """Return how many models differ in their work content at stations: all of them or 1."""
    same = all(work == s.work[0] for s in stations for work in s.work)
    return 1 if same else len(stations[0].work)


def of_model(contents: Floats, model: Ints) -> Floats:
    """Pick each part's content (P, n) from those of all models (M, P, n)."""
    picked: Floats = np.take_along_axis(contents, np.maximum(model, 0)[None], axis=0)[0]
    return picked


def _experienced(
    more: Callable[[int], Floats], factors: Sequence[Callable[[Ints], Floats] | None]
) -> Callable[[int], Floats]:
    """Return a maker of rows (rows, M, P, R), each multiplied by a factor of its part.

    Row n holds, for the station at position s, the value of part n - s.
    """
    if not any(factors):
        return more
    made = 0

    def experienced(rows: int) -> Floats:
        nonlocal made
        block = more(rows)
        for position, factor in enumerate(factors):
            if factor is not None:
                parts = np.maximum(np.arange(made, made + rows) - position, 0)
                block[:, :, position] *= factor(parts)[:, None, None]
        made += rows
        return block

    return experienced


class Setups:
    """The change of a server from its last part's model to the next part's."""

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        self._models = len(stations[0].work)
        servers = max(s.servers for s in stations)
        none = np.zeros((self._models, self._models))
        # The row after the last model stands for "no part yet": no set-up.
        self._matrix = np.zeros((len(stations), self._models + 1, self._models))
        for position, station in enumerate(stations):
            self._matrix[position, :-1] = none if station.setup is None else station.setup
        shape = (len(stations), servers, len(draws.replications))
        self._last = np.full(shape, self._models)

    def change(self, at: Columns, model: Ints, server: Ints) -> Floats:
        """Return the set-up time of the next parts (P, n), s, and remember them."""
        position = np.arange(len(model))[:, None]
        replication = np.arange(self._last.shape[2])[at]
        here = (position, server, replication)
        last = self._last[here]
        some = model >= 0
        self._last[here] = np.where(some, model, last)
        time: Floats = self._matrix[position, last, np.maximum(model, 0)]
        return np.where(some, time, 0.0)


def _has_quality(station: Station) -> bool:
    return station.defect_rate > 0 or station.inspection is not None


class _Quality:
    """Defects, the inspections that find them, and the repairs that follow."""

    def __init__(self, stations: Sequence[Station], draws: Draws) -> None:
        names = [s.name for s in stations]
        replications = len(draws.replications)
        self._rate = _column([s.defect_rate for s in stations])
        self._tiring = Tiring([s.defect_fatigue for s in stations], replications)
        # Experience is put on the draw, not on the rate: u < rate x factor.
        curves = [s.defect_learning for s in stations]
        rarer = [None if curve is None else partial(draw_factor, curve) for curve in curves]
        self._arises = Rows(
            _experienced(positions(draws, names, "defect"), rarer), len(stations) * replications
        )
        # Few stations inspect: Q of the P, and only they need the draws of an inspection.
        checked = [(place, s.inspection) for place, s in enumerate(stations) if s.inspection]
        places, checks = [place for place, _ in checked], [check for _, check in checked]
        self._places = np.array(places, dtype=np.int64)
        self._detects = _column([c.detects for c in checks])
        self._false_alarm = _column([c.false_alarm for c in checks])
        self._in_place = _column([c.then == "in_place" for c in checks]) > 0
        repairs = [[c.repair or NoTime()] for c in checks]
        self._seen = self._repair = None
        if checks:
            here, width = [names[place] for place in places], len(checks) * replications
            seen = positions(draws, here, "inspection", places=places)
            repair = positions(draws, here, "repair", repairs, places=places)
            self._seen, self._repair = Rows(seen, width), Rows(repair, width)

    def inspect(
        self, visit: Visit, part: Count, at: Columns, oldest: Count, ready: Floats, defect: Floats
    ) -> None:
        """Complete the visits of the parts by defects, inspections and repairs."""
        rate = self._rate
        if not self._tiring.steady:
            rate = rate * self._tiring.factor(ready, at)
        arises = self._arises.row(part, at, oldest)[0] < rate
        visit.verdict = np.multiply(arises, DEFECTIVE, dtype=np.int16)
        if self._seen is None or self._repair is None:
            if np.count_nonzero(arises):
                visit.defect = (defect > 0) | arises
            return
        visit.defect = (defect > 0) | arises
        chance = np.where(visit.defect[self._places], self._detects, self._false_alarm)
        found = self._seen.row(part, at, oldest)[0] < chance
        repair = self._repair.row(part, at, oldest)[0]
        mended = found & self._in_place
        visit.time = visit.time.copy()
        visit.time[self._places] += np.where(mended, repair, 0.0)
        visit.verdict[self._places] += np.multiply(found, CAUGHT, dtype=np.int16)
        visit.found, visit.repair = np.zeros_like(arises), np.zeros_like(visit.time)
        visit.found[self._places], visit.repair[self._places] = found, repair
        visit.defect[self._places] &= ~mended


class NoTime:
    """The distribution of what takes no time at all."""

    mean = 0.0
    sd = 0.0

    def quantile(self, u: Floats) -> Floats:
        """Return zeros."""
        return np.zeros_like(u)


def _column(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=float)[:, None]
