"""The cycles of a paced section all of whose positions keep the shifts of the conveyor.

With all replications in step, time within a cycle is counted on shift from its begin. A
position then needs one sum and one comparison: it requires its backlog plus its work; the
cycle lasts until the largest requirement, less its window, is met; and what exceeds the
cycle is the next backlog. Breakdowns, defects and missing components are rare and treated
one by one. Arrays are (S, R): position, replication.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.breaks import Breaks
from factory_sim.engines.batch.flow import MODEL, ORDER
from factory_sim.engines.batch.outcome import Outcome, Wait
from factory_sim.engines.batch.rows import among
from factory_sim.engines.batch.section_log import SectionLog
from factory_sim.engines.batch.section_sums import WindowSums
from factory_sim.engines.batch.section_trace import Trace
from factory_sim.engines.batch.section_work import SectionWork
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from factory_sim.engines.batch.context import Context, SectionContext
    from factory_sim.engines.batch.parts import Parts
    from factory_sim.engines.batch.rows import Columns, Count
    from factory_sim.engines.record import SectionRecord, StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Section


class UniformCycles:
    """The cycles of such a section; see the module.

    Args:
        section: What it is, S positions.
        context: Its surroundings.
        plan: What it is given besides, as a section.
        parts: The parts at its positions.
    """

    def __init__(
        self, section: Section, context: Context, plan: SectionContext, parts: Parts
    ) -> None:
        stations, replications, window = section.stations, context.replications, plan.window
        shape = (len(stations), replications)
        self._section, self._parts = section, parts
        self._breaks = Breaks(section, context.draws)
        self._outages = self._breaks.outages
        self._work = SectionWork(context, plan, parts)
        windows = {s.window for s in stations}
        self._window: float | None = windows.pop() if len(windows) == 1 else None
        self._windows = np.array([s.window for s in stations])[:, None]
        # What positions require in the running cycle; between two cycles, the backlog. One
        # array for both takes half the cache.
        self._required = np.zeros(shape)
        self._room = np.zeros(shape) if self._window is None else None
        # Where a window is 0, a backlog of mere rounding would hold the section: it is cut off.
        self._over = None if self._windows.min() > 0 else np.zeros(shape, dtype=bool)
        self._begin, self._paced, self._held, self._released = np.zeros((4, replications))
        self._now = Outcome(np.zeros(shape), np.zeros(shape))
        # Breakdowns at positions whose work fits into the window: position, replication, and
        # how long the repair holds the section, s; more than required less window.
        self._hasty: tuple[Ints, Ints, Floats] | None = None
        self._holder = np.zeros(replications, dtype=np.int64)
        self._all = np.arange(replications)
        self._none = np.zeros(replications, dtype=np.int64)
        self._detail, rows = context.detail, context.rows
        summed = window is not None
        self._log = SectionLog(section, rows, replications, detail=self._detail, summed=summed)
        joins = [position for position, _ in parts.joins]
        self._sums = WindowSums(shape, joins, rows, window, self._work.spread)
        self._trace = Trace(stations, rows, replications) if plan.traced and window else None
        self._everywhere = window is None

    def released(self, at: Columns) -> Floats:
        """Return when takt and positions let the running cycle end, (R,), s."""
        return self._released

    def records(self) -> tuple[StationRecord, ...]:
        """Return the visits to each position since the last call, if visits are recorded."""
        outages = [self._outages] * len(self._section.stations)
        return self._log.positions(outages, self._work.strikes())

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""
        cycles = self._sums.hand_over(self._log.cycles(), self._left_over)
        return cycles if self._trace is None else replace(cycles, trace=self._trace.hand_over())

    def forget(self) -> None:
        """Drop outages that no later cycle and no account can meet."""
        self._outages.forget(self._begin)

    def open(self, part: Count, at: Columns, begin: Floats) -> None:
        """Begin a cycle: what each position must do, and when it lets the section go."""
        assert isinstance(part, int)
        joined = [(where, since) for where, _, since in self._parts.components(part, at, begin)]
        self._begin = begin
        now = self._now = self._work.next(part, begin, joined)
        required = self._required
        required += now.work
        if self._window is None:
            room = np.subtract(required, self._windows, out=self._room)
            hold = np.maximum.reduce(room, axis=0)
        else:
            hold = np.maximum.reduce(required, axis=0)
            hold -= self._window
        np.maximum(hold, 0.0, out=hold)
        self._hasty = None
        if now.struck is not None:
            position, replication, seconds, _ = now.struck
            struck = (position, replication)
            work = required[struck]
            over = work - self._windows[position, 0]
            holds = np.maximum(over, 0.0) + seconds
            np.maximum.at(hold, replication, holds)
            required[struck] = work + seconds
            (some,) = (over < 0).nonzero()
            if some.size:
                self._hasty = position[some], replication[some], holds[some]
        self._release(begin, hold)
        for where, since in joined:
            (late,) = (since > begin).nonzero()
            if late.size:
                self._await(where, late, since[late])
        # Determined now, while the requirements are in the cache.
        self._holder = self._slowest()

    def _release(self, begin: Floats, hold: Floats) -> None:
        """Determine when takt and positions end the cycle if no components are missing."""
        self._paced, self._held = begin + self._section.takt, begin + hold
        self._released = np.maximum(self._paced, self._held)
        at, start = self._breaks.begun(begin, self._released)
        if at.size:
            need = np.empty((2, at.size))
            need[0], need[1] = self._section.takt, hold.take(at)
            self._paced[at], self._held[at] = done = self._breaks.finish(start, need, at)
            self._released[at] = done.max(axis=0)

    def _await(self, position: int, at: Ints, since: Floats) -> None:
        """Let the work at a position begin later, when its components arrive.

        Args:
            position: Which position waits.
            at: The n replications in which components are missing.
            since: (n,) when they arrive, s.
        """
        begin, now = self._begin[at], self._now
        down = np.zeros(self._begin.size)
        if now.struck is not None:
            here = np.flatnonzero(now.struck[0] == position)
            down[now.struck[1][here]] = now.struck[2][here]
        repairs = down[at]
        need = self._required[position, at] - repairs - self._windows[position]
        need = np.maximum(need, 0.0) + repairs
        self._breaks.advance(begin, at)
        held = self._breaks.finish(since, need, at)
        self._held[at] = np.maximum(self._held[at], held)
        self._released[at] = np.maximum(self._released[at], held)
        seconds = since - begin - self._breaks.between(begin, since, at)
        now.waits.append(Wait(position, at, since, seconds, need))

    def close(self, part: Count, at: Columns, end: Floats) -> None:
        """End the running cycle at the moment the next part enters, (R,), s."""
        assert isinstance(part, int)
        if part == 0:
            return
        now, begin = self._now, self._begin
        self._log.cycle(at, begin, end, self._paced, self._held, self._holder)
        single = self._sums.add(now, part - 1, self._left_over, begin, end)
        if single is not None:
            self._record_visits(part - 1, single, end)
        required = self._required
        for wait in now.waits:
            required[wait.position, wait.at] += wait.seconds
        length = end - begin
        some, start = self._breaks.begun(begin, end)
        if some.size:
            length[some] -= self._breaks.between(start, end.take(some), some)
        required -= length
        little = ROUNDING * end
        if self._trace is not None:
            self._trace.add(now, required >= -little)
        if self._over is None:
            np.maximum(required, 0.0, out=required)
        else:
            np.greater(required, little, out=self._over)
            # Faster than to overwrite where it is not.
            required *= self._over

    def _left_over(self, at: Columns) -> Floats:
        """Return the backlog with which the running cycle began in n replications, (S, n), s."""
        before = self._required[:, at] - self._now.work[:, at]
        if self._now.struck is not None:
            position, replication, seconds, _ = self._now.struck
            which, here = among(self._all[at], replication)
            before[position[which], here] -= seconds[which]
        return before

    def _slowest(self) -> Ints:
        """Return which position holds the section longest, (R,).

        Where visits are summed up, it is 0 in replications in which none exceeds the takt.
        """
        some = self._all if self._everywhere else (self._held > self._paced).nonzero()[0]
        if not some.size:
            return self._none
        hold = self._required.take(some, axis=1)
        if self._window is None:
            hold -= self._windows
        # What holds beyond the takt is positive, so that the others need not be cut at 0.
        shift = self._window or 0.0
        if self._hasty is not None:
            position, replication, holds = self._hasty
            which, here = among(some, replication)
            hold[position[which], here] = holds[which] + shift
        for wait in self._now.waits:
            which, here = among(some, wait.at)
            lasting = wait.seconds[which] > 0
            which, here = which[lasting], here[lasting]
            hold[wait.position, here] = wait.seconds[which] + wait.need[which] + shift
        if self._everywhere:
            np.maximum(hold, shift, out=hold)
        holder = self._none.copy()
        holder[some] = hold.argmax(axis=0)
        return holder

    def _record_visits(self, part: int, at: Columns, end: Floats) -> None:
        """Record each visit of the running cycle in n replications."""
        begin, now, every = self._begin[at], self._now, self._all[at]
        required = self._required[:, at]
        ready: Floats = np.empty(required.shape)
        ready[:] = begin
        for wait in now.waits:
            which, here = among(every, wait.at)
            ready[wait.position, here] = wait.since[which]
        done = self._outages.finish(ready, required, at, begin)
        order = model = None
        if self._detail:
            order = self._parts.carried(part, at, ORDER)
            model = self._parts.carried(part, at, MODEL).astype(np.int64)
        visits = now.visits(
            at,
            every,
            ready,
            np.minimum(done, end[at]),
            fails=self._work.fails,
            judges=self._work.judges,
            order=order,
            model=model,
        )
        number = self._parts.numbers(part)
        if isinstance(at, slice):
            self._log.visits(at, begin, end, number, visits)
        else:
            self._sums.add_edge(at, self._begin, end, number >= 0, visits)
