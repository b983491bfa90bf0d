"""What the cycles of a section amount to between the edges of the window of the accounts.

Seconds of work need no sum over visits: of what a position requires in a cycle, what is
not worked there is the next backlog. So over consecutive cycles

    busy = sum of work content + backlog before the first - backlog after the last
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.log import Column
from factory_sim.engines.batch.rows import ALL
from factory_sim.engines.batch.section_log import Visits
from factory_sim.engines.record import CAUGHT, DEFECTIVE, SectionSums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.record import SectionRecord
    from factory_sim.line.arrays import Bools, Codes, Floats, Ints


@dataclass
class Outcome:
    """What one cycle brings at S positions in R replications.

    Attributes:
        work: (S, R) processing: work content, set-up, tool change, repair in place, s.
        setup: (S, R) the set-up in ``work``, s; None if there is none.
        struck: Breakdowns on the busy clock, (m,) each: where, in which replication,
            seconds of repair, how many; None without any.
        slips: Where the work makes a defect, and in which replication; likewise.
        caught: Where an inspection stops parts, and in which replications, (R,).
        joined: Where feeders join, and when the work can begin there, (R,) s.
        waits: Those of them where components are missing in the cycle: where, when the
            work can begin, how long that is in hours on shift, and how long the position
            then holds the section, (R,) s.
    """

    work: Floats
    setup: Floats | None = None
    struck: tuple[Ints, Ints, Floats, Ints] | None = None
    slips: tuple[Ints, Ints] | None = None
    caught: list[tuple[int, Bools]] = field(default_factory=list)
    joined: Sequence[tuple[int, Floats]] = ()
    waits: list[tuple[int, Floats, Floats, Floats]] = field(default_factory=list)

    def visits(
        self,
        ready: Floats,
        finish: Floats,
        *,
        fails: bool,
        judges: bool,
        order: Floats | None,
        model: Ints | None,
    ) -> Visits:
        """Return the same visit by visit.

        Args:
            ready: As in ``Visits``, and so are finish, order and model.
            finish: Likewise.
            fails: Whether a position has failures on the busy clock.
            judges: Whether quality can change at a position.
            order: Likewise.
            model: Likewise.
        """
        down = failures = None
        if fails:
            down, failures = np.zeros_like(ready), np.zeros(ready.shape, dtype=np.int64)
            if self.struck is not None:
                position, replication, seconds, number = self.struck
                down[position, replication] = seconds
                failures[position, replication] = number
        verdict: Codes | None = None
        if judges:
            verdict = np.zeros(ready.shape, dtype=np.int16)
            if self.slips is not None:
                verdict[self.slips] = DEFECTIVE
            for place, found in self.caught:
                verdict[place] += np.multiply(found, CAUGHT, dtype=np.int16)
        return Visits(ready, finish, self.work, down, self.setup, failures, verdict, order, model)


class Summary:
    """Decides how cycles are accounted for, and sums up those within the window.

    Args:
        shape: (S, R).
        joins: The positions that feeders join.
        rows: Cycles in a slab, at most.
        window: Begin and end of what the accounts look at, s; None to tell every visit.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        joins: Sequence[int],
        rows: int,
        window: tuple[float, float] | None,
    ) -> None:
        self._positions, self._window = shape[0], window
        self._first = self._closed = 0
        self._entered = self._within = self._running = False
        self._joined: dict[int, Column] = {}
        if window is not None:
            self._joined = {place: Column(rows, shape[1:]) for place in joins}
            self._begin, self._end = np.zeros((2, shape[1]))
            self._cycles = 0
            names = ("busy", "waiting", "repairs", "setup", "failures", "defective", "caught")
            self._sums = {name: np.zeros(shape) for name in names}

    def tells(self, now: Outcome, part: int, begin: Floats, end: Floats) -> bool:
        """Return whether the visits of a cycle that ends are to be told one by one.

        Args:
            now: What it brought.
            part: Which part entered when it began.
            begin: (R,) when, s.
            end: (R,) when it ended, s.
        """
        if self._window is None:
            return True
        self._closed += 1
        for place, since in now.joined:
            self._joined[place].write(ALL, since)
        self._within = False
        latest = float(end.max())
        if latest <= self._window[0]:
            return False
        self._entered = self._entered or float(begin.min()) >= self._window[0]
        if self._entered and latest <= self._window[1] and part >= self._positions - 1:
            self._within = True
            return False
        return float(begin.min()) < self._window[1]

    def add(self, now: Outcome, backlog: Floats, begin: Floats, end: Floats) -> None:
        """Add a cycle that lies within the window; one that lies outside is forgotten.

        Args:
            now: What it brought.
            backlog: (S, R) what was left of the cycle before, s.
            begin: (R,) when it began, s.
            end: (R,) when it ended, s.
        """
        if not self._within:
            return
        sums = self._sums
        if not self._running:
            self._running, self._begin = True, begin
            sums["busy"] += backlog
        self._cycles += 1
        self._end = end
        sums["busy"] += now.work
        if now.setup is not None:
            sums["setup"] += now.setup
        if now.struck is not None:
            position, replication, seconds, number = now.struck
            sums["repairs"][position, replication] += seconds
            sums["failures"][position, replication] += number
        if now.slips is not None:
            sums["defective"][now.slips] += 1.0
        for place, found in now.caught:
            sums["caught"][place] += found
        for place, _, waits, _ in now.waits:
            sums["waiting"][place] += waits

    def rest(self, backlog: Floats) -> None:
        """End the sums where they are, with (S, R) seconds of backlog."""
        if self._running:
            self._sums["busy"] -= backlog
            self._running = False

    def hand_over(self, cycles: SectionRecord) -> SectionRecord:
        """Return the cycles of a slab with what was summed up, and begin anew."""
        if self._window is None:
            return cycles
        sums = None
        if self._cycles:
            sums = SectionSums(self._cycles, self._begin, self._end, **self._sums)
            self._sums = {name: np.zeros_like(values) for name, values in self._sums.items()}
            self._cycles = 0
        first, self._first = self._first, self._closed
        joined = tuple((place, rows.hand_over()) for place, rows in self._joined.items())
        return replace(cycles, joined=joined, first=first, summed=True, sums=sums)
