"""The digital base against the reference, message for message; backlogs against the fluid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bases import bases
from factory_sim.analysis.theory.messages import age_dm1
from factory_sim.fleet.base.plan import Plan, plan
from factory_sim.fleet.base.simulate import simulated
from factory_sim.fleet.base.summary import summarised
from factory_sim.scenario.digital_base import DigitalBase
from plants import costly, thoroughly
from stories import MS, Coarse, device, drawn, event_by_event, fault, in_batches


@costly(6)
@given(bases(), st.none() | st.integers(2, 8), st.sampled_from([7, 60, 10_000]))
def test_every_message_meets_the_same_fate_event_by_event(
    asked: Plan, grid: int | None, messages: int
) -> None:
    with drawn(None if grid is None else lambda *address: Coarse(grid, *address)):
        found, expected = in_batches(asked, messages), event_by_event(asked)
    for part, value in vars(expected).items():
        assert getattr(found, part) == value, part


test_every_message_meets_the_same_fate_on_many_bases = thoroughly(
    test_every_message_meets_the_same_fate_event_by_event,
    given(bases(), st.none() | st.integers(2, 8), st.sampled_from([7, 60, 10_000])),
    examples=400,
)


def test_a_busy_pool_serves_every_message_as_it_does_event_by_event() -> None:
    slow = {"dist": "lognormal", "median": "20 ms", "sigma": 0.8}
    pool = {"replicas": 3, "workers": 5, "queue": 20, "drop": "oldest"}
    content = {
        "uplinks": {"air": {"latency": {"dist": "lognormal", "median": "5 ms", "sigma": 0.4}}},
        "gateways": {"count": 4, "service": {"dist": "gamma", "mean": "3 ms", "cv": 0.5}},
        "broker": {"partitions": 3, "service": {"dist": "exponential", "mean": "0.5 ms"}},
        "services": [{"name": "twin", "service": slow} | pool],
        "window": {"from": "10:00", "for": "1 s", "warm_up": "0.5 s"},
    }
    asked = plan(DigitalBase.model_validate(content), (device(200, 110, jitter=0.3),), 1)
    found = in_batches(asked, 10_000)
    assert found == event_by_event(asked)
    twin = found.figures["twin"]
    assert sum(twin["busy"]) > 0.95 * sum(twin["capacity"])
    assert sum(twin["lost"]) > 20


SENDERS, SERVICE = 20, 25.0
"""Devices that send once a second, and time that the gateway takes for a message, ms."""

ARRIVING, SERVED = SENDERS / 1_000, 1 / SERVICE
"""Messages per ms."""


@pytest.mark.parametrize(
    ("what", "backlog"),
    [
        # for 3 s the gateway takes four times as long: it serves a quarter
        ({"gateway": 1, "slower": 4}, (ARRIVING - SERVED / 4) * 3_000),
        # for 3 s it is down, and the devices keep all they make
        ({"gateway": 1}, ARRIVING * 3_000),
        # for 3 s three times as much comes
        ({"telemetry": 3}, (3 * ARRIVING - SERVED) * 3_000),
    ],
)
def test_a_backlog_is_served_in_the_time_of_the_fluid(what: dict[str, Any], backlog: float) -> None:
    """Once a fault is over a backlog falls at what is served less what comes, mu - lambda."""
    content = {
        "uplinks": {"air": {"latency": "1 ms"}},
        "gateways": {"service": f"{SERVICE} ms", "when_down": "resend", "resend_within": 0},
        "broker": {"service": "1 ms"},
        "services": [{"name": "twin", "service": "1 ms"}],
        "window": {"from": "10:00", "for": 10, "step": 0.25},
        "faults": [fault(2_000, 5_000, **what)],
    }
    asked = plan(DigitalBase.model_validate(content), (device(1_000, SENDERS),), 1)
    drains = backlog / (SERVED - ARRIVING)
    for story in (in_batches(asked, 1_000), event_by_event(asked)):
        gateway = [v for v in story.served if v[0] == "gateway" and v[4] > 5_100 * MS]
        empty = min(arrive for *_, arrive, start, _ in gateway if arrive == start)
        # the devices are not spread evenly over a second
        assert empty / MS - 5_000 == pytest.approx(drains, abs=250)
    (recovery,) = summarised(simulated(asked), name="", doubts=(), seconds=0.0).recoveries
    assert recovery.after is not None
    # the queue is in its normal band a step before it is empty, or after; the age one later
    assert recovery.after * 1_000 == pytest.approx(drains, abs=500)


def test_the_twin_knows_a_device_as_late_as_behind_the_queue_dm1() -> None:
    """One device sends every 10 ms to a gateway that takes 6 ms, exponential; all else is fast."""
    soon = 1e-6
    content = {
        "uplinks": {"air": {"latency": soon}},
        "gateways": {"service": {"dist": "exponential", "mean": "6 ms"}},
        "broker": {"service": soon},
        "services": [{"name": "twin", "service": soon}],
        "window": {"from": "10:00", "for": "400 s"},
    }
    asked = plan(DigitalBase.model_validate(content), (device(10),), 3)
    (found,) = summarised(simulated(asked), name="", doubts=(), seconds=0.0).classes
    expected = age_dm1(100.0, 0.006) + 3e-6
    assert found.age.half_width < 0.03 * expected
    assert found.age.mean == pytest.approx(expected, abs=1.6 * found.age.half_width)
    # and no message is lost, whatever waits
    assert not any(found.lost.values())
