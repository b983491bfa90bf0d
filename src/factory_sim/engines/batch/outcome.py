"""What happens in one cycle of a paced section, rare events stored sparsely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import among
from factory_sim.engines.batch.section_log import Visits
from factory_sim.engines.record import CAUGHT, DEFECTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Wait:
    """A wait for components at one position, in n replications.

    Attributes:
        position: Which position waits.
        at: The n replications, ascending.
        since: (n,) when the components arrive and work begins, s.
        seconds: (n,) how long the position waited on shift, s.
        need: (n,) how long it holds the section from then on, s on shift.
    """

    position: int
    at: Ints
    since: Floats
    seconds: Floats
    need: Floats


@dataclass
class Outcome:
    """One cycle at S positions in R replications.

    Attributes:
        content: Work content, set-up and tool change, s, in the form that ``spread`` takes.
        spread: Turns it into seconds at S positions in n replications, (S, n).
        mended: Repairs in place: position, and (R,) seconds.
        setup: (S, R) the set-up in ``content``, s; None if there is none.
        struck: Breakdowns on the busy clock, (m,) each: position, replication, downtime in
            s, number of failures; None without any.
        defects: Defects made by the work, (m,) each: position and replication; None
            without any.
        caught: Inspections that stop parts: position, and (R,) in which replications.
        joined: Positions that feeders join, and (R,) when work can begin there, s.
        waits: Waits for components at these positions.
    """

    content: Floats
    spread: Callable[[Floats, Columns], Floats]
    mended: list[tuple[int, Floats]] = field(default_factory=list)
    setup: Floats | None = None
    struck: tuple[Ints, Ints, Floats, Ints] | None = None
    defects: tuple[Ints, Ints] | None = None
    caught: list[tuple[int, Bools]] = field(default_factory=list)
    joined: Sequence[tuple[int, Floats]] = ()
    waits: list[Wait] = field(default_factory=list)

    def work(self, at: Columns) -> Floats:
        """Return the processing in n replications, repair in place included, (S, n), s."""
        work = self.spread(self.content, at)
        if self.mended and np.may_share_memory(work, self.content):
            work = work.copy()
        for place, seconds in self.mended:
            work[place] += seconds[at]
        return work

    def visits(
        self,
        at: Columns,
        every: Ints,
        ready: Floats,
        finish: Floats,
        *,
        fails: bool,
        judges: bool,
        order: Floats | None,
        model: Ints | None,
    ) -> Visits:
        """Return the cycle visit by visit, dense, for n replications.

        Args:
            at: The n replications.
            every: (n,) their indices, ascending.
            ready: (S, n) when work could begin, s.
            finish: (S, n) when it was done or the cycle ended, s.
            fails: Whether a position has failures on the busy clock.
            judges: Whether quality can change at a position.
            order: (S, n) which part; None if it is not recorded.
            model: (S, n) its model; likewise.
        """
        down = failures = verdict = None
        if fails:
            down, failures = np.zeros(ready.shape), np.zeros(ready.shape, dtype=np.int64)
            if self.struck is not None:
                position, replication, seconds, number = self.struck
                which, here = among(every, replication)
                down[position[which], here] = seconds[which]
                failures[position[which], here] = number[which]
        if judges:
            verdict = np.zeros(ready.shape, dtype=np.int16)
            if self.defects is not None:
                position, replication = self.defects
                which, here = among(every, replication)
                verdict[position[which], here] = DEFECTIVE
            for place, found in self.caught:
                verdict[place] += np.multiply(found[at], CAUGHT, dtype=np.int16)
        setup = None if self.setup is None else self.setup[:, at]
        return Visits(ready, finish, self.work(at), down, setup, failures, verdict, order, model)
