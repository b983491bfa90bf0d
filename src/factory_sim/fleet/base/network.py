"""The digital base as stages in a row: uplink, gateways, broker, services, twin.

Time is cut into slabs. In a slab each stage in turn serves what arrives in it and passes on
what it completes; what is completed later waits for its slab. So each stage knows all arrivals
before it decides, and memory holds only the messages of one slab and those in transit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.age import Ages
from factory_sim.fleet.base.assignment import hashed, round_robin, uniform
from factory_sim.fleet.base.batch import EMPTY, Batch, in_order, joined
from factory_sim.fleet.base.faults import down_until, slowed_by
from factory_sim.fleet.base.messages import LOST
from factory_sim.fleet.base.order import by_group
from factory_sim.fleet.base.record import StageRecord
from factory_sim.fleet.base.scaling import Replicas
from factory_sim.fleet.base.stage import Queues
from factory_sim.fleet.base.times import law, nanoseconds
from factory_sim.fleet.base.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.fleet.base.batch import Slab
    from factory_sim.fleet.base.messages import Messages
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.fleet.base.stage import Passage
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.scenario.digital_base import Cells, Gateways, Queueing

UPLINK, GATEWAY, BROKER = "uplink", "gateway", "broker"
"""Names of the stages before the services."""


class Network:
    """All stages of one run with their state and their records.

    Attributes:
        plan: The run.
        records: Of each stage by name, in the order of flow.
        replicas: Of each service by name.
        traffic: The messages.
        ages: What the twin knows.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        base = plan.base
        laws = {GATEWAY: law(base.gateways.service), BROKER: law(base.broker.service)}
        laws |= {f"service {s.name}": law(s.service) for s in base.services}
        self.traffic = Traffic(plan, laws)
        self.ages = Ages(plan, [sender.last_before() for sender in self.traffic.senders])
        steps, classes = len(plan.steps) + 1, len(plan.classes)
        self.names = [UPLINK, GATEWAY, BROKER, *(s.name for s in base.services)]
        self.records = [StageRecord(steps, classes) for _ in self.names]
        self.replicas = [Replicas(plan, service) for service in base.services]
        self._class_of = np.repeat(np.arange(classes), [each.count for each in plan.classes])
        self._build(plan)

    def _build(self, plan: Plan) -> None:
        base = plan.base
        idle = np.array([plan.begin])
        self._cells = Queues(UPLINK, [idle] * base.cells.count)
        self._gateways = _queues(GATEWAY, base.gateways, [idle] * base.gateways.count)
        self._broker = _queues(BROKER, base.broker, [idle] * base.broker.partitions)
        self._services = [
            _queues(s.name, s, [np.repeat(idle, s.replicas * s.workers)]) for s in base.services
        ]
        self._twin = Queues("twin", [idle])
        number = {service.name: k for k, service in enumerate(base.services)}
        self._feeds = [
            [number[target] for source, target in base.fed() if source == k]
            for k in range(len(base.services))
        ]
        self._twin_service = number[base.twin_service]
        self.gateway_of = round_robin(plan, "gateway", base.gateways.count)
        self.partition_of = hashed(plan, "partition", base.broker.partitions)
        self._share = uniform(plan, "resend")
        self.cell_of = np.concatenate([sender.cells for sender in self.traffic.senders])

    @property
    def _stages(self) -> list[Queues]:
        return [self._cells, self._gateways, self._broker, *self._services, self._twin]

    @property
    def next_change(self) -> int:
        """The next moment at which replicas may change, ns."""
        return min(replicas.next_change for replicas in self.replicas)

    @property
    def sent(self) -> Ints:
        """Messages made by step and class."""
        return self.traffic.sent

    @property
    def under_way(self) -> int:
        """Messages made but not yet delivered or lost."""
        return sum(stage.held for stage in self._stages)

    @property
    def fullest(self) -> tuple[str, int]:
        """The stage where most messages wait or are about to arrive, and how many."""
        count, name = max((stage.held, stage.name) for stage in self._stages)
        return name, count

    def turn(self, now: int) -> None:
        """Make the changes of replicas that are due at a moment, ns."""
        for service, replicas in zip(self._services, self.replicas, strict=True):
            service.free[0] = replicas.turn(now, service.free[0])

    def run(self, slab: Slab) -> None:
        """Compute everything that happens in a slab."""
        if self.traffic.until < slab.end:
            held = [batch.ids for stage in self._stages for batch in stage.batches]
            numbers = self.traffic.refill(slab, held)
            for stage in self._stages:
                stage.renumber(numbers)
        self._cells.expect(self.traffic.take(slab))
        self._gateways.expect(self._uplinked(slab))
        self._broker.expect(self._through(slab, self._gateways, 1, GATEWAY, self.gateway_of))
        done = self._through(slab, self._broker, 2, BROKER, self.partition_of)
        arrivals = {0: done}
        for number in self._order():
            self._services[number].expect(arrivals[number])
            done = self._serviced(slab, number)
            if number == self._twin_service:
                self._twin.expect(done)
            arrivals |= dict.fromkeys(self._feeds[number], done)
        self._updated(slab)

    def _order(self) -> list[int]:
        """Return the services in an order in which each comes after the one that feeds it."""
        order = [0]
        for number in order:
            order += self._feeds[number]
        return order

    @property
    def _messages(self) -> Messages:
        return self.traffic.messages

    def _uplinked(self, slab: Slab) -> Batch:
        """Pass messages through the cells and over the air; return when they arrive."""
        cells = self.plan.base.cells
        messages = self._messages
        down, until = down_until(self.plan, "cell", cells.count, slab.begin)
        due, cell_of = self._cells.due(slab), messages.cell.take
        lost = EMPTY
        if down.any() and cells.when_down == "neighbour" and not down.all():
            up = np.flatnonzero(~down)
            nearest = up[np.searchsorted(up, np.arange(cells.count)) % up.size]
            evicted = self._cells.evicted(down)
            moved = Batch(evicted.ids, np.full(evicted.ids.size, slab.begin))
            due = [batch for batch in (*due, moved) if batch.ids.size]
            cell_of = nearest[messages.cell].take
        elif down.any():
            due, lost = self._refused(self._cells, cells, slab, due, cell_of, (down, until))
        passage = self._cells.passed(slab, due, cell_of, messages.airtime.take)
        latency = messages.latency.take(passage.ids)
        arrived = latency != LOST
        sent = passage.depart + np.maximum(latency, 0, out=latency)
        done, sojourn = Batch(passage.ids, sent), sent - passage.arrive
        if not arrived.all():
            self._lose(0, slab, done[~arrived])
            done, sojourn = done.at(np.flatnonzero(arrived)), sojourn[arrived]
        self._note(0, slab, passage, cells.count, sojourn)
        self._lose(0, slab, joined([lost, passage.lost]))
        return done

    def _through(self, slab: Slab, stage: Queues, place: int, target: str, queue_of: Ints) -> Batch:
        """Pass messages through the gateways or the broker; return when they are done."""
        device, work = self._messages.device, self._messages.work[place - 1]
        due, lost = stage.due(slab), EMPTY

        def queues(ids: Ints) -> Ints:
            return queue_of.take(device.take(ids))

        if target == GATEWAY:
            gateways = self.plan.base.gateways
            downtime = down_until(self.plan, target, gateways.count, slab.begin)
            if downtime[0].any():
                due, lost = self._refused(stage, gateways, slab, due, queues, downtime)
        slowed = slowed_by(self.plan, target, None, slab.begin, len(stage.free))

        def works(ids: Ints) -> Ints:
            if slowed is None:
                return work.take(ids)
            return _stretched(work.take(ids), slowed[queues(ids)])

        passage = stage.passed(slab, due, queues, works)
        self._note(place, slab, passage, stage.servers, passage.depart - passage.arrive)
        self._lose(place, slab, joined([lost, passage.lost]))
        return passage.done

    def _refused(
        self,
        stage: Queues,
        of: Cells | Gateways,
        slab: Slab,
        due: list[Batch],
        queue_of: Callable[[Ints], Ints],
        downtime: tuple[Bools, Ints],
    ) -> tuple[list[Batch], Batch]:
        """Turn away the messages that arrive at queues that are down, or wait there.

        Args:
            stage: The queues.
            of: What the scenario says of them.
            slab: From its start on the queues are down.
            due: The messages that arrive.
            queue_of: Returns the queues of messages, from 0.
            downtime: Which queues are down, and until when, ns.

        Returns:
            The messages that are left, and the lost ones; none are lost if they are sent again.
        """
        down, until = downtime
        now = joined(due)
        late = now.times >= slab.end
        stage.expect(now[late])
        now = now[~late]
        refused = down[queue_of(now.ids)]
        gone = joined([now[refused], stage.evicted(down)])
        left = [now[~refused]] if not refused.all() else []
        if of.when_down != "resend":
            # messages that waited were counted when they arrived
            arrived = self.records[self.names.index(stage.name)].arrived
            arrived[slab.step] += np.count_nonzero(refused)
            return left, Batch(gone.ids, np.maximum(gone.times, slab.begin))
        share = self._share[self._messages.device[gone.ids]]
        again = (share * nanoseconds(of.resend_within)).astype(np.int64)
        stage.expect(Batch(gone.ids, until[queue_of(gone.ids)] + again))
        return left, EMPTY

    def _serviced(self, slab: Slab, number: int) -> Batch:
        """Pass messages through a service; return when they are done."""
        stage, replicas = self._services[number], self.replicas[number]
        work = self._messages.work[2 + number]
        slowed = slowed_by(self.plan, "service", stage.name, slab.begin, 1)

        def works(ids: Ints) -> Ints:
            if slowed is None:
                return work.take(ids)
            return _stretched(work[ids], slowed)

        passage = stage.passed(slab, stage.due(slab), None, works)
        busy = self._note(3 + number, slab, passage, stage.servers, passage.depart - passage.arrive)
        replicas.observe(busy, stage.servers * (slab.end - slab.begin))
        self._lose(3 + number, slab, passage.lost)
        return passage.done

    def _note(self, place: int, slab: Slab, passage: Passage, servers: int, sojourn: Ints) -> int:
        return self.records[place].add(slab, passage, servers, sojourn)

    def _lose(self, place: int, slab: Slab, batch: Batch) -> None:
        classes = self._class_of[self._messages.device[batch.ids]]
        self.records[place].lose(slab, batch, classes)

    def _updated(self, slab: Slab) -> None:
        """Update the twin with the messages that reach it in a slab."""
        now, _, later = in_order(self._twin.due(slab), slab)
        self._twin.expect(later)
        if not now.ids.size:
            return
        messages = self._messages
        device = messages.device.take(now.ids)
        order = by_group(device, self.plan.devices)
        now = now.at(order)
        created = messages.created.take(now.ids)
        self.ages.arrive(slab.step, device.take(order), now.times, created)


def _stretched(work: Ints, factor: Floats) -> Ints:
    """Return service times multiplied, ns."""
    return np.rint(work * factor).astype(np.int64)


def _queues(name: str, of: Queueing, free: list[Ints]) -> Queues:
    """Return the queues of a stage, by when the servers of each are free, ns."""
    places = None if of.queue == "unlimited" else of.queue
    return Queues(name, free, places=places, drop=of.drop)
