"""What the cycles of a section amount to between the edges of the window of the accounts.

Seconds of work need no sum over visits: of what a position requires in a cycle, what is
not worked there is the next backlog. So over consecutive cycles

    busy = sum of work content + backlog before the first - backlog after the last

and the sum of work content is a difference of two running sums since time 0. What a
replication comes to does not depend on which others are simulated beside it, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

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
class Placed:
    """Where a cycle that ends lies, one set of replications each; None for none.

    Attributes:
        inside: Within the window.
        across: Across an edge of it.
    """

    inside: Columns | None
    across: Columns | None


NOWHERE, EVERYWHERE = Placed(None, None), Placed(ALL, None)


class Summary:
    """Decides how cycles are accounted for, and sums up those within the window.

    Args:
        shape: (S, R).
        joins: The positions that feeders join.
        rows: Cycles in a slab, at most.
        window: Begin and end of what the accounts look at, s; None to tell every visit.
        spread: Returns seconds like ``Outcome.content`` at S positions in n replications.
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
        self._entered = self._every = False
        # Of the replications that are in the window: since when, and in which cycle they came.
        self._running = np.zeros(shape[1], dtype=bool)
        self._begin, self._end = np.zeros((2, shape[1]))
        self._since, self._cycles = np.zeros((2, shape[1]), dtype=np.int64)
        self._came, self._base = np.zeros((2, *shape))
        self._worked: Floats | None = None
        self._edges: list[SectionEdges] = []
        self._sums = self._nothing()
        self._struck, self._slips = _Events(shape, 2), _Events(shape, 1)

    def add(
        self, now: Outcome, part: int, backlog: Backlog, begin: Floats, end: Floats
    ) -> Columns | None:
        """Add a cycle that ends; return where its visits are to be told one by one.

        Args:
            now: What it brought.
            part: Which part entered when it began.
            backlog: Returns what was left of the cycle before in n replications.
            begin: (R,) when it began, s.
            end: (R,) when it ended, s.
        """
        if self._window is None:
            return ALL
        self._closed += 1
        for place, since in now.joined:
            self._joined[place].write(ALL, since)
        placed = self._place(begin, end)
        if self._worked is None:
            self._worked = np.zeros_like(now.content)
        if self._entered and not self._every:
            self._change(placed.inside, part, backlog, begin)
        if part < len(self._came):
            self._came[part] = begin
        self._worked += now.content
        if placed.inside is not None:
            self._cycles[placed.inside] += 1
            self._end[placed.inside] = end[placed.inside]
            self._sum(now, placed.inside)
        return placed.across

    def _place(self, begin: Floats, end: Floats) -> Placed:
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
        return Placed(_some(inside), _some(across))

    def _change(self, inside: Columns | None, part: int, backlog: Backlog, begin: Floats) -> None:
        """Note which replications come into the window with a cycle, and which have left it."""
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
        """End the sums of work of some replications before a cycle begins."""
        if self._worked is not None:
            worked = self._spread(self._worked, some) - self._base[:, some]
            self._sums["busy"][:, some] += worked - backlog(some)
            self._running[some] = False

    def _nothing(self) -> dict[str, Floats]:
        """Return the sums of no cycle, but for those of events."""
        return {name: np.zeros_like(self._came) for name in ("busy", "waiting", "setup", "caught")}

    def _sum(self, now: Outcome, inside: Columns) -> None:
        """Add what befell parts in n replications in which a cycle lies within the window."""
        sums = self._sums
        here: Bools | bool = True
        if not isinstance(inside, slice):
            here = np.zeros_like(self._running)
            here[inside] = True
        if now.setup is not None:
            sums["setup"][:, inside] += now.setup[:, inside]
        if now.struck is not None:
            self._struck.add(here, *now.struck)
        if now.slips is not None:
            self._slips.add(here, *now.slips, np.ones(now.slips[0].size))
        for place, found in now.caught:
            sums["caught"][place] += found & here
        for place, seconds in now.mended:
            sums["busy"][place] += seconds * here
        for wait in now.waits:
            counts = here if isinstance(here, bool) else here[wait.at]
            sums["waiting"][wait.position, wait.at] += wait.seconds * counts

    def cross(self, at: Ints, begin: Floats, end: Floats, present: Bools, visits: Visits) -> None:
        """Keep the visits of a cycle that crosses an edge in n replications.

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
        """Return the cycles of a slab with what was summed up, and begin anew.

        Args:
            cycles: The cycles.
            backlog: Returns what is left of the last of them, as in ``add``.
        """
        if self._window is None:
            return cycles
        sums = None
        if self._cycles.any():
            self._settle(ALL if self._every else np.flatnonzero(self._running), backlog)
            self._every = False
            self._sums["repairs"], self._sums["failures"] = self._struck.hand_over()
            (self._sums["defective"],) = self._slips.hand_over()
            sums = SectionSums(*self._presence(), **self._sums)
            self._sums = self._nothing()
            self._cycles[:] = 0
        first, self._first = self._first, self._closed
        joined = tuple((place, rows.hand_over()) for place, rows in self._joined.items())
        edges, self._edges = _together(self._edges, self._begin.size), []
        return replace(cycles, joined=joined, first=first, summed=True, sums=sums, edges=edges)

    def _presence(self) -> tuple[Floats, Floats, Floats]:
        """Return how many parts each position had, (S, R), and since when and until when, s.

        Both times are (S, R) while the section fills, else (1, R).
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


class _Events:
    """What happens at few of S positions in R replications, added up slab by slab.

    Args:
        shape: (S, R).
        amounts: How many amounts an event has.
    """

    def __init__(self, shape: tuple[int, int], amounts: int) -> None:
        self._shape, self._amounts = shape, amounts
        self._found: list[tuple[Floats | Ints, ...]] = []

    def add(
        self, here: Bools | bool, position: Ints, replication: Ints, *amounts: Floats | Ints
    ) -> None:
        """Add events (m,) of one cycle, as far as their replication is among some (R,)."""
        events = (position * self._shape[1] + replication, *amounts)
        if not isinstance(here, bool):
            some = np.flatnonzero(here[replication])
            events = tuple(each[some] for each in events)
        self._found.append(events)

    def hand_over(self) -> list[Floats]:
        """Return the sum of each amount, (S, R), and begin anew."""
        found, self._found = self._found, []
        if not found:
            return list(np.zeros((self._amounts, *self._shape)))
        place, *amounts = (np.concatenate(each) for each in zip(*found, strict=True))
        sums = np.empty((self._amounts, self._shape[0] * self._shape[1]))
        for total, each in zip(sums, amounts, strict=True):
            total[:] = np.bincount(place, each, total.size)
        return list(sums.reshape(-1, *self._shape))


def _together(edges: Sequence[SectionEdges], replications: int) -> tuple[SectionEdges, ...]:
    """Return visits of many cycles as few records, each replication once in a record."""
    before = np.zeros(replications, dtype=np.int64)
    records: dict[int, list[SectionEdges]] = {}
    for one in edges:
        number = before[one.replication]
        for which in np.unique(number).tolist():
            records.setdefault(which, []).append(one.chosen(np.flatnonzero(number == which)))
        before[one.replication] += 1
    return tuple(SectionEdges.joined(some) for some in records.values())
