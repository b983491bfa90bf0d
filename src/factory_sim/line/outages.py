"""When a station is not available: off shift, or down on the calendar clock.

Outages are the union of a repeating calendar, the same in every replication, and
of failures that age on the wall clock, drawn per replication. Work stops during
an outage and goes on after it:

    finish = min { t >= ready : available time in [ready, t] = need }

The spans are drawn as time goes on and forgotten once every account has passed
them, so memory depends on the number of replications, not on the horizon.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.calendars import calendar_spans
from factory_sim.line.renewals import FAR, SPANS_AHEAD, Failed, Known, Renewal
from factory_sim.line.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station

    Columns = slice | Ints


class Outages:
    """The spans in which one station is not available, in each replication.

    Args:
        station: Its calendar and its failures on the calendar clock count.
        draws: The randomness of the failures; gives the replications, R.

    Attributes:
        none: Whether the station is always available.
    """

    def __init__(self, station: Station, draws: Draws) -> None:
        failures = [f for f in station.failures if f.clock == "calendar"]
        self._replications = len(draws.replications)
        self._calendar = station.calendar
        self._renewals: list[Renewal | Known] = [
            Renewal(station.name, failure, draws) for failure in failures
        ]
        self.none = not self._renewals and not station.calendar.off
        self._off = Spans(self._replications)
        self._all = Spans(self._replications)
        self._failed = Failed(len(failures), self._replications)
        self._covered = 0.0
        self._next = np.zeros(self._replications)
        if self.none:
            self._covered = FAR
            self._next[:] = FAR

    @classmethod
    def fixed(cls, station: Station, draws: Draws, spans: Sequence[Floats]) -> Outages:
        """Return the outages of a station whose failures are known already.

        Args:
            station: Its calendar counts; its failures are drawn nowhere.
            draws: Gives the replications.
            spans: (3, n, R) for each failure mode on the calendar clock, ascending, as
                :meth:`Renewal.until` returns them.
        """
        known = cls(replace(station, failures=()), draws)
        known._renewals = [Known(known_spans) for known_spans in spans]
        known._failed = Failed(len(spans), known._replications)
        known.none = False
        known._covered = 0.0
        return known

    def finish(self, ready: Floats, need: Floats, at: Columns, floor: Floats | None) -> Floats:
        """Return when work that needs ``need`` available seconds is done.

        Args:
            ready: (..., n) when it may begin, s.
            need: (..., n) available time it takes, s.
            at: The n replications.
            floor: (n,) no later call asks about a time before this, s; None if
                that is the finish.

        Returns:
            (..., n) finish, s.
        """
        done: Floats = ready + need
        late = done > self._next[at]
        if np.count_nonzero(late):
            where = np.nonzero(late)
            column = where[-1]
            replication = column if isinstance(at, slice) else at[column]
            done[where] = self._interrupted(ready[where], need[where], replication)
            self._look_ahead(done[where] if floor is None else floor[column], replication)
        return done

    def look_ahead_in(self, row: Floats) -> None:
        """Keep in a caller's row (R,) the time from which :meth:`interrupted` must be asked."""
        row[:] = self._next
        self._next = row

    def interrupted(self, ready: Floats, need: Floats, replication: Ints) -> Floats:
        """Return the finish of work that may meet outages, (n,), s.

        Args:
            ready: (n,) when it may begin, s.
            need: (n,) available time it takes, s.
            replication: (n,) distinct; nothing before these finishes will be asked again.
        """
        done = self._interrupted(ready, need, replication)
        self._look_ahead(done, replication)
        return done

    def between(self, begin: Floats, end: Floats, replication: Ints) -> Floats:
        """Return the unavailable seconds in [begin, end), each (n,), per replication (n,).

        No ``begin`` may precede the floor of the last questions.
        """
        total = np.zeros_like(begin)
        some = np.flatnonzero(end > self._next[replication])
        if some.size:
            begin, end, replication = begin[some], end[some], replication[some]
            self._cover(float(end.max()))
            begins, ends = self._all.begins[:, replication], self._all.ends[:, replication]
            overlap = np.minimum(ends, end) - np.maximum(begins, begin)
            total[some] = np.maximum(overlap, 0.0).sum(axis=0)
        return total

    def lost(self, t: Floats, at: Columns = slice(None)) -> Floats:
        """Return the unavailable seconds in [0, t], (n, R), for times not yet forgotten.

        Args:
            t: (n, R) times, s.
            at: The R replications, if not all.
        """
        self._cover(float(t.max(initial=0.0)))
        return self._all.before(t, at)

    def lost_sum(self, t: Floats) -> Floats:
        """Return the sum over rows of the unavailable seconds in [0, t], (R,); as ``lost``."""
        self._cover(float(t.max(initial=0.0)))
        return self._all.before_sum(t, slice(None))

    def lost_between(self, begin: Floats, end: Floats, at: Columns = slice(None)) -> Floats:
        """Return the unavailable seconds in each [begin, end), (n, R); as ``lost``.

        Args:
            begin: (n, R) s.
            end: (n, R) s.
            at: The R replications, if not all.
        """
        self._cover(float(end.max(initial=0.0)))
        return self._all.between(begin, end, at)

    def off_between(self, begin: Floats, end: Floats, at: Columns = slice(None)) -> Floats:
        """Return the seconds off shift in each [begin, end), (n, R); as ``lost_between``."""
        self._cover(float(end.max(initial=0.0)))
        return self._off.between(begin, end, at)

    def off(self, t: Floats) -> Floats:
        """Return the seconds off shift in [0, t], (n, R); as ``lost``."""
        self._cover(float(t.max(initial=0.0)))
        return self._off.before(t, slice(None))

    def responses(self, t: float) -> tuple[Floats, Floats]:
        """Return the response to failures that began in [0, t], for a time as in ``lost``.

        Returns:
            (R,) seconds until they were seen, and how many planned repairs prevented one or
            followed a false alarm.
        """
        self._cover(t)
        _, _, seen, planned = self._failed.until(t).sum(axis=1)
        return seen, planned

    def repaired(self, t: float) -> tuple[Floats, Floats]:
        """Return what each failure mode on the calendar clock has cost until a time, s.

        Args:
            t: The time, s, not yet forgotten.

        Returns:
            (M, R) failures that began in [0, t], and the seconds of repair in it.
        """
        self._cover(t)
        failures, seconds, _, _ = self._failed.until(t)
        return failures, seconds

    def failed(self, until: float) -> tuple[Ints, Floats]:
        """Return the failures of the first replication that begin before a time, s.

        Returns:
            (n,) which of the modes on the calendar clock, and (n, 2) begin and end of the
            repair; without those that were forgotten.
        """
        self._cover(until)
        return self._failed.first(until)

    def spans(self, until: float) -> tuple[Floats, Floats]:
        """Return the spans of the first replication that begin before a time, s.

        Returns:
            (n, 2) begin and end of those off shift, and (m, 2) of all; disjoint and
            ascending, without those that were forgotten.
        """
        self._cover(until)
        return self._off.first(until), self._all.first(until)

    def forget(self, before: Floats) -> None:
        """Drop what ended before a time (R,), s, that no question will precede."""
        if not self.none:
            self._all.forget(before)
            self._off.forget(before)
            self._failed.forget(before)

    def _interrupted(self, ready: Floats, need: Floats, replication: Ints) -> Floats:
        """Return the finish of parts (n,) that may meet outages: mostly one, rarely more."""
        row = self._all.begin_with(replication)
        done, ready, need, row, again = self._past_one(ready, need, replication, row)
        some = again
        while again.size:
            replication = replication[again]
            done[some], ready, need, row, again = self._past_one(
                ready[again], need[again], replication, row[again]
            )
            some = some[again]
        return done

    def _past_one(
        self, ready: Floats, need: Floats, replication: Ints, row: Ints
    ) -> tuple[Floats, Floats, Floats, Ints, Ints]:
        """Carry the work on parts (n,) past the first outage that it meets, if any.

        Args:
            ready: When it goes on, s.
            need: What is left of it, s.
            replication: Where the parts are.
            row: No span before this row ends after ``ready``.

        Returns:
            (n,) the finish if there is no other, s; ``ready``, ``need`` and ``row`` for what
            follows; and which parts may meet another outage.
        """
        done: Floats = ready + need
        self._cover(float(done.max()))
        spans = self._all
        row = spans.first_open(ready, replication, row)
        begin = spans.begins[row, replication]
        meets = (done > begin) & (need > 0)
        now = np.where(meets, spans.ends[row, replication], ready)
        left = np.where(meets, need - np.maximum(begin - ready, 0.0), need)
        done = now + left
        row += row < len(spans.begins) - 1
        following = np.minimum(spans.begins[row, replication], self._covered)
        (again,) = (meets & (done > following) & (left > 0)).nonzero()
        return done, now, left, row, again

    def _look_ahead(self, floor: Floats, replication: Ints) -> None:
        row = self._all.first_open(floor, replication, self._all.begin_with(replication))
        self._all.pass_by(row, replication)
        begin = self._all.begins[row, replication]
        self._next[replication] = np.minimum(begin, self._covered)

    def _cover(self, until: float) -> None:
        """Draw spans until they are complete for all times up to ``until``."""
        if until < self._covered or self._covered >= FAR:
            return
        reach = max(until, self._covered + self._pace()) * (1 + 1e-9) + 1.0
        off_begins, off_ends = calendar_spans(self._calendar, self._covered, reach)
        shape = (off_begins.size, self._replications)
        begins = [np.broadcast_to(off_begins[:, None], shape)]
        ends = [np.broadcast_to(off_ends[:, None], shape)]
        self._off.append(begins[0], ends[0])
        for mode, renewal in enumerate(self._renewals):
            drawn = renewal.until(reach)
            if drawn.shape[1]:
                begins.append(drawn[0])
                ends.append(drawn[1])
                self._failed.append(mode, drawn)
        self._all.append(np.concatenate(begins), np.concatenate(ends))
        self._covered = reach

    def _pace(self) -> float:
        """Return how far to look ahead at a time, s: over some spans of all kinds together."""
        rates = [renewal.rate for renewal in self._renewals]
        if self._calendar.off:
            rates.append(len(self._calendar.off) / self._calendar.period)
        return SPANS_AHEAD / sum(rates)
