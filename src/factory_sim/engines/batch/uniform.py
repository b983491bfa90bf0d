"""The cycles of a paced section all of whose positions keep the shifts of the conveyor.

With all replications in step, time within a cycle is counted on shift from its begin, and
a position needs one sum and one comparison; see ``requirements``. Missing components are
rare and treated one by one. Arrays are (S, R): position, replication.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.breaks import Breaks
from factory_sim.engines.batch.flow import MODEL, ORDER
from factory_sim.engines.batch.outcome import Wait
from factory_sim.engines.batch.requirements import Requirements
from factory_sim.engines.batch.rows import among
from factory_sim.engines.batch.section_log import SectionLog
from factory_sim.engines.batch.section_sums import WindowSums
from factory_sim.engines.batch.section_trace import Trace
from factory_sim.engines.batch.section_work import SectionWork
from factory_sim.engines.batch.selected import SelectedRequirements
from factory_sim.engines.batch.selection import Selector
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from factory_sim.engines.batch.context import Context, SectionContext
    from factory_sim.engines.batch.outcome import Outcome
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
        self._section, self._parts = section, parts
        self._breaks = Breaks(section, context.draws)
        self._outages = self._breaks.outages
        self._work = SectionWork(context, plan, parts)
        self._begin, self._paced, self._held, self._released = np.zeros((4, replications))
        self._now: Outcome
        self._holder = np.zeros(replications, dtype=np.int64)
        self._all = np.arange(replications)
        self._none = np.zeros(replications, dtype=np.int64)
        self._detail, rows = context.detail, context.rows
        summed = window is not None
        self._log = SectionLog(section, rows, replications, detail=self._detail, summed=summed)
        joins = [position for position, _ in parts.joins]
        shape = (len(stations), replications)
        self._sums = WindowSums(shape, joins, rows, window, self._work.spread)
        self._trace = Trace(stations, rows, replications) if plan.traced and window else None
        self._everywhere = window is None
        self._required = self._requirements(joins, len(plan.variants))

    def _requirements(self, joins: list[int], plants: int) -> Requirements:
        """Return the requirements: of selected visits where they may be few."""
        section, work, replications = self._section, self._work, self._all.size
        # To select takes about as long as to compute the visits of a plant; plants beside each
        # other share the selection.
        few = 2 * len(work.kinds) < plants * len(section.stations)
        if self._everywhere or self._trace is not None or not (work.ahead and few):
            return Requirements(section, replications, self._trace, exact=self._everywhere)
        followed = sorted({*joins, *work.mends})
        selector = Selector(section, work.kinds, replications // plants, followed)
        return SelectedRequirements(section, replications, work, selector, followed)

    def released(self, at: Columns) -> Floats:
        """Return when takt and positions let the running cycle end, (R,), s."""
        return self._released

    def records(self) -> tuple[StationRecord, ...]:
        """Return the visits to each position since the last call, if visits are recorded."""
        outages = [self._outages] * len(self._section.stations)
        return self._log.positions(outages, self._work.strikes())

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""
        cycles = self._sums.hand_over(self._log.cycles(), self._backlog)
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
        hold = self._required.begin(now)
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
        at, start = self._breaks.met(begin, self._released)
        if at.size:
            need = np.empty((2, at.size))
            need[0], need[1] = self._section.takt, hold.take(at)
            self._paced[at], self._held[at] = done = start.finish(need)
            self._released[at] = done.max(axis=0)

    def _await(self, position: int, at: Ints, since: Floats) -> None:
        """Let the work at a position begin later, when its components arrive.

        Args:
            position: Which position waits.
            at: The n replications in which components are missing.
            since: (n,) when they arrive, s.
        """
        begin, now = self._begin[at], self._now
        need = self._required.need(position, at, now)
        held = self._breaks.started(since).finish(need)
        self._held[at] = np.maximum(self._held[at], held)
        self._released[at] = np.maximum(self._released[at], held)
        seconds = since - begin - self._breaks.started(begin).off(since)
        now.waits.append(Wait(position, at, since, seconds, need))

    def close(self, part: Count, at: Columns, end: Floats) -> None:
        """End the running cycle at the moment the next part enters, (R,), s."""
        assert isinstance(part, int)
        if part == 0:
            return
        now, begin = self._now, self._begin
        self._log.cycle(at, begin, end, self._paced, self._held, self._holder)
        single = self._sums.add(now, part - 1, self._backlog, begin, end)
        if single is not None:
            self._record_visits(part - 1, single, end)
        length = end - begin
        some, start = self._breaks.met(begin, end)
        if some.size:
            length[some] -= start.off(end.take(some))
        self._required.end(now, length, ROUNDING * end)

    def _backlog(self, at: Columns) -> Floats:
        """Return the backlog with which the running cycle began in n replications, (S, n), s."""
        return self._required.backlog(at, self._now)

    def _slowest(self) -> Ints:
        """Return which position holds the section longest, (R,).

        Where visits are summed up, it is 0 in replications in which none exceeds the takt.
        """
        some = self._all if self._everywhere else (self._held > self._paced).nonzero()[0]
        if not some.size:
            return self._none
        holder = self._none.copy()
        holder[some] = self._required.slowest(some, self._now)
        return holder

    def _record_visits(self, part: int, at: Columns, end: Floats) -> None:
        """Record each visit of the running cycle in n replications."""
        begin, now, every = self._begin[at], self._now, self._all[at]
        required = self._required.whole(at, now)
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
