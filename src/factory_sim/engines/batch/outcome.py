"""What one cycle of a paced section brings, as sparse as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import among
from factory_sim.engines.batch.section_log import Visits
from factory_sim.engines.record import CAUGHT, DEFECTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Wait:
    """Components that are missing at a position in n replications.

    Attributes:
        position: Where.
        at: The n replications, ascending.
        since: (n,) when the components are there, s.
        seconds: (n,) how long that is after the begin of the cycle in hours on shift, s.
        need: (n,) how long the position then holds the section, s.
    """

    position: int
    at: Ints
    since: Floats
    seconds: Floats
    need: Floats


@dataclass
class Outcome:
    """What one cycle brings at S positions in R replications.

    Attributes:
        work: (S, R) processing: work content, set-up, tool change, repair in place, s.
        content: The same without repair in place, as ``SectionWork.spread`` takes it.
        mended: Repairs in place: where, and how long they take, (R,) s.
        setup: (S, R) the set-up in ``work``, s; None if there is none.
        struck: Breakdowns on the busy clock, (m,) each: where, in which replication,
            seconds of repair, how many; None without any.
        slips: Where the work makes a defect, and in which replication; likewise.
        caught: Where an inspection stops parts, and in which replications, (R,).
        joined: Where feeders join, and when the work can begin there, (R,) s.
        waits: Those of them where components are missing in the cycle.
    """

    work: Floats
    content: Floats
    mended: list[tuple[int, Floats]] = field(default_factory=list)
    setup: Floats | None = None
    struck: tuple[Ints, Ints, Floats, Ints] | None = None
    slips: tuple[Ints, Ints] | None = None
    caught: list[tuple[int, Bools]] = field(default_factory=list)
    joined: Sequence[tuple[int, Floats]] = ()
    waits: list[Wait] = field(default_factory=list)

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
        """Return the same visit by visit.

        Args:
            at: The n replications.
            every: (n,) the same by their indices, ascending.
            ready: As in ``Visits``, and so are finish, order and model.
            finish: Likewise.
            fails: Whether a position has failures on the busy clock.
            judges: Whether quality can change at a position.
            order: Likewise.
            model: Likewise.
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
            if self.slips is not None:
                position, replication = self.slips
                which, here = among(every, replication)
                verdict[position[which], here] = DEFECTIVE
            for place, found in self.caught:
                verdict[place] += np.multiply(found[at], CAUGHT, dtype=np.int16)
        setup = None if self.setup is None else self.setup[:, at]
        time = self.work[:, at]
        return Visits(ready, finish, time, down, setup, failures, verdict, order, model)
