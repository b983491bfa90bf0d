"""The requirements of those visits to a section in step that can hold it beyond its takt.

They are few where most work fits into the takt, so that a cycle of many plants beside each
other costs little more than that of one. All visits are needed where an edge of the window
cuts a cycle: they are then computed from the begin of the chunk of cycles on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.requirements import Requirements

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
        # The backlogs with which the chunk began, and its cycles that are over, as in ``end``.
        self._start = np.zeros_like(self._required)
        self._past: list[tuple[Outcome, Floats, Floats]] = []

    def _add(self, now: Outcome) -> Floats:
        """Add the work of a cycle; return how long selected visits hold the section, (R,) s."""
        if self._work.chunk is not self._chunk:
            self._take_up(self._work.chunk)
        if self._selection is None:
            return super()._add(now)
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
        if self._selection is not None:
            self._complete(now)
        return super().whole(at, now)

    def _complete(self, now: Outcome) -> None:
        """Compute all visits of the chunk so far, the running cycle included."""
        self._selection = None
        np.copyto(self._required, self._start)
        for before, length, little in self._past:
            super().begin(before)
            super().end(before, length, little)
        super().begin(now)

    def end(self, now: Outcome, length: Floats, little: Floats) -> None:
        """End the running cycle, as ``Requirements.end``."""
        if self._selection is None:
            super().end(now, length, little)
            return
        self._past.append((now, length, little))
        here = self._selection.of(self._work.row)
        cell, column = self._selection.cell[here], self._selection.column[here]
        left = self._cells.take(cell)
        left -= length.take(column)
        self._cut(left, little, column)
        left *= self._selection.goes_on[here]
        self._cells[cell] = left
        for wait in now.waits:
            self._required[wait.position, wait.at] += wait.seconds
        for place in self._followed:
            required = self._required[place]
            required -= length
            self._cut(required, little, self._all)

    def _cut(self, left: Floats, little: Floats, column: Ints) -> None:
        """Make backlogs out of what is left in n replications, (n,) s, as ``Requirements.end``."""
        if self._over is None:
            np.maximum(left, 0.0, out=left)
        else:
            left *= left > little.take(column)
