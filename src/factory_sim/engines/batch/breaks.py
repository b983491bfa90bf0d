"""The hours of a conveyor: in each replication, the break that is on or comes next.

Replications are at different moments of the clock when they move the same part, so that
some of them are close to a break in most cycles. What a cycle needs to know is kept as
rows, (R,), which move on to the next break as time does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.outages import Outages
from factory_sim.line.plant import Station

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Section


class Breaks:
    """When a section all of whose positions keep the same hours is off shift.

    Args:
        section: Gives the hours.
        draws: Gives the replications, R.

    Attributes:
        outages: The same spans, for all other questions.
    """

    def __init__(self, section: Section, draws: Draws) -> None:
        conveyor = Station(section.name, work=(), calendar=section.calendar)
        self.outages = Outages(conveyor, draws)
        off = section.calendar.off
        self._period = section.calendar.period
        self._first = np.array([span.begin for span in off])
        self._last = np.array([span.end for span in off])
        self._next = np.append(self._first[1:], self._first[:1] + self._period)
        replications = len(draws.replications)
        self._number = np.zeros(replications, dtype=np.int64)
        self._begins, self._ends, self._following = np.full((3, replications), np.inf)
        if off:
            self._look(np.arange(replications), self._number)

    def begun(self, until: Floats) -> Ints:
        """Return the replications in which a break has begun before times (R,), s."""
        return np.flatnonzero(until > self._begins)

    def advance(self, now: Floats, at: Ints) -> None:
        """Forget the breaks of replications (n,) that are over, (n,) s.

        What has not begun is not over: replications with none ``begun`` need not be named.
        """
        while (over := np.flatnonzero(now >= self._ends[at])).size:
            now, at = now[over], at[over]
            self._look(at, self._number[at] + 1)

    def finish(self, begin: Floats, need: Floats, at: Ints) -> Floats:
        """Return when work that needs ``need`` s on shift is done, (n,), s.

        Args:
            begin: (n,) when it begins, s; not before what the breaks have advanced to.
            need: (n,) how much it is, s.
            at: The n replications.
        """
        done: Floats = begin + need
        meets = np.flatnonzero((done > self._begins[at]) & (need > 0))
        if not meets.size:
            return done
        at, begin, need = at[meets], begin[meets], need[meets]
        ends = self._ends[at]
        resumed = ends + (need - np.maximum(self._begins[at] - begin, 0.0))
        more = np.flatnonzero((resumed > self._following[at]) | (begin >= ends))
        if more.size:
            resumed[more] = self.outages.finish(begin[more], need[more], at[more], begin[more])
        done[meets] = resumed
        return done

    def between(self, begin: Floats, end: Floats, at: Ints) -> Floats:
        """Return the seconds off shift from begin to end, (n,), s; as ``finish``."""
        overlap = np.minimum(self._ends[at], end) - np.maximum(self._begins[at], begin)
        lost: Floats = np.maximum(overlap, 0.0)
        more = np.flatnonzero(end > self._following[at])
        if more.size:
            lost[more] = self.outages.between(begin[more], end[more], at[more])
        return lost

    def _look(self, at: Ints, number: Ints) -> None:
        """Write down which break is on or next in replications (n,), (n,) since time 0."""
        period, place = np.divmod(number, len(self._first))
        since = period * self._period
        self._number[at] = number
        self._begins[at] = since + self._first[place]
        self._ends[at] = since + self._last[place]
        self._following[at] = since + self._next[place]
