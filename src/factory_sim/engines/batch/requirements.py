"""What the positions of a section in step require of its cycles.

A position requires its backlog, its work and its repairs, counted in seconds on shift from
the begin of the cycle. The cycle lasts until the largest requirement, less its window, is
met; what exceeds the cycle is the next backlog. Breakdowns and missing components are rare
and treated one by one. Arrays are (S, R): position, replication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import ALL, among

if TYPE_CHECKING:
    from factory_sim.engines.batch.outcome import Outcome
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.batch.section_trace import Trace
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Section


class Requirements:
    """The requirements of all positions, computed in every cycle.

    Args:
        section: Gives the windows of the S positions.
        replications: R.
        trace: Where to keep which work is left over at the end of a cycle; None for nowhere.
        exact: Whether to tell which position holds the section within its takt as well.
    """

    def __init__(
        self, section: Section, replications: int, trace: Trace | None, *, exact: bool
    ) -> None:
        shape = (len(section.stations), replications)
        windows = {station.window for station in section.stations}
        self._window: float | None = windows.pop() if len(windows) == 1 else None
        self._windows = np.array([station.window for station in section.stations])[:, None]
        # What positions require in the running cycle; between two cycles, the backlog. One
        # array for both takes half the cache.
        self._required = np.zeros(shape)
        self._room = np.zeros(shape) if self._window is None else None
        # Where a window is 0, a backlog of mere rounding would hold the section: it is cut off.
        self._over = None if self._windows.min() > 0 else np.zeros(shape, dtype=bool)
        self._all = np.arange(replications)
        # Breakdowns at positions whose work fits into the window: position, replication, and
        # how long the repair holds the section, s; more than required less window.
        self._hasty: tuple[Ints, Ints, Floats] | None = None
        self._trace, self._exact = trace, exact

    def begin(self, now: Outcome) -> Floats:
        """Begin a cycle; return how long positions hold it, were no components missing, (R,) s.

        Args:
            now: The content of the cycle.
        """
        hold = self._add(now)
        self._hasty = None
        if now.struck is not None:
            position, replication, seconds, _ = now.struck
            struck = (position, replication)
            work = self._required[struck]
            over = work - self._windows[position, 0]
            holds = np.maximum(over, 0.0) + seconds
            np.maximum.at(hold, replication, holds)
            self._required[struck] = work + seconds
            (some,) = (over < 0).nonzero()
            if some.size:
                self._hasty = position[some], replication[some], holds[some]
        return hold

    def _add(self, now: Outcome) -> Floats:
        """Add the work of a cycle; return how long it holds the section, (R,) s."""
        required = self._required
        required += now.work(ALL)
        if self._window is None:
            room = np.subtract(required, self._windows, out=self._room)
            hold: Floats = np.maximum.reduce(room, axis=0)
        else:
            hold = np.maximum.reduce(required, axis=0)
            hold -= self._window
        return np.maximum(hold, 0.0, out=hold)

    def need(self, position: int, at: Ints, now: Outcome) -> Floats:
        """Return how long a position holds the section once work there begins, (n,), s.

        Args:
            position: Which; feeders join there.
            at: The n replications.
            now: The content of the running cycle.
        """
        down = np.zeros(self._all.size)
        if now.struck is not None:
            here = np.flatnonzero(now.struck[0] == position)
            down[now.struck[1][here]] = now.struck[2][here]
        repairs = down[at]
        need: Floats = self._required[position, at] - repairs - self._windows[position]
        return np.maximum(need, 0.0) + repairs

    def slowest(self, some: Ints, now: Outcome) -> Ints:
        """Return which position holds the section longest, in n replications.

        Args:
            some: The n replications, ascending; those in which one exceeds the takt, unless
                told exactly.
            now: The content of the running cycle.
        """
        # Unlike ``take``, this lays out the requirements of a replication next to each other,
        # so that the largest of them is found in half the time.
        hold = self._required[:, some]
        if self._window is None:
            hold -= self._windows
        # What holds beyond the takt is positive, so that the others need not be cut at 0.
        shift = self._window or 0.0
        if self._hasty is not None:
            position, replication, holds = self._hasty
            which, here = among(some, replication)
            hold[position[which], here] = holds[which] + shift
        for wait in now.waits:
            which, here = among(some, wait.at)
            lasting = wait.seconds[which] > 0
            which, here = which[lasting], here[lasting]
            hold[wait.position, here] = wait.seconds[which] + wait.need[which] + shift
        if self._exact:
            np.maximum(hold, shift, out=hold)
        slowest: Ints = hold.argmax(axis=0)
        return slowest

    def backlog(self, at: Columns, now: Outcome) -> Floats:
        """Return the backlog with which the running cycle began in n replications, (S, n), s."""
        before = self.whole(at, now) - now.work(at)
        if now.struck is not None:
            position, replication, seconds, _ = now.struck
            which, here = among(self._all[at], replication)
            before[position[which], here] -= seconds[which]
        return before

    def whole(self, at: Columns, now: Outcome) -> Floats:
        """Return what the running cycle requires in n replications, (S, n), s."""
        whole: Floats = self._required[:, at]
        return whole

    def end(self, now: Outcome, length: Floats, little: Floats) -> None:
        """End the running cycle.

        Args:
            now: Its content.
            length: (R,) how long it lasted, s on shift.
            little: (R,) what is no more than rounding, s.
        """
        required = self._required
        for wait in now.waits:
            required[wait.position, wait.at] += wait.seconds
        required -= length
        if self._trace is not None:
            self._trace.add(now, required >= -little)
        if self._over is None:
            np.maximum(required, 0.0, out=required)
        else:
            np.greater(required, little, out=self._over)
            # Faster than to overwrite where it is not.
            required *= self._over
