"""A paced section: positions whose parts index together, once per cycle.

Cycle n begins at T[n], when part n enters position 0; position s then holds part
n - s. A position holds the section until its work is done but for its window:

    held_s = ready_s (+) (down_s + max(0, backlog_s + work_s - window_s))
    T[n+1] = max(T[n] (+) takt, max_s held_s, arrival of part n+1,
                 place for the part that leaves the last position)
    backlog_s = what is left of backlog_s + work_s + down_s at T[n+1]

Arrays are (S, n): position, replication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.engines.batch.flow import (
    BORN,
    DEFECT,
    MODEL,
    ORDER,
    TOUCHED,
    Inlet,
    Join,
    Ledger,
    Mailbox,
    columns,
)
from factory_sim.engines.batch.log import Column, StationLog
from factory_sim.engines.batch.process import Process
from factory_sim.engines.batch.rows import Columns, Count, row
from factory_sim.engines.record import SectionRecord, StationRecord
from factory_sim.line.outages import Outages
from factory_sim.line.plant import ROUNDING, UNLIMITED, Station

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.record import Strikes
    from factory_sim.line.arrays import Bools, Codes, Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.pace import Pace
    from factory_sim.line.plant import Section


class SectionStage:
    """One paced section in all replications.

    Args:
        section: What it is, S positions.
        draws: The randomness; gives the replications, R.
        pace: What the moment makes of the work at its positions.
        joins: The feeders that join, by position.
        ledger: Of what enters and leaves the main line; None on a feeder.
        outlet: The mailbox of the next stage; None at the end of the main line.
        ahead: What names the next place; None at the end of the main line.
        first: Whether its line begins here.
        in_step: Whether all replications fire together.
        rows: Firings in a slab.
        cargo: Rows of what a part carries.
        detail: Whether to record which part was where.
    """

    def __init__(
        self,
        section: Section,
        draws: Draws,
        pace: Pace,
        joins: Sequence[tuple[int, Join]],
        ledger: Ledger | None,
        outlet: Mailbox | None,
        ahead: Inlet | None,
        *,
        first: bool,
        in_step: bool,
        rows: int,
        cargo: int,
        detail: bool,
    ) -> None:
        replications, positions = len(draws.replications), len(section.stations)
        self.section = section
        self.inbox = Mailbox(replications, in_step=in_step, cargo=cargo)
        self.entry: Literal["", "saturated", "arrivals"] = ""
        self._transport = 0.0 if first else section.transport
        self._joins, self._ledger = joins, ledger
        self._outlet, self._ahead = outlet, ahead
        self._process = Process(section.stations, draws, pace)
        self._hours = _Hours(section, draws)
        self._window = np.array([s.window for s in section.stations])[:, None]
        self._windows = bool(self._window.any())
        self._detail = detail
        self._models = len(section.stations[0].work) > 1
        self._quality = any(s.defect_rate or s.inspection for s in section.stations)
        self._plain = not (detail or self._models or self._quality)
        self._none = np.zeros((positions, replications), dtype=np.int64)
        self._order = np.zeros((positions, replications))
        self._all = np.arange(replications)
        self._positions = np.arange(positions)[:, None]
        self._cargo = np.zeros((positions, cargo, replications))
        self._entered: Count = 0 if in_step else np.zeros(replications, dtype=np.int64)
        self._begins = np.zeros((max(section.buffer, 1), replications))
        self._cycle = _Cycle(positions, replications)
        self._log = _SectionLog(section, rows, replications, detail=detail)
        self.last_leave = np.zeros(replications)

    def answers(self) -> bool | Bools:
        """Return where the next question for a place can be answered.

        Without a buffer the place depends on the next index, and that on the next
        stage, which must first have taken the part that left before.
        """
        return True if self.section.buffer else self._open_ahead()

    def place(self, at: Columns) -> Floats | float:
        """Return when there is a place for the next part, (n,), s."""
        if self.section.buffer == UNLIMITED:
            return 0.0
        if self.section.buffer == 0:
            return self._earliest(at)
        return row(self._begins, self._count(at) % len(self._begins), at)

    def fire(self) -> None:
        """Index the section: close the running cycle and begin one with the next part."""
        at = self._where()
        if at is None:
            return
        part = self._count(at)
        time, cargo = self.inbox.take(at)
        begin = np.maximum(self._earliest(at), time + self._transport)
        self._close(part, at, begin)
        if self.entry == "saturated":
            cargo[BORN] = begin
        if self.entry and self._ledger is not None:
            self._ledger.enter(at, cargo[BORN])
        self._leave(part, at, begin)
        self._cargo[part % len(self._cargo), :, at] = cargo if isinstance(part, int) else cargo.T
        if self.section.buffer > 0:
            self._begins[part % len(self._begins), at] = begin
        self.last_leave[at] = begin
        self._open(part, at, begin)
        if isinstance(self._entered, int):
            self._entered += 1
        else:
            self._entered[at] += 1

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded at each position since the last call."""
        return self._log.positions(self._hours.of_position, self._process.strikes())

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""
        return self._log.cycles()

    def forget(self) -> None:
        """Drop outages that no later cycle and no account can meet."""
        self._hours.forget(self._cycle.begin)

    def _where(self) -> Columns | None:
        """Return the replications in which the section can index."""
        able = self.inbox.full & self._open_ahead()
        for position, join in self._joins:
            able = able & ((self._entered < position) | join.mailbox.full)
        return columns(bool(able) if isinstance(self._entered, int) else able)

    def _open_ahead(self) -> bool | Bools:
        """Return where its outlet is empty and the place beyond it can be named."""
        able: bool | Bools = True
        if self._outlet is not None:
            able = able & self._outlet.vacant()
        if self._ahead is not None:
            able = able & self._ahead.answers()
        return able

    def _count(self, at: Columns) -> Count:
        return self._entered if isinstance(self._entered, int) else self._entered[at]

    def _earliest(self, at: Columns) -> Floats:
        """Return when the section could take its next part, were it there, (n,), s."""
        earliest: Floats = np.maximum(self._cycle.paced[at], self._cycle.held[at])
        if self._ahead is None:
            return earliest
        leaves = self._count(at) >= len(self._cargo)
        if isinstance(leaves, bool):
            return np.maximum(earliest, self._ahead.place(at)) if leaves else earliest
        if not leaves.any():
            return earliest
        return np.where(leaves, np.maximum(earliest, self._ahead.place(at)), earliest)

    def _numbers(self, part: Count) -> Ints:
        """Return the count of the part at each position when ``part`` enters, (S, 1 or n)."""
        return part - self._positions

    def _leave(self, part: Count, at: Columns, time: Floats) -> None:
        """Let the part at the last position go."""
        if isinstance(part, int):
            if part < len(self._cargo):
                return
            cargo = self._cargo[part % len(self._cargo)].copy()
        else:
            leaving = np.flatnonzero(part >= len(self._cargo))
            at, part, time = self._all[at][leaving], part[leaving], time[leaving]
            cargo = self._cargo[part % len(self._cargo), :, at].T
        if self._outlet is not None:
            self._outlet.put(at, time, cargo)
        elif self._ledger is not None:
            self._ledger.deliver(at, time, cargo)

    def _open(self, part: Count, at: Columns, begin: Floats) -> None:
        """Begin a cycle: what each position must do, and when it lets the section go."""
        order, model, defect = self._parts(part, at)
        ready = self._components(part, at, begin)
        visit = self._process.visit(
            part, at, self._entered, ready, model, defect, self._none[:, at]
        )
        if visit.defect is not None:
            self._judge(part, at, visit.defect, visit.found)
        work = self._cycle.backlog[:, at] + visit.time
        required = work if visit.down is None else work + visit.down
        hold = np.maximum(work - self._window, 0.0)
        if visit.down is not None:
            hold += visit.down
        held = self._hours.finish(ready, hold, at, begin)
        self._cycle.keep(
            at,
            begin=begin,
            ready=ready,
            time=visit.time,
            down=visit.down,
            setup=visit.setup,
            failures=visit.failures,
            verdict=visit.verdict,
            required=required,
            done=self._hours.finish(ready, required, at, begin) if self._windows else held,
            paced=self._hours.takt(begin, at),
            held=held.max(axis=0),
            holder=held.argmax(axis=0),
            order=order,
            model=model,
        )

    def _parts(self, part: Count, at: Columns) -> tuple[Floats, Ints, Floats]:
        """Return order, model (-1 for no part) and defect at each position, (S, n).

        What nothing depends on is left zero.
        """
        order, model, defect = self._order[:, at], self._none[:, at], self._order[:, at]
        if self._plain:
            return order, model, defect
        some = self._numbers(part) >= 0
        if self._detail:
            order = self._carried(part, at, ORDER)
        if self._models:
            model = np.where(some, self._carried(part, at, MODEL), -1.0).astype(np.int64)
        if self._quality:
            defect = np.where(some, self._carried(part, at, DEFECT), 0.0)
        return order, model, defect

    def _carried(self, part: Count, at: Columns, what: int) -> Floats:
        """Return one quantity that the parts at the positions carry, (S, n)."""
        slot = self._numbers(part) % len(self._cargo)
        if isinstance(at, slice):
            whole_rows: Floats = self._cargo[slot[:, 0], what]
            return whole_rows
        picked: Floats = self._cargo[slot, what, at]
        return picked

    def _judge(self, part: Count, at: Columns, defect: Bools, found: Bools | None) -> None:
        """Write into what the parts carry that work has changed their quality."""
        slot, column = self._numbers(part) % len(self._cargo), self._all[at]
        self._cargo[slot, DEFECT, column] = defect
        if found is not None:
            touched = self._carried(part, at, TOUCHED)
            self._cargo[slot, TOUCHED, column] = np.maximum(touched, found)

    def _components(self, part: Count, at: Columns, begin: Floats) -> Floats:
        """Return when the work of the cycle can begin at each position, (S, n), s."""
        ready: Floats = np.empty((len(self._cargo), begin.size))
        ready[:] = begin
        needed: list[tuple[int, Join, Columns, Columns]] = []
        for position, join in self._joins:
            if isinstance(part, int):
                if part >= position:
                    needed.append((position, join, at, at))
            elif (some := np.flatnonzero(part >= position)).size:
                needed.append((position, join, some, self._all[at][some]))
        for position, join, here, replication in needed:
            ready[position, here] = np.maximum(ready[position, here], join.arrival(replication))
        for position, join, here, replication in needed:
            join.take(replication, ready[position, here])
        return ready

    def _close(self, part: Count, at: Columns, end: Floats) -> None:
        """End the running cycle at the moment the next part enters."""
        if isinstance(part, int):
            if part == 0:
                return
        else:
            running = np.flatnonzero(part > 0)
            if not running.size:
                return
            at, part, end = self._all[at][running], part[running], end[running]
        cycle = self._cycle
        done = cycle.done[:, at]
        late = done > end
        cycle.backlog[:, at] = 0.0
        if np.count_nonzero(late):
            self._carry_over(at, late, end)
        self._log.close(at, cycle, self._numbers(part - 1), np.minimum(done, end), end)

    def _carry_over(self, at: Columns, late: Bools, end: Floats) -> None:
        """Keep as backlog what is left of the work where it runs over the end of the cycle."""
        cycle, where = self._cycle, np.nonzero(late)
        position, replication = where[0], self._all[at][where[1]]
        begin, stop = cycle.ready[position, replication], end[where[1]]
        worked = np.maximum(stop - begin, 0.0)
        worked -= self._hours.between(begin, stop, position, replication)
        left = cycle.required[position, replication] - worked
        cycle.backlog[position, replication] = np.where(left > ROUNDING * stop, left, 0.0)


