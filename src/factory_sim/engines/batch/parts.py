"""The parts at the positions of a paced section: what they carry, and what joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.flow import Join
    from factory_sim.engines.batch.rows import Columns, Count
    from factory_sim.line.arrays import Bools, Floats, Ints


class Parts:
    """The parts at S positions in a ring, and the feeders whose units they take.

    Args:
        positions: S.
        cargo: Rows of what a part carries.
        replications: R.
        joins: The feeders that join, by position.

    Attributes:
        joins: The feeders that join, by position.
    """

    def __init__(
        self, positions: int, cargo: int, replications: int, joins: Sequence[tuple[int, Join]]
    ) -> None:
        self._cargo = np.zeros((positions, cargo, replications))
        self._positions = np.arange(positions)[:, None]
        self._all = np.arange(replications)
        self.joins = joins

    def __len__(self) -> int:
        """Return S."""
        return len(self._cargo)

    def numbers(self, part: Count) -> Ints:
        """Return the count of the part at each position when ``part`` enters, (S, 1 or n)."""
        return part - self._positions

    def enter(self, part: Count, at: Columns, cargo: Floats) -> None:
        """Put a part at the first position, in n replications."""
        self._cargo[part % len(self._cargo), :, at] = cargo if isinstance(part, int) else cargo.T

    def leaving(self, part: Count, at: Columns) -> Floats:
        """Return what the part carries that leaves as ``part`` enters, (rows, n)."""
        if isinstance(part, int):
            whole: Floats = self._cargo[part % len(self._cargo)].copy()
            return whole
        gone: Floats = self._cargo[part % len(self._cargo), :, at].T
        return gone

    def at(self, part: int, position: int) -> Floats:
        """Return what the part at a position carries as ``part`` enters, (rows, R), a view."""
        carried: Floats = self._cargo[(part - position) % len(self._cargo)]
        return carried

    def carried(self, part: Count, at: Columns, what: int) -> Floats:
        """Return one quantity that the parts at all positions carry, (S, n)."""
        slot = self.numbers(part) % len(self._cargo)
        if isinstance(at, slice):
            whole_rows: Floats = self._cargo[slot[:, 0], what]
            return whole_rows
        picked: Floats = self._cargo[slot, what, at]
        return picked

    def write(self, part: Count, at: Columns, what: int, value: Floats | Bools) -> None:
        """Change one quantity that the parts at all positions carry, (S, n)."""
        self._cargo[self.numbers(part) % len(self._cargo), what, self._all[at]] = value

    def mark(self, part: int, what: int, position: Ints, replication: Ints) -> None:
        """Set one quantity to 1 for parts at positions (n,) in one replication each."""
        self._cargo[(part - position) % len(self._cargo), what, replication] = 1.0

    def components(
        self, part: Count, at: Columns, begin: Floats
    ) -> list[tuple[int, Columns, Floats]]:
        """Take a unit from each feeder for the parts of a cycle that begins at ``begin``, (n,) s.

        Returns:
            For each position with feeders: the position, which of the n replications have a
            part there, and when work can begin, s.
        """
        needed: list[tuple[int, Join, Columns, Columns]] = []
        for position, join in self.joins:
            if isinstance(part, int):
                if part >= position:
                    needed.append((position, join, at, at))
            elif (some := np.flatnonzero(part >= position)).size:
                needed.append((position, join, some, self._all[at][some]))
        ready: dict[int, tuple[Columns, Floats]] = {}
        for position, join, here, replication in needed:
            since = ready[position][1] if position in ready else begin[here]
            ready[position] = here, np.maximum(since, join.arrival(replication))
        for position, join, _, replication in needed:
            join.take(replication, ready[position][1])
        return [(position, *when) for position, when in ready.items()]
