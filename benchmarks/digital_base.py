"""The digital base: messages per second, memory, growth with the fleet, and SimPy on a slab.

``python benchmarks/digital_base.py`` also simulates a whole shift of 8 h (some minutes).
"""

from __future__ import annotations

import sys
from functools import partial
from math import log
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.messages import senders
from factory_sim.fleet.base.network import Network
from factory_sim.fleet.base.plan import MessageClass, plan
from factory_sim.fleet.base.simulate import simulated
from factory_sim.fleet.base.times import law
from factory_sim.scenario.digital_base import DigitalBase
from measure import Row, interleaved, peak, table
from messages_simpy import Hop, arrivals

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSES = (
    MessageClass("agvs", 650, 0.2, 200, "urllc", 0.05, mobile=True, fresh_within=0.5),
    MessageClass("cameras", 900, 58.0, 2000, "embb", 0.05),
    MessageClass("equipment", 800, 1.0, 500, "embb", 0.05, fresh_within=2.0),
    MessageClass("hmi", 1250, 20.0, 200, "embb", 0.05),
    MessageClass("meters", 900, 10.0, 150, "embb", 0.05),
    MessageClass("plc", 900, 0.2, 800, "urllc", 0.05, fresh_within=0.5),
    MessageClass("readers", 1600, 50.0, 100, "embb", 0.05),
    MessageClass("robots", 1400, 0.5, 600, "urllc", 0.05, fresh_within=1.0),
    MessageClass("sensors", 2600, 1.0, 100, "embb", 0.05, fresh_within=2.0),
    MessageClass("test benches", 300, 2.0, 1000, "embb", 0.05),
    MessageClass("tightening", 700, 10.0, 1500, "embb", 0.05),
)
"""The 12,000 devices of a car plant: 14,400 messages/s."""

DEVICES = sum(each.count for each in CLASSES)

WINDOWS = {0.1: 600.0, 1.0: 240.0, 10.0: 24.0}
"""Lengths of what is timed, s, by the size of the fleet."""

SHIFT = 8 * 3600.0
STEP = 96.0
"""Resolution of figures over time of a whole shift, s; shorter windows are measured at it."""


def base(length: float, size: float = 1.0, step: float = STEP) -> DigitalBase:
    """Return a base that carries ``size`` times the 12,000 devices at about 60 % load."""
    hop = {"dist": "lognormal", "median": "5 ms", "sigma": 0.99}
    gap = {"dist": "uniform", "low": "50 ms", "high": "200 ms"}
    often = {"dist": "uniform", "low": "2 min", "high": "10 min"}
    return DigitalBase.model_validate(
        {
            "uplinks": {
                "urllc": {
                    "latency": {"dist": "lognormal", "median": "1.57 ms", "sigma": 0.435},
                    "loss": 1e-5,
                    "attempts": 2,
                    "again_after": "5 ms",
                },
                "embb": {
                    "latency": {"dist": "lognormal", "median": "9 ms", "sigma": 0.35},
                    "loss": 1e-4,
                    "attempts": 2,
                    "again_after": "20 ms",
                },
            },
            "cells": {
                "count": max(round(12 * size), 1),
                "capacity": "100 Mbit/s",
                "handover": {"every": often, "gap": gap},
            },
            "gateways": {
                "count": max(round(24 * size), 1),
                "service": {"dist": "gamma", "mean": "1 ms", "cv": 0.5},
                "queue": 10_000,
                "drop": "oldest",
            },
            "broker": {
                "partitions": max(round(12 * size), 1),
                "service": {"dist": "exponential", "mean": "0.2 ms"},
            },
            "services": [
                {"name": name, "replicas": max(round(20 * size), 1), "workers": 10, "service": hop}
                for name in ("ingest", "twin")
            ],
            "window": {"from": "06:00", "for": length, "step": min(step, length)},
        }
    )


def fleet(size: float) -> tuple[MessageClass, ...]:
    """Return ``size`` times the 12,000 devices."""
    return tuple(
        MessageClass(c.name, round(c.count * size), c.period, c.size, c.uplink, c.jitter, c.mobile)
        for c in CLASSES
    )


