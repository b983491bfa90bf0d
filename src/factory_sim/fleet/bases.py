"""The digital bases of a study, and the detection delays of the plant that follow from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.compile import compile_plant
from factory_sim.line.detection import Detection, Law
from factory_sim.scenario.readers import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from factory_sim.fleet.base.detection import DetectionLaw
    from factory_sim.fleet.base.plan import MessageClass
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

    Messages = tuple[int, str, tuple[MessageClass, ...]]


class Bases:
    """The results of digital bases, each simulated once for all plants that share it.

    Args:
        progress: Called with the seconds of messages that are done and their total.
    """

    def __init__(self, progress: Callable[[int, int], None] | None = None) -> None:
        self._progress = progress
        self._results: dict[Messages, BaseResult] = {}
        self._detections: dict[tuple[Messages, float], Detection] = {}

    def result(self, scenario: Scenario) -> BaseResult | None:
        """Return the result of the digital base of a scenario in its window.

        Args:
            scenario: The validated scenario.

        Returns:
            None if the scenario has no devices or no digital base.

        Raises:
            ScenarioError: If a queue without bound grows beyond what can be held in memory.
        """
        from factory_sim.fleet.base.run import simulate_base

        messages = _messages(scenario)
        if messages is None:
            return None
        if messages not in self._results:
            watched = {} if self._progress is None else {"progress": self._progress}
            self._results[messages] = simulate_base(scenario, **watched)
        return replace(self._results[messages], name=scenario.name)

    def known(self, scenario: Scenario) -> BaseResult | None:
        """Return the result of the digital base of a scenario, None if it was not simulated yet."""
        return self.result(scenario) if _messages(scenario) in self._results else None

    def detection(self, scenario: Scenario) -> Detection | None:
        """Return the detection delays of each class that follow from the digital base.

        The base is simulated in its window; see :func:`detection_in_run`.

        Args:
            scenario: The validated scenario.

        Returns:
            None if monitoring is not by the twin, or there is no digital base.

        Raises:
            ScenarioError: If the base cannot be simulated.
        """
        messages = _messages(scenario)
        if messages is None or not is_seen_by_base(scenario):
            return None
        key = messages, window_begin(scenario)
        if key not in self._detections:
            result = self.result(scenario)
            assert result is not None
            self._detections[key] = replace(
                detection_in_run(scenario, (each.detection for each in result.classes)),
                sent={each.name: float(each.sent) for each in result.classes},
                lost={each.name: float(sum(each.lost.values())) for each in result.classes},
            )
        return self._detections[key]

    def plant(self, scenario: Scenario, level: float | None = None) -> Plant:
        """Return the plant of a scenario, with the detection delays of its digital base.

        Args:
            scenario: The validated scenario.
            level: As for :func:`line.compile.compile_plant`.

        Raises:
            ScenarioError: If the plan cannot reach the level, or the base cannot be simulated.
        """
        return compile_plant(scenario, level=level, detection=self.detection(scenario))


def is_seen_by_base(scenario: Scenario) -> bool:
    """Return whether detection delays follow from the messages of a digital base."""
    monitoring = scenario.monitoring
    by_twin = monitoring is not None and monitoring.by == "twin"
    return by_twin and scenario.digital_base is not None and scenario.fleet is not None


def share_base(a: Scenario, b: Scenario) -> bool:
    """Return whether two scenarios have the same digital base, with the same messages."""
    return _messages(a) == _messages(b)


def _messages(scenario: Scenario) -> Messages | None:
    """Return everything that the result of a digital base depends on; None without one."""
    from factory_sim.fleet.base.run import message_classes

    base = scenario.digital_base
    if base is None or scenario.fleet is None:
        return None
    return scenario.seed, base.model_dump_json(), message_classes(scenario)


def detection_in_run(scenario: Scenario, laws: Iterable[DetectionLaw]) -> Detection:
    """Return detection delays over the time of a run from those in the window of its base.

    The window applies once, at its first time of day after the warm-up. At all other times
    the delays are those of normal operation in the window. A class whose failures are never
    detected has no delays.

    Args:
        scenario: Says when the window and the run begin.
        laws: One per class, over the time since the begin of the window.
    """
    begin = window_begin(scenario)
    return Detection(
        {law.name: law_in_run(law, begin) for law in laws if np.isfinite(law.delays).all()}
    )


def window_begin(scenario: Scenario) -> float:
    """Return when the window of the base begins in the run, s."""
    assert scenario.digital_base is not None
    begin = (scenario.digital_base.window.begin - scenario.start) % DAY
    cut = 0.0 if isinstance(scenario.warm_up, str) else scenario.warm_up
    return float(begin + max(0.0, np.ceil((cut - begin) / DAY)) * DAY)


def law_in_run(law: DetectionLaw, begin: float) -> Law:
    """Return the law of a class over the time of a run.

    Args:
        law: The law over the time since the begin of the window.
        begin: When the window begins in the run, s.
    """
    from factory_sim.fleet.base.detection import NORMAL, SHARES

    rows = [tuple(row) for row in np.maximum.accumulate(law.delays, axis=1).tolist()]
    # Failures just before a fault are detected only after it: of the normal pieces, the one
    # with the shortest delay stands for times without a fault.
    normal = [piece for piece, phase in enumerate(law.phases) if phase == NORMAL]
    usual = rows[min(normal or [law.normal], key=law.mean)]
    pieces = [(begin + float(t), row) for t, row in zip(law.begins, rows, strict=True)]
    pieces = [*([(0.0, usual)] if begin > 0 else []), *pieces, (begin + law.end, usual)]
    return Law(
        begins=tuple(t for t, _ in pieces),
        shares=tuple(SHARES.tolist()),
        quantiles=tuple(row for _, row in pieces),
    )
