"""The nodes of a run: the events that others wait for, numbered place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.line.plant import UNLIMITED, Section, stations_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from factory_sim.analysis.path.trajectory import Trajectory
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line

    Kind = Literal["departure", "ready", "move"]
    Nodes = NDArray[np.int32]

TIES = 1 + 1e-9
"""Times that differ by less than this factor are the same."""

ORIGIN, UNEXPLAINED = -1, -2
"""Stand in for a node: nothing came before it; no constraint was met at that time."""


@dataclass(frozen=True)
class Block:
    """The nodes of one kind at one place, numbered from ``base`` on.

    Attributes:
        kind: What they are.
        name: Of the station or section.
        line: The line it stands in.
        base: Number of the first node.
        time: (n, R) when each happened, s.
        position: Place of a paced station in its section; None elsewhere.
    """

    kind: Kind
    name: str
    line: Line
    base: int
    time: Floats
    position: int | None = None


@dataclass(frozen=True)
class Binding:
    """All nodes of a run, and the node that bound each.

    Attributes:
        trajectory: The run.
        blocks: All nodes, ascending.
        before: (V + 2, R) the node that bound each; the last two rows stand for
            ``UNEXPLAINED`` and ``ORIGIN``, which point to themselves.
    """

    trajectory: Trajectory
    blocks: tuple[Block, ...]
    before: Nodes

    def block(self, kind: str, name: str) -> Block:
        """Return the nodes of a kind at a place."""
        return next(b for b in self.blocks if b.kind == kind and b.name == name)

    @property
    def exit(self) -> Block:
        """The nodes at which parts leave the main line."""
        stage = self.trajectory.plant.main.stages[-1]
        return self.block("move" if isinstance(stage, Section) else "departure", stage.name)


def all_blocks(trajectory: Trajectory) -> tuple[Block, ...]:
    """Return the nodes of all places of a run, in flow order."""
    return tuple(_blocks(trajectory))


def _blocks(trajectory: Trajectory) -> Iterator[Block]:
    plant, base = trajectory.plant, 0
    for line in plant.lines:
        for stage in line.stages:
            if isinstance(stage, Section):
                moves = trajectory.cycles[stage.name].moves
                yield Block("move", stage.name, line, base, moves)
                base += len(moves)
            stations = stations_of(stage)
            for number, station in enumerate(stations):
                visits = trajectory.visits[station.name]
                position = number if isinstance(stage, Section) else None
                if visits.leave is not None:
                    yield Block("departure", station.name, line, base, visits.leave)
                    base += len(visits.leave)
                if visits.ready is not None:
                    yield Block("ready", station.name, line, base, visits.ready, position)
                    base += len(visits.ready)


def numbered(block: Block, rows: Ints, columns: int) -> Nodes:
    """Return the numbers of nodes by row, (n, R); ``ORIGIN`` for rows before the first."""
    numbers = np.where(rows >= 0, rows + block.base, ORIGIN).astype(np.int32)
    return np.broadcast_to(numbers, (len(rows), columns)).copy()


def at_rows(block: Block, rows: Ints, time: Floats, transport: float, needed: Bools) -> Nodes:
    """Return the nodes of given rows if they explain some times, else ``UNEXPLAINED``.

    A node explains a time if it happened earlier by exactly the transport time.

    Args:
        block: The nodes.
        rows: (n, 1) consecutive rows of the block; those that do not exist have no node.
        time: (n, R) the times to be explained, s.
        transport: Time from the node to what it leads to, s.
        needed: (n, R) which of the times are to be explained.
    """
    found = np.full(time.shape, UNEXPLAINED, dtype=np.int32)
    there = np.flatnonzero((rows[:, 0] >= 0) & (rows[:, 0] < len(block.time)))
    if there.size:
        here = slice(there[0], there[-1] + 1)
        led_to = block.time[rows[there[0], 0] : rows[there[-1], 0] + 1] + transport
        same = needed[here] & (led_to <= time[here] * TIES) & (led_to * TIES >= time[here])
        found[here] = np.where(same, block.base + rows[here], UNEXPLAINED)
    return found


def search(
    block: Block, time: Floats, transport: float, needed: Bools, among: Bools | None = None
) -> Nodes:
    """Return the first nodes of a block that explain some times; else as ``at_rows``.

    Args:
        block: The nodes, ascending in time.
        time: (n, R) the times to be explained, s.
        transport: Time from the node to what it leads to, s.
        needed: (n, R) which of the times are to be explained.
        among: (m, R) which nodes of the block may explain them; None for all.
    """
    found = np.full(time.shape, UNEXPLAINED, dtype=np.int32)
    for column in np.flatnonzero(needed.any(axis=0)):
        row = np.flatnonzero(needed[:, column] & np.isfinite(time[:, column]))
        led_to = block.time[:, column] + transport
        rows = np.arange(len(led_to)) if among is None else np.flatnonzero(among[:, column])
        if not rows.size:
            continue
        wanted, led_to = time[row, column], led_to[rows]
        first = np.minimum(np.searchsorted(led_to, wanted / TIES), len(led_to) - 1)
        same = (led_to[first] <= wanted * TIES) & (led_to[first] * TIES >= wanted)
        found[row[same], column] = block.base + rows[first[same]]
    return found


def places_ahead(
    block: Block, blocks: Mapping[tuple[Kind, str], Block]
) -> Iterator[tuple[Block, int]]:
    """Yield the nodes that free places for parts of a stage, and the number of places.

    Args:
        block: The moves or departures of the stage.
        blocks: All blocks by kind and name.
    """
    stages, line = block.line.stages, block.line
    number = [stage.name for stage in stages].index(block.name)
    if number + 1 < len(stages):
        stage = stages[number + 1]
        if stage.buffer == UNLIMITED:
            pass
        elif isinstance(stage, Section):
            yield blocks["move", stage.name], stage.buffer
        else:
            yield blocks["departure", stage.name], stage.capacity
    elif line.joins is not None:
        yield blocks["ready", line.joins], line.buffer
    here = stages[number]
    check = None if isinstance(here, Section) else here.inspection
    if check and check.back_to and check.buffer != UNLIMITED:
        target = next(s for s in stages if s.name == check.back_to)
        assert not isinstance(target, Section)
        yield blocks["departure", target.name], target.capacity
