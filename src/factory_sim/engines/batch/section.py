"""A paced section: positions whose parts index together, once per cycle.

Cycle n begins at T[n], when part n enters position 0; position s then holds part
n - s. A position holds the section until its work is done but for its window:

    held_s = ready_s (+) (down_s + max(0, backlog_s + work_s - window_s))
    T[n+1] = max(T[n] (+) takt, max_s held_s, arrival of part n+1,
                 place for the part that leaves the last position)
    backlog_s = what is left of backlog_s + work_s + down_s at T[n+1]

The stage moves the parts; what a cycle brings is the matter of ``uniform`` and ``cycles``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.cycles import Cycles, SingleCycles
from factory_sim.engines.batch.flow import Mailbox, columns
from factory_sim.engines.batch.parts import Parts
from factory_sim.engines.batch.rows import Columns, Count, row
from factory_sim.engines.batch.uniform import UniformCycles
from factory_sim.line.plant import UNLIMITED

if TYPE_CHECKING:
    from factory_sim.engines.batch.context import Context, SectionContext
    from factory_sim.engines.record import SectionRecord, StationRecord
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.plant import Section


class SectionStage:
    """One paced section in all replications.

    Args:
        section: What it is, S positions.
        context: Its surroundings.
        plan: What it is given besides, as a section.
    """

    def __init__(self, section: Section, context: Context, plan: SectionContext) -> None:
        replications, in_step = context.replications, context.in_step
        self.section = section
        self.inbox = Mailbox(replications, in_step=in_step, cargo=context.cargo)
        self._transport = 0.0 if context.first else section.transport
        self._joins, self._entry, self._exit = context.joins, context.entry, context.exit
        self._all = np.arange(replications)
        self._parts = Parts(len(section.stations), context.cargo, replications, context.joins)
        self._entered: Count = 0 if in_step else np.zeros(replications, dtype=np.int64)
        self._begins = np.zeros((max(section.buffer, 1), replications))
        self._cycles: Cycles
        if in_step and section.uniform:
            self._cycles = UniformCycles(section, context, plan, self._parts)
        else:
            self._cycles = SingleCycles(section, context, self._parts)
        self.last_leave = np.zeros(replications)

    def knows_place(self) -> bool | Bools:
        """Return in which replications ``place`` can be called.

        Without a buffer the place becomes free when the section next indexes. That
        depends on the stage ahead, which must first have taken the part that left last.
        """
        return True if self.section.buffer else self._exit.is_open()

    def place(self, at: Columns) -> Floats | float:
        """Return when a place becomes free for the next part, (n,), s."""
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
        if self._transport:
            time = time + self._transport
        begin = np.maximum(self._earliest(at), time)
        self._cycles.close(part, at, begin)
        if self._entry is not None:
            self._entry.enter(at, begin, cargo)
        self._leave(part, at, begin)
        self._parts.enter(part, at, cargo)
        if self.section.buffer > 0:
            self._begins[part % len(self._begins), at] = begin
        self.last_leave[at] = begin
        self._cycles.open(part, at, begin)
        if isinstance(self._entered, int):
            self._entered += 1
        else:
            self._entered[at] += 1

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded at each position since the last call."""
        return self._cycles.records()

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""
        return self._cycles.cycles()

    def forget(self) -> None:
        """Drop outages that no later cycle and no account can meet."""
        self._cycles.forget()

    def _where(self) -> Columns | None:
        """Return the replications in which the section can index."""
        able = self.inbox.full & self._exit.is_open()
        for position, join in self._joins:
            able = able & ((self._entered < position) | join.mailbox.full)
        return columns(bool(able) if isinstance(self._entered, int) else able)

    def _count(self, at: Columns) -> Count:
        return self._entered if isinstance(self._entered, int) else self._entered[at]

    def _earliest(self, at: Columns) -> Floats:
        """Return when the section could take its next part, were it there, (n,), s."""
        earliest = self._cycles.released(at)
        if self._exit.ahead is None:
            return earliest
        leaves = self._count(at) >= len(self._parts)
        if isinstance(leaves, bool):
            return np.maximum(earliest, self._exit.place(at)) if leaves else earliest
        if not leaves.any():
            return earliest
        return np.where(leaves, np.maximum(earliest, self._exit.place(at)), earliest)

    def _leave(self, part: Count, at: Columns, time: Floats) -> None:
        """Let the part at the last position go."""
        if isinstance(part, int):
            if part < len(self._parts):
                return
        else:
            leaving = np.flatnonzero(part >= len(self._parts))
            at, part, time = self._all[at][leaving], part[leaving], time[leaving]
        cargo = self._parts.leaving(part, at)
        self._exit.pass_on(at, time, cargo)
