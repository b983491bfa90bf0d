"""The result of a run of the digital base: figures of every stage, and what the twin knew."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.records import defined

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.fleet.base.detection import DetectionLaw
    from factory_sim.line.arrays import Floats

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
"""Quantiles of latency that are shown."""

EXCEEDED = np.concatenate([[0.999, 0.99, 0.95, 0.9], 10.0 ** (-np.arange(1, 61) / 10)])
"""Shares of messages, down to one in a million, for which the tail of the latency is given."""


@dataclass(frozen=True)
class Course:
    """What one stage did over time, one value per step of the window.

    Attributes:
        rate: Messages that arrive, 1/s.
        utilisation: Share of the time of its servers that they work.
        queue: Messages that wait, on average over the step.
        lost: Messages lost, 1/s.
        latency: Mean time in the stage of messages that get through, s; nan where there are
            none.
        replicas: Replicas of a service, or queues of another stage.
    """

    rate: Floats
    utilisation: Floats
    queue: Floats
    lost: Floats
    latency: Floats
    replicas: Floats


@dataclass(frozen=True)
class StageFigures:
    """What one stage did in the window.

    Attributes:
        name: ``uplink``, ``gateway``, ``broker`` or the name of a service.
        arrived, lost: Messages.
        utilisation: Share of the time of its servers that they work.
        queue: Messages that wait, on average over the window.
        longest_queue: Most that wait at a moment.
        mean_latency: Time in the stage of messages that get through, s.
        latency: Quantiles of it, s, each within 6 %.
        tail: (64,) times that the shares ``EXCEEDED`` of messages take longer than, s; as exact.
        course: The same over time.
    """

    name: str
    arrived: int
    lost: int
    utilisation: Estimate
    queue: Estimate
    longest_queue: int
    mean_latency: Estimate
    latency: dict[str, float]
    tail: Floats
    course: Course


@dataclass(frozen=True)
class AgeCourse:
    """What the twin knows of the devices of a class over time, one value per step.

    Attributes:
        mean: Age of the information, average over time and devices, s.
        p99: Age below which it is for 99 % of time and devices, s.
        fresh: Share of time and devices within the aim; nan without one.
        latency_p99: Of messages that arrive, from device to twin, s; nan if there are none.
    """

    mean: Floats
    p99: Floats
    fresh: Floats
    latency_p99: Floats


@dataclass(frozen=True)
class ClassFigures:
    """The figures of the messages of one class in the window.

    Attributes:
        name: The class.
        devices: Their number.
        sent, arrived: Messages made, messages that reached the twin.
        lost: Messages lost, by stage.
        mean_latency: Time from device to twin, s.
        latency: Quantiles of it, s, each within 6 %.
        age: Mean age of information, s.
        age_p99: Age that 99 % of time and devices are below, s.
        fresh_within: What the age should not exceed, s, or None.
        fresh: Share of time and devices at which it does not, or None.
        detection: How long the twin takes to see a failure.
        course: The age over time.
    """

    name: str
    devices: int
    sent: int
    arrived: int
    lost: dict[str, int]
    mean_latency: Estimate
    latency: dict[str, float]
    age: Estimate
    age_p99: Estimate
    fresh_within: float | None
    fresh: Estimate | None
    detection: DetectionLaw
    course: AgeCourse


@dataclass(frozen=True)
class Recovery:
    """A fault and how the base recovered from it.

    Attributes:
        what: What happened.
        begin, end: When, s from the start of the window.
        lost: Messages lost between its start and the recovery.
        after: Time from its end until all queues, the latency and the age are back in their
            normal band for good, s; None if they are not within the window, nan if
            there is no normal time before it.
        last: What was the last to come back, such as ``queue of gateway``.
    """

    what: str
    begin: float
    end: float
    lost: int
    after: float | None
    last: str


@dataclass(frozen=True)
class BaseResult:
    """The result of a run of the digital base.

    Attributes:
        name: Of the scenario.
        begin: Start of the window, s after midnight.
        length: Of the window, s.
        steps: (S + 1,) edges of the steps of figures over time, s from the start.
        devices: Number of devices.
        messages: Messages made in the window.
        simulated: Messages made in all, those before and after the window included.
        stages: In the order of flow.
        classes: By name.
        latency: Quantiles of the time from device to twin of all messages, s, within 6 %.
        tail: (64,) times that the shares ``EXCEEDED`` of them take longer than, s.
        recoveries: One per fault that begins and ends within the window.
        phases: (S,) phase of each step.
        doubts: What to doubt, and what to do about it.
        seconds: Time it took to compute.
    """

    name: str
    begin: float
    length: float
    steps: Floats
    devices: int
    messages: int
    simulated: int
    stages: tuple[StageFigures, ...]
    classes: tuple[ClassFigures, ...]
    latency: dict[str, float]
    tail: Floats
    recoveries: tuple[Recovery, ...]
    phases: tuple[str, ...]
    doubts: tuple[str, ...]
    seconds: float

    @property
    def detection(self) -> dict[str, DetectionLaw]:
        """How long the twin takes to see a failure, by class."""
        return {each.name: each.detection for each in self.classes}

    def record(self) -> dict[str, Any]:
        """Return it as plain data for JSON; what is not a number is null."""
        plain: dict[str, Any] = defined(asdict(self))
        for each, law in zip(plain["classes"], self.classes, strict=True):
            each["detection"] = defined(law.detection.record())
        return plain


def base_record(base: BaseResult) -> dict[str, Any]:
    """Return the result of a digital base as plain data, without the time it took to compute."""
    return {key: value for key, value in base.record().items() if key != "seconds"}
