"""All messages in transit, numbered: generated some slabs ahead, dropped when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.batch import Batch
from factory_sim.fleet.base.messages import senders, unfilled
from factory_sim.fleet.base.times import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from factory_sim.fleet.base.batch import Slab
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.fleet.base.times import Law
    from factory_sim.line.arrays import Ints

AHEAD = 200_000
"""Messages that are made at a time, or more if more are kept: of rare classes still enough
to make numpy's calls cheap."""


class Traffic:
    """The messages of all classes.

    They stand by class, the older ones first. Their places are their numbers, which change
    when those that are done are forgotten, but keep their order.

    Args:
        plan: The run.
        laws: Service laws at the gateway, the broker and each service, by name.

    Attributes:
        messages: Those under way, and those to come.
        senders: What makes the messages of each class.
        until: All that may be made before this moment is made, ns.
        sent: (steps, classes) messages made by step.
    """

    def __init__(self, plan: Plan, laws: dict[str, Law]) -> None:
        self.senders = list(senders(plan, laws))
        self.messages = unfilled(0, len(laws))
        self.until = plan.begin
        self._plan = plan
        self._edges = (*plan.steps, plan.end)
        self.sent = np.zeros((len(self._edges), len(self.senders)), np.int64)
        self._bounds = np.zeros(len(self.senders) + 1, np.int64)
        self._taken = [0] * len(self.senders)

    @property
    def most(self) -> int:
        """Most messages under way and to come after another refill, those of a slab apart."""
        return 2 * self.messages.created.size + AHEAD + self._plan.devices

    def refill(self, slab: Slab, held: Iterable[Ints]) -> Ints:
        """Drop the messages that are done, and generate those of a slab and some later ones.

        Args:
            slab: The next one.
            held: Messages that are not done, some perhaps twice.

        Returns:
            The new number of each message that is kept, by its old one.
        """
        old = self.messages
        kept = np.zeros(old.created.size, bool)
        for ids in held:
            kept[ids] = True
        for sender, taken, bound in zip(self.senders, self._taken, self._bounds[1:], strict=True):
            kept[bound - (sender.made - taken) : bound] = True
        numbers = kept.nonzero()[0]
        cuts = np.searchsorted(numbers, self._bounds)
        self._advance(slab, max(AHEAD, numbers.size))
        fresh = [max(s.due(self.until) - s.made, 0) for s in self.senders]
        self._bounds = cuts + np.concatenate([[0], np.cumsum(fresh)])
        self.messages = unfilled(int(self._bounds[-1]), len(old.work))
        for k, sender in enumerate(self.senders):
            here = self.messages[self._bounds[k] : self._bounds[k + 1]]
            again = numbers[cuts[k] : cuts[k + 1]]
            for before, after in zip(old.columns(), here.columns(), strict=True):
                before.take(again, out=after[: again.size], mode="clip")
            sender.fill(here[again.size :])
            self._count(k, here.created[again.size :])
        renumbered = np.zeros(kept.size, np.int64)
        renumbered[numbers] = np.arange(numbers.size)
        renumbered[numbers] += np.repeat(self._bounds[:-1] - cuts[:-1], np.diff(cuts))
        return renumbered

    def _advance(self, slab: Slab, count: int) -> None:
        """Choose until when messages are generated: so many, but not beyond a change of pace."""
        plan = self._plan
        some = slab.begin + int(count / plan.highest_rate(slab.begin) * SECOND)
        changes = [cut for f in plan.faults for cut in (f.begin, f.end) if cut > slab.begin]
        self.until = max(min([some, plan.end, *changes]), slab.end)

    def _count(self, k: int, created: Ints) -> None:
        """Count new messages of a class by step."""
        if created.size:
            first, last = np.searchsorted(self._edges, (created.min(), created.max()), "right")
            edges = self._edges[first:last]
            below = [0, *(int((created < edge).sum()) for edge in edges), created.size]
            steps = self.sent[first : last + 1, k]
            # messages made after the end are not counted
            steps += np.diff(below)[: steps.size]

    def take(self, slab: Slab) -> Batch:
        """Return the next messages: all that may be made in a slab, and some later ones."""
        parts = []
        for k, sender in enumerate(self.senders):
            end = max(sender.due(slab.end), self._taken[k])
            shift = int(self._bounds[k + 1]) - sender.made
            parts.append((self._taken[k] + shift, end + shift))
            self._taken[k] = end
        ready = np.concatenate([self.messages.ready[begin:end] for begin, end in parts])
        return Batch(np.concatenate([np.arange(begin, end) for begin, end in parts]), ready)
