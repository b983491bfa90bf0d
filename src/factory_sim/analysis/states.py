"""Station states: how each server spends the window, to the second.

The states of a server are disjoint and fill the clock; the first that applies wins:
off (shift), down (breakdown), busy, blocked (finished, no place ahead), waiting (for
components), starved. With A(t) the time a station was available until t, cut to the
window, sums over parts give them all:

    busy    = sum A(finish) - A(ready) - repairs on the busy clock
    blocked = sum A(leave) - A(finish)        waiting = sum A(ready) - A(start)
    starved = what remains of the available time

A breakdown on the busy clock that the edge of the window cuts is counted pro rata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.line.outages import FAR

if TYPE_CHECKING:
    from factory_sim.engines.record import SectionRecord, StationRecord
    from factory_sim.line.arrays import Floats
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section, Station

STATES = ("busy", "blocked", "starved", "waiting", "down", "off")


class StationTally:
    """The states of one station, summed up slab by slab.

    Args:
        station: Which.
        begin: Begin of the window, s.
        end: End of the window, s.
        replications: R.

    Attributes:
        station: Which.
        processed: (R,) parts finished in the window.
    """

    def __init__(self, station: Station, begin: float, end: float, replications: int) -> None:
        self.station = station
        self.processed = np.zeros(replications)
        self._window = _Window(begin, end, replications)
        self._busy, self._repairs, self._blocked, self._waiting = np.zeros((4, replications))
        self._inside = 0

    def add(self, record: StationRecord) -> None:
        """Add the parts of a slab."""
        window = self._window
        where = window.look(record)
        if where == "after":
            return
        # A part that has started but not left is still there when the window ends.
        self._inside += len(record.start) - len(record.leave)
        if where == "before":
            return
        start, finish = window.total(record.start), window.total(record.finish)
        ready = start if record.ready is record.start else window.total(record.ready)
        repairs = window.share(record)
        self._busy += finish - ready - repairs
        self._repairs += repairs
        self._waiting += ready - start
        self._blocked += window.total(record.leave) - finish
        self.processed += window.count(record.finish)

    def states(self) -> Floats:
        """Return the shares of the window, (R, 6), in the order of ``STATES``."""
        window, servers = self._window, self.station.servers
        available, off = servers * window.available(), servers * window.off()
        down = servers * window.span - available - off + self._repairs
        blocked = self._blocked + self._inside * window.available()
        starved = available - self._busy - self._repairs - blocked - self._waiting
        states = np.stack([self._busy, blocked, starved, self._waiting, down, off], axis=1)
        return states / (servers * window.span)

    def scheduled(self) -> Floats:
        """Return the seconds of the window that are on shift, (R,)."""
        scheduled: Floats = self._window.span - self._window.off()
        return scheduled

    def alone(self) -> Floats:
        """Return parts per scheduled hour, were it never starved nor blocked, (R,)."""
        occupied = self._busy + self._repairs
        scheduled = self.scheduled()
        up = np.divide(
            self._window.available(), scheduled, out=np.zeros_like(scheduled), where=scheduled > 0
        )
        work = 3600.0 * self.station.servers * up * self.processed
        return np.divide(work, occupied, out=np.full_like(work, np.nan), where=occupied > 0)


class SectionTally:
    """The stops of one paced section, summed up slab by slab.

    Args:
        section: Which, S positions.
        begin: Begin of the window, s.
        end: End of the window, s.
        replications: R.

    Attributes:
        section: Which.
        stops: (S, R) cycles that a position held beyond the takt.
        lost: (S, R) seconds on shift from the takt to its release of the section.
    """

    def __init__(self, section: Section, begin: float, end: float, replications: int) -> None:
        self.section = section
        self.stops, self.lost = np.zeros((2, len(section.stations), replications))
        self._begin, self._end = begin, end
        self._cycles, self._seconds = np.zeros((2, replications))
        self._columns = np.arange(replications)

    def add(self, record: SectionRecord, outages: Outages) -> None:
        """Add the cycles of a slab.

        Args:
            record: The cycles.
            outages: Those of the first position; their shifts are the section's.
        """
        if not len(record.end):
            return
        inside = (record.end > self._begin) & (record.end <= self._end)
        if not inside.any():
            return
        released = np.where(inside, np.maximum(record.held, record.paced), 0.0)
        paced, begin = np.where(inside, record.paced, 0.0), np.where(inside, record.begin, 0.0)
        if outages.none:
            late, length = released - paced, released - begin
        else:
            shift = released - outages.off(released)
            late = shift - (paced - outages.off(paced))
            length = shift - (begin - outages.off(begin))
        stopped = released > paced
        here = (record.holder, np.broadcast_to(self._columns, stopped.shape))
        np.add.at(self.stops, here, stopped)
        np.add.at(self.lost, here, np.where(stopped, late, 0.0))
        self._cycles += inside.sum(axis=0)
        self._seconds += np.where(inside, length, 0.0).sum(axis=0)

    def alone(self) -> Floats:
        """Return parts per scheduled hour, were it never starved nor blocked, (R,)."""
        none = np.full_like(self._cycles, np.nan)
        parts = 3600.0 * self._cycles
        return np.divide(parts, self._seconds, out=none, where=self._seconds > 0)


class _Window:
    """The window of the accounts on the clock of one station's available time."""

    def __init__(self, begin: float, end: float, replications: int) -> None:
        self._begin, self._end, self.span = begin, end, end - begin
        self._replications = replications
        self._outages: Outages | None = None
        self._lost: list[Floats] = []
        self._off: list[Floats] = []
        self._whole = False

    def look(self, record: StationRecord) -> Literal["before", "across", "after"]:
        """Return where the slab lies, and note the outages at the edges it crosses."""
        if not record.start.size:
            return "before"
        self._outages = None if record.outages.none else record.outages
        first, last = float(record.start.min()), _latest(record)
        for edge, at in enumerate((self._begin, self._end)):
            if last >= at and len(self._lost) == edge and self._outages is not None:
                when = np.full((1, self._replications), at)
                self._lost.append(self._outages.lost(when)[0])
                self._off.append(self._outages.off(when)[0])
        self._whole = first >= self._begin and last <= self._end
        if last <= self._begin:
            return "before"
        return "after" if first >= self._end else "across"

    def total(self, times: Floats) -> Floats:
        """Return the sum over rows of the available time from the begin to each, (R,)."""
        inside = times if self._whole else np.clip(times, self._begin, self._end)
        total: Floats = inside.sum(axis=0) - len(times) * self._begin
        if self._outages is not None:
            total -= self._outages.lost(inside).sum(axis=0) - len(times) * self._lost[0]
        return total

    def share(self, record: StationRecord) -> Floats:
        """Return the busy-clock repairs of the rows that fall into the window, (R,)."""
        if record.down is None:
            return np.zeros(self._replications)
        if self._whole:
            repairs: Floats = record.down.sum(axis=0)
            return repairs
        ready, finish = (np.minimum(t, self._end) for t in (record.ready, record.finish))
        length = np.minimum(record.finish, FAR) - np.minimum(record.ready, FAR)
        inside = np.maximum(finish, self._begin) - np.maximum(ready, self._begin)
        part = np.divide(inside, length, out=np.zeros_like(length), where=length > 0)
        return (record.down * part).sum(axis=0)

    def count(self, times: Floats) -> Floats:
        """Return how many times lie in the window, (R,)."""
        if self._whole:
            return np.full(self._replications, float(len(times)))
        inside = (times > self._begin) & (times <= self._end)
        return inside.sum(axis=0).astype(float)

    def available(self) -> Floats:
        """Return the available seconds of the window, (R,)."""
        if len(self._lost) < 2:
            return np.full(self._replications, self.span)
        return self.span - (self._lost[1] - self._lost[0])

    def off(self) -> Floats:
        """Return the seconds of the window off shift, (R,)."""
        if len(self._off) < 2:
            return np.zeros(self._replications)
        return self._off[1] - self._off[0]


def _latest(record: StationRecord) -> float:
    """Return the last time of a slab that is not empty, s."""
    latest = 0.0
    for times in (record.start[-1:], record.finish, record.leave):
        last = float(times.max(initial=0.0))
        latest = max(latest, last if last < FAR else float(times[times < FAR].max(initial=0.0)))
    return latest
