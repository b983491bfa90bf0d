"""What the twin sees of failures, from the messages of the devices to the plant that is run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.compile import compile_plant
from factory_sim.line.detection import Detection, Law
from factory_sim.scenario.readers import DAY

if TYPE_CHECKING:
    from factory_sim.fleet.base.detection import DetectionLaw
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
    messages = scenario.model_copy(update={"monitoring": None, "maintenance": None})
    return _simulated(_Keyed(messages), float(begin))


class _Keyed:
    """A scenario by what its messages depend on."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        base, fleet = scenario.digital_base, scenario.fleet
        self._key = (
            scenario.seed,
            base and base.model_dump_json(),
            fleet and fleet.model_dump_json(),
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self._key == other._key


@lru_cache(ENOUGH_BASES)
def _simulated(keyed: _Keyed, begin: float) -> Detection:
    from factory_sim.fleet.base.run import simulate_base

    result = simulate_base(keyed.scenario)
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
