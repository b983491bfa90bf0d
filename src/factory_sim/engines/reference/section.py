"""The paced section: stations whose parts move on together.

Cycle n begins at T[n], when part n enters the first position. The section moves on
at T[n+1], when the last of these is true: the takt is over, every station lets it go,
there is a place for the part that leaves, the next part has come. A station lets it
go once what is left of its work fits into its window; that is carried on while the
next part is there, as a backlog.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from factory_sim.engines.reference.clock import Pool
from factory_sim.engines.reference.deadlock import enter
from factory_sim.engines.reference.log import SectionLog
from factory_sim.line.plant import ROUNDING, UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simpy import Event

    from factory_sim.engines.reference.availability import Availability
    from factory_sim.engines.reference.clock import Clock, Flow
    from factory_sim.engines.reference.deadlock import Holder
    from factory_sim.engines.reference.flow import Part, Stage
    from factory_sim.engines.reference.workplace import Task, Workplace
    from factory_sim.line.plant import Section


class Position:
    """A station of a section: it takes each part of a cycle and carries its backlog.

    Attributes:
        held: When it let the section go in this cycle, s.
        lets_go: The event of that.
    """

    held: float
    lets_go: Event
    _task: Task

    def __init__(self, clock: Clock, workplace: Workplace) -> None:
        self.workplace = workplace
        self._clock = clock
        self._backlog = 0.0
        self._lost_before = 0.0

    def take(self, part: Part) -> None:
        """Begin a cycle with a part."""
        self.held = math.inf
        self.lets_go = self._clock.event()
        self._task = self.workplace.begin(part, server=0)
        self._clock.process(self._cycle(self._task))

    def release(self) -> None:
        """End the cycle: the part moves on, and work left over becomes the backlog."""
        workplace, row, now = self.workplace, self._task.row, self._clock.now
        log = workplace.log
        lost = workplace.availability.lost() - self._lost_before
        spent = now - log.ready[row] - lost
        need = self._backlog + self._task.work + log.down[row]
        left = need - spent
        self._backlog = left if left > ROUNDING * now else 0.0
        if not workplace.concluded(self._task):
            workplace.conclude(self._task)
        log.depart(row, now)

    def _cycle(self, task: Task) -> Flow[None]:
        """Repair, work down to the window, let the section go, work on."""
        workplace = self.workplace
        yield from workplace.prepare(task)
        self._lost_before = workplace.availability.lost()
        for breakdown in task.breakdowns:
            yield from workplace.repair(task, breakdown)
        work, window = self._backlog + task.work, workplace.station.window
        yield from workplace.availability.spend(task.down + max(0.0, work - window))
        self.held = self._clock.now
        self.lets_go.succeed()
        yield from workplace.availability.spend(min(work, window))
        if not workplace.concluded(task):
            workplace.conclude(task)


class PacedStage:
    """A section as one process.

    Args:
        clock: Simulated time.
        section: What it is.
        availability: When its conveyor runs.
        workplaces: Its stations at work, in flow order.
        first: Whether it is the first of its line: its queue is then unlimited.

    Attributes:
        onward: Where its parts go.
        log: Its cycles.
    """

    onward: Stage

    def __init__(
        self,
        clock: Clock,
        section: Section,
        availability: Availability,
        workplaces: Sequence[Workplace],
        *,
        first: bool,
    ) -> None:
        self.names: Sequence[str] = tuple(workplace.station.name for workplace in workplaces)
        self.width = 1
        self.circuit: Sequence[Holder] = ()
        unlimited = first or section.buffer == UNLIMITED
        self.places = Pool(clock, math.inf if unlimited else section.buffer)
        self.log = SectionLog()
        self._clock = clock
        self._section = section
        self._availability = availability
        self._positions = [Position(clock, workplace) for workplace in workplaces]
        self._parts: deque[tuple[Part, Event] | None] = deque([None] * len(workplaces))
        self._transport = 0.0 if first else section.transport
        self._direct = not first and section.buffer == 0
        self._queue: deque[tuple[Part, Event]] = deque()
        self._arrived = Pool(clock, 0)
        clock.process(self._run())

    @property
    def exits(self) -> Sequence[Stage]:
        """Where its parts may go."""
        return (self.onward,)

    def visit(self, part: Part) -> Flow[Stage | None]:
        """Come in, wait in the queue, move through all positions, leave."""
        if self._transport > 0:
            yield self._clock.at(self._clock.now + self._transport)
        out = self._clock.event()
        self._queue.append((part, out))
        self._arrived.give()
        yield out
        return self.onward

    def _run(self) -> Flow[None]:
        """Move on for ever."""
        while True:
            # Without a buffer the first position is the only place: it is free for
            # the next part at the moment in which nothing else holds the section.
            if self._direct:
                self.places.give()
            yield from self._arrived.take()
            self._index()
            yield from self._cycle()

    def _index(self) -> None:
        """Move every part on by a position, the last one out, the next one in."""
        for position, part in zip(self._positions, self._parts, strict=True):
            if part is not None:
                position.release()
        if self.log.begin:
            self.log.end[-1] = self._clock.now
        self.log.open(self._clock.now)
        leaving = self._parts.pop()
        self._parts.appendleft(self._queue.popleft())
        if not self._direct:
            self.places.give()
        if leaving is not None:
            leaving[1].succeed()

    def _cycle(self) -> Flow[None]:
        """Wait for the takt, for every station, and for a place for the part that leaves."""
        takt = self._clock.process(self._takt())
        occupied = []
        for position, part in zip(self._positions, self._parts, strict=True):
            if part is not None:
                position.take(part[0])
                occupied.append(position)
        for position in occupied:
            yield position.lets_go
        held = [position.held for position in occupied]
        self.log.held[-1] = max(held)
        self.log.holder[-1] = held.index(max(held))
        yield takt
        if self._parts[-1] is not None:
            yield from enter(self._clock, self, self.onward)

    def _takt(self) -> Flow[None]:
        """Let the takt pass while the conveyor runs."""
        yield from self._availability.spend(self._section.takt)
        self.log.paced[-1] = self._clock.now
