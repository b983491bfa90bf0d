"""The event log of single replications: which part was where, and when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines import simulate
from factory_sim.engines.record import Strikes
from factory_sim.line.draws import Draws
from factory_sim.line.outages import Outages

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from factory_sim.engines import Engine
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Plant

    Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Observation:
    """One replication with all its events.

    Attributes:
        plant: What was simulated.
        until: How far, s.
        visits: The visits of parts to stations, as :func:`trace` returns them, and ``work``,
            the seconds of processing.
        rows: Which rows of ``visits`` are those of a station, by name.
        off: (n, 2) start and end of the spans in which a station is off shift, s, by name.
        lost: (n, 2) the spans in which it is not available, off shift or broken down on
            the calendar clock; disjoint and ascending.
        entered: (k,) when parts enter the main line, s.
        strikes: The failures on the busy clock, by name of the station; a ``row`` is one of
            the visits to it. Stations without any are left out.
        failed: (n,) which of the failure modes on the calendar clock failed, and (n, 2)
            start and end of the repair, s, by name of the station.
    """

    plant: Plant
    until: float
    visits: Columns
    rows: dict[str, slice]
    off: dict[str, Floats]
    lost: dict[str, Floats]
    entered: Floats
    strikes: dict[str, Strikes]
    failed: dict[str, tuple[Ints, Floats]]

    def check_window(self, begin: float, end: float) -> None:
        """Check that a window, s, is not empty and was observed.

        Raises:
            ValueError: If it is not so.
        """
        if not 0.0 <= begin < end <= self.until:
            message = f"the window must lie within [0, {self.until}] s (got {begin} to {end} s)"
            raise ValueError(message)

    def times(self, column: str, station: str) -> Floats:
        """Return a column of the visits to one station, in order of start."""
        return self.visits[column][self.rows[station]].astype(np.float64)

    def counts(self, column: str, station: str) -> Ints:
        """Return a column of whole numbers of the visits to one station."""
        return self.visits[column][self.rows[station]].astype(np.int64)


def observe(plant: Plant, seed: int, replication: int, until: float, engine: Engine) -> Observation:
    """Simulate one replication of a plant and return all its events.

    Args:
        plant: What to simulate.
        seed: Of the draws.
        replication: Which one; its draws are those it has in a run of many.
        until: How far, s.
        engine: Which engine.
    """
    draws = Draws(seed, range(replication, replication + 1))
    entered: list[Floats] = []
    # The batch engine forgets outages on the way, but they can be drawn again; those of
    # the reference engine hold waits for a crew, so they are kept, all in one slab.
    outages = {station.name: Outages(station, draws) for station in plant.stations()}
    logs = {name: _StationLog(name) for name in outages}
    for slab in simulate(plant, draws, until, engine, detailed=logs):
        for record in slab.stations:
            logs[record.station.name].add(record)
        entered.append(slab.entered[:, 0].copy())
        if engine == "reference":
            outages = {record.station.name: record.outages for record in slab.stations}
    visits = {name: log.visits(until) for name, log in logs.items()}
    sizes = {name: visit["part"].size for name, visit in visits.items()}
    ends = dict(zip(sizes, accumulate(sizes.values()), strict=True))
    spans = {
        name: outages[name].spans(_reach(visit["finish"], until)) for name, visit in visits.items()
    }
    strikes = {name: log.strikes(sizes[name]) for name, log in logs.items()}
    times = np.concatenate(entered)
    return Observation(
        plant=plant,
        until=until,
        visits=_joined(visits.values(), plant.orders.models),
        rows={name: slice(end - sizes[name], end) for name, end in ends.items()},
        off={name: off for name, (off, _) in spans.items()},
        lost={name: lost for name, (_, lost) in spans.items()},
        entered=times[times < until],
        strikes={name: here for name, here in strikes.items() if here is not None},
        failed={name: here.failed(until) for name, here in outages.items()},
    )


def _joined(visits: Collection[Columns], models: Sequence[str]) -> Columns:
    """Return the visits to all stations, station after station, with the names of models."""
    joined = {key: np.concatenate([v[key] for v in visits]) for key in next(iter(visits))}
    return joined | {"model": np.array(models)[joined["model"]]}


def trace(plant: Plant, seed: int, replication: int, until: float, engine: Engine) -> Columns:
    """Return every visit of a part to a station that starts before a time.

    Args:
        plant: What to simulate.
        seed: Of the draws.
        replication: Which one; its draws are those it has in a run of many.
        until: How far, s.
        engine: Which engine.

    Returns:
        Columns of equal length, a row per visit, station after station in order of
        start: ``part`` (order number in its line, from 0), ``station`` and ``model``
        (names), ``server`` (from 0), ``start``, ``ready``, ``finish``, ``leave`` in s, +inf
        for what had not happened when the simulation ended, and ``down``, the seconds of
        repair on the busy clock that hit the part.
    """
    visits = observe(plant, seed, replication, until, engine).visits
    return {name: values for name, values in visits.items() if name != "work"}


def _reach(finish: NDArray[np.generic], until: float) -> float:
    """Return until when the outages of a station matter, s: some work ends after the run."""
    known = finish[np.isfinite(finish)]
    return max(until, float(known.max(initial=0.0)))


class _StationLog:
    """The records of one replication at one station, slab after slab.

    Args:
        name: Of the station.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._starts: list[Floats] = []
        self._departures: list[Floats] = []
        self._strikes: list[Strikes] = []

    def add(self, record: StationRecord) -> None:
        """Copy the record of a slab, which the next slab overwrites."""
        assert record.detail is not None
        detail = record.detail
        down = np.zeros_like(record.start) if record.down is None else record.down
        times = [record.start, record.ready, record.finish, down, record.work]
        rows = np.stack([*times, detail.part, detail.model, detail.server])
        self._starts.append(rows[:, :, 0])
        left = np.stack([record.leave, detail.leaver[: len(record.leave)]])
        self._departures.append(left[:, :, 0])
        if record.strikes is not None:
            self._strikes.append(record.strikes)

    def visits(self, until: float) -> Columns:
        """Return the visits that start before a time, with their departures."""
        columns = np.concatenate(self._starts, axis=1)
        start, ready, finish, down, work, part, model, server = columns
        present = np.isfinite(start)
        left, leaver = np.concatenate(self._departures, axis=1)
        leave = np.full(int(present.sum()), np.inf)
        known = (leaver >= 0) & np.isfinite(left)
        leave[leaver[known].astype(np.int64)] = left[known]
        shown = start[present] < until
        numbers = {"part": part, "model": model, "server": server}
        times = {"start": start, "ready": ready, "finish": finish, "down": down, "work": work}
        return {
            **{key: values[present][shown].astype(np.int64) for key, values in numbers.items()},
            "station": np.full(int(shown.sum()), self._name),
            **{key: values[present][shown] for key, values in times.items()},
            "leave": leave[shown],
        }

    def strikes(self, visits: int) -> Strikes | None:
        """Return the failures that hit one of the first visits, in their order; None if none."""
        if not self._strikes:
            return None
        joined = Strikes(
            *(np.concatenate([getattr(s, f.name) for s in self._strikes]) for f in fields(Strikes))
        )
        order = np.lexsort((joined.after, joined.row))
        return joined.chosen(order[joined.row[order] < visits])
