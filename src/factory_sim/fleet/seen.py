"""What the twin sees of failures, from the messages of the devices to the plant that is run."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.compile import compile_plant
from factory_sim.line.detection import Detection, Law
from factory_sim.scenario.readers import DAY

if TYPE_CHECKING:
    from factory_sim.fleet.base.detection import DetectionLaw
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

ENOUGH_BASES = 16
"""Results of digital bases that are kept: the plants of a study mostly share one or two."""


def compiled(scenario: Scenario, level: float | None = None) -> Plant:
    """Return the plant of a scenario at a level of automation, seen as its base lets it.

    Args:
        scenario: The validated scenario.
        level: As for :func:`line.compile.compile_plant`.

    Raises:
        ScenarioError: If the plan cannot reach the level, or the base cannot be simulated.
    """
    return compile_plant(scenario, level=level, detection=detection_of(scenario))


def detection_of(scenario: Scenario) -> Detection | None:
    """Return how late the twin sees the failures of each class, by the digital base.

    The base is simulated in its window, and that is laid where it first comes in the run
    after the warm-up; at all other times the law is that of its normal times.

    Args:
        scenario: The validated scenario.

    Returns:
        None where monitoring is not by the twin, or no digital base is described.
    """
    monitoring, base = scenario.monitoring, scenario.digital_base
    if monitoring is None or monitoring.by != "twin" or base is None or scenario.fleet is None:
        return None
    begin = (base.window.begin - scenario.start) % DAY
    cut = 0.0 if isinstance(scenario.warm_up, str) else scenario.warm_up
    begin += max(0.0, np.ceil((cut - begin) / DAY)) * DAY
    return _detection(_Messages(scenario), float(begin))


def base_of(scenario: Scenario) -> BaseResult | None:
    """Return what the digital base of a scenario does in its window.

    Scenarios with the same messages share one simulation.

    Args:
        scenario: The validated scenario.

    Returns:
        None where no devices or no digital base are described.

    Raises:
        ScenarioError: If a queue without bound grows beyond what can be held in memory.
    """
    if scenario.digital_base is None or scenario.fleet is None:
        return None
    return replace(_simulated(_Messages(scenario)), name=scenario.name)


def share_base(a: Scenario, b: Scenario) -> bool:
    """Return whether the digital bases of two scenarios carry the same messages alike."""
    return _Messages(a) == _Messages(b)


class _Messages:
    """A scenario by what its messages depend on; two are equal if these are the same."""

    def __init__(self, scenario: Scenario) -> None:
        from factory_sim.fleet.base.run import message_classes

        self.scenario = scenario
        base = scenario.digital_base
        described = base is not None and scenario.fleet is not None
        self._key = (
            scenario.seed,
            base and base.model_dump_json(),
            message_classes(scenario) if described else None,
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Messages) and self._key == other._key


@lru_cache(ENOUGH_BASES)
def _simulated(messages: _Messages) -> BaseResult:
    from factory_sim.fleet.base.run import simulate_base

    return simulate_base(messages.scenario)


@lru_cache(ENOUGH_BASES)
def _detection(messages: _Messages, begin: float) -> Detection:
    result = _simulated(messages)
    return Detection(
        laws={
            each.name: law_at(each.detection, begin)
            for each in result.classes
            if np.isfinite(each.detection.delays).all()
        },
        sent={each.name: float(each.sent) for each in result.classes},
        lost={each.name: float(sum(each.lost.values())) for each in result.classes},
    )


def law_at(law: DetectionLaw, begin: float) -> Law:
    """Return the law of a class as the plant has it, the window of its base laid at a time.

    Args:
        law: By the time since the begin of the window.
        begin: When that is in the run, s.
    """
    from factory_sim.fleet.base.detection import NORMAL, SHARES

    rows = [tuple(row) for row in np.maximum.accumulate(law.delays, axis=1).tolist()]
    # A normal piece that ends in a fault has failures that are not told before it is over.
    normal = [piece for piece, phase in enumerate(law.phases) if phase == NORMAL]
    usual = rows[min(normal or [law.normal], key=law.mean)]
    pieces = [(begin + float(t), row) for t, row in zip(law.begins, rows, strict=True)]
    pieces = [*([(0.0, usual)] if begin > 0 else []), *pieces, (begin + law.end, usual)]
    return Law(
        begins=tuple(t for t, _ in pieces),
        shares=tuple(SHARES.tolist()),
        quantiles=tuple(row for _, row in pieces),
    )
