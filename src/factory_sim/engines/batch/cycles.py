"""The cycles of any paced section: replications need not be in step.

Positions may have shifts and outages of their own. ``uniform`` is faster, for sections
whose positions all keep the same shifts and whose replications are in step. Arrays are
(S, n): position, replication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from factory_sim.engines.batch.flow import DEFECT, MODEL, ORDER, TOUCHED
from factory_sim.engines.batch.hours import SectionHours
from factory_sim.engines.batch.process import Process
from factory_sim.engines.batch.section_log import SectionLog, Visits
from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from factory_sim.engines.batch.context import Context
    from factory_sim.engines.batch.parts import Parts
    from factory_sim.engines.batch.rows import Columns, Count
    from factory_sim.engines.record import SectionRecord, StationRecord
    from factory_sim.line.arrays import Bools, Codes, Floats, Ints
    from factory_sim.line.plant import Section


class Cycles(Protocol):
    """What happens in a section from one index to the next."""

    def released(self, at: Columns) -> Floats:
        """Return when takt and positions let the running cycle end, (n,), s."""

    def close(self, part: Count, at: Columns, end: Floats) -> None:
        """End the running cycle at the moment the next part enters, (n,), s."""

    def open(self, part: Count, at: Columns, begin: Floats) -> None:
        """Begin a cycle: what each position must do, and when it lets the section go."""

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded at each position since the last call."""

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""

    def forget(self) -> None:
        """Drop outages that no later cycle and no account can meet."""


class SingleCycles:
    """The cycles of a section, each replication on its own.

    Args:
        section: What it is, S positions.
        context: Its surroundings.
        parts: The parts at its positions.
    """

    def __init__(self, section: Section, context: Context, parts: Parts) -> None:
        replications, positions = context.replications, len(section.stations)
        self._parts = parts
        self._process = Process(section.stations, context.draws, context.pace)
        self._hours = SectionHours(section, context.draws)
        self._window = np.array([s.window for s in section.stations])[:, None]
        self._windows = bool(self._window.any())
        self._detail = context.detail
        self._models = len(section.stations[0].work) > 1
        self._quality = any(s.defect_rate or s.inspection for s in section.stations)
        self._none = np.zeros((positions, replications), dtype=np.int64)
        self._order = np.zeros((positions, replications))
        self._all = np.arange(replications)
        self._oldest: Count = np.zeros(replications, dtype=np.int64)
        self._cycle = _Cycle(positions, replications)
        self._log = SectionLog(section, context.rows, replications, detail=context.detail)

    def released(self, at: Columns) -> Floats:
        """Return when takt and positions let the running cycle end, (n,), s."""
        return np.maximum(self._cycle.paced[at], self._cycle.held[at])

    def records(self) -> tuple[StationRecord, ...]:
        """Return what was recorded at each position since the last call."""
        return self._log.positions(self._hours.of_position, self._process.strikes())

    def cycles(self) -> SectionRecord:
        """Return the cycles recorded since the last call."""
        return self._log.cycles()

    def forget(self) -> None:
        """Drop outages that no later cycle and no account can meet."""
        self._hours.forget(self._cycle.begin)

    def open(self, part: Count, at: Columns, begin: Floats) -> None:
        """Begin a cycle: what each position must do, and when it lets the section go."""
        order, model, defect = self._identities(part, at)
        ready: Floats = np.empty((len(self._parts), begin.size))
        ready[:] = begin
        for position, here, since in self._parts.components(part, at, begin):
            ready[position, here] = since
        if isinstance(part, int):
            self._oldest = part
        elif not isinstance(self._oldest, int):
            self._oldest[at] = part
        visit = self._process.visit(part, at, self._oldest, ready, model, defect, self._none[:, at])
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
            seen=visit.seen,
            planned=visit.planned,
            required=required,
            done=self._hours.finish(ready, required, at, begin) if self._windows else held,
            paced=self._hours.takt(begin, at),
            held=held.max(axis=0),
            holder=held.argmax(axis=0),
            order=order,
            model=model,
        )

    def _identities(self, part: Count, at: Columns) -> tuple[Floats, Ints, Floats]:
        """Return order, model (-1 for no part) and defect at each position, (S, n).

        Those that nothing depends on are left zero.
        """
        order, model, defect = self._order[:, at], self._none[:, at], self._order[:, at]
        some = self._parts.numbers(part) >= 0
        if self._detail:
            order = self._parts.carried(part, at, ORDER)
        if self._models:
            model = np.where(some, self._parts.carried(part, at, MODEL), -1.0).astype(np.int64)
        if self._quality:
            defect = np.where(some, self._parts.carried(part, at, DEFECT), 0.0)
        return order, model, defect

    def _judge(self, part: Count, at: Columns, defect: Bools, found: Bools | None) -> None:
        """Update the quality that the parts carry by what work and inspection did."""
        self._parts.write(part, at, DEFECT, defect)
        if found is not None:
            touched = self._parts.carried(part, at, TOUCHED)
            self._parts.write(part, at, TOUCHED, np.maximum(touched, found))

    def close(self, part: Count, at: Columns, end: Floats) -> None:
        """End the running cycle at the moment the next part enters, (n,), s."""
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
        begin = cycle.begin[at]
        self._log.cycle(at, begin, end, cycle.paced[at], cycle.held[at], cycle.holder[at])
        visits = cycle.visits(at, np.minimum(done, end), detail=self._detail)
        self._log.visits(at, begin, end, self._parts.numbers(part - 1), visits)

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
        self.seen: Floats | None = None
        self.planned: Ints | None = None
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

    def visits(self, at: Columns, finish: Floats, *, detail: bool) -> Visits:
        """Return what the cycle brought in n replications."""
        return Visits(
            ready=self.ready[:, at],
            finish=finish,
            time=self.time[:, at],
            down=None if self.down is None else self.down[:, at],
            setup=None if self.setup is None else self.setup[:, at],
            failures=None if self.failures is None else self.failures[:, at],
            verdict=None if self.verdict is None else self.verdict[:, at],
            seen=None if self.seen is None else self.seen[:, at],
            planned=None if self.planned is None else self.planned[:, at],
            order=self.order[:, at] if detail else None,
            model=self.model[:, at] if detail else None,
        )
