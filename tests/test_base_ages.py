"""What the twin knows of each device, against the definition, message by message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.fleet.base.age import Ages
from factory_sim.fleet.base.histogram import BINS, bins
from factory_sim.fleet.base.plan import MessageClass, plan
from factory_sim.scenario.digital_base import DigitalBase

END = 1_000
"""Length of a window of one step, us."""

CLASSES = (
    MessageClass("meters", 2, 7.0, 100, "air", fresh_within=0.0003),
    MessageClass("robots", 2, 1.0, 100, "air"),
)
BASE = DigitalBase.model_validate(
    {
        "uplinks": {"air": {"latency": "1 ms"}},
        "gateways": {"service": "1 ms"},
        "broker": {"service": "1 ms"},
        "services": [{"name": "twin", "service": "1 ms"}],
        "window": {"for": END / 1e6, "step": END / 1e6},
    }
)

# device, when it makes a message, and how long this takes to the twin, us
messages = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, END - 1), st.integers(1, 400)), max_size=40
)


@given(messages, st.integers(1, 3))
def test_late_messages_change_nothing_that_the_twin_knows(
    sent: list[tuple[int, int, int]], slabs: int
) -> None:
    known = [-250, 0, -3, -700]
    arrivals = sorted((made + takes, made, device) for device, made, takes in sent)
    arrivals = [each for each in arrivals if each[0] < END]
    ages = Ages(plan(BASE, CLASSES, 1), [np.array(known[:2]) * 1_000, np.array(known[2:]) * 1_000])
    ages.turn(0, 1)
    for k in range(slabs):
        some = [e for e in arrivals if k * END <= e[0] * slabs < (k + 1) * END]
        some.sort(key=lambda each: each[2])
        at, created, device = np.array(some, np.int64).reshape(-1, 3).T
        ages.arrive(1, device, at * 1_000, created * 1_000)
    ages.turn(END * 1_000, 2)
    area, fresh = np.zeros(4), np.zeros(4)
    latencies = np.zeros((2, BINS), np.int64)
    since = [0] * 4
    ends = [(END, END, device) for device in range(4)]
    for at, made, device in [*arrivals, *ends]:
        low, high = since[device] - known[device], at - known[device]
        area[device] += (high**2 - low**2) / 2e12
        fresh[device] += (min(high, 300) - min(low, 300)) / 1e6
        known[device], since[device] = max(known[device], made), at
    for at, made, device in arrivals:
        latencies[device // 2, bins(np.array([(at - made) * 1_000]))[0]] += 1
    assert ages.area[1] == pytest.approx([area[:2].sum(), area[2:].sum()], rel=1e-9, abs=1e-15)
    assert ages.fresh[1, 0] == pytest.approx(fresh[:2].sum(), rel=1e-9, abs=1e-12)
    assert (ages.latencies[2:4] == latencies).all()
