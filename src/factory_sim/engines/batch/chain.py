"""A chain: consecutive single servers with buffers between them, advanced as a wave.

In step n of the wave the station at position p works on part n - p. All that it must
know happened in earlier steps, so one step is one pass over arrays of all positions:

    start[p]  = max(leave[p-1] of step n-1 + transport, leave[p] of step n-1)
    leave[p]  = max(finish[p], leave[p+1] of step n - c + 1)    c = capacity of p+1

The last line needs c >= 2: a station without a buffer begins a new chain. Parts keep
their order on single servers, so what they carry moves along untouched but for quality.

A chain needs all replications in step. Arrays are (P, R): position, replication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.flow import DEFECT, MODEL, ORDER, TOUCHED, Mailbox
from factory_sim.engines.batch.hours import Hours
from factory_sim.engines.batch.log import StationLog
from factory_sim.engines.batch.process import Process, Visit
from factory_sim.engines.batch.rows import ALL
from factory_sim.line.plant import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.context import Context
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Station


class ChainStage:
    """P consecutive single-server stations in all replications, in step.

    Args:
        stations: In flow order; all but the first have a buffer.
        context: Their surroundings.
    """

    def __init__(self, stations: Sequence[Station], context: Context) -> None:
        replications, positions = context.replications, len(stations)
        draws = context.draws
        self.stations = stations
        self.inbox = Mailbox(replications, in_step=True, cargo=context.cargo)
        self._entry, self._exit, self._joins = context.entry, context.exit, context.joins
        self._process = Process(stations, draws, context.pace)
        self._hours = Hours(stations, draws)
        self._transport = _transports(stations, first=context.first)
        self._models = len(stations[0].work) > 1
        self._quality = any(s.defect_rate or s.inspection for s in stations)
        self._detail = context.detail
        self._step = 0
        self._left: Floats = np.zeros((positions, replications))
        self._places = _Places(stations, replications)
        self._carried: list[Floats] = [self.inbox.cargo] * positions
        self._zeros = np.zeros((positions, replications))
        self._none = np.zeros((positions, replications), dtype=np.int64)
        shape = (positions, replications)
        self._log = StationLog(stations[0], context.rows, shape, detail=context.detail)

    @property
    def last_leave(self) -> Floats:
        """When the last part left each station, (P, R), s."""
        return self._left

    def knows_place(self) -> bool:
        """Return True: it depends on departures of the past alone."""
        return True

    def place(self, at: Columns) -> Floats | float:
        """Return when a place becomes free for the next part, (R,), s."""
        return self._places.before(self._step)[at]

    def fire(self) -> None:
        """Advance the wave by a step: a part at every position."""
        last, step = len(self._left) - 1, self._step
        departs = step >= last
        if not self.inbox.full or (departs and not self._exit.is_open()):
            return
        if self._joins and not self._components_there():
            return
        filled = min(step, last) + 1
        time, cargo = self.inbox.take(ALL)
        start, ready = self._begin(time, filled)
        if self._entry is not None:
            self._entry.enter(ALL, start[0], cargo)
        self._carried[step % (last + 1)] = cargo
        finish = self._finish(ready, filled)
        leave = self._log.leave.next()
        if last:
            np.maximum(finish[:last], self._places.inside(step), out=leave[:last])
        if self._exit.ahead is None:
            leave[last] = finish[last]
        else:
            np.maximum(finish[last], self._exit.place(ALL) if departs else 0.0, out=leave[last])
        self._left = leave
        if filled <= last:
            self._blank(filled)
        self._places.keep(step, self._left)
        self._step += 1
        if departs:
            cargo = self._carried[(step - last) % (last + 1)]
            self._exit.pass_on(ALL, leave[last], cargo)

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded at each position since the last call."""
        strikes = self._process.strikes()
        return self._log.split(self.stations, self._hours.of_position, strikes)

    def forget(self) -> None:
        """Drop outages that no later part and no account can meet."""
        self._hours.forget(self._left)

    def _components_there(self) -> bool:
        """Return whether every part that needs a unit of a feeder can have it."""
        return all(join.mailbox.full for position, join in self._joins if position <= self._step)

    def _begin(self, time: Floats, filled: int) -> tuple[Floats, Floats]:
        """Record when parts move onto the servers and have all components, (P, R), s."""
        start = self._log.start.next()
        if self._transport is None:
            np.maximum(time, self._left[0], out=start[0])
            if len(start) > 1:
                np.maximum(self._left[:-1], self._left[1:], out=start[1:])
        else:
            np.add(time, self._transport[0], out=start[0])
            np.add(self._left[:-1], self._transport[1:], out=start[1:])
            np.maximum(start, self._left, out=start)
        if not self._joins:
            return start, start
        ready = self._log.ready.next()
        ready[:] = start
        here = [(position, join) for position, join in self._joins if position < filled]
        for position, join in here:
            np.maximum(ready[position], join.arrival(ALL), out=ready[position])
        for position, join in here:
            join.take(ALL, ready[position])
        return start, ready

    def _finish(self, ready: Floats, filled: int) -> Floats:
        """Record when the work is done, (P, R), s."""
        model, defect = self._none, self._zeros
        if self._models:
            model = self._carry(MODEL, filled).astype(np.int64)
        if self._quality:
            defect = self._carry(DEFECT, filled)
        visit = self._process.visit(self._step, ALL, self._step, ready, model, defect, self._none)
        self._log.work.write(ALL, visit.time)
        need = visit.time
        if visit.down is not None:
            self._log.down.write(ALL, visit.down)
            need = visit.time + visit.down
        self._log.write_optional(ALL, visit)
        if visit.defect is not None:
            self._judge(visit, filled)
        if self._detail:
            self._identify(model, filled)
        finish = self._log.finish.next()
        np.add(ready, need, out=finish)
        if not self._hours.always:
            self._hours.interrupt(ready, need, finish)
        return finish

    def _identify(self, model: Ints, filled: int) -> None:
        """Record which parts those are."""
        part = self._step - np.arange(len(self._left))[:, None]
        order = self._carry(ORDER, filled)
        self._log.identify(ALL, self._none, order, model)
        self._log.leavers(ALL, np.where(part >= 0, part, -1))

    def _carry(self, what: int, filled: int) -> Floats:
        """Return one quantity that the parts at the positions carry, (P, R); -1 for no part."""
        values = np.full_like(self._zeros, -1.0)
        for position in range(filled):
            values[position] = self._cargo(position)[what]
        return values

    def _cargo(self, position: int) -> Floats:
        """Return what the part at a position carries."""
        return self._carried[(self._step - position) % len(self._carried)]

    def _judge(self, visit: Visit, filled: int) -> None:
        """Update the quality that the parts carry by what work and inspection did."""
        assert visit.defect is not None
        for position in range(filled):
            cargo = self._cargo(position)
            cargo[DEFECT] = visit.defect[position]
            if visit.found is not None:
                np.maximum(cargo[TOUCHED], visit.found[position], out=cargo[TOUCHED])

    def _blank(self, filled: int) -> None:
        """Erase what was recorded at positions that no part has reached yet."""
        log = self._log
        self._left = self._left.copy()
        self._left[filled:] = 0.0
        columns = (log.start, log.finish, log.leave, *([log.ready] if self._joins else []))
        for column in columns:
            column.last()[filled:] = np.inf


