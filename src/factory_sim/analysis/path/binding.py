"""Which constraint bound each event of a run: the recursion, read backwards.

An event happens when the last of its constraints is met. A *node* is an event that
others wait for, and each node points to the node that bound it:

    departure   a part frees its server: its own work, or the place ahead that freed
    ready       components are there: a feeder's unit, or the part moving onto the server
    move        a section moves: takt, the station that held it, the place ahead, or the
                part that comes in

Work begins when a part is on its server, so a departure that its own work bound points
on to what bound the start: the previous part's departure from the server (or the k-th
before it with k servers), or the part's own arrival from upstream.

Ties. Constraints that are met at the same time, within ``TIES``, all bind. The one that
is taken is the one nearest to the station itself: its own work before the place ahead,
the part on the server before the feeder, the server before the arrival; in a section the
takt before a station, a station before the place ahead, the place before the arrival.

Where no part leaves its line between two stages, part k of the one is part k of the next,
and nodes are found by counting. Where parts are scrapped, repaired off line or sent back,
they are found by time: the node that happened when the constraint was met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path.held import worked_since
from factory_sim.analysis.path.nodes import (
    ORIGIN,
    TIES,
    UNEXPLAINED,
    Binding,
    Block,
    all_blocks,
    at_rows,
    numbered,
    places_ahead,
    search,
)
from factory_sim.line.plant import Section, diverts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.path.nodes import Nodes
    from factory_sim.analysis.path.trajectory import Cycles, Trajectory, Visits
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line, Stage


def bind(trajectory: Trajectory) -> Binding:
    """Return what bound each event of a run."""
    blocks = all_blocks(trajectory)
    last = blocks[-1]
    nodes = last.base + len(last.time)
    before = np.full((nodes + 2, len(trajectory.draws.replications)), ORIGIN, dtype=np.int32)
    before[UNEXPLAINED] = UNEXPLAINED
    finder = _Finder(trajectory, blocks)
    for block in blocks:
        before[block.base : block.base + len(block.time)] = finder.before(block)
    return Binding(trajectory, blocks, before)


class _Finder:
    """Finds for each node the node that bound it, block by block.

    Methods return nodes (n, R), one for each node of a block, or for each time (n, R) that
    they are given; ``UNEXPLAINED`` where none is found.
    """

    def __init__(self, trajectory: Trajectory, blocks: Sequence[Block]) -> None:
        self._trajectory, self._plant = trajectory, trajectory.plant
        self._blocks = {(block.kind, block.name): block for block in blocks}
        self._returns = {
            s.inspection.back_to for s in trajectory.plant.stations() if s.inspection is not None
        }
        self._moves: dict[str, tuple[Nodes, Bools]] = {}

    def before(self, block: Block) -> Nodes:
        """Return the nodes that bound the nodes of a block, (n, R)."""
        if block.kind == "move":
            return self._before_moves(block)[0]
        if block.kind == "departure":
            return self._before_departures(block)
        if block.position is not None:
            return self._before_paced_work(block)
        return self._before_work(block)

    def _before_departures(self, block: Block) -> Nodes:
        """Return what bound the departures of an asynchronous station."""
        visits = self._trajectory.visits[block.name]
        assert visits.finish is not None
        rows, finish = len(block.time), visits.finish
        ready = self._blocks.get(("ready", block.name))
        if ready is None:
            started = self._before_starts(visits, block.line)
        else:
            started = numbered(ready, np.arange(len(finish))[:, None], finish.shape[1])
        if visits.leaver is not None:
            row = np.maximum(visits.leaver, 0)
            finish = np.take_along_axis(finish, row, axis=0)
            started = np.take_along_axis(started, row, axis=0)
        blocked = block.time > finish[:rows] * TIES
        found = started[:rows]
        if blocked.any():
            found[blocked] = self._freeing(block, np.arange(rows), blocked)[blocked]
        return found

    def _before_work(self, block: Block) -> Nodes:
        """Return what bound the start of work at an asynchronous station."""
        visits = self._trajectory.visits[block.name]
        found = self._before_starts(visits, block.line)
        late = block.time > visits.start * TIES
        return self._by_components(block, late, found, pooled=visits.station.operators is not None)

    def _before_paced_work(self, block: Block) -> Nodes:
        """Return what bound the start of work at a paced station."""
        assert block.position is not None
        section = self._section_of(block)
        move = self._blocks["move", section.name]
        rows = np.arange(len(block.time))[:, None] + block.position
        found = numbered(move, rows, block.time.shape[1])
        late = block.time > self._trajectory.visits[block.name].start * TIES
        return self._by_components(block, late, found, pooled=False)

    def _section_of(self, block: Block) -> Section:
        """Return the section that a paced station stands in."""
        return next(
            stage
            for stage in block.line.stages
            if isinstance(stage, Section) and block.name in [s.name for s in stage.stations]
        )

    def _by_components(self, block: Block, late: Bools, found: Nodes, *, pooled: bool) -> Nodes:
        """Return ``found``, with the unit of a feeder where work began late because of it.

        Args:
            block: The start of work.
            late: (n, R) where work began later than the part was there.
            found: (n, R) what bound the start of the part.
            pooled: Whether work also waits for shared operators, who then explain the rest.
        """
        if not late.any():
            return found
        if not pooled:
            found = np.where(late, np.int32(UNEXPLAINED), found)
        rows = np.arange(len(block.time))
        feeders = self._plant.feeders(block.name)[::-1]
        # If several feeders are late at the same time, the last one in this order is taken.
        for feeder in sorted(feeders, key=lambda line: not diverts(line.stages[-1])):
            unit = self._leaving(
                feeder.stages[-1], block.name, rows, block.time, feeder.transport, late
            )
            found = np.where(late & (unit >= 0), unit, found)
        return found

    def _before_starts(self, visits: Visits, line: Line) -> Nodes:
        """Return what bound each start at an asynchronous station, (n, R)."""
        station, start = visits.station, visits.start
        assert visits.leave is not None
        own = self._blocks["departure", station.name]
        freed = np.full_like(start, -1.0)
        many = min(len(start) - station.servers, len(visits.leave))
        if many > 0:
            freed[station.servers : station.servers + many] = visits.leave[:many]
        found = numbered(own, np.arange(len(start))[:, None] - station.servers, start.shape[1])
        idle = start > freed * TIES
        idle[: station.servers] = True
        if idle.any():
            found = np.where(idle, self._arrivals(station, line, start, idle), found)
        return found

    def _arrivals(self, stage: Stage, line: Line, time: Floats, needed: Bools) -> Nodes:
        """Return the nodes at which the parts that enter a stage left the one before, (n, R)."""
        rows, number = np.arange(len(time)), line.stages.index(stage)
        if number:
            sender, name = line.stages[number - 1], stage.name
            found = self._leaving(sender, name, rows, time, stage.transport, needed)
        else:
            found = np.full(time.shape, ORIGIN, dtype=np.int32)
        for other in line.stations():
            if other.inspection is not None and other.inspection.back_to == stage.name:
                transport, left = stage.transport if number else 0.0, needed & (found < 0)
                back = self._leaving(other, stage.name, rows, time, transport, left)
                found = np.where(back >= 0, back, found)
                if other.inspection.buffer:  # the part may have waited there for a place
                    freed = self._blocks["departure", stage.name]
                    entered = search(freed, time, transport, needed & (found < 0))
                    found = np.where(entered >= 0, entered, found)
        return found

    def _leaving(
        self, stage: Stage, to: str, rows: Ints, time: Floats, transport: float, needed: Bools
    ) -> Nodes:
        """Return the nodes at which parts left a stage to be at another at a time, (n, R)."""
        paced = isinstance(stage, Section)
        block = self._blocks["move" if paced else "departure", stage.name]
        if self._match_by_count(stage, to):
            last = len(stage.stations) if isinstance(stage, Section) else 0
            return at_rows(block, rows[:, None] + last, time, transport, needed)
        return search(block, time, transport, needed, None if transport else self._unblocked(block))

    def _match_by_count(self, stage: Stage, to: str) -> bool:
        """Return whether the k-th part that leaves a stage is the k-th that enters the next."""
        return not diverts(stage) and to not in self._returns

    def _unblocked(self, block: Block) -> Bools | None:
        """Return which departures (n, R) did not wait for a place; None for any move.

        Without transport, a departure that waited has the same time as the event ahead that
        freed its place. It follows from that event and cannot have bound it.
        """
        visits = self._trajectory.visits.get(block.name)
        if visits is None or visits.finish is None:
            return None
        finish = visits.finish[: len(block.time)]
        if visits.leaver is not None:
            finish = np.take_along_axis(visits.finish, np.maximum(visits.leaver, 0), axis=0)
        free: Bools = block.time <= finish * TIES
        return free

    def _freeing(self, block: Block, rows: Ints, needed: Bools) -> Nodes:
        """Return the nodes that freed the places which parts leaving a stage waited for, (n, R).

        Args:
            block: The moves or departures of the stage.
            rows: (n,) counts of the parts that leave.
            needed: (n, R) which of them waited.
        """
        time = block.time[-len(rows) :]
        counts = not any(diverts(stage) for stage in block.line.stages if stage.name == block.name)
        found = np.full(time.shape, UNEXPLAINED, dtype=np.int32)
        for ahead, places in places_ahead(block, self._blocks):
            if counts and ahead.name not in self._returns:
                node = at_rows(ahead, rows[:, None] - places, time, 0.0, needed)
            else:
                node = search(ahead, time, 0.0, needed & (found < 0))
            good = node >= 0
            if ahead.kind == "move" and places == 0 and good.any():
                # Without a buffer a section moves when the stage before it lets a part go:
                # that stage waited for the section only if the section itself was late.
                row, column = np.maximum(node - ahead.base, 0), np.arange(time.shape[1])
                good &= self._before_moves(ahead)[1][row, column]
            found = np.where(good, node, found)
        return found

    def _before_moves(self, block: Block) -> tuple[Nodes, Bools]:
        """Return what bound the moves of a section, and where it was not the part coming in."""
        if block.name not in self._moves:
            self._moves[block.name] = self._moved(block)
        return self._moves[block.name]

    def _moved(self, block: Block) -> tuple[Nodes, Bools]:
        """Compute what ``_before_moves`` returns."""
        cycles = self._trajectory.cycles[block.name]
        section, time = cycles.section, block.time
        positions, columns = len(section.stations), time.shape[1]
        found = numbered(block, np.arange(len(time))[:, None] - 1, columns)
        ends = time[1:]
        # A cycle that had not ended when the run did has no binding constraint.
        late = (ends > cycles.paced * TIES) & np.isfinite(ends)
        holds = late & (ends <= cycles.held * TIES)
        if holds.any():
            self._point_to_holders(cycles, holds, found[1:])
        waits = np.concatenate([np.ones((1, columns), dtype=bool), late & ~holds])
        blocked = np.full(time.shape, UNEXPLAINED, dtype=np.int32)
        if len(time) > positions:
            rows = np.arange(len(time) - positions)
            blocked[positions:] = self._freeing(block, rows, waits[positions:])
        came = waits & (blocked < 0)
        arrival = self._arrivals(section, block.line, time, came)
        first = np.where(came, arrival, blocked)
        return np.where(waits, first, found), ~came

    def _point_to_holders(self, cycles: Cycles, holds: Bools, found: Nodes) -> None:
        """Let ``found`` point, for moves that a station held (n, R), to where its work began."""
        move = self._blocks["move", cycles.section.name]
        for position, station in enumerate(cycles.section.stations):
            visits = self._trajectory.visits[station.name]
            ready = self._blocks.get(("ready", station.name))
            if ready is None and visits.carried is None:
                continue
            row, column = np.nonzero(holds & (cycles.holder == position))
            if not row.size:
                continue
            base = worked_since(cycles, visits, position, row, column)
            found[row, column] = move.base + base if ready is None else ready.base + base - position