def sent(length: float, size: float = 1.0) -> int:
    """Simulate a window and return how many messages were sent, all in all."""
    return int(simulated(plan(base(length, size), fleet(size), 1)).sent.sum())


def in_simpy(length: float) -> int:
    """Pass all messages of a short span through SimPy and return how many arrived."""
    asked = plan(base(length), CLASSES, 1)
    laws = {"gateway": law(asked.base.gateways.service), "broker": law(asked.base.broker.service)}
    laws |= {f"service {s.name}": law(s.service) for s in asked.base.services}
    network = Network(asked)
    taken = [sender.take(asked.begin + round(length * 1e9)) for sender in senders(asked, laws)]
    columns = [np.concatenate(c) for c in zip(*(m.columns() for m in taken), strict=True)]
    columns[1] -= asked.begin
    _, ready, device, cell, airtime, latency, *works = (column.tolist() for column in columns)
    nothing = [0] * len(device)
    queues = network.gateway_of[device].tolist(), network.partition_of[device].tolist()
    hops = [Hop(cell, airtime, latency)]
    hops += [Hop(q, w, nothing) for q, w in zip(queues, works[:2], strict=True)]
    hops += [Hop(nothing, work, nothing, 200) for work in works[2:]]
    return len(arrivals(ready, hops))


def measure(
    windows: Mapping[float, float] = WINDOWS,
    simpy: float = 2.0,
    lengths: tuple[float, float] = (300.0, 1800.0),
    runs: int = 3,
) -> list[Row]:
    """Return messages/s, those of SimPy, growth with the fleet, and memory.

    Args:
        windows: Lengths, s, of what is timed, by the size of the fleet as a multiple of 12,000
            devices: three sizes, ascending, of which the middle one is that of the first row.
        simpy: Length of what is passed through SimPy, s.
        lengths: Of two windows of which the memory is measured, s.
        runs: How often each is timed.
    """
    asked = {f"{DEVICES * size:,.0f}": (sent, length, size) for size, length in windows.items()}
    asked |= {"simpy": (in_simpy, simpy)}
    counts: dict[str, int] = {}

    def counted(name: str) -> None:
        count, *sizes = asked[name]
        counts[name] = count(*sizes)

    took = interleaved({name: partial(counted, name) for name in asked}, runs)
    rates = {name: counts[name] / took[name].cpu for name in asked}
    fewest, usual, most, _ = asked
    times_as_many = max(windows) / min(windows)
    growth = 1 + log(rates[fewest] / rates[most]) / log(times_as_many)
    (short, _), (long, note) = (peak(__file__, length) for length in lengths)
    brief, whole = (f"{length / 60:g} min" for length in lengths)
    return [
        Row(
            "digital base: messages through air, gateway, broker, two services",
            rates[usual] / 1e6,
            "M/s",
            ">= 3",
            f"{usual} devices; a shift of 8 h of 12,000 in {SHIFT * 14_400 / rates[usual]:.0f} s",
        ),
        Row("the same in SimPy", rates["simpy"] / 1e6, "M/s", "", f"all messages of {simpy:g} s"),
        Row(
            f"growth of its cost from {fewest} to {most} devices (exponent)",
            growth,
            "",
            "<= 1.1",
            ", ".join(f"{rates[name] / 1e6:.2g} M/s" for name in (fewest, usual, most)),
        ),
        Row(
            "its memory",
            long,
            "GiB",
            "<= 1",
            f"{whole}, {note}; {short:.2f} GiB for {brief} at the same resolution",
        ),
    ]


def main() -> None:
    """Print the table and a whole shift; with a number of seconds, only simulate so much."""
    if len(sys.argv) > 1:
        sent(float(sys.argv[1]))
        return
    print(table(measure()))
    memory, note = peak(__file__, SHIFT)
    print(f"8 h: {note}, {memory:.2f} GiB")


if __name__ == "__main__":
    main()
