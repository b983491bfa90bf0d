"""The uninterrupted work of a paced station that holds its section, over several cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path.ledger import ROUNDING
from factory_sim.analysis.path.nodes import TIES

if TYPE_CHECKING:
    from factory_sim.analysis.path.contents import Contents
    from factory_sim.analysis.path.trajectory import Cycles, Visits
    from factory_sim.line.arrays import Floats, Ints


def worked_since(cycles: Cycles, visits: Visits, position: int, cycle: Ints, column: Ints) -> Ints:
    """Return the cycle since which a paced station has worked without a break, (n,).

    Work left over at the end of a cycle is carried on in the next, unless that begins
    with a wait for components. What is carried over does not hold a section if it fits
    into the window; then the repair in the cycle itself did.

    Args:
        cycles: Of the section.
        visits: To the station.
        position: Of the station.
        cycle: (n,) in which the station held the section.
        column: (n,) in which replication.
    """
    if visits.carried is None:
        return cycle
    since: Ints = cycle.copy()
    ends, rows = cycles.moves[cycle + 1, column], cycle - position
    hold = ends - (visits.start if visits.ready is None else visits.ready)[rows, column]
    if visits.failed is not None:
        hold -= visits.failed[rows, column]
    if cycles.off_takt is not None and cycles.off_late is not None:
        hold -= cycles.off_takt[cycle, column] + cycles.off_late[cycle, column]
    down = 0.0 if visits.down is None else visits.down[rows, column]
    active = np.flatnonzero(hold > down + (TIES - 1) * ends)
    while active.size:
        row, at = since[active] - position, column[active]
        carried = (row > 0) & visits.carried[row - 1, at]
        if visits.ready is not None:
            carried &= visits.ready[row, at] <= visits.start[row, at] * TIES
        active = active[carried]
        since[active] -= 1
    return since


class Held:
    """Sums over the cycles in which a paced station worked without a break, (n,) each.

    Attributes:
        takt, late: On shift, until the takt was over and from then on, s.
        off: Off shift, s.
        down: Breakdowns of the station, s.
        content, setup, tool, repair, work: Its processing and the sum of it, s.
    """

    def __init__(
        self, cycles: Cycles, visits: Visits, position: int, contents: Contents, column: Ints
    ) -> None:
        self._cycles, self._visits, self._position = cycles, visits, position
        self._contents, self._column = contents, column
        self.takt, self.late, self.off, self.down = np.zeros((4, column.size))
        self.content, self.setup, self.tool = np.zeros((3, column.size))
        self.repair, self.work = np.zeros((2, column.size))
        self._owes = np.zeros(column.size, dtype=bool)

    def begin(self, cycle: Ints, ready: Floats) -> None:
        """Exclude from the first cycles (n,) the time before the work was ready (n,), s."""
        cycles, column = self._cycles, self._column
        begin, paced = cycles.moves[cycle, column], cycles.paced[cycle, column]
        row = cycle - self._position
        if self._visits.carried is not None:
            # Work left over from the cycle before the wait for components.
            self._owes = (ready > begin) & (row > 0) & self._visits.carried[row - 1, column]
        before, after = np.minimum(paced, ready) - begin, np.maximum(ready - paced, 0.0)
        if self._visits.off_wait is not None and cycles.off_takt is not None:
            off = self._visits.off_wait[row, column]
            off_before = np.where(ready <= paced, off, cycles.off_takt[cycle, column])
            before, after = before - off_before, after - (off - off_before)
            self.off -= off
        self.takt -= before
        self.late -= after

    def add(self, some: Ints, cycle: Ints) -> None:
        """Add a cycle of some of the steps."""
        cycles, visits, column = self._cycles, self._visits, self._column[some]
        at, row = (cycle, column), cycle - self._position
        begin, end = cycles.moves[at], cycles.moves[cycle + 1, column]
        paced = cycles.paced[at]
        self.takt[some] += paced - begin
        self.late[some] += end - paced
        if cycles.off_takt is not None and cycles.off_late is not None:
            off_takt, off_late = cycles.off_takt[at], cycles.off_late[at]
            self.takt[some] -= off_takt
            self.late[some] -= off_late
            self.off[some] += off_takt + off_late
        down = breakdowns(visits, row, column)
        if down is not None:
            self.down[some] += down
        did = self._contents.of(visits, row, column)
        self.content[some] += did.content
        self.setup[some] += did.setup
        self.tool[some] += did.tool
        self.repair[some] += did.repair
        self.work[some] += visits.work[row, column]

    def close(self, time: Floats) -> None:
        """Add work left over before the first cycle, and check the sums.

        A station holds its section for its breakdowns, and for its work except for what it may
        leave to the next cycle.

        Args:
            time: (n,) when it released the section, s.
        """
        station, needed = self._visits.station, self.takt + self.late - self.down
        owed = np.maximum(needed - self.work + station.window, 0.0)
        owed = np.where(self._owes & (needed > ROUNDING * time), owed, 0.0)
        self.work += owed
        self.content += owed
        off = np.abs(np.maximum(self.work - station.window, 0.0) - needed)
        if (off > ROUNDING * np.maximum(time, 1.0)).any():
            worst = int(off.argmax())
            raise AssertionError(
                f"the records do not add up: {station.name} lets its section go at "
                f"{time[worst]} s, {off[worst]:.3g} s off"
            )


def breakdowns(visits: Visits, row: Ints, column: Ints) -> Floats | None:
    """Return the breakdowns of visits, (n,), s; None if the station has none."""
    parts = [x[row, column] for x in (visits.down, visits.failed) if x is not None]
    if not parts:
        return None
    total: Floats = np.sum(parts, axis=0)
    return total
