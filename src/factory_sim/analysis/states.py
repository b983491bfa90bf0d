"""Station states: how each server spends the window, to the second.

The states of a server are disjoint and fill the clock; the first that applies wins:
off (shift), down (breakdown), busy, blocked (finished, no place ahead), waiting (for
components), starved. With A(t) the time a station was available until t, cut to the
window, sums over parts give them all:

    busy    = sum A(finish) - A(ready) - repairs on the busy clock
    blocked = sum A(leave) - A(finish)        waiting = sum A(ready) - A(start)
    starved = what remains of the available time

Set-up within the busy time is summed up as well. A breakdown on the busy clock,
or a set-up, whose visit the edge of the window cuts is counted pro rata: as much of it as
of the available time from ready to finish lies within.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.devices import StruckTally
from factory_sim.analysis.window import Window
from factory_sim.engines.record import CAUGHT, DEFECTIVE

if TYPE_CHECKING:
    from factory_sim.analysis.layout import Layout
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Station

STATES = ("busy", "blocked", "starved", "waiting", "down", "off")

KEPT = (
    "processed",
    "defective",
    "caught",
    "setup",
    "failures",
    "busy",
    "repairs",
    "blocked",
    "waiting",
)
"""The sums of a station, each (R,)."""


class StationTally:
    """The states of one station, summed up slab by slab.

    Args:
        station: Which.
        begin: Start of the window, s.
        end: End of the window, s.
        layout: Of the replications, R.
        row: (``KEPT``, R) zeros to sum up in, and the window; made here if not given.

    Attributes:
        station: Which.
        processed: (R,) parts finished in the window.
        defective: (R,) those of them in which its work made a defect.
        caught: (R,) those of them that its inspection stopped.
        repairs: (R,) seconds of repair on the busy clock, all servers.
    """

    def __init__(
        self,
        station: Station,
        begin: float,
        end: float,
        layout: Layout,
        row: tuple[Floats, Window] | None = None,
    ) -> None:
        self.station = station
        sums, self._window = row or (
            np.zeros((len(KEPT), layout.columns)),
            Window(begin, end, layout),
        )
        self.processed, self.defective, self.caught, self._setup, self._failures = sums[:5]
        self._busy, self.repairs, self._blocked, self._waiting = sums[5:]
        self._inside: int | Ints = 0
        told_apart = any(f.of is not None or f.maintained for f in station.failures)
        self._struck = StruckTally(station, begin, end, layout.columns) if told_apart else None
        self._seen, self._planned = np.zeros((2, layout.columns))

    def add(self, record: StationRecord) -> None:
        """Add the parts of a slab."""
        if self._struck is not None:
            self._struck.add(record)
        window = self._window
        where = window.look(record)
        if where == "after":
            return
        # A part that has started but not left is still there when the window ends.
        self._inside += window.staying(record)
        if where == "before":
            return
        some = window.present(record.start)
        start, finish = window.total(record.start, some), window.total(record.finish, some)
        ready = start if record.ready is record.start else window.total(record.ready, some)
        leave = window.total(record.leave, window.present(record.leave))
        repairs = window.share(record, record.down)
        self._busy += finish - ready - repairs
        self.repairs += repairs
        self._waiting += ready - start
        self._blocked += leave - finish
        self.processed += window.count(record.finish)
        self._setup += window.share(record, record.setup)
        if record.failures is not None:
            self._failures += window.sum(record.failures, record.finish)
        if record.seen is not None and record.planned is not None:
            self._seen += window.share(record, record.seen)
            self._planned += window.sum(record.planned, record.finish)
        if record.verdict is not None:
            self.defective += window.sum(record.verdict & DEFECTIVE, record.finish) / DEFECTIVE
            self.caught += window.sum(record.verdict & CAUGHT, record.finish) / CAUGHT

    def follow(self, outages: Outages, last: float) -> None:
        """Note the outages at the edges of the window that cycles up to a time, s, have passed."""
        self._window.follow(outages, last)

    def states(self) -> Floats:
        """Return the shares of the window, (R, 6), in the order of ``STATES``."""
        self._window.close()
        window, servers = self._window, self.station.servers
        available, off = servers * window.available(), servers * window.off()
        down = servers * window.span - available - off + self.repairs
        blocked = self._blocked + self._inside * window.available()
        starved = available - self._busy - self.repairs - blocked - self._waiting
        states = np.stack([self._busy, blocked, starved, self._waiting, down, off], axis=1)
        return states / (servers * window.span)

    def setup(self) -> Floats:
        """Return the seconds of set-up, all servers, (R,)."""
        # The backlog of a paced station at the end of the window has not been worked yet.
        setup: Floats = np.minimum(self._setup, np.maximum(self._busy, 0.0))
        return setup

    def failures(self) -> Floats:
        """Return how often it failed, on either clock, (R,).

        A failure on the busy clock counts where the part that it hits is finished.
        """
        self._window.close()
        failures: Floats = self._failures + self._window.failures()
        return failures

    def responses(self) -> tuple[Floats, Floats, Floats]:
        """Return detection and planned repairs, (R,) each.

        Returns:
            Failures that were not detected at once, the seconds until they were, and the
            planned repairs and false alarms. They are counted where ``failures`` are.
        """
        self._window.close()
        seen, planned = self._window.responses()
        awaited = [mode for mode, f in enumerate(self.station.failures) if f.seen is not None]
        found = self.by_mode() if awaited else None
        number = np.zeros_like(seen) if found is None else found[0][awaited].sum(axis=0)
        return number, self._seen + seen, self._planned + planned

    def by_mode(self) -> tuple[Floats, Floats] | None:
        """Return the cost of each failure mode; None where modes are not counted apart.

        Returns:
            (M, R) failures, and (M, R) seconds of repair.
        """
        if self._struck is None:
            return None
        self._window.close()
        failures, seconds = self._struck.failures.copy(), self._struck.seconds.copy()
        on_calendar = [m for m, f in enumerate(self.station.failures) if f.clock == "calendar"]
        if on_calendar:
            failures[on_calendar], seconds[on_calendar] = self._window.repaired()
        return failures, seconds

    def scheduled(self) -> Floats:
        """Return the seconds of the window that are on shift, (R,)."""
        self._window.close()
        scheduled: Floats = self._window.span - self._window.off()
        return scheduled

    def alone(self) -> Floats:
        """Return parts per scheduled hour, were it never starved nor blocked, (R,)."""
        occupied = self._busy + self.repairs
        scheduled = self.scheduled()
        up = np.divide(
            self._window.available(), scheduled, out=np.zeros_like(scheduled), where=scheduled > 0
        )
        work = 3600.0 * self.station.servers * up * self.processed
        # Less than a billionth of the window is rounding, not work.
        worked = (self.processed > 0) & (occupied > 1e-9 * self._window.span)
        alone: Floats = np.divide(work, occupied, out=np.full_like(work, np.nan), where=worked)
        return alone
