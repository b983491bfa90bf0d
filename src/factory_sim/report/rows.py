"""Which rows a station table shows: all of a short plant, the most informative of a long one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import Estimate
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line, Plant
    from factory_sim.report.texts import Catalogue
    from factory_sim.scenario import Scenario

LONG = 30
"""A plant of more stages than this is shown by line, with its worst stages."""

MOST_OF_THE_TIME = 0.5
"""Share of the window from which on a stage is the bottleneck, and not one among others."""

WORST_STAGES = 10
WORST_POSITIONS = 3
"""Stations shown of a paced section: those that hold it up longest."""


class Run(Protocol):
    """What tables and figures read from a run: a ``Result``, or one read back from files."""

    @property
    def scenario(self) -> Scenario:
        """What was asked."""

    @property
    def level(self) -> float | None:
        """The level of automation, a share; None without an automation plan."""

    @property
    def plant(self) -> Plant:
        """What was simulated."""

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Mean and interval of every figure, by name."""

    @property
    def bottleneck(self) -> tuple[str, float]:
        """The stage that was the bottleneck longest, and its share of the window."""

    def stations(self) -> Mapping[str, list[Any]]:
        """Return what each station did, as columns."""


@dataclass(frozen=True)
class Row:
    """A row of the station table.

    Attributes:
        label: Name of a station, of a section or of a line, with what it stands for.
        depth: How far it is indented: 0 a line, 1 a stage, 2 a station of a section.
        states: Share of the window in each of ``STATES``; None where not asked.
        lost: Seconds per hour that it held up its section beyond the takt.
        alone: Parts per scheduled hour if never starved nor blocked; None if not a stage.
        is_bottleneck: Whether it is the stage that was the bottleneck longest.
    """

    label: str
    depth: int
    states: tuple[float, ...] | None = None
    lost: float = 0.0
    alone: float | None = None
    is_bottleneck: bool = False


def rows(result: Run, *, every_station: bool = False, say: Catalogue = ENGLISH) -> list[Row]:
    """Return the rows of a result's station table, in flow order, main line first.

    Short plants show every stage, and of a paced section the stations that hold it up
    most. Plants of more than ``LONG`` stages show the mean of each line and the stages
    that were the bottleneck longest. Lines are named where there are several. How many
    stations a row stands for is in the language of ``say``.
    """
    table = _Table(result, say)
    lines = result.plant.lines
    stages = [stage.name for line in lines for stage in line.stages]
    is_long = len(stages) > LONG and not every_station
    shown = set(table.worst_stages(stages) if is_long else stages)
    found: list[Row] = []
    for line in lines:
        if is_long or len(lines) > 1:
            found.append(table.line(line, in_sum=is_long))
        for stage in line.stages:
            if stage.name in shown:
                found += table.stage(stage.name, every_station=every_station)
    return found


def of_station(run: Run, name: str, station: int, unit: str = "") -> Estimate:
    """Return a figure of a station; files of earlier versions do not know all intervals.

    Args:
        run: What is read.
        name: Of the figure, a column of ``Run.stations``.
        station: Its place in flow order.
        unit: Of the figure.
    """
    columns, whole = run.stations(), run.estimates["throughput"]
    half = columns.get(f"{name}_half_width")
    return Estimate(
        mean=columns[name][station],
        half_width=math.nan if half is None else half[station],
        confidence=whole.confidence,
        n=whole.n,
        unit=unit,
    )


def bottlenecks(run: Run) -> list[tuple[str, Estimate]]:
    """Return every stage with its share of the window as the bottleneck, the largest first."""
    stages = {stage: place for place, stage in enumerate(run.stations()["stage"])}
    shares = {stage: of_station(run, "bottleneck", place) for stage, place in stages.items()}
    return sorted(shares.items(), key=lambda one: -one[1].mean)


def shifts(found: Sequence[tuple[str, Estimate]]) -> bool:
    """Return whether no stage is the bottleneck most of the time."""
    return len(found) > 1 and found[0][1].mean < MOST_OF_THE_TIME


class _Table:
    """The station columns of a result, read by line, stage and station."""

    def __init__(self, result: Run, say: Catalogue) -> None:
        self._say = say
        columns = result.stations()
        self._names: list[str] = columns["name"]
        self._lines, self._stages = np.array(columns["line"]), np.array(columns["stage"])
        self._states: Floats = np.array([columns[state] for state in STATES]).T
        self._lost: Floats = np.array(columns["lost"])
        self._alone: list[float] = columns["alone"]
        self._share = dict(zip(columns["stage"], columns["bottleneck"], strict=True))
        self._bottleneck = result.bottleneck[0]
        self._sections = {section.name for section in result.plant.sections()}

    def worst_stages(self, stages: Sequence[str]) -> list[str]:
        """Return the stages that were the bottleneck longest."""
        return sorted(stages, key=self._share.__getitem__, reverse=True)[:WORST_STAGES]

    def line(self, line: Line, *, in_sum: bool) -> Row:
        """Return the row that names a line, with its mean states if it stands for it."""
        joins = f" -> {line.joins}" if line.joins else ""
        if not in_sum:
            return Row(f"{line.name}{joins}", 0)
        at = np.flatnonzero(self._lines == line.name)
        key = "figure.of_stations" if at.size > 1 else "figure.of_station"
        of = self._say(key, stations=str(at.size))
        return Row(f"{line.name}{of}{joins}", 0, self._mean(at), self._sum(at))

    def stage(self, name: str, *, every_station: bool) -> Iterator[Row]:
        """Yield the row of a stage and, of a paced section, of its telling stations."""
        at = np.flatnonzero(self._stages == name)
        is_section = name in self._sections
        label = name + self._say("figure.paced", stations=str(at.size)) if is_section else name
        is_bottleneck = name == self._bottleneck
        yield Row(label, 1, self._mean(at), self._sum(at), self._alone[at[0]], is_bottleneck)
        if not is_section:
            return
        if not every_station:
            worst = at[np.argsort(-self._lost[at], kind="stable")[:WORST_POSITIONS]]
            at = np.sort(worst[self._lost[worst] > 0])
        for one in at:
            yield Row(self._names[one], 2, tuple(self._states[one]), float(self._lost[one]))

    def _mean(self, at: Ints) -> tuple[float, ...]:
        return tuple(self._states[at].mean(axis=0))

    def _sum(self, at: Ints) -> float:
        return float(self._lost[at].sum())
