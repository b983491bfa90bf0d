"""The shifts of a conveyor: in each replication, the break that is on or comes next.

Replications are at different moments of the clock in the same cycle, so that in most
cycles some of them are close to a break. The edges of the present or next break of each
are kept as rows, (R,), and moved on as time passes.
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
    """The time off shift of a section whose positions all keep the same shifts.

    Args:
        section: Gives the shifts.
        draws: Gives the replications, R.

    Attributes:
        outages: The same spans as outages, for the accounts.
    """

    def __init__(self, section: Section, draws: Draws) -> None:
        conveyor = Station(section.name, work=(), calendar=section.calendar)
        self.outages = Outages(conveyor, draws)
        off = section.calendar.off
        self._period = section.calendar.period
        first, last = (np.array([getattr(o, edge) for o in off]) for edge in ("begin", "end"))
        following = np.append(first[1:], first[:1] + self._period)
        self._spans = np.stack([first, last, following])
        replications = len(draws.replications)
        self._number = np.zeros(replications, dtype=np.int64)
        # Of each replication: begin and end of its break, and begin of the one after, s.
        self._known = np.full((3, replications), np.inf)
        if off:
            self._look(np.arange(replications), self._number)

    def begun(self, now: Floats, until: Floats) -> tuple[Ints, Floats]:
        """Advance to times (R,), s, and look whether a break has begun before later ones, (R,).

        Returns:
            The replications (n,) in which one may have, and the times advanced to, (n,) s.
        """
        at: Ints = (until > self._known[0]).nonzero()[0]
        now = now.take(at)
        # A break that has not begun is not over.
        if at.size:
            self.advance(now, at)
        return at, now

    def advance(self, now: Floats, at: Ints) -> None:
        """Forget the breaks of replications (n,) that are over, (n,) s."""
        over = now >= self._known[1].take(at)
        while np.count_nonzero(over):
            now, at = now[over], at[over]
            self._look(at, self._number[at] + 1)
            over = now >= self._known[1].take(at)

    def finish(self, begin: Floats, need: Floats, at: Ints) -> Floats:
        """Return when work that needs ``need`` s on shift is done, (..., n), s.

        Args:
            begin: (n,) when it begins, s; not before what the breaks have advanced to.
            need: (..., n) how much it is, s.
            at: The n replications.
        """
        begins, ends, following = self._known.take(at, axis=1)
        done = begin + need
        meets = (done > begins) & (need > 0)
        # Where there is no break at all, both of its edges are infinite.
        left = np.where(meets, need - np.maximum(begins - begin, 0.0), 0.0)
        done = np.where(meets, ends + left, done)
        beyond = (done > following) | (begin >= ends)
        if np.count_nonzero(beyond):
            where = np.nonzero(beyond)
            # Work may begin late in its cycle; what is asked of the cycle later goes back to
            # its begin, but not beyond the break that was on then or came next.
            column = where[-1]
            rest = (begin[column], need[where], at[column], begins[column])
            done[where] = self.outages.finish(*rest)
        return done

    def between(self, begin: Floats, end: Floats, at: Ints) -> Floats:
        """Return the seconds off shift from begin to end, (n,), s; as ``finish``."""
        begins, ends, following = self._known.take(at, axis=1)
        lost: Floats = np.maximum(np.minimum(ends, end) - np.maximum(begins, begin), 0.0)
        beyond = end > following
        if np.count_nonzero(beyond):
            more = np.flatnonzero(beyond)
            lost[more] = self.outages.between(begin[more], end[more], at[more])
        return lost

    def _look(self, at: Ints, number: Ints) -> None:
        """Set the present or next break of replications (n,) by its number (n,) since time 0."""
        period, place = np.divmod(number, self._spans.shape[1])
        self._number[at] = number
        self._known[:, at] = self._spans.take(place, axis=1) + period * self._period
