"""Runs of the digital base, vectorised and event by event, that tell what they did."""

from __future__ import annotations

import sys
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from factory_sim.engines.reference import base as events
from factory_sim.fleet.base import oracle
from factory_sim.fleet.base.age import Ages
from factory_sim.fleet.base.network import Network
from factory_sim.fleet.base.plan import MessageClass
from factory_sim.fleet.base.simulate import simulated
from factory_sim.fleet.base.stage import Queues
from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from factory_sim.engines.reference.base.given import Base, Message
    from factory_sim.fleet.base.plan import Plan


class Coarse:
    """Draws on a grid, 0 included: much then happens at the same instant."""

    def __init__(self, cells: int, *address: Any) -> None:
        self._cells, self._fine = cells, generator(*address)

    def random(self, size: int | None = None) -> Any:
        fine = self._fine.random(1 if size is None else size)
        coarse = np.floor(fine * self._cells) / self._cells
        return float(coarse[0]) if size is None else coarse


class Always:
    """Draws that are all the same: nothing is left to chance."""

    def __init__(self, draw: float) -> None:
        self._draw = draw

    def random(self, size: int | None = None) -> Any:
        return self._draw if size is None else np.full(size, self._draw)


def _of_the_fleet(name: str) -> list[ModuleType]:
    """Return the modules of the fleet that hold a name, wherever the code stands."""
    modules = [m for key, m in sys.modules.items() if key.startswith("factory_sim.fleet.")]
    return [module for module in modules if name in vars(module)]


@contextmanager
def drawn(by: Callable[..., Any] | None) -> Iterator[None]:
    """Let all draws of the digital base come from something else than ``generator``, if given."""
    with pytest.MonkeyPatch.context() as patch:
        for module in _of_the_fleet("generator") if by is not None else ():
            patch.setattr(module, "generator", by)
        yield


@dataclass(frozen=True)
class Story:
    """What a run did to every message, identified by its device and its time of creation.

    Attributes:
        served: (stage, queue, device, created, arrive, start, leave); queue 0 for services.
        lost: (stage, device, created, moment).
        updates: (device, created, moment).
        replicas: (moment, service, replicas from then on).
        figures: For each stage its figures by step, by name.
    """

    served: list[tuple[Any, ...]]
    lost: list[tuple[Any, ...]]
    updates: list[tuple[Any, ...]]
    replicas: list[tuple[int, str, int]]
    figures: dict[str, dict[str, list[int]]]


class _Queues(Queues):
    """Queues that remember which messages went to which of them."""

    def passed(self, slab: Any, due: Any, queue_of: Any, work: Any) -> Any:
        ids = np.concatenate([np.empty(0, np.int64), *(batch.ids for batch in due)])
        self.latest = ids, np.zeros_like(ids) if queue_of is None else queue_of(ids)
        return super().passed(slab, due, queue_of, work)


