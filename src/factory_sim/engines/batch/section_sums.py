"""Sums over the cycles of a section that lie within the window of the accounts.

Busy time needs no sum over visits. What a position requires in a cycle is either worked in
it or carried over as backlog, so over consecutive cycles

    busy = sum of work content + backlog before the first - backlog after the last

where the sum of work content is the difference of two running sums since time 0. Visits in
cycles that an edge of the window cuts are kept one by one. The sums of a replication do
not depend on which others are simulated beside it, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.event_sums import EventSums
from factory_sim.engines.batch.log import Column
from factory_sim.engines.batch.rows import ALL
from factory_sim.engines.record import SectionEdges, SectionSums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.engines.batch.outcome import Outcome
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.batch.section_log import Visits
    from factory_sim.engines.record import SectionRecord
    from factory_sim.line.arrays import Bools, Floats, Ints

    Backlog = Callable[[Columns], Floats]
    """Returns what a cycle left over at S positions in n replications, (S, n), s."""


@dataclass(frozen=True)
class Placement:
    """Where a cycle lies in each replication; None stands for no replication.

    Attributes:
        inside: Replications in which it lies within the window.
        across: Those in which an edge of the window cuts it.
    """

    inside: Columns | None
    across: Columns | None


NOWHERE, EVERYWHERE = Placement(None, None), Placement(ALL, None)


class WindowSums:
    """Sums up the cycles within the window, and keeps the visits that its edges cut.

    Args:
        shape: (S, R).
        joins: The positions that feeders join.
        rows: Cycles in a slab, at most.
        window: Begin and end of the window, s; None to sum up nothing.
        spread: Turns ``Outcome.content`` into seconds at S positions in n replications.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        joins: Sequence[int],
        rows: int,
        window: tuple[float, float] | None,
        spread: Callable[[Floats, Columns], Floats],
    ) -> None:
        self._window, self._spread = window, spread
        self._first = self._closed = 0
        self._joined: dict[int, Column] = {}
        if window is None:
            return
        self._joined = {place: Column(rows, shape[1:]) for place in joins}
        self._entered = self._every = self._over = False
        # For each replication: whether its last cycle was in the window, when its first such
        # cycle began, when its last one ended, the number of the first and how many there were.
        self._running = np.zeros(shape[1], dtype=bool)
        self._begin, self._end = np.zeros((2, shape[1]))
        self._since, self._cycles = np.zeros((2, shape[1]), dtype=np.int64)
        self._came, self._base = np.zeros((2, *shape))
        # When the last cycle of each ended, whether in the window or not, s.
        self._reached = np.zeros(shape[1])
        self._worked: Floats | None = None
        self._edges: list[SectionEdges] = []
        self._sums = {name: np.zeros(shape) for name in ("busy", "waiting", "setup", "caught")}
        self._struck, self._defects = EventSums(shape, 2), EventSums(shape, 0)

    def add(
        self, now: Outcome, part: int, backlog: Backlog, begin: Floats, end: Floats
    ) -> Columns | None:
        """Add a cycle that ends; return the replications whose visits must be recorded singly.

        Args:
            now: What happened in it.
            part: Count of the part that entered when it began.
            backlog: Returns the backlog of the cycle before it in n replications.
            begin: (R,) when it began, s.
            end: (R,) when it ended, s.
        """
        if self._window is None:
            return ALL
        self._closed += 1
        self._reached = end
        for place, since in now.joined:
            self._joined[place].write(ALL, since)
        placed = self._place(begin, end)
        if self._worked is None:
            self._worked = np.zeros_like(now.content)
        if self._entered and not self._every:
            self._follow(placed.inside, part, backlog, begin)
        if part < len(self._came):
            self._came[part] = begin
        self._worked += now.content
        if placed.inside is not None:
            self._cycles[placed.inside] += 1
            self._end[placed.inside] = end[placed.inside]
            self._sum(now, placed.inside)
        return placed.across

    def _place(self, begin: Floats, end: Floats) -> Placement:
        """Return where in the window a cycle lies."""
        assert self._window is not None
        low, high = self._window
        latest = float(end.max())
        if latest <= low:
            return NOWHERE
        within = latest <= high
        if self._every and within:
            return EVERYWHERE
        earliest = float(begin.min())
        self._entered, self._every = True, self._every and within
        if earliest >= high:
            return NOWHERE
        # A visit of no length in a cycle that begins with the window is finished before it.
        if earliest > low and within:
            return EVERYWHERE
        inside = (begin > low) & (end <= high)
        across = ~inside & (begin < high) & (end > low)
        return Placement(_some(inside), _some(across))

    def _follow(self, inside: Columns | None, part: int, backlog: Backlog, begin: Floats) -> None:
        """Start the sums of replications that enter the window; end those of who left it."""
        now = np.zeros_like(self._running)
        if inside is not None:
            now[inside] = True
        gone = np.flatnonzero(self._running & ~now)
        if gone.size:
            self._settle(gone, backlog)
        fresh = np.flatnonzero(now & ~self._running)
        if fresh.size and self._worked is not None:
            self._running[fresh] = True
            self._begin[fresh], self._since[fresh] = begin[fresh], part
            self._base[:, fresh] = self._spread(self._worked, fresh)
            self._sums["busy"][:, fresh] += backlog(fresh)
        self._every = bool(self._running.all())

    def _settle(self, some: Columns, backlog: Backlog) -> None:
        """Add the busy time of some replications up to the begin of the present cycle."""
        if self._worked is not None:
            worked = self._spread(self._worked, some) - self._base[:, some]
            self._sums["busy"][:, some] += worked - backlog(some)
            self._running[some] = False

    def _sum(self, now: Outcome, inside: Columns) -> None:
        """Add what happened in a cycle in the replications in which it lies within the window."""
        sums = self._sums
        here: Bools | bool = True
        if not isinstance(inside, slice):
            here = np.zeros_like(self._running)
            here[inside] = True
        if now.setup is not None:
            sums["setup"][:, inside] += now.setup[:, inside]
        if now.struck is not None:
            self._struck.add(here, *now.struck)
        if now.defects is not None:
            self._defects.add(here, *now.defects)
        for place, found in now.caught:
            sums["caught"][place] += found & here
        for place, seconds in now.mended:
            sums["busy"][place] += seconds * here
        for wait in now.waits:
            counts = here if isinstance(here, bool) else here[wait.at]
            sums["waiting"][wait.position, wait.at] += wait.seconds * counts

    def add_edge(
        self, at: Ints, begin: Floats, end: Floats, present: Bools, visits: Visits
    ) -> None:
        """Keep the visits of a cycle that an edge of the window cuts in n replications.

        Args:
            at: The n replications.
            begin: (R,) when it began, s.
            end: (R,) when it ended, s.
            present: (S, 1) which positions have a part.
            visits: What they were in the n replications.
        """
        self._edges.append(
            SectionEdges(
                replication=at,
                begin=begin[at],
                end=end[at],
                present=np.broadcast_to(present, visits.ready.shape),
                ready=visits.ready,
                finish=visits.finish,
                work=visits.time,
                down=visits.down,
                setup=visits.setup,
                failures=visits.failures,
                verdict=visits.verdict,
            )
        )

    def hand_over(self, cycles: SectionRecord, backlog: Backlog) -> SectionRecord:
        """Return the cycles of a slab, with the sums once all replications are past the window.

        Args:
            cycles: The cycles.
            backlog: Returns the backlog of the last of them, as in ``add``.
        """
        if self._window is None:
            return cycles
        sums: SectionSums | None = None
        if not self._over and float(self._reached.min()) >= self._window[1]:
            self._over = True
            # The window may end just where a cycle does.
            running = np.flatnonzero(self._running)
            if running.size:
                self._settle(running, backlog)
            self._sums["repairs"], self._sums["failures"] = self._struck.hand_over()
            (self._sums["defective"],) = self._defects.hand_over()
            sums = SectionSums(*self._presence(), **self._sums)
        first, self._first = self._first, self._closed
        joined = tuple((place, rows.hand_over()) for place, rows in self._joined.items())
        edges, self._edges = _packed(self._edges, self._begin.size), []
        return replace(cycles, joined=joined, first=first, summed=True, sums=sums, edges=edges)

    def _presence(self) -> tuple[Floats, Floats, Floats]:
        """Return the number of parts at each position, (S, R), and the span that they cover, s.

        Begin and end of the span are (S, R) while the section fills, else (1, R).
        """
        position = np.arange(len(self._came))[:, None]
        parts = np.maximum(self._since + self._cycles - np.maximum(self._since, position), 0)
        parts *= self._cycles > 0
        begin, end = self._begin, np.where(self._cycles > 0, self._end, self._begin)
        if (self._since >= len(position) - 1).all():
            return parts.astype(float), begin[None], end[None]
        came = np.where(position <= self._since, begin, self._came)
        ends = np.broadcast_to(end, came.shape)
        return parts.astype(float), np.where(parts > 0, came, ends), ends


def _some(replications: Bools) -> Ints | None:
    """Return the indices of replications (R,); None if there are none."""
    some = np.flatnonzero(replications)
    return some if some.size else None


def _packed(edges: Sequence[SectionEdges], replications: int) -> tuple[SectionEdges, ...]:
    """Return the visits of many cycles in few records, no replication twice in a record."""
    before = np.zeros(replications, dtype=np.int64)
    records: dict[int, list[SectionEdges]] = {}
    for one in edges:
        number = before[one.replication]
        for which in np.unique(number).tolist():
            records.setdefault(which, []).append(one.chosen(np.flatnonzero(number == which)))
        before[one.replication] += 1
    return tuple(SectionEdges.joined(some) for some in records.values())
