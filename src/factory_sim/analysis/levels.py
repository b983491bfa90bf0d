"""How many parts each buffer holds over time, in one replication.

A part is in the buffer before a stage from the moment it leaves the stage before, a part
in transport included, until it moves onto a server there; a finished unit of a feeder is
in the store before its assembly station until the work starts that takes it. A buffer is full
while no part could enter: with c servers and b places, while c + b parts are in the buffer and
on the servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import UNLIMITED, Section, stations_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.analysis.trace import Observation
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line, Stage


@dataclass(frozen=True)
class Level:
    """The parts in one buffer during a window, n steps.

    Attributes:
        name: Of the station or section that it is in front of, or of the feeder whose
            finished units it holds.
        takes_from: Name of the feeder for a store of finished units, else None.
        places: How many it has; None if it is never full.
        edges: (n + 1,) the start of each step, s, and the end of the window.
        parts: (n,) parts in it.
        full: (n,) whether no part could enter.
    """

    name: str
    takes_from: str | None
    places: int | None
    edges: Floats
    parts: Ints
    full: Bools

    @property
    def mean(self) -> float:
        """Average number of parts over the window."""
        return float(np.average(self.parts, weights=np.diff(self.edges)))

    @property
    def full_share(self) -> float:
        """Share of the window in which it was full."""
        return float(np.average(self.full, weights=np.diff(self.edges)))

    @property
    def empty_share(self) -> float:
        """Share of the window in which it was empty."""
        return float(np.average(self.parts == 0, weights=np.diff(self.edges)))


def levels(seen: Observation, begin: float, end: float) -> list[Level]:
    """Return the parts in the buffers of a plant during a window, in flow order.

    Left out are stages without a buffer, the first stage of a line that always has parts,
    and stores whose feeder sorts out units after its last station, which a record of
    visits does not tell from the others.

    Args:
        seen: One replication, observed until the end of the window at least.
        begin: Start of the window, s.
        end: End of the window, s.

    Raises:
        ValueError: If the window is empty, or not all of it was observed.
    """
    seen.check_window(begin, end)
    found: list[Level] = []
    for line in seen.plant.lines:
        arrivals = _Arrivals(seen, line)
        found += [
            _buffer(seen, stage, arrivals.before(stage), (begin, end))
            for stage in line.stages
            if arrivals.has_buffer(stage)
        ]
        found += _stores(seen, line, (begin, end))
    return found


class _Arrivals:
    """When parts arrive at the stages of one line: when they leave the one before.

    Args:
        seen: One replication.
        line: Which line.
    """

    def __init__(self, seen: Observation, line: Line) -> None:
        self._seen, self._line = seen, line
        stations = list(line.stations())
        self._stage_of = [i for i, stage in enumerate(line.stages) for _ in stations_of(stage)]
        where = [np.arange(*seen.rows[s.name].indices(len(seen.visits["part"]))) for s in stations]
        rows = np.concatenate(where)
        station = np.repeat(np.arange(len(stations)), [len(some) for some in where])
        part, start = seen.visits["part"][rows], seen.visits["start"][rows]
        order = np.lexsort((station, start, part))
        self._station, self._part = station[order], part[order]
        self._leave = seen.visits["leave"][rows][order].astype(np.float64)
        self._is_last = np.append(self._part[1:] != self._part[:-1], True)

    def has_buffer(self, stage: Stage) -> bool:
        """Return whether parts can wait in front of a stage and the records tell which."""
        if stage is self._line.stages[0]:
            is_main = self._line is self._seen.plant.main
            return is_main and self._seen.plant.arrivals is not None
        return stage.buffer != 0 or stage.transport > 0

    def before(self, stage: Stage) -> Floats:
        """Return when parts arrive at a stage from the others, ascending, s."""
        here = self._line.stages.index(stage)
        to = np.append(self._station[1:], -1)
        goes = ~self._is_last & (np.take(self._stage_of, to) == here)
        if isinstance(stage, Section):
            goes &= np.take(self._stage_of, self._station) != here
        came = [self._leave[goes], self._still_coming(here, self._leave[goes])]
        if here == 0:
            came.append(self._seen.entered)
        return np.sort(np.concatenate(came))

    def _still_coming(self, here: int, came: Floats) -> Floats:
        """Return when the parts that have not yet started here left the stage before, s.

        Stages serve first come, first served: a part that left the stage before earlier than
        the last one that started here, and never arrived, was scrapped or repaired elsewhere.
        """
        last_before = self._is_last & (np.take(self._stage_of, self._station) == here - 1)
        left = self._leave[last_before]
        still: Floats = left[np.isfinite(left) & (left > came.max(initial=-np.inf))]
        return still


def _buffer(seen: Observation, stage: Stage, came: Floats, window: tuple[float, float]) -> Level:
    """Return the level of the buffer before a stage, given when parts arrive, ascending."""
    first = stations_of(stage)[0]
    started = np.sort(seen.times("start", first.name))
    left = np.sort(seen.times("leave", first.name))
    edges = _edges(window, came, started, left)
    parts = _count(came, edges) - _count(started, edges)
    if stage.buffer == UNLIMITED or not came.size or stage is seen.plant.main.stages[0]:
        return _merged(stage.name, None, None, edges, parts, np.zeros(parts.shape, dtype=bool))
    if isinstance(stage, Section):
        full = parts >= stage.buffer
    else:
        full = _count(came, edges) - _count(left, edges) >= stage.capacity
    return _merged(stage.name, None, stage.buffer, edges, parts, full)


def _stores(seen: Observation, line: Line, window: tuple[float, float]) -> Iterator[Level]:
    """Yield the store of a feeder's finished units, if its visits tell what is in it."""
    last = list(line.stations())[-1]
    if line.joins is None or (last.inspection and last.inspection.then == "scrap"):
        return
    made = np.sort(seen.times("leave", last.name))
    taken = np.sort(seen.times("ready", line.joins))
    edges = _edges(window, made, taken)
    parts = _count(made, edges) - _count(taken, edges)
    yield _merged(line.joins, line.name, line.buffer, edges, parts, parts >= line.buffer)


def _edges(window: tuple[float, float], *times: Floats) -> Floats:
    """Return the moments in a window at which something happens, and its edges."""
    return np.unique(np.clip(np.concatenate([*times, window]), *window))


def _count(times: Floats, edges: Floats) -> Ints:
    """Return how many of ascending times are up to the start of each step, (n,)."""
    count: Ints = np.searchsorted(times, edges[:-1], side="right").astype(np.int64)
    return count


def _merged(
    name: str, takes_from: str | None, places: int | None, edges: Floats, parts: Ints, full: Bools
) -> Level:
    """Return a level in which equal neighbouring steps are merged."""
    changed = (np.diff(parts) != 0) | (np.diff(full.astype(int)) != 0)
    steps = np.append(0, np.flatnonzero(changed) + 1)
    return Level(
        name, takes_from, places, np.append(edges[steps], edges[-1]), parts[steps], full[steps]
    )
