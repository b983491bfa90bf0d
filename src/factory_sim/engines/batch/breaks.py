"""The breaks of a conveyor: when work in its section is interrupted.

Replications are at different moments of the clock in the same cycle, so that in most
cycles some of them are close to a break. All share one table of breaks; of each is kept
when its present or next break begins, so that the others are passed by with one comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.calendars import calendar_spans
from factory_sim.line.outages import Outages
from factory_sim.line.plant import Station

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Section


@dataclass(frozen=True)
class Started:
    """Times at which something starts, with the breaks that come next.

    Attributes:
        time: (n,) the times, s.
        next: (3, n) of the break that is on or comes next: begin, end, and begin of the one
            after, s.
        breaks: All breaks.
    """

    time: Floats
    next: Floats
    breaks: Breaks

    def finish(self, need: Floats) -> Floats:
        """Return when work that needs ``need`` s on shift, (..., n), is done, s."""
        begins, ends, following = self.next
        done = self.time + need
        meets = (done > begins) & (need > 0)
        # Where there is no break at all, both of its edges are infinite.
        left = np.where(meets, need - np.maximum(begins - self.time, 0.0), 0.0)
        done = np.where(meets, ends + left, done)
        beyond = done > following
        if np.count_nonzero(beyond):
            where = np.nonzero(beyond)
            done[where] = self.breaks.started(ends[where[-1]]).finish(left[where])
        return done

    def off(self, until: Floats) -> Floats:
        """Return the seconds off shift until a time, (n,) each, s."""
        begins, ends, following = self.next
        off: Floats = np.maximum(np.minimum(ends, until) - np.maximum(begins, self.time), 0.0)
        (more,) = (until > following).nonzero()
        if more.size:
            off[more] += self.breaks.started(following[more]).off(until[more])
        return off


class Breaks:
    """The breaks of a section whose positions all keep the same shifts.

    Args:
        section: Gives the shifts.
        draws: Gives the replications, R.

    Attributes:
        outages: The same spans as outages, for the accounts.
    """

    def __init__(self, section: Section, draws: Draws) -> None:
        conveyor = Station(section.name, work=(), calendar=section.calendar)
        self.outages = Outages(conveyor, draws)
        self._calendar = section.calendar
        # A column for each break as in ``Started``; the last one stands for no break.
        self._table = np.full((3, 1), np.inf)
        self._reach = np.inf
        if section.calendar.off:
            self._list(section.calendar.period)
        # When the break begins that was on or came next in a replication, (R,) s.
        self._next = np.full(len(draws.replications), self._table[0, 0])

    def met(self, begin: Floats, until: Floats) -> tuple[Ints, Started]:
        """Return the n replications in which a break may begin before a time, and their begin.

        Args:
            begin: (R,) breaks that are over by then do not count, s; no earlier than last time.
            until: (R,) the time, s.
        """
        at: Ints = (until > self._next).nonzero()[0]
        started = self.started(begin.take(at))
        self._next[at] = started.next[0]
        return at, started

    def started(self, time: Floats) -> Started:
        """Return times (n,), s, at which something starts, with the breaks that come next."""
        latest = float(time.max(initial=0.0))
        if latest >= self._reach:
            self._list(2.0 * latest)
        following = self._table.take(self._table[1].searchsorted(time, "right"), axis=1)
        return Started(time, following, self)

    def _list(self, until: float) -> None:
        """List the breaks up to a time, s, and the next ones."""
        begins, ends = calendar_spans(self._calendar, 0.0, until + 2 * self._calendar.period)
        self._reach = until
        self._table = np.full((3, begins.size + 1), np.inf)
        self._table[0, :-1], self._table[1, :-1], self._table[2, :-2] = begins, ends, begins[1:]
