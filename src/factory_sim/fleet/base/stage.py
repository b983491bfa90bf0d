"""A stage: queues with their servers, the messages that wait there, and those it passes on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.batch import EMPTY, Batch, in_order, joined
from factory_sim.fleet.base.queues import NONE, serve, single_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.fleet.base.batch import Slab
    from factory_sim.line.arrays import Bools, Ints


@dataclass(frozen=True)
class Passage:
    """What a stage did in a slab.

    Attributes:
        ids: Messages whose service started.
        arrive: When each arrived, ns.
        start: When its service started, ns.
        depart: When it is done, ns; perhaps after the slab.
        lost: Messages that were dropped, with the moments.
        lost_arrive: When these arrived, ns.
        waiting: Messages that wait at the end, with their arrivals.
        arrived: How many arrived in the slab.
        room: Most that can wait in all queues together, None for any number.
        order: Places of the served ones by when they are done, as far as known.
    """

    ids: Ints
    arrive: Ints
    start: Ints
    depart: Ints
    lost: Batch
    lost_arrive: Ints
    waiting: Batch
    arrived: int
    room: int | None
    order: Ints | None = None

    @property
    def done(self) -> Batch:
        """The messages that go on, when they do."""
        done = Batch(self.ids, self.depart)
        return done if self.order is None else done.at(self.order)


class Queues:
    """Some queues of one kind side by side, each with its servers; state between slabs.

    Attributes:
        name: Of the stage.
        free: When the servers of each queue are free, ascending, ns.
    """

    def __init__(
        self, name: str, free: list[Ints], *, places: int | None = None, drop: str = "newest"
    ) -> None:
        self.name, self.free = name, free
        self._places, self._drop = places, drop
        # queue after queue, and where each begins
        self._waiting, self._cuts = EMPTY, np.zeros(len(free) + 1, np.int64)
        # with the moment at which the first of each arrives
        self._coming: list[tuple[int, Batch]] = []

    @property
    def servers(self) -> int:
        """Number of servers of all queues."""
        return sum(free.size for free in self.free)

    @property
    def _room(self) -> int | None:
        return None if self._places is None else self._places * len(self.free)

    def expect(self, batch: Batch) -> None:
        """Take in messages that arrive now or later."""
        if batch.ids.size:
            self._coming.append((int(batch.times.min()), batch))

    @property
    def batches(self) -> list[Batch]:
        """The messages that wait here or are yet to arrive."""
        return [*(batch for _, batch in self._coming), self._waiting]

    @property
    def held(self) -> int:
        """How many these are."""
        return sum(batch.ids.size for batch in self.batches)

    def renumber(self, numbers: Ints) -> None:
        """Renumber the messages that are kept here; ``numbers`` gives the new by the old ones."""
        self._coming = [(first, batch.renumbered(numbers)) for first, batch in self._coming]
        self._waiting = self._waiting.renumbered(numbers)

    def due(self, slab: Slab) -> list[Batch]:
        """Return the messages that arrive in a slab, and perhaps some later ones."""
        due = [batch for first, batch in self._coming if first < slab.end]
        self._coming = [each for each in self._coming if each[0] >= slab.end]
        return due

    def evicted(self, down: Bools) -> Batch:
        """Remove the messages that wait in queues that are down, and return them."""
        sizes = np.diff(self._cuts)
        gone, waiting = np.repeat(down, sizes), self._waiting
        self._waiting = waiting[~gone]
        self._cuts = np.concatenate([[0], np.cumsum(np.where(down, 0, sizes))])
        return waiting[gone]

    def passed(
        self,
        slab: Slab,
        due: Sequence[Batch],
        queue_of: Callable[[Ints], Ints] | None,
        work: Callable[[Ints], Ints],
    ) -> Passage:
        """Serve the messages of a slab and those that wait already.

        Args:
            slab: It.
            due: Messages that arrive in it; those that arrive later are kept.
            queue_of: Returns the queues of messages, from 0; None where there is one.
            work: Returns the service times of messages, ns.
        """
        now, bounds, later = in_order(due, slab, queue_of, len(self.free))
        self.expect(later)
        arrived = now.ids.size
        here, edges = self._with_waiting(now, bounds)
        works = work(here.ids)
        if self._is_side_by_side(edges):
            return self._at_once(slab, here, works, edges, arrived)
        parts, lost, order, waiting = [], [], None, [EMPTY] * len(self.free)
        for q, (begin, end) in enumerate(pairwise(edges.tolist())):
            if begin == end:
                continue
            mine, takes = here[begin:end], works[begin:end]
            result = serve(
                mine.times, takes, self.free[q], slab.end, places=self._places, drop=self._drop
            )
            self.free[q] = result.free
            if result.served is None or result.waiting is None:
                count = result.start.size
                parts.append((mine[:count], result.start, takes[:count]))
                waiting[q] = mine[count:]
                # of several queues the orders would have to be merged
                order = result.done if len(self.free) == 1 else None
            else:
                parts.append((mine[result.served], result.start, takes[result.served]))
                waiting[q] = mine[result.waiting]
                gone = mine[result.lost]
                lost.append((Batch(gone.ids, result.lost_at), gone.times))
        self._waiting = joined(waiting)
        self._cuts = np.concatenate([[0], np.cumsum([batch.ids.size for batch in waiting])])
        return self._passage(parts, lost, arrived, order)

    def _with_waiting(self, now: Batch, bounds: Ints) -> tuple[Batch, Ints]:
        """Return the messages of each queue, those that wait there first, and the edges."""
        parts, at = [], 0
        for q in np.flatnonzero(np.diff(self._cuts)).tolist():
            parts += [now[at : bounds[q]], self._waiting[self._cuts[q] : self._cuts[q + 1]]]
            at = bounds[q]
        return joined([*parts, now[at:]]), self._cuts + bounds

    def _is_side_by_side(self, edges: Ints) -> bool:
        """Return whether there are several queues of one server, none of which may fill."""
        if len(self.free) == 1 or any(free.size != 1 for free in self.free):
            return False
        return self._places is None or int(np.diff(edges).max()) <= self._places

    def _at_once(self, slab: Slab, here: Batch, works: Ints, edges: Ints, arrived: int) -> Passage:
        """Serve queues of one server, all in one scan."""
        free = np.concatenate(self.free)
        start = single_servers(here.times, works, edges, free)
        depart = start + works
        late = (start >= slab.end).nonzero()[0]
        # starts ascend, so in each queue those that wait come last
        self._waiting, self._cuts = here[late], np.searchsorted(late, edges)
        ends = edges[1:] - np.diff(self._cuts)
        served = np.flatnonzero(ends > edges[:-1])
        free[served] = depart[ends[served] - 1]
        self.free = [free[q : q + 1] for q in range(free.size)]
        if late.size:
            spans, at = [], 0
            for q in np.flatnonzero(ends < edges[1:]).tolist():
                spans.append(slice(at, ends[q]))
                at = edges[q + 1]
            spans.append(slice(at, None))
            here = joined([here[span] for span in spans])
            start, depart = (np.concatenate([t[span] for span in spans]) for t in (start, depart))
        return Passage(
            here.ids, here.times, start, depart, EMPTY, NONE, self._waiting, arrived, self._room
        )

    def _passage(
        self,
        parts: list[tuple[Batch, Ints, Ints]],
        lost: list[tuple[Batch, Ints]],
        arrived: int,
        order: Ints | None,
    ) -> Passage:
        served = joined([batch for batch, _, _ in parts])
        start = _concatenated([start for _, start, _ in parts])
        depart = start + _concatenated([work for _, _, work in parts])
        return Passage(
            ids=served.ids,
            arrive=served.times,
            start=start,
            depart=depart,
            lost=joined([batch for batch, _ in lost]),
            lost_arrive=_concatenated([times for batch, times in lost if batch.ids.size]),
            waiting=self._waiting,
            arrived=arrived,
            room=self._room,
            order=order,
        )


def _concatenated(arrays: list[Ints]) -> Ints:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else NONE