class _Cycle:
    """The running cycle of a section: (R,) or (S, R) each, times in s."""

    def __init__(self, positions: int, replications: int) -> None:
        self.begin, self.paced, self.held = np.zeros((3, replications))
        self.holder = np.zeros(replications, dtype=np.int64)
        shape = (positions, replications)
        self.ready, self.time, self.required, self.done = np.zeros((4, *shape))
        self.backlog = np.zeros(shape)
        self.down: Floats | None = None
        self.setup: Floats | None = None
        self.failures: Ints | None = None
        self.verdict: Codes | None = None
        self.order, self.model = np.zeros(shape), np.zeros(shape, dtype=np.int64)

    def keep(self, at: Columns, **values: Floats | Ints | Codes | None) -> None:
        """Remember quantities of the n replications that begin a cycle."""
        if isinstance(at, slice):
            vars(self).update(values)
            return
        for name, value in values.items():
            if value is None:
                continue
            if getattr(self, name) is None:
                shape = (*value.shape[:-1], self.begin.size)
                setattr(self, name, np.zeros(shape, dtype=value.dtype))
            getattr(self, name)[..., at] = value


class _Hours:
    """When the conveyor and each position of a section are available."""

    def __init__(self, section: Section, draws: Draws) -> None:
        self._takt = np.full(len(draws.replications), section.takt)
        conveyor = Station(section.name, work=(), calendar=section.calendar)
        self._conveyor = Outages(conveyor, draws)
        self.of_position = [
            self._conveyor
            if s.calendar == section.calendar and all(f.clock == "busy" for f in s.failures)
            else Outages(s, draws)
            for s in section.stations
        ]
        own = [p for p, outages in enumerate(self.of_position) if outages is not self._conveyor]
        shared = [p for p, outages in enumerate(self.of_position) if outages is self._conveyor]
        self._groups = [([p], self.of_position[p]) for p in own]
        if shared:
            self._groups.append((shared, self._conveyor))
        # They look ahead in rows of one table, so that one comparison asks all.
        self._next = np.empty((len(self._groups), len(draws.replications)))
        self._group = np.empty(len(section.stations), dtype=np.int64)
        for number, (positions, outages) in enumerate(self._groups):
            outages.look_ahead_in(self._next[number])
            self._group[positions] = number
        self._always = all(outages.none for outages in self.of_position)

    def takt(self, begin: Floats, at: Columns) -> Floats:
        """Return when a cycle that begins now (n,) has lasted the takt, s."""
        return self._conveyor.finish(begin, self._takt[at], at, begin)

    def finish(self, ready: Floats, need: Floats, at: Columns, floor: Floats) -> Floats:
        """Return when each position has been available ``need`` s since ``ready``, (S, n)."""
        if self._always:
            return ready + need
        if len(self._groups) == 1:
            return self._groups[0][1].finish(ready, need, at, floor)
        done = ready + need
        late = done > self._next[:, at][self._group]
        if np.count_nonzero(late):
            for number in np.unique(self._group[late.any(axis=1)]):
                positions, outages = self._groups[number]
                done[positions] = outages.finish(ready[positions], need[positions], at, floor)
        return done

    def between(self, begin: Floats, end: Floats, position: Ints, replication: Ints) -> Floats:
        """Return the unavailable seconds of positions (n,) in [begin, end), (n,)."""
        lost = np.zeros_like(begin)
        if len(self._groups) == 1:
            return self._groups[0][1].between(begin, end, replication)
        if not self._always:
            group = self._group[position]
            late = np.flatnonzero(end > self._next[group, replication])
            for number in np.unique(group[late]):
                some = late[group[late] == number]
                outages = self._groups[number][1]
                lost[some] = outages.between(begin[some], end[some], replication[some])
        return lost

    def forget(self, before: Floats) -> None:
        """Drop outages that ended before a time (R,), s."""
        for _, outages in self._groups:
            outages.forget(before)
        self._conveyor.forget(before)


