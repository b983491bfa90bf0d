"""The plan of a run as input for the event-by-event engine, to check this engine against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.reference.base import given
from factory_sim.fleet.base.times import SECOND, law, nanoseconds
from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import MessageClass, Plan
    from factory_sim.line.distributions import Distribution
    from factory_sim.scenario.digital_base import Autoscale, Queueing, Restarts, Service


def draws(plan: Plan) -> given.Draws:
    """Return the addressed draws of a plan."""

    def of(name: str, purpose: str) -> given.Draw:
        return generator(plan.seed, 0, name, purpose).random

    return of


def in_events(plan: Plan) -> given.Base:
    """Return a plan as plain data for the event-by-event engine."""
    base = plan.base
    cells, gateways = base.cells, base.gateways
    works = {"gateway": gateways.service, "broker": base.broker.service}
    works |= {f"service {s.name}": s.service for s in base.services}
    return given.Base(
        begin=plan.begin,
        end=plan.end,
        classes=tuple(_class(plan, each) for each in plan.classes),
        cells=given.Stage(
            "uplink",
            queues=cells.count,
            when_down=cells.when_down,
            resend_within=nanoseconds(cells.resend_within),
            faults=_faults(plan, "cell"),
        ),
        gateways=given.Stage(
            "gateway",
            queues=gateways.count,
            places=_places(gateways),
            oldest=gateways.drop == "oldest",
            when_down=gateways.when_down,
            resend_within=nanoseconds(gateways.resend_within),
            faults=_faults(plan, "gateway"),
        ),
        broker=given.Stage(
            "broker",
            queues=base.broker.partitions,
            places=_places(base.broker),
            oldest=base.broker.drop == "oldest",
            faults=_faults(plan, "broker"),
        ),
        services=tuple(_service(plan, service) for service in base.services),
        twin=[service.name for service in base.services].index(base.twin_service),
        works=tuple((purpose, _law(service)) for purpose, service in works.items()),
    )


def _law(distribution: Distribution) -> given.Law:
    tabulated = law(distribution)
    if tabulated.is_constant:
        return lambda _: max(nanoseconds(distribution.mean), 1)
    return lambda u: int(tabulated.times(np.array([u]))[0])


def _class(plan: Plan, each: MessageClass) -> given.Class:
    uplink, cells = plan.base.uplinks[each.uplink], plan.base.cells
    moves = cells.handover if each.mobile else None
    faster = [
        given.Faster(f.begin, f.end, f.fault.telemetry)
        for f in plan.faults
        if f.fault.telemetry is not None and each.name in (f.fault.classes or (each.name,))
    ]
    return given.Class(
        name=each.name,
        count=each.count,
        period=each.period * SECOND,
        jitter=each.jitter,
        airtime=nanoseconds(8 * each.size / cells.capacity) if cells.capacity else 0,
        uplink=given.Uplink(
            _law(uplink.latency), uplink.loss, uplink.attempts, nanoseconds(uplink.again_after)
        ),
        handover=given.Handover(_law(moves.every), _law(moves.gap)) if moves else None,
        faster=tuple(faster),
    )


def _places(queueing: Queueing) -> int | None:
    return None if queueing.queue == "unlimited" else queueing.queue


def _faults(plan: Plan, target: str) -> tuple[given.Fault, ...]:
    """Return the faults of the cells, the gateways or the broker."""
    found = []
    for timed in plan.faults:
        if timed.fault.target == target:
            number = getattr(timed.fault, target)
            queue = None if number == "all" else number - 1
            found.append(given.Fault(timed.begin, timed.end, queue, timed.fault.slower))
    return tuple(found)


def _service(plan: Plan, service: Service) -> given.Service:
    base = plan.base
    place = {each.name: k for k, each in enumerate(base.services)}
    faults = [f for f in plan.faults if f.fault.service == service.name]
    scale, restarts = service.autoscale, service.restarts
    return given.Service(
        stage=given.Stage(
            service.name,
            servers=service.replicas * service.workers,
            places=_places(service),
            oldest=service.drop == "oldest",
            faults=tuple(
                given.Fault(f.begin, f.end, None, f.fault.slower)
                for f in faults
                if f.fault.slower is not None
            ),
        ),
        replicas=service.replicas,
        workers=service.workers,
        feeds=tuple(place[to] for source, to in base.fed() if source == place[service.name]),
        autoscale=None if scale is None else _autoscale(scale),
        restarts=None if restarts is None else _restarts(restarts),
        fixed=tuple(
            given.Fixed(f.begin, f.end, f.fault.replicas)
            for f in faults
            if f.fault.replicas is not None
        ),
    )


def _autoscale(scale: Autoscale) -> given.Autoscale:
    return given.Autoscale(
        target=scale.target,
        most=scale.most,
        fewest=scale.fewest,
        every=nanoseconds(scale.every),
        delay=nanoseconds(scale.delay),
        tolerance=scale.tolerance,
        settle=nanoseconds(scale.settle),
    )


def _restarts(restarts: Restarts) -> given.Restarts:
    return given.Restarts(_law(restarts.every), _law(restarts.takes))
