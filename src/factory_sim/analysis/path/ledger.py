"""Where the charges of critical paths are added up, step after step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import Section

if TYPE_CHECKING:
    from factory_sim.analysis.path.nodes import Block, Nodes
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line, Plant

ROUNDING = 1e-9
"""Relative to the clock: a larger deviation is more than rounding error."""

CAUSES = (
    "work",
    "over takt",
    "takt",
    "set-up",
    "tool change",
    "repair",
    "down",
    "off shift",
    "transport",
    "no order",
    "people",
)


@dataclass(frozen=True)
class Steps:
    """Steps of paths that start at nodes of one block, (n,) each.

    Attributes:
        block: The nodes they start at.
        row: Which of them.
        column: In which replication.
        time: When the node happened, s.
        before: The node that bound it, a step further back; ``ORIGIN`` at last.
        since: When that happened; the first start of all at last, s.
    """

    block: Block
    row: Ints
    column: Ints
    time: Floats
    before: Nodes
    since: Floats

    def among(self, some: Bools) -> Steps:
        """Return some of the steps."""
        return Steps(
            self.block,
            self.row[some],
            self.column[some],
            self.time[some],
            self.before[some],
            self.since[some],
        )


class Ledger:
    """Charges of R paths, and what else the steps reveal about the effect of changes.

    Args:
        plant: Gives the P places and F lines.
        replications: R.
        begin: Where charges begin, s; a step across it counts by its share.

    Attributes:
        seconds: (R, P, C) charged.
        parts: (R, F), ordered: (R,) and release: (R, P + F), as in ``CriticalPath``.
        content, processing, repairs, pace: (R, P), likewise, but of the whole path.
        off: (R,) off shift on the whole path, s.
        charged: (n,) seconds charged to the current steps, whatever their share.
    """

    def __init__(self, plant: Plant, replications: int, begin: float) -> None:
        stages = [stage for line in plant.lines for stage in line.stages]
        names = [s.name for s in plant.stations()]
        names += [stage.name for stage in stages if isinstance(stage, Section)]
        self._place = {name: number for number, name in enumerate(names)}
        self._line = {line.name: number for number, line in enumerate(plant.lines)}
        self.window, self._replications = begin, replications
        self.seconds = np.zeros((replications, len(names), len(CAUSES)))
        self.parts = np.zeros((replications, len(plant.lines)))
        self.ordered = np.zeros(replications)
        self.release = np.zeros((replications, len(names) + len(plant.lines)))
        shape = (4, replications, len(names))
        self.content, self.processing, self.repairs, self.pace = np.zeros(shape)
        self.off = np.zeros(replications)
        self.charged = np.zeros(0)

    def begin(self, steps: Steps) -> None:
        """Begin with some steps."""
        self._column, length = steps.column, steps.time - steps.since
        inside = np.clip(steps.time - self.window, 0.0, length)
        self._share = np.divide(inside, length, out=np.zeros_like(length), where=length > 0)
        self._inside = steps.time > self.window
        self.charged = np.zeros_like(length)

    def charge(self, place: str, cause: str, seconds: Floats, some: Bools | None = None) -> None:
        """Charge the steps, or some of them (n,), with seconds, one for each of those."""
        here = slice(None) if some is None else some
        self.charged[here] += seconds
        column = self._column[here]
        self.seconds[:, self._place[place], CAUSES.index(cause)] += np.bincount(
            column, seconds * self._share[here], self._replications
        )
        if cause == "off shift":
            self.off += np.bincount(column, seconds, self._replications)

    def note(self, what: Floats, place: str, seconds: Floats, some: Bools) -> None:
        """Add seconds, one for each of some steps, to one of the (R, P) arrays."""
        what[:, self._place[place]] += np.bincount(self._column[some], seconds, self._replications)

    def pass_on(self, away: Line, to: Line, unit: Ints, some: Bools) -> None:
        """Note that the path passes from one line to another, at units of both (n of some)."""
        moved = np.bincount(self._column[some], unit * self._inside[some], self._replications)
        self.parts[:, self._line[away.name]] -= moved
        self.parts[:, self._line[to.name]] += moved

    def enters_window(self, line: Line, unit: Ints, some: Bools) -> None:
        """Note that the path reaches the start of the window in a line, at a unit."""
        self.parts[:, self._line[line.name]] -= np.bincount(
            self._column[some], unit, self._replications
        )

    def crosses(self, steps: Steps) -> Bools:
        """Return which steps (n,) lead across the start of the window."""
        crossing: Bools = self._inside & (steps.since <= self.window)
        return crossing

    def comes_to_order(self, unit: Ints, some: Bools) -> None:
        """Note the orders (n,) whose arrivals some steps reached within the window."""
        self.ordered += np.bincount(self._column[some], unit, self._replications)

    def relieve(self, buffer: str, seconds: Floats, some: Bools) -> None:
        """Add the seconds that one more place would save of the waits of some steps.

        Args:
            buffer: Station or section in front of which, or feeder after which it is.
            seconds: One for each of those steps.
            some: (n,) which.
        """
        number = self._place.get(buffer)
        if number is None:
            number = len(self._place) + self._line[buffer]
        self.release[:, number] += np.bincount(
            self._column[some], seconds * self._inside[some], self._replications
        )
