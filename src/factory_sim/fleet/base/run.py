"""From a scenario to the result of its digital base."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from factory_sim.fleet.base import load
from factory_sim.fleet.base.plan import MessageClass, plan
from factory_sim.fleet.base.simulate import CongestionError, simulated
from factory_sim.fleet.base.summary import summarised
from factory_sim.fleet.base.times import SECOND
from factory_sim.scenario.problems import Problem, ScenarioError
from factory_sim.scenario.readers import DAY
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.scenario.schema import Scenario


def message_classes(scenario: Scenario) -> tuple[MessageClass, ...]:
    """Return what the devices of a scenario send, by name: the order in the file moves nothing."""
    assert scenario.fleet is not None
    assert scenario.digital_base is not None
    only = next(iter(scenario.digital_base.uplinks))
    return tuple(
        MessageClass(
            name=name,
            count=each.count,
            period=each.period,
            size=each.size,
            uplink=each.uplink or only,
            jitter=each.jitter,
            mobile=each.mobile,
            fresh_within=each.fresh_within,
        )
        for name, each in sorted(scenario.fleet.classes.items())
    )


def _congested(scenario: Scenario, error: CongestionError) -> Problem:
    """Return that a queue grew too long, in words for the user."""
    base = scenario.digital_base
    assert base is not None
    key = {"uplink": "cells.capacity", "gateway": "gateways.queue", "broker": "broker.queue"}
    key |= {s.name: f"services[{k}].queue" for k, s in enumerate(base.services)}
    at = clock_text((base.window.begin + max(error.at, 0) / SECOND) % DAY)
    message = (
        f"is overloaded: {error.count:,} messages wait at {error.stage} at {at}, more than can "
        f"be held; give it more capacity, or a finite queue such as queue: 100000"
    )
    return Problem(scenario.name, None, f"digital_base.{key[error.stage]}", message)


def simulate_base(
    scenario: Scenario, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> BaseResult:
    """Simulate every message of the devices of a scenario in its window.

    Args:
        scenario: With ``fleet:`` and ``digital_base:``.
        progress: Called with the seconds of messages that are done, and their total.

    Raises:
        ScenarioError: If the scenario lacks one of them, or a queue without bound
            grows beyond what can be held in memory.
    """
    if scenario.digital_base is None or scenario.fleet is None:
        missing = "digital_base" if scenario.digital_base is None else "fleet"
        message = f"is missing; write {missing}: to simulate messages of devices"
        raise ScenarioError([Problem(scenario.name, None, missing, message)])
    begin = perf_counter()
    run = plan(scenario.digital_base, message_classes(scenario), scenario.seed)
    try:
        network = simulated(run, progress=progress)
    except CongestionError as error:
        raise ScenarioError([_congested(scenario, error)]) from None
    return summarised(
        network,
        name=scenario.name,
        doubts=load.warnings(network),
        seconds=perf_counter() - begin,
    )
