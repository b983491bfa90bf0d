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
    """Times at which something starts in n replications, with the breaks that come next.

    Attributes:
        at: The n replications.
        time: (n,) the times, s.
        breaks: (3, n) of the break that is on or comes next: begin, end, and begin of the one
            after, s.
        asked: (n,) no later question goes back to a time before, s.
        outages: The same breaks as outages.
    """

    at: Ints
    time: Floats
    breaks: Floats
    asked: Floats
    outages: Outages

    def finish(self, need: Floats) -> Floats:
        """Return when work that needs ``need`` s on shift, (..., n), is done, s."""
        begins, ends, following = self.breaks
        done = self.time + need
        meets = (done > begins) & (need > 0)
        # Where there is no break at all, both of its edges are infinite.
        left = np.where(meets, need - np.maximum(begins - self.time, 0.0), 0.0)
        done = np.where(meets, ends + left, done)
        beyond = done > following
        if np.count_nonzero(beyond):
            where = np.nonzero(beyond)
            column = where[-1]
            rest = self.time[column], need[where], self.at[column], self.asked[column]
            done[where] = self.outages.finish(*rest)
        return done

    def off(self, until: Floats) -> Floats:
        """Return the seconds off shift until a time, (n,) each, s."""
        begins, ends, following = self.breaks
        lost: Floats = np.maximum(np.minimum(ends, until) - np.maximum(begins, self.time), 0.0)
        beyond = until > following
        if np.count_nonzero(beyond):
            more = np.flatnonzero(beyond)
            lost[more] = self.outages.between(self.time[more], until[more], self.at[more])
        return lost


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

    def met(self, begin: Floats, until: Floats) -> Started | None:
        """Return the replications in which a break may begin before a time; None for none.

        Args:
            begin: (R,) breaks that are over by then do not count, s; no earlier than last time.
            until: (R,) the time, s.
        """
        at: Ints = (until > self._next).nonzero()[0]
        if not at.size:
            return None
        started = self.started(begin.take(at), at)
        self._next[at] = started.breaks[0]
        return started

    def started(self, time: Floats, at: Ints) -> Started:
        """Return times (n,), s, at which something starts in n replications, with their breaks."""
        if time.max() >= self._reach:
            self._list(2.0 * float(time.max()))
        breaks = self._table.take(self._table[1].searchsorted(time, "right"), axis=1)
        return Started(at, time, breaks, self._next.take(at), self.outages)

    def _list(self, until: float) -> None:
        """List the breaks up to a time, s, and the next ones."""
        begins, ends = calendar_spans(self._calendar, 0.0, until + 2 * self._calendar.period)
        self._reach = until
        self._table = np.full((3, begins.size + 1), np.inf)
        self._table[0, :-1], self._table[1, :-1], self._table[2, :-2] = begins, ends, begins[1:]