class _Places:
    """When places become free at each position: departures of earlier steps, in a ring.

    Args:
        stations: The P stations of the chain.
        replications: R.
    """

    def __init__(self, stations: Sequence[Station], replications: int) -> None:
        limited = [s.capacity for s in stations if s.capacity != UNLIMITED]
        self._length = max(limited, default=1)
        # One more row that is never written stands for places without a limit.
        self._ring = np.zeros((self._length + 1, len(stations), replications))
        self._capacity = np.array([s.capacity for s in stations])
        self._position = np.arange(1, len(stations))
        inner = {int(capacity) for capacity in self._capacity[1:]}
        self._uniform = inner.pop() if len(inner) == 1 else None

    def before(self, step: int) -> Floats:
        """Return when the first position has a place for the part of a step, (R,), s."""
        row: Floats = self._ring[self._row(step, int(self._capacity[0])), 0]
        return row

    def inside(self, step: int) -> Floats:
        """Return when each later position has a place for the part before it, (P - 1, R), s."""
        if self._uniform is not None:
            return self._ring[self._row(step + 1, self._uniform), 1:]
        rows = (step + 1 - self._capacity[1:]) % self._length
        rows[self._capacity[1:] == UNLIMITED] = self._length
        picked: Floats = self._ring[rows, self._position]
        return picked

    def keep(self, step: int, leave: Floats) -> None:
        """Remember the departures of a step, (P, R), s."""
        self._ring[step % self._length] = leave

    def _row(self, step: int, capacity: int) -> int:
        return self._length if capacity == UNLIMITED else (step - capacity) % self._length


def _transports(stations: Sequence[Station], *, first: bool) -> Floats | None:
    """Return the transport to each position (P, 1), s; None if there is none.

    The first stage of a line takes its parts from the yard, at no distance.
    """
    times = np.array([s.transport for s in stations])[:, None]
    if first:
        times[0] = 0.0
    return times if times.any() else None
