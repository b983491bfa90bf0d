"""The nodes of a run: events that others wait for, numbered place after place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.line.plant import Section

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.analysis.path.trajectory import Trajectory
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line, Stage

    Nodes = NDArray[np.int32]

TIES = 1 + 1e-9
"""Times that differ by less than this factor are the same."""

ORIGIN, UNEXPLAINED = -1, -2
"""In place of a node: nothing came before; no constraint was met at that time."""


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

    kind: Literal["departure", "ready", "move"]
    name: str
    line: Line
    base: int
    time: Floats
    position: int | None = None


@dataclass(frozen=True)
class Binding:
    """All nodes of a run and what bound each.

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


def diverts(stage: Stage) -> bool:
    """Return whether parts may leave their line at a stage."""
    inspection = None if isinstance(stage, Section) else stage.inspection
    return inspection is not None and inspection.then != "in_place"


def numbered(block: Block, rows: Ints, columns: int) -> Nodes:
    """Return the numbers of nodes by row, (n, R); ``ORIGIN`` for rows before the first."""
    numbers = np.where(rows >= 0, rows + block.base, ORIGIN).astype(np.int32)
    return np.broadcast_to(numbers, (len(rows), columns)).copy()


def at_rows(block: Block, rows: Ints, time: Floats, transport: float, needed: Bools) -> Nodes:
    """Return the nodes of given rows where they happened in time, else ``UNEXPLAINED``.

    Args:
        block: The nodes.
        rows: (n, 1) which rows, consecutive; those that do not exist have no node.
        time: (n, R) what they must have led to, s.
        transport: How much earlier they happened, s.
        needed: (n, R) where it is asked.
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
    """Return the first nodes that happened in time, else ``UNEXPLAINED``; see ``at_rows``.

    Args:
        block: The nodes, ascending in time.
        time: (n, R) what they must have led to, s.
        transport: How much earlier they happened, s.
        needed: (n, R) where it is asked.
        among: (m, R) which nodes come into question; None for all.
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