class _SectionLog:
    """What the cycles of a section leave behind."""

    def __init__(self, section: Section, rows: int, replications: int, *, detail: bool) -> None:
        self._section, self._detail = section, detail
        shape = (len(section.stations), replications)
        self._visits = StationLog(section.stations[0], rows, shape, detail=detail)
        self._begin, self._end, self._paced, self._held = (
            Column(rows, (replications,)) for _ in range(4)
        )
        self._holder = Column(rows, (replications,), 0, np.int64)

    def close(self, at: Columns, cycle: _Cycle, number: Ints, finish: Floats, end: Floats) -> None:
        """Record a cycle of n replications; a position without a part stays empty."""
        begin, ready = cycle.begin[at], cycle.ready[:, at]
        for column, value in (
            (self._begin, begin),
            (self._end, end),
            (self._paced, cycle.paced[at]),
            (self._held, cycle.held[at]),
            (self._holder, cycle.holder[at]),
        ):
            column.write(at, value)
        some = number >= 0
        # The last position is filled last.
        if not some[-1].all():
            begin, ready = np.where(some, begin, np.inf), np.where(some, ready, np.inf)
            finish, end = np.where(some, finish, np.inf), np.where(some, end, np.inf)
        down, setup = (None if x is None else x[:, at] for x in (cycle.down, cycle.setup))
        failures = None if cycle.failures is None else cycle.failures[:, at]
        verdict = None if cycle.verdict is None else cycle.verdict[:, at]
        self._visits.begin(at, begin, ready, finish, cycle.time[:, at], down)
        self._visits.befall(at, setup, failures, verdict)
        self._visits.end(at, end, np.where(some, number, -1) if self._detail else -1)
        if self._detail:
            order = np.where(some, cycle.order[:, at], -1.0)
            self._visits.identify(at, np.zeros(order.shape, np.int64), order, cycle.model[:, at])

    def positions(
        self, outages: Sequence[Outages], strikes: Sequence[Strikes | None]
    ) -> tuple[StationRecord, ...]:
        """Return the visits to each position since the last call."""
        return self._visits.split(self._section.stations, outages, strikes)

    def cycles(self) -> SectionRecord:
        """Return the cycles since the last call."""
        return SectionRecord(
            self._section,
            begin=self._begin.hand_over(),
            end=self._end.hand_over(),
            paced=self._paced.hand_over(),
            held=self._held.hand_over(),
            holder=self._holder.hand_over(),
        )
