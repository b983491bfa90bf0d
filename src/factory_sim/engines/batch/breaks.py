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
        self._spans = np.array([[span.begin, span.end] for span in off]).reshape(-1, 2)
        replications = len(draws.replications)
        self._number = np.zeros(replications, dtype=np.int64)
        self._begins, self._ends, self._following = np.full((3, replications), np.inf)
        if off:
            self._look(np.arange(replications))

    def clear(self, until: Floats) -> bool:
        """Return whether no break has begun before times (R,), s."""
        return not np.count_nonzero(until > self._begins)

    def advance(self, now: Floats) -> None:
        """Forget the breaks that are over, (R,), s; nothing earlier will be asked."""
        while (over := np.flatnonzero(now >= self._ends)).size:
            self._number[over] += 1
            self._look(over)

    def finish(self, begin: Floats, need: Floats) -> Floats:
        """Return when work that needs ``need`` s on shift is done, (R,), s.

        Args:
            begin: When it begins, s; as advanced to.
            need: How much it is, s.
        """
        done: Floats = begin + need
        meets = (done > self._begins) & (need > 0)
        left = need - np.maximum(self._begins - begin, 0.0)
        np.copyto(done, self._ends + left, where=meets)
        more = np.flatnonzero(done > self._following)
        if more.size:
            done[more] = self.outages.finish(begin[more], need[more], more, begin[more])
        return done

    def between(self, begin: Floats, end: Floats) -> Floats:
        """Return the seconds off shift from begin, as advanced to, to end, (R,)."""
        overlap = np.minimum(self._ends, end) - np.maximum(self._begins, begin)
        lost: Floats = np.maximum(overlap, 0.0)
        more = np.flatnonzero(end > self._following)
        if more.size:
            lost[more] = self.outages.between(begin[more], end[more], more)
        return lost

    def _look(self, some: Ints) -> None:
        """Write down the breaks of some replications."""
        number, many = self._number[some], len(self._spans)
        spans = (number // many * self._period)[:, None] + self._spans[number % many]
        self._begins[some], self._ends[some] = spans.T
        after = number + 1
        self._following[some] = after // many * self._period + self._spans[after % many, 0]
