"""When the devices of a class send: once a period, each at a phase of its own, with jitter.

Message p of a class of n devices is that of the device of rank p mod n by phase, in turn
p // n; turns count from time 0. Its time is

    (turn + phase + jitter (u - 1/2)) period

so that the time from one message of a device to the next strays from the period by at most
the share ``jitter``. Messages are drawn in blocks, which are spans of the clock fixed by the
class alone: whatever part of the time is asked for, each message keeps its draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints

MESSAGES = 1 << 17
"""Messages of a block, where a block is not shorter for another reason; never to be changed."""

LONGEST = 60.0
"""Longest block, s: what changes between rare messages takes memory, too; as above."""


@dataclass(frozen=True)
class Pattern:
    """How the devices of one class send.

    Attributes:
        name: Of the class, the address of its draws.
        count: Its devices, n.
        period: Time from one message of a device to the next, s.
        jitter: Most that this strays, as a share of the period, in [0, 1].
        seed: Of the scenario.
    """

    name: str
    count: int
    period: float
    jitter: float
    seed: int

    @cached_property
    def turns(self) -> int:
        """Whole turns of a block; 0 where a block is one of several parts of a turn."""
        return int(self._wanted / self.period + 1e-9)

    @cached_property
    def parts(self) -> int:
        """Parts into which a turn is cut, 1 where a block is one turn or more."""
        return 1 if self.turns else int(np.ceil(self.period / self._wanted))

    @property
    def _wanted(self) -> float:
        """Return how long a block should be, s."""
        return min(MESSAGES * self.period / self.count, LONGEST)

    @property
    def block(self) -> float:
        """Length of a block, s: block b begins at b times this."""
        return self.turns * self.period if self.turns else self.period / self.parts

    @property
    def stray(self) -> float:
        """Most that a message may lie outside its block, s."""
        return 0.5 * self.jitter * self.period

    @cached_property
    def order(self) -> Ints:
        """(n,) which device has each rank, numbered within the class."""
        order: Ints = np.argsort(self._drawn_phases, kind="stable")
        return order

    @cached_property
    def phases(self) -> Floats:
        """(n,) the phase of each rank as a share of the period, in [0, 1), ascending."""
        return self._drawn_phases[self.order]

    @cached_property
    def _drawn_phases(self) -> Floats:
        return generator(self.seed, 0, self.name, "phase").random(self.count)

    def ranks(self, block: int) -> slice:
        """Return the ranks that send in a block: all, or those of a part of a turn."""
        if self.turns:
            return slice(0, self.count)
        part = block % self.parts
        edges = np.searchsorted(self.phases, [part / self.parts, (part + 1) / self.parts])
        return slice(int(edges[0]), self.count if part + 1 == self.parts else int(edges[1]))

    def times(self, block: int) -> Floats:
        """Return when the messages of a block are sent, s.

        Args:
            block: Number of the block, from 0.

        Returns:
            (r, T) one row for each of its ranks, ascending, one column per turn.
        """
        ranks = self.ranks(block)
        many = max(self.turns, 1)
        first = block * self.turns if self.turns else block // self.parts
        due = np.arange(first, first + many) + self.phases[ranks, None]
        if self.jitter:
            u = generator(self.seed, block, self.name, "jitter").random((many, due.shape[0]))
            u -= 0.5
            u *= self.jitter
            due += u.T
        due *= self.period
        return due
