"""The waterfall from the ideal rate of a plant to its throughput: the loss by each cause.

A second on the critical path that does not move parts on costs what an ideal line would
have made in it. With r the ideal rate and H the length of the window

    loss of a cause = r * (seconds charged to it) / H

Working and pacing move parts on: the time they take beyond N / r for the N parts that
left is the loss by slow or uneven work. A feeder that the path passes through costs its
seconds less those in which the parts it moved would have been made anyway, and so do
orders that came when there was nothing left to do. All losses of
a replication sum to r less its throughput, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.analysis.path import CAUSES
from factory_sim.analysis.path.contents import mean_content
from factory_sim.analysis.statistics import interval
from factory_sim.line.calendars import off_until
from factory_sim.line.plant import Section
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.analysis.path.critical_path import CriticalPath
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant, Stage
    from factory_sim.study.phrases import Phrase

AT_STATIONS = {
    "down": "step.down",
    "over takt": "step.over_takt",
    "set-up": "step.set_up",
    "tool change": "step.tool_change",
    "repair": "step.repair",
    "transport": "step.transport",
    "people": "step.people",
}
"""Causes at the stations of the main line, in the order of the steps, and their phrases."""

MOVING = ("work", "takt")
"""Causes that move parts on."""


@dataclass(frozen=True)
class Step:
    """One step of the waterfall.

    Attributes:
        said: Its name as a phrase.
        value: A rate if it is a total, else a change of it, mostly negative; parts/h.
        half_width: Half-width of its interval, parts/h; 0 for a known rate.
        kind: Whether it is a total or a change.
    """

    said: Phrase
    value: float
    half_width: float
    kind: Literal["total", "change"]

    @property
    def label(self) -> str:
        """Its name in English."""
        return str(self.said)


def ideal(plant: Plant, takt: float | None) -> tuple[Phrase, float]:
    """Return the name and the rate, parts/h, that losses count from.

    That is the takt rate, or else the rate of the slowest stage of a line in which nothing
    ever goes wrong or waits. A line that no section paces may run faster than its takt asks:
    its losses count from the faster of the two, or they would come out as gains.
    """
    times = {stage.name: _pace(plant, stage) for line in plant.lines for stage in line.stages}
    slowest = max(times, key=lambda name: times[name])
    if takt is not None and takt <= times[slowest]:
        return phrase("step.takt_rate"), SECONDS_PER_HOUR / takt
    return phrase("step.rate_alone", place=slowest), SECONDS_PER_HOUR / times[slowest]


def _pace(plant: Plant, stage: Stage) -> float:
    """Return the mean time per part of a stage that never waits and never fails, s."""
    if isinstance(stage, Section):
        return max(stage.takt, *(mean_content(plant, station) for station in stage.stations))
    return mean_content(plant, stage) / stage.servers


def waterfall(
    plant: Plant,
    path: CriticalPath,
    throughput: Floats,
    start: tuple[Phrase, float],
    confidence: float,
) -> tuple[Step, ...]:
    """Return the steps from the ideal rate to the throughput; the changes sum to their difference.

    Args:
        plant: What was simulated.
        path: Its critical paths.
        throughput: (R,) parts delivered per hour.
        start: Name and rate to begin with, parts/h; see ``ideal``.
        confidence: Of the intervals.
    """
    said, rate = start
    reached = interval(throughput, confidence)
    steps = [Step(said, rate, 0.0, "total")]
    for name, loss in losses(plant, path, throughput, rate):
        if np.any(np.abs(loss) > 1e-9 * rate):
            estimate = interval(-loss, confidence)
            steps.append(Step(name, estimate.mean, estimate.half_width, "change"))
    return (*steps, Step(phrase("step.throughput"), reached.mean, reached.half_width, "total"))


def losses(
    plant: Plant, path: CriticalPath, throughput: Floats, rate: float
) -> Iterator[tuple[Phrase, Floats]]:
    """Yield each loss, (R,), parts/h; in every replication they sum to ``rate - throughput``.

    Args:
        plant: What was simulated.
        path: Its critical paths.
        throughput: (R,) parts delivered per hour.
        rate: What losses count from, parts/h; see ``ideal``.
    """
    window, lines = path.end - path.begin, np.array(path.lines)

    def seconds(*causes: str, line: int | None = None) -> Floats:
        at = slice(None) if line is None else lines == line
        chosen = path.seconds[:, at][:, :, [CAUSES.index(cause) for cause in causes]]
        total: Floats = chosen.sum(axis=(1, 2))
        return total

    def lost(time: Floats) -> Floats:
        return rate * time / window

    def per_hour(parts: Floats) -> Floats:
        return SECONDS_PER_HOUR * parts / window

    calendar = plant.main.stages[-1].calendar
    closed = off_until(calendar, np.array([path.end])) - off_until(calendar, path.last)
    yield phrase("step.off_shift"), lost(seconds("off shift") + closed)
    idle = lost(seconds("no order") + path.first - path.begin)
    yield phrase("step.no_order"), idle - per_hour(path.ordered)
    for cause, key in AT_STATIONS.items():
        yield phrase(key), lost(seconds(cause, line=0))
    inside = [cause for cause in CAUSES if cause not in ("off shift", "no order")]
    for number, line in enumerate(plant.lines[1:], start=1):
        waited = lost(seconds(*inside, line=number)) - per_hour(path.parts[:, number])
        yield phrase("step.feeder", line=line.name), waited
    # The time from the last departure to the end of the window has made no part.
    moving = seconds(*MOVING, line=0) + path.end - path.last - closed
    made = path.departures - path.parts.sum(axis=1) - path.ordered
    yield phrase("step.slow"), lost(moving) - per_hour(made)
    yield phrase("step.scrapped"), per_hour(path.departures) - throughput
