"""The requirements of those visits to a section in step that can hold it beyond its takt.

They are few where most work fits into the takt, so that a cycle of many plants beside each
other costs little more than that of one. Where an edge of the window cuts a cycle, all of
its visits are needed: they are computed from the begin of the chunk of cycles on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.requirements import Requirements
from factory_sim.engines.batch.rows import among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.ahead import Chunk
    from factory_sim.engines.batch.outcome import Outcome
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.batch.section_work import SectionWork
    from factory_sim.engines.batch.selection import Selection, Selector
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Section


class SelectedRequirements(Requirements):
    """The requirements of selected visits, and of all visits to some positions.

    Those of other visits are left 0 until a chunk of cycles ends. Where too many visits of a
    chunk would be selected, all are computed.

    Args:
        section: Gives the windows of the S positions.
        replications: R.
        work: The content of its cycles.
        selector: Selects the visits.
        followed: Positions all of whose visits are computed.
    """

    def __init__(
        self,
        section: Section,
        replications: int,
        work: SectionWork,
        selector: Selector,
        followed: Sequence[int],
    ) -> None:
        super().__init__(section, replications, None, exact=False)
        self._work, self._selector, self._followed = work, selector, followed
        self._cells = self._required.reshape(-1)
        self._cell_windows = np.repeat(self._windows, replications)
        self._chunk: Chunk | None = None
        self._selection: Selection | None = None
        # The backlogs with which the chunk began, and of its cycles that are over, how long they
        # lasted and what is no more than rounding there.
        self._start = np.zeros_like(self._required)
        self._past: list[tuple[Floats, Floats]] = []

    def _add(self, part: int, now: Outcome) -> Floats:
        """Add the work of a cycle; return how long selected visits hold the section, (R,) s."""
        if self._work.chunk is not self._chunk:
            self._take_up(self._work.chunk)
        if self._selection is None:
            return super()._add(part, now)
        here = self._selection.of(self._work.row)
        cell = self._selection.cell[here]
        required = self._cells.take(cell)
        required += self._selection.work[here]
        self._cells[cell] = required
        required -= self._cell_windows.take(cell) if self._window is None else self._window
        hold = np.zeros(self._all.size)
        np.maximum.at(hold, self._selection.column[here], required)
        mended = dict(now.mended)
        for place in self._followed:
            work = self._work.spread_at(now.content, place)
            if place in mended:
                work = work + mended[place]
            self._required[place] += work
            np.maximum(hold, self._required[place] - self._windows[place], out=hold)
        return hold

    def _take_up(self, chunk: Chunk) -> None:
        """Begin with the first cycle of a chunk; all backlogs before it are known."""
        self._chunk, self._past = chunk, []
        np.copyto(self._start, self._required)
        self._selection = self._selector.next(chunk)
        if self._selection is None:
            return
        first = self._selection.cell[self._selection.of(0)]
        self._required.fill(0.0)
        self._cells[first] = self._start.take(first)
        for place in self._followed:
            self._required[place] = self._start[place]

    def whole(self, at: Columns, now: Outcome) -> Floats:
        """Return what the running cycle requires in n replications, (S, n), s."""
        if self._selection is None:
            return super().whole(at, now)
        whole = now.work(at)
        whole += self._before(self._selection, at)
        if now.struck is not None:
            position, replication, seconds, _ = now.struck
            which, here = among(self._all[at], replication)
            whole[position[which], here] += seconds[which]
        for place in self._followed:
            whole[place] = self._required[place, at]
        return whole

    def _before(self, selection: Selection, at: Columns) -> Floats:
        """Return the backlogs before the running cycle in n replications, (S, n), s.

        Those of positions that are followed are left out.
        """
        row, every = self._work.row, self._all[at]
        if row == 0:
            return self._start[:, at]
        plant, replication = np.divmod(every, selection.leaves.shape[2])
        kind = selection.kind[:, plant]
        position, which = np.nonzero(selection.leaves[row - 1, kind, replication])
        here, column = kind[position, which], every[which]
        unbroken = selection.leaves[:row, here, replication[which]][::-1]
        age = np.logical_and.accumulate(unbroken, axis=0).sum(axis=0)
        # Those that came later are without backlog before, whatever is taken for it earlier.
        first = row - int(age.max(initial=0))
        cell = position * self._all.size + column
        left = np.where(age == row, self._start.take(cell), 0.0)
        work = self._work.chunk.work[first:row, here, replication[which]]
        cycles = zip(work, self._repairs(first, row, cell), self._past[first:], strict=True)
        for seconds, down, (length, little) in cycles:
            left += seconds
            left += down
            left = self._left(left - length.take(column), little.take(column))
        backlog = np.zeros((len(self._start), every.size))
        backlog[position, which] = left
        return backlog

    def _repairs(self, first: int, last: int, cell: Ints) -> Floats:
        """Return the repairs in cells (m,), ascending, in cycles of the chunk, (rows, m), s."""
        down = np.zeros((last - first, cell.size))
        events = self._work.chunk.breakdowns
        if events is not None:
            bounds = np.array(events.bounds)
            some = slice(bounds[first], bounds[last])
            struck = events.position[some] * self._all.size + events.replication[some]
            which, here = among(cell, struck)
            row = np.searchsorted(bounds, some.start + which, side="right") - 1
            down[row - first, here] = events.seconds[some][which]
        return down

    def _left(self, required: Floats, little: Floats) -> Floats:
        """Return what is left of requirements less the length of the cycle, the backlog, s."""
        if self._over is None:
            return np.maximum(required, 0.0)
        left: Floats = required * (required > little)
        return left

    def end(self, now: Outcome, length: Floats, little: Floats) -> None:
        """End the running cycle, as ``Requirements.end``."""
        if self._selection is None:
            super().end(now, length, little)
            return
        self._past.append((length, little))
        here = self._selection.of(self._work.row)
        cell, column = self._selection.cell[here], self._selection.column[here]
        left = self._left(self._cells.take(cell) - length.take(column), little.take(column))
        self._cells[cell] = left * self._selection.goes_on[here]
        for wait in now.waits:
            self._required[wait.position, wait.at] += wait.seconds
        for place in self._followed:
            self._required[place] = self._left(self._required[place] - length, little)