class _Ages(Ages):
    """Ages that remember which messages reached the twin."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.updates: list[tuple[Any, ...]] = []

    def arrive(self, step: int, device: Any, at: Any, created: Any) -> None:
        self.updates += zip(device.tolist(), created.tolist(), at.tolist(), strict=True)
        super().arrive(step, device, at, created)


class _Network(Network):
    """Stages that remember what they did."""

    def __init__(self, asked: Plan) -> None:
        super().__init__(asked)
        self.served: list[tuple[Any, ...]] = []
        self.lost: list[tuple[Any, ...]] = []
        self.changes: list[tuple[int, str, int]] = []
        self._queue: dict[tuple[Any, ...], int] = {}

    def turn(self, now: int) -> None:
        before = [replicas.count for replicas in self.replicas]
        super().turn(now)
        for service, replicas, count in zip(self._services, self.replicas, before, strict=True):
            if replicas.count != count:
                self.changes.append((now, service.name, replicas.count))

    def _told(self, ids: Any) -> list[tuple[int, int]]:
        made = self._messages
        assert made is not None
        return list(zip(made.device[ids].tolist(), made.created[ids].tolist(), strict=True))

    def _note(self, place: int, slab: Any, passage: Any, servers: int, sojourn: Any) -> int:
        ids, queues = self._stages[place].latest
        stage = self.names[place]
        for who, queue in zip(self._told(ids), queues.tolist(), strict=True):
            self._queue[stage, *who] = queue
        times = (passage.arrive, passage.start, passage.depart)
        for who, *moments in zip(
            self._told(passage.ids), *(moment.tolist() for moment in times), strict=True
        ):
            self.served.append((stage, self._queue[stage, *who], *who, *moments))
        return super()._note(place, slab, passage, servers, sojourn)

    def _lose(self, place: int, slab: Any, batch: Any) -> None:
        for who, at in zip(self._told(batch.ids), batch.times.tolist(), strict=True):
            self.lost.append((self.names[place], *who, at))
        super()._lose(place, slab, batch)


MS = 1_000_000
"""Nanoseconds of a millisecond."""

FIGURES = ("arrived", "started", "through", "lost", "waiting", "busy", "capacity")


def in_batches(asked: Plan, messages: int) -> Story:
    """Return what the vectorised base does, in slabs of so many messages, each made in time."""
    with pytest.MonkeyPatch.context() as patch:
        for module in _of_the_fleet("AHEAD"):
            patch.setattr(module, "AHEAD", min(messages, 500))
        patch.setattr("factory_sim.fleet.base.network.Queues", _Queues)
        patch.setattr("factory_sim.fleet.base.network.Ages", _Ages)
        patch.setattr("factory_sim.fleet.base.simulate.Network", _Network)
        network = simulated(asked, slab_messages=messages)
    assert isinstance(network, _Network)
    assert isinstance(network.ages, _Ages)
    figures = {
        name: {key: np.rint(getattr(record, key)).astype(int).tolist() for key in FIGURES}
        for name, record in zip(network.names, network.records, strict=True)
    }
    lost = sorted(loss for loss in network.lost if loss[-1] < asked.end)
    return Story(
        sorted(network.served), lost, sorted(network.ages.updates), sorted(network.changes), figures
    )


def event_by_event(asked: Plan) -> Story:
    """Return what the reference does."""
    base, draws = oracle.in_events(asked), oracle.draws(asked)
    log = events.run(base, events.sent(base, draws), draws)

    def who(message: Message) -> tuple[int, int]:
        return message.device.number, message.created

    return Story(
        served=sorted(
            (v.stage, v.queue, *who(v.message), v.arrive, v.start, v.leave)
            for v in log.visits
            if v.start is not None
        ),
        lost=sorted((x.stage, *who(x.message), x.at) for x in log.losses),
        updates=sorted((*who(u.message), u.at) for u in log.updates),
        replicas=sorted(log.replicas),
        figures=_figures(asked, base, log),
    )


def _figures(asked: Plan, base: Base, log: events.Log) -> dict[str, dict[str, list[int]]]:
    """Return the figures of each stage by step, added up from what is written down."""
    edges = [asked.begin, *asked.steps, asked.end]
    steps = list(pairwise(edges))
    stages = [base.cells, base.gateways, base.broker, *(s.stage for s in base.services)]
    figures = {stage.name: {key: [0] * len(steps) for key in FIGURES} for stage in stages}

    def at(moment: int) -> int:
        return max(bisect_right(edges, moment, hi=len(steps)) - 1, 0)

    def add(stage: str, key: str, begin: int, end: int, weight: int = 1) -> None:
        for step, (low, high) in enumerate(steps):
            figures[stage][key][step] += weight * max(min(end, high) - max(begin, low), 0)

    on_air: set[int] = set()
    for visit in log.visits:
        figures[visit.stage]["arrived"][at(visit.arrive)] += 1
        leave = asked.end if visit.leave is None else visit.leave
        add(visit.stage, "waiting", visit.arrive, leave if visit.start is None else visit.start)
        if visit.start is not None:
            figures[visit.stage]["started"][at(visit.start)] += 1
            add(visit.stage, "busy", visit.start, leave)
            if visit.stage == base.cells.name and visit.message.latency is None:
                on_air.add(visit.message.number)
                figures[visit.stage]["lost"][at(visit.start)] += 1
            else:
                figures[visit.stage]["through"][at(visit.start)] += 1
    for loss in log.losses:
        if loss.stage != base.cells.name or loss.message.number not in on_air:
            figures[loss.stage]["lost"][at(loss.at)] += 1
    for stage in stages:
        changes = [(m, n) for m, name, n in log.replicas if name == stage.name]
        servers = stage.queues * stage.servers
        workers = {s.stage.name: s.workers for s in base.services}.get(stage.name, 1)
        moments = [(asked.begin, servers), *((m, n * workers) for m, n in changes)]
        for (begin, count), (end, _) in pairwise([*moments, (asked.end, 0)]):
            add(stage.name, "capacity", begin, end, count)
    return figures


def device(period: float, count: int = 1, **more: Any) -> MessageClass:
    """Return devices that send every so many ms."""
    more = {"name": "devices", "size": 0.0, "uplink": "air"} | more
    return MessageClass(count=count, period=period / 1_000, **more)


def fault(begin: float, end: float, **what: Any) -> dict[str, Any]:
    """Return a fault between two moments, ms."""
    return what | {"from": 36_000 + begin / 1_000, "for": (end - begin) / 1_000}
