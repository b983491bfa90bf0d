"""The result of a run from its records: rates, shares, quantiles, and their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.quotient import quotient
from factory_sim.analysis.statistics import Estimate, interval
from factory_sim.fleet.base.detection import detection_law
from factory_sim.fleet.base.histogram import EDGES, quantile, quantiles
from factory_sim.fleet.base.recovery import recoveries
from factory_sim.fleet.base.result import (
    EXCEEDED,
    SHARES,
    AgeCourse,
    BaseResult,
    ClassFigures,
    Course,
    StageFigures,
)

if TYPE_CHECKING:
    from factory_sim.fleet.base.network import Network
    from factory_sim.fleet.base.record import StageRecord
    from factory_sim.line.arrays import Floats, Ints

BATCHES = 20
"""Batches of steps whose means make an interval."""

FEWEST_BATCHES = 4
"""Batches below which there is no interval."""

MIDDLES = (EDGES[:-1] + EDGES[1:]) / 2e9
"""Middles of the bins of a histogram, s."""


def summarised(
    network: Network, *, name: str, doubts: tuple[str, ...], seconds: float
) -> BaseResult:
    """Return the result of a run.

    Args:
        network: The stages after the run.
        name: Of the scenario.
        doubts: What to doubt.
        seconds: Time it took.
    """
    plan = network.plan
    steps = np.array(plan.steps) / 1e9
    stages = [
        _stage(network, place, each, record)
        for place, (each, record) in enumerate(zip(network.names, network.records, strict=True))
    ]
    arrived = _by_class(network, network.ages.latencies)
    total = arrived.sum(axis=1)
    courses = {"latency": _means(total)}
    courses |= {f"queue of {s.name}": s.course.queue for s in stages}
    devices = np.array([c.count for c in plan.classes])
    area = network.ages.area[1:-1].sum(axis=1) / np.diff(steps) / devices.sum()
    courses["age"] = area
    lost = np.sum([record.lost[1:-1] for record in network.records], axis=0)
    returned, phases = recoveries(plan, courses, lost)
    all_messages = total.sum(axis=0)
    return BaseResult(
        name=name,
        begin=plan.base.window.begin,
        length=plan.base.window.length,
        steps=steps,
        devices=plan.devices,
        messages=int(network.sent[1:-1].sum()),
        simulated=int(network.sent.sum()),
        stages=tuple(stages),
        classes=_classes(network, steps, phases, arrived),
        latency={key: quantile(all_messages, share) for key, share in SHARES.items()},
        tail=_exceeded(all_messages),
        recoveries=returned,
        phases=phases,
        doubts=doubts,
        seconds=seconds,
    )


def batched(values: Floats, weights: Floats) -> Estimate:
    """Return a weighted mean over steps with the interval of batch means.

    Neighbouring steps depend on each other; means of long batches hardly do. Where the window
    holds few steps there is no interval.

    Args:
        values: (S,) one value per step; nan where there is none.
        weights: (S,) what each counts for.
    """
    good = np.flatnonzero(~np.isnan(values) & (weights > 0))
    if not good.size:
        return Estimate(float("nan"), float("nan"), 0.95, 0, "")
    parts = np.array_split(good, min(BATCHES, good.size))
    means = [float(np.average(values[part], weights=weights[part])) for part in parts]
    mean = float(np.average(values[good], weights=weights[good]))
    if len(parts) < FEWEST_BATCHES:
        return Estimate(mean, float("nan"), 0.95, len(parts), "")
    spread = interval(means)
    return Estimate(mean, spread.half_width, spread.confidence, len(parts), "")


def _stage(network: Network, place: int, name: str, record: StageRecord) -> StageFigures:
    inner = slice(1, -1)
    length = np.diff(np.array(network.plan.steps)) / 1e9
    workers = network.plan.base.services[place - 3].workers if place >= 3 else 1
    utilisation = quotient(record.busy[inner], record.capacity[inner])
    queue = record.waiting[inner] / 1e9 / length
    latency = quotient(record.sojourn[inner] / 1e9, record.through[inner])
    course = Course(
        rate=record.arrived[inner] / length,
        utilisation=utilisation,
        queue=queue,
        lost=record.lost[inner] / length,
        latency=latency,
        replicas=record.capacity[inner] / 1e9 / length / workers,
    )
    return StageFigures(
        name=name,
        arrived=int(record.arrived[inner].sum()),
        lost=int(record.lost[inner].sum()),
        utilisation=batched(utilisation, record.capacity[inner]),
        queue=batched(queue, length),
        longest_queue=record.longest,
        mean_latency=batched(latency, record.through[inner].astype(float)),
        latency={key: quantile(record.latencies, share) for key, share in SHARES.items()},
        tail=_exceeded(record.latencies),
        course=course,
    )


def _exceeded(counts: Floats | Ints) -> Floats:
    """Return the times that the shares ``EXCEEDED`` of what was counted take longer than, s."""
    return quantiles(np.concatenate([[0.0], np.cumsum(counts)]), 1.0 - EXCEEDED)


def _by_class(network: Network, rows: Floats | Ints) -> Floats:
    """Return (steps, classes, ...) of the window from rows of steps and classes."""
    classes = len(network.plan.classes)
    shaped: Floats = rows.reshape(-1, classes, *rows.shape[1:])[1:-1].astype(float)
    return shaped


def _means(counts: Floats) -> Floats:
    """Return the mean times of histograms, s; nan of empty ones."""
    return quotient(counts @ MIDDLES, counts.sum(axis=-1))


def _tail(below: Floats) -> Floats:
    """Return the 99 % quantile of each of some distributions at the edges of the bins, s."""
    return np.array([quantiles(each, np.array([0.99]))[0] for each in below])


def _classes(
    network: Network, steps: Floats, phases: tuple[str, ...], arrived: Floats
) -> tuple[ClassFigures, ...]:
    plan, ages = network.plan, network.ages
    length = np.diff(steps)
    time_by_age = _by_class(network, ages.ages.below())
    time_by_delay = _by_class(network, ages.delays.below())
    found = []
    for c, each in enumerate(plan.classes):
        device_time = each.count * length
        mean = ages.area[1:-1, c] / device_time
        age_p99 = _tail(time_by_age[:, c])
        fresh = ages.fresh[1:-1, c] / device_time
        counts = np.concatenate(
            [np.zeros((length.size, 1)), np.cumsum(arrived[:, c], axis=1)], axis=1
        )
        overall = quantiles(time_by_age[:, c].sum(axis=0), np.array([0.99]))[0]
        spread = batched(age_p99, length)
        found.append(
            ClassFigures(
                name=each.name,
                devices=each.count,
                sent=int(network.sent[1:-1, c].sum()),
                arrived=int(arrived[:, c].sum()),
                lost={
                    name: int(record.losses[c])
                    for name, record in zip(network.names, network.records, strict=True)
                },
                mean_latency=batched(_means(arrived[:, c]), arrived[:, c].sum(axis=1)),
                latency={k: quantile(arrived[:, c].sum(axis=0), s) for k, s in SHARES.items()},
                age=batched(mean, length),
                age_p99=Estimate(
                    float(overall), spread.half_width, spread.confidence, spread.n, ""
                ),
                fresh_within=each.fresh_within,
                fresh=None if each.fresh_within is None else batched(fresh, length),
                detection=detection_law(each.name, each.count, steps, phases, time_by_delay[:, c]),
                course=AgeCourse(
                    mean=mean,
                    p99=age_p99,
                    fresh=fresh if each.fresh_within is not None else np.full_like(mean, np.nan),
                    latency_p99=_tail(counts),
                ),
            )
        )
    return tuple(found)
