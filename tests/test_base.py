"""The digital base as a whole: against itself, its laws, and what the twin is meant to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from factory_sim.fleet.base.age import Ages
from factory_sim.fleet.base.load import overloads, warnings
from factory_sim.fleet.base.messages import senders
from factory_sim.fleet.base.network import Network
from factory_sim.fleet.base.plan import MessageClass, Plan, plan
from factory_sim.fleet.base.simulate import simulated
from factory_sim.fleet.base.summary import summarised
from factory_sim.fleet.base.times import SECOND
from factory_sim.scenario.digital_base import DigitalBase

if TYPE_CHECKING:
    from factory_sim.fleet.base.result import BaseResult

MS = SECOND // 1000

ROBOTS = MessageClass("robots", 60, 0.5, 600, "urllc", jitter=0.1, fresh_within=1.0)
AGVS = MessageClass("agvs", 25, 0.2, 200, "embb", jitter=0.05, mobile=True, fresh_within=0.5)
METERS = MessageClass("meters", 90, 7.0, 150, "embb", jitter=0.5)
CLASSES = (AGVS, METERS, ROBOTS)


def base(**changes: Any) -> DigitalBase:
    content: dict[str, Any] = {
        "uplinks": {
            "urllc": {"latency": {"dist": "lognormal", "median": "1.6 ms", "sigma": 0.4}},
            "embb": {
                "latency": {"dist": "lognormal", "median": "9 ms", "sigma": 0.35},
                "loss": 0.05,
                "attempts": 2,
                "again_after": "3 ms",
            },
        },
        "cells": {
            "count": 3,
            "capacity": "1 Mbit/s",
            "handover": {
                "every": {"dist": "uniform", "low": "1 s", "high": "9 s"},
                "gap": {"dist": "uniform", "low": "50 ms", "high": "400 ms"},
            },
        },
        "gateways": {"count": 4, "service": {"dist": "gamma", "mean": "6 ms", "cv": 0.5}},
        "broker": {"partitions": 3, "service": {"dist": "exponential", "mean": "0.5 ms"}},
        "services": [
            {"name": "ingest", "replicas": 2, "workers": 2, "service": _law("8 ms")},
            {"name": "twin", "replicas": 3, "service": _law("6 ms")},
        ],
        "window": {"from": "10:00", "for": "20 s", "warm_up": "2 s"},
    }
    return DigitalBase.model_validate(content | changes)


def _law(median: str) -> dict[str, Any]:
    return {"dist": "lognormal", "median": median, "sigma": 0.6}


class Watched(Ages):
    """Ages that remember every message that arrived: device, moment, creation."""

    seen: list[np.ndarray]
    known: np.ndarray

    def __init__(self, plan: Plan, known: Any) -> None:
        super().__init__(plan, known)
        Watched.known = self._known.copy()

    def arrive(self, step: int, device: Any, at: Any, created: Any) -> None:
        self.seen.append(np.stack([device, at, created]))
        super().arrive(step, device, at, created)


def run(asked: Plan, messages: int = 3_000) -> tuple[Network, set[tuple[int, int, int]]]:
    """Return a run and its arrivals: device, creation and moment of each, ns."""
    with pytest.MonkeyPatch.context() as patch:
        Watched.seen = []
        patch.setattr("factory_sim.fleet.base.network.Ages", Watched)
        network = simulated(asked, slab_messages=messages)
    found = np.hstack(Watched.seen)
    return network, set(zip(*found[[0, 2, 1]].tolist(), strict=True))


def result(network: Network) -> BaseResult:
    return summarised(network, name="base", doubts=(), seconds=0.0)


FAULTS = [
    {"gateway": 2, "from": "10:00:05", "for": "4 s"},
    {"cell": 1, "from": "10:00:08", "for": "3 s"},
    {"telemetry": 3, "from": "10:00:12", "for": "2 s", "classes": ["robots"]},
    {"service": "ingest", "replicas": 1, "from": "10:00:03", "for": "1 s"},
    {"broker": "all", "slower": 4, "from": "10:00:15", "for": "1 s"},
]


def test_no_figure_depends_on_how_time_is_cut() -> None:
    busy = [
        {
            "name": "ingest",
            "replicas": 2,
            "workers": 2,
            "service": _law("8 ms"),
            "autoscale": {"target": "50 %", "max": 5, "every": "3 s", "delay": "2 s"},
            "restarts": {"every": "4 s", "takes": "2 s"},
        },
        {"name": "twin", "replicas": 3, "service": _law("6 ms"), "queue": 9},
    ]
    asked = plan(base(faults=FAULTS, services=busy), CLASSES, 1)
    runs = [run(asked, size) for size in (90, 800, 100_000)]
    first = result(runs[0][0])
    assert first.stages[3].course.replicas.max() > 2
    for network, arrived in runs[1:]:
        assert arrived == runs[0][1]
        other = result(network)
        for a, b in zip(first.stages, other.stages, strict=True):
            for key, course in vars(a.course).items():
                np.testing.assert_allclose(course, vars(b.course)[key], rtol=1e-9, err_msg=key)
            assert a.longest_queue == b.longest_queue
        for one, two in zip(first.classes, other.classes, strict=True):
            assert one.lost == two.lost
            np.testing.assert_allclose(one.course.mean, two.course.mean, rtol=1e-9)
            np.testing.assert_allclose(one.detection.delays, two.detection.delays, rtol=1e-6)


def test_messages_do_not_depend_on_how_many_are_made_at_a_time() -> None:
    """Jitter of a whole period brings later messages before earlier ones, across a handover."""
    moving = MessageClass("agvs", 3, 0.25, 200, "urllc", jitter=1.0, mobile=True)
    often = {"dist": "uniform", "low": "0.1 s", "high": "0.5 s"}
    cells = {"count": 3, "handover": {"every": often, "gap": "50 ms"}}
    asked = plan(base(cells=cells), (moving,), 2)
    (at_once,) = [sender.take(asked.end) for sender in senders(asked, {})]
    (sender,) = senders(asked, {})
    parts = [sender.take(until) for until in range(asked.begin, asked.end, 10 * MS)]
    count = sum(part.created.size for part in parts)
    assert count > 0.9 * at_once.created.size
    for name in ("ready", "cell"):
        found = np.concatenate([getattr(part, name) for part in parts])
        assert found.tolist() == getattr(at_once, name)[:count].tolist()


def test_a_class_sends_the_same_whatever_stands_beside_it() -> None:
    alone, beside = (
        simulated(plan(base(), classes, 1)) for classes in ((ROBOTS,), (AGVS, METERS, ROBOTS))
    )
    np.testing.assert_array_equal(alone.sent[1:-1, 0], beside.sent[1:-1, 2])
    offset = AGVS.count + METERS.count
    np.testing.assert_array_equal(alone.gateway_of, beside.gateway_of[offset:])
    np.testing.assert_array_equal(alone.partition_of, beside.partition_of[offset:])


@pytest.mark.parametrize("when_down", ["lost", "resend"])
def test_messages_are_conserved(when_down: str) -> None:
    gateways = {"count": 4, "service": "6 ms", "queue": 40, "when_down": when_down}
    cells = {"count": 3, "capacity": "1 Mbit/s", "when_down": when_down}
    asked = plan(base(faults=FAULTS, gateways=gateways, cells=cells), CLASSES, 1)
    network, arrived = run(asked)
    lost = sum(int(record.lost.sum()) for record in network.records)
    sent = int(network.sent.sum())
    assert 0 <= sent - len(arrived) - lost <= network.under_way
    assert lost > (100 if when_down == "lost" else 0)


def test_what_a_dead_gateway_kept_comes_after_it() -> None:
    gateways = {"count": 1, "service": "1 ms", "when_down": "resend", "resend_within": "1 s"}
    faults = [{"gateway": 1, "from": "10:00:05", "for": "4 s"}]
    asked = plan(base(gateways=gateways, faults=faults), (ROBOTS,), 1)
    network, arrived = run(asked)
    moments = np.array([at for _, _, at in arrived])
    # what the gateway had done before it died is still on its way for a moment
    assert not ((moments > 5.2 * SECOND) & (moments < 9 * SECOND)).any()
    assert network.records[1].lost.sum() == 0
    (recovery,) = result(network).recoveries
    assert recovery.what == "gateway 1 down"
    assert recovery.after is not None
    assert 1.0 <= recovery.after < 5.0


def test_faults_are_told_in_the_order_of_time() -> None:
    begins = [one.begin for one in result(run(plan(base(faults=FAULTS), CLASSES, 1))[0]).recoveries]
    assert begins == [3.0, 5.0, 8.0, 12.0, 15.0]


def test_the_twin_sees_a_failure_with_the_next_message_that_arrives() -> None:
    """Against the definition: failures at random, each seen by the first later message."""
    faults = [{"gateway": 1, "from": "10:00:06", "for": "5 s"}]
    asked = plan(base(faults=faults), (AGVS, ROBOTS), 1)
    network, arrived = run(asked)
    found = result(network)
    rng = np.random.default_rng(4)
    steps = np.array(asked.steps) / 1e9
    for c, each in enumerate((AGVS, ROBOTS)):
        first = c * AGVS.count
        mine = np.array([m for m in arrived if first <= m[0] < first + each.count])
        delays = []
        at = rng.uniform(0, 20, 4_000)
        for moment, device in zip(at, rng.integers(0, each.count, at.size), strict=True):
            of = mine[mine[:, 0] == first + device]
            later = of[of[:, 1] >= moment * SECOND]
            delays.append(later[:, 2].min() / SECOND - moment)
        law_ = found.classes[c].detection
        np.testing.assert_allclose(law_.seen, 1.0, atol=1e-9)
        shares = np.diff(np.append(law_.begins, law_.end)) / 20
        mean = sum(share * law_.mean(k) for k, share in enumerate(shares))
        error = np.std(delays) / np.sqrt(len(delays))
        assert abs(np.mean(delays) - mean) < 4 * error
        drawn = law_.delay(rng.uniform(0, 20, 40_000), rng.random(40_000))
        for share in (0.5, 0.95, 0.99):
            near = [np.quantile(delays, min(max(share + s, 0), 1)) for s in (-0.02, 0.008)]
            assert near[0] * 0.97 <= np.quantile(drawn, share) <= near[1] * 1.03
        assert steps.size > 2
        during = law_.mean(law_.piece(np.array([6.5]))[0])
        assert during > 2 * law_.mean(law_.normal)


def test_the_age_is_the_area_under_the_sawtooth_of_every_device() -> None:
    asked = plan(base(faults=FAULTS), CLASSES, 1)
    network, arrived = run(asked)
    found = result(network)
    begin, end = 0, asked.steps[-1]
    first = 0
    for c, each in enumerate(CLASSES):
        area = fresh = 0.0
        aim = int((each.fresh_within or 0.0) * SECOND)
        for device in range(first, first + each.count):
            known = int(Watched.known[device])
            now = asked.begin
            for _, created, at in sorted(
                (m for m in arrived if m[0] == device), key=lambda m: m[2]
            ):
                low, high = max(now, begin), min(at, end)
                if high > low:
                    area += ((high - known) ** 2 - (low - known) ** 2) / 2e18
                    fresh += max(min(high, known + aim) - low, 0) / 1e9
                known, now = max(known, created), at
            low, high = max(now, begin), end
            if high > low:
                area += ((high - known) ** 2 - (low - known) ** 2) / 2e18
                fresh += max(min(high, known + aim) - low, 0) / 1e9
        if each.fresh_within is not None:
            share = found.classes[c].fresh
            assert share is not None
            assert share.mean == pytest.approx(fresh / each.count / 20, rel=1e-9)
        assert found.classes[c].age.mean == pytest.approx(area / each.count / 20, rel=1e-9)
        first += each.count


def test_an_overloaded_stage_is_named_with_its_time() -> None:
    faults = [{"telemetry": 10, "from": "10:00:05", "for": "5 s"}]
    network = Network(plan(base(faults=faults), CLASSES, 1))
    first = overloads(network)[0]
    assert (first.stage, first.at, first.bounded) == ("uplink", 5 * SECOND, False)
    assert any("twin is offered" in text and "10:00:05" in text for text in warnings(network))
    assert not warnings(Network(plan(base(), CLASSES, 1)))
