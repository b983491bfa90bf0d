"""Offered load of every queue against its capacity: where a queue grows without bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.faults import slowed_by
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.fleet.base.network import Network
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Floats, Ints


@dataclass(frozen=True)
class Overload:
    """A queue whose offered load exceeds its capacity.

    Attributes:
        stage: Name of the stage.
        key: Key of the scenario where its queue is limited.
        queue: Number of the queue, from 1, or None where the stage has one.
        at: From when on, ns from the start of the window.
        utilisation: Offered load over capacity, at least 1.
        growth: Messages by which the queue grows, 1/s.
        bounded: Whether the queue is finite, so that messages are lost instead.
    """

    stage: str
    key: str
    queue: int | None
    at: int
    utilisation: float
    growth: float
    bounded: bool


def overloads(network: Network) -> list[Overload]:
    """Return the first overload of each stage, that of its worst queue.

    Loads follow from the mean rates of the classes and the mean service times; losses on the
    way are not deducted, and autoscaling counts with the most replicas that it may add.
    """
    found: dict[str, Overload] = {}
    moments = sorted({network.plan.begin, *(f.begin for f in network.plan.faults)})
    for now in moments:
        for stage in _offered(network, now):
            if stage.stage not in found and stage.utilisation >= 1:
                found[stage.stage] = stage
    return list(found.values())


def _offered(network: Network, now: int) -> Iterator[Overload]:
    """Yield the load of the most loaded queue of each stage from a moment on."""
    plan, base = network.plan, network.plan.base
    rates = _rates(plan, now)
    if base.cells.capacity is not None:
        bits = np.repeat([8.0 * c.size for c in plan.classes], [c.count for c in plan.classes])
        cells = _summed(network.cell_of, rates * bits, base.cells.count) / base.cells.capacity
        count = _summed(network.cell_of, rates, base.cells.count)
        yield _worst("uplink", "digital_base.cells.capacity", now, cells, count, bounded=False)
    for name, part, queue_of, key in (
        ("gateway", base.gateways, network.gateway_of, "digital_base.gateways.queue"),
        ("broker", base.broker, network.partition_of, "digital_base.broker.queue"),
    ):
        queues = int(queue_of.max()) + 1
        slowed = slowed_by(plan, name, None, now, queues)
        count = _summed(queue_of, rates, queues)
        load = count * part.service.mean
        load = load if slowed is None else load * slowed
        yield _worst(name, key, now, load, count, bounded=part.queue != "unlimited")
    total = np.array([rates.sum()])
    for number, service in enumerate(base.services):
        fixed = [
            f.fault.replicas
            for f in plan.holding("service", now)
            if f.fault.service == service.name and f.fault.replicas
        ]
        most = service.autoscale.most if service.autoscale else service.replicas
        slowed = slowed_by(plan, "service", service.name, now, 1)
        factor = 1.0 if slowed is None else float(slowed[0])
        servers = (fixed[-1] if fixed else most) * service.workers
        load = total * service.service.mean * factor / servers
        key = f"digital_base.services[{number}].queue"
        bounded = service.queue != "unlimited"
        yield _worst(service.name, key, now, load, total, bounded=bounded)


def _summed(queue_of: Ints, values: Floats, queues: int) -> Floats:
    return np.bincount(queue_of, values, queues).astype(float)


def _rates(plan: Plan, now: int) -> Floats:
    """Return the messages that each device sends from a moment on, 1/s."""
    rates = []
    for each in plan.classes:
        factor = 1.0
        for fault in plan.holding("telemetry", now):
            if each.name in (fault.fault.classes or (each.name,)):
                factor *= fault.fault.telemetry or 1.0
        rates.append(np.full(each.count, factor / each.period))
    return np.concatenate(rates)


def _worst(
    stage: str, key: str, now: int, load: Floats, rate: Floats, *, bounded: bool
) -> Overload:
    worst = int(np.argmax(load))
    utilisation = float(load[worst])
    growth = float(rate[worst]) * max(1 - 1 / utilisation, 0.0) if utilisation else 0.0
    queue = worst + 1 if load.size > 1 else None
    return Overload(stage, key, queue, now, utilisation, growth, bounded)


def warnings(network: Network) -> tuple[str, ...]:
    """Return a sentence on each overload that ends with what to write."""
    window = network.plan.base.window
    texts = []
    for each in overloads(network):
        where = each.stage if each.queue is None else f"{each.stage} {each.queue}"
        since = clock_text((window.begin + max(each.at, 0) / 1e9) % 86400)
        load = f"{where} is offered {each.utilisation:.3g} times what it can do from {since} on"
        growth = f"{each.growth:,.{0 if each.growth >= 100 else 1}f}"
        if each.bounded:
            texts.append(
                f"{load}: it loses about {growth} messages/s once its queue is full. "
                f"Give it more capacity, or take the loss as the answer."
            )
        else:
            texts.append(
                f"{load}, and its queue is unlimited: it diverges, by {growth} "
                f"messages/s as long as that holds. Give it more capacity, or "
                f"a finite `{each.key}`."
                if each.stage != "uplink"
                else f"{load}: it diverges, by {growth} messages/s as long as that holds. "
                f"Set a larger `{each.key}` or more `digital_base.cells.count`."
            )
    return tuple(texts)
