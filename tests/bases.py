"""Random digital bases for property tests: every feature, mixed, small enough for the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from factory_sim.fleet.base.plan import MessageClass, plan
from factory_sim.scenario.digital_base import DigitalBase

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan


def law(draw: st.DrawFn, mean: float) -> dict[str, Any]:
    """Return a time of about so many seconds, constant or random."""
    laws: list[dict[str, Any]] = [
        {"dist": "constant", "value": mean},
        {"dist": "exponential", "mean": mean},
        {"dist": "uniform", "low": 0.5 * mean, "high": 1.5 * mean},
    ]
    return draw(st.sampled_from(laws))


def queue(draw: st.DrawFn) -> dict[str, Any]:
    """Return what a queue does when it is full."""
    places = draw(st.sampled_from(["unlimited", 0, 1, 3, 10]))
    return {"queue": places, "drop": draw(st.sampled_from(["newest", "oldest"]))}


def services(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return up to four services, each fed by one before it."""
    found: list[dict[str, Any]] = []
    count = draw(st.integers(1, 4))
    fed_by = [draw(st.integers(0, k - 1)) for k in range(1, count)]
    for k in range(count):
        replicas, fewest = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        each = queue(draw) | {
            "name": f"s{k}",
            "replicas": replicas,
            "workers": draw(st.integers(1, 2)),
            "service": law(draw, draw(st.sampled_from([0.002, 0.02, 0.05]))),
            "then": [f"s{m}" for m, feeder in enumerate(fed_by, 1) if feeder == k],
        }
        if draw(st.booleans()):
            each["autoscale"] = {
                "target": draw(st.sampled_from([0.2, 0.5, 0.9])),
                "min": min(fewest, replicas),
                "max": draw(st.integers(replicas, 5)),
                "every": draw(st.sampled_from([0.2, 0.5])),
                "delay": draw(st.sampled_from([0.0, 0.3, 0.5])),
                "tolerance": draw(st.sampled_from([0.0, 0.1])),
                "settle": draw(st.sampled_from([0.0, 0.7, 2.0])),
            }
        if draw(st.booleans()):
            takes = law(draw, draw(st.sampled_from([0.1, 0.6])))
            each["restarts"] = {"every": law(draw, 0.5), "takes": takes}
        found.append(each)
    return found


def faults(draw: st.DrawFn, content: dict[str, Any], classes: list[str]) -> list[dict[str, Any]]:
    """Return faults of all kinds; many begin or end at the same moment as others."""
    slower, replicas = st.sampled_from([1.5, 3.0]), st.integers(1, 4)
    names = [each["name"] for each in content["services"]]
    service = st.sampled_from(names)
    broker = st.integers(1, content["broker"]["partitions"]) | st.just("all")
    gateway = st.integers(1, content["gateways"]["count"])
    kinds = [
        st.fixed_dictionaries({"gateway": gateway}),
        st.fixed_dictionaries({"gateway": gateway, "slower": slower}),
        st.fixed_dictionaries({"cell": st.integers(1, content["cells"]["count"])}),
        st.fixed_dictionaries({"broker": broker, "slower": slower}),
        st.fixed_dictionaries({"service": service, "slower": slower}),
        st.fixed_dictionaries({"service": service, "replicas": replicas}),
        st.fixed_dictionaries(
            {
                "telemetry": st.sampled_from([0.5, 3.0]),
                "classes": st.lists(st.sampled_from(classes), unique=True),
            }
        ),
    ]
    found = draw(st.lists(st.one_of(kinds), max_size=6))
    for fault in found:
        begin = draw(st.integers(0, 5)) / 2
        fault |= {"from": 36_000 + begin, "for": draw(st.integers(1, 4)) / 2}
    return found


def senders(draw: st.DrawFn, number: int) -> MessageClass:
    """Return devices that send about as much as a base can carry."""
    return MessageClass(
        f"class {number}",
        count=draw(st.integers(1, 8)),
        period=draw(st.sampled_from([0.1, 0.25, 0.7])),
        size=draw(st.sampled_from([0.0, 100.0, 900.0])),
        uplink=draw(st.sampled_from(["sure", "lossy"])),
        jitter=draw(st.sampled_from([0.0, 0.2, 1.0])),
        mobile=draw(st.booleans()),
    )


@st.composite
def bases(draw: st.DrawFn) -> Plan:
    """Small digital bases with every feature, for three seconds."""
    ends = st.sampled_from(["lost", "resend"])
    within = draw(st.sampled_from([0.0, 0.4]))
    content: dict[str, Any] = {
        "uplinks": {
            "sure": {"latency": law(draw, 0.01)},
            "lossy": {
                "latency": law(draw, 0.03),
                "loss": draw(st.sampled_from([0.1, 0.6])),
                "attempts": draw(st.integers(1, 3)),
                "again_after": 0.005,
            },
        },
        "cells": {
            "count": draw(st.integers(1, 3)),
            "when_down": draw(st.just("neighbour") | ends),
            "resend_within": within,
        },
        "gateways": {
            "count": draw(st.integers(1, 3)),
            "service": law(draw, draw(st.sampled_from([0.005, 0.04]))),
            "when_down": draw(ends),
            "resend_within": within,
        }
        | queue(draw),
        "broker": {"partitions": draw(st.integers(1, 3)), "service": law(draw, 0.005)}
        | queue(draw),
        "services": services(draw),
        "window": {"from": 36_000, "for": 3.0, "warm_up": draw(st.sampled_from([0.0, 0.5]))},
    }
    if draw(st.booleans()):
        content["cells"]["capacity"] = draw(st.sampled_from(["100 kbit/s", "1 Mbit/s"]))
    if draw(st.booleans()):
        content["cells"]["handover"] = {"every": law(draw, 0.5), "gap": law(draw, 0.2)}
    content["twin"] = draw(st.sampled_from([each["name"] for each in content["services"]]))
    classes = tuple(senders(draw, k) for k in range(draw(st.integers(1, 3))))
    content["faults"] = faults(draw, content, [each.name for each in classes])
    return plan(DigitalBase.model_validate(content), classes, draw(st.integers(0, 99)))
