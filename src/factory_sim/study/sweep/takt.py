"""The fastest takt at which a line still meets a given availability, found by search.

Availability is parts per hour on shift over what the takt asks for, 3600 / takt. All
paced sections, those of feeders included, are scaled by one factor; the work stays what
it is, so a faster takt means that stations run over more often.

The search is a root search on shared draws: every factor that is tried sees the same
replications, so that the curve of availability is nearly as smooth and as monotone as
the true one. The interval of the root follows from the spread of the estimating
equation over its slope (delta method): replication r, taken by itself, puts the root at

    f_r = f* - (A_r(f*) - wanted) / slope

with the slope by central difference of two more runs on the same draws. The output,
wanted * 3600 / takt, is straightened at the root in the same way.

Source: van der Vaart (1998), Asymptotic Statistics, theorem 5.21 (Z-estimators).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from factory_sim.scenario.station import Section
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.side import StudyError, side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.scenario import Scenario
    from factory_sim.study.replications import Simulated
    from factory_sim.study.result import Result
    from factory_sim.study.side import Side

TOLERANCE = 0.005
"""Widest bracket, as a share of the takt; within it the curve is taken for straight, which
errs by far less."""

LEAST_STEP = 1.05
"""Smallest factor between two takts while the root is not bracketed."""

FURTHEST = 8.0
"""How many times faster or slower than the scenario's the takt is sought."""

SPAN = 0.03
"""How far from the root on either side the slope is taken, as a share of it: within the
bracket a part more or less would tilt the line."""

KEPT_OFF = 0.1
"""Share of a bracket that a trial keeps off its ends, so that every trial narrows it."""


@dataclass(frozen=True)
class Fastest:
    """The fastest takt of one plant that meets an availability.

    Attributes:
        factor: On every takt of the scenario.
        takts: (R,) the takt by each replication, s; their mean is the answer.
        output: (R,) parts per hour on shift by each replication at that availability.
        result: The run at the takt of the factor.
    """

    factor: float
    takts: Floats
    output: Floats
    result: Result


@dataclass
class _Search:
    """The factors tried for one plant, with the availability at each."""

    one: Side
    tried: dict[float, float] = field(default_factory=dict)
    trial: float | None = 1.0

    def learn(self, availability: float, wanted: float) -> None:
        """Note what the trial gave and choose the next; None if it is bracketed or lost."""
        if self.trial is not None:
            self.tried[self.trial] = availability
        self.trial = _next(self.tried, wanted)
        if self.trial is not None and not 1 / FURTHEST <= self.trial <= FURTHEST:
            self.trial = None


def line_takt(scenario: Scenario) -> float:
    """Return the takt of the main line, s: that of its slowest paced section.

    Raises:
        StudyError: If it has none.
    """
    main = next(iter(scenario.flow.values()))
    takts = [stage.takt for stage in main.stations if isinstance(stage, Section)]
    if not takts:
        message = (
            "--fastest-takt: the main line has no paced section, so it has no takt; "
            "write section: and takt: around its stations"
        )
        raise StudyError(message)
    return max(takts)


def at_takt(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with the takt of every paced section times a factor."""
    lines = {
        name: line.model_copy(
            update={
                "stations": tuple(
                    stage.model_copy(update={"takt": stage.takt * factor})
                    if isinstance(stage, Section)
                    else stage
                    for stage in line.stations
                )
            }
        )
        for name, line in scenario.flow.items()
    }
    if scenario.lines:
        return scenario.model_copy(update={"lines": lines})
    (only,) = lines.values()
    return scenario.model_copy(update={"stations": only.stations})


def fastest(sides: Sequence[Side], wanted: float, simulated: Simulated) -> list[Fastest | None]:
    """Return the fastest takt of each plant that meets an availability, on shared draws.

    The takt is bracketed to ``TOLERANCE`` by trials that interpolate and keep off the
    ends of the bracket; where availability should not rise with the takt throughout, it
    is the one beyond which every takt that was tried meets it. All plants still in
    search are tried in one study; a last one runs each at its root and, for the slope, at
    ``SPAN`` below and above it.

    Args:
        sides: The plants at the takt of their scenarios.
        wanted: The availability, a share in (0, 1).
        simulated: Simulates plants as one study; each trial is one.

    Returns:
        One per plant; None where no takt within ``FURTHEST`` times that of the scenario
        is the root.

    Raises:
        StudyError: If a main line has no paced section.
        KeyboardInterrupt: If interrupted before all roots were found.
    """
    for one in sides:
        line_takt(one.scenario)  # refused before time is spent
    searches = [_Search(one) for one in sides]
    while open_ := [search for search in searches if search.trial is not None]:
        found = simulated([_tried(s.one, s.trial or 1.0) for s in open_])
        if found[0].interrupted:  # half a search has no answer to keep
            raise KeyboardInterrupt
        for search, result in zip(open_, found, strict=True):
            search.learn(float(_availability(result).mean()), wanted)
    brackets = [_bracket(search.tried, wanted) for search in searches]
    roots = [_interpolated(*bracket, wanted) if bracket else None for bracket in brackets]
    around = [
        _tried(search.one, root * factor)
        for search, root in zip(searches, roots, strict=True)
        if root is not None
        for factor in (1.0, 1.0 - SPAN, 1.0 + SPAN)
    ]
    runs = iter(simulated(around) if around else ())
    return [
        None if root is None else _fastest(root, wanted, next(runs), next(runs), next(runs))
        for root in roots
    ]


Bracket = tuple[tuple[float, float], tuple[float, float]]
"""Two neighbouring factors with their availability, below and not below what is wanted."""


def _fastest(root: float, wanted: float, result: Result, less: Result, more: Result) -> Fastest:
    """Return the answer with the takt that each replication would give.

    Args:
        root: The factor that was found.
        wanted: The availability.
        result: The run at the root.
        less: The run at ``SPAN`` below it.
        more: The run at ``SPAN`` above it.
    """
    rise = float(_availability(more).mean() - _availability(less).mean())
    slope = rise / (2.0 * SPAN)
    takt = line_takt(result.scenario)
    away = (_availability(result) - wanted) / slope  # as a share of the takt
    rate = wanted * SECONDS_PER_HOUR / takt
    return Fastest(root, takt * (1.0 - away), rate * (1.0 + away), result)


def _tried(one: Side, factor: float) -> Side:
    """Return a plant at the takt times a factor."""
    return side(at_takt(one.scenario, factor), one.level, one.detection)


def _availability(result: Result) -> Floats:
    """Return parts per hour on shift over what the takt asks for, (R,)."""
    asked = SECONDS_PER_HOUR / line_takt(result.scenario)
    share: Floats = result.accounts.scheduled_throughput / asked
    return share


def _bracket(tried: dict[float, float], wanted: float) -> Bracket | None:
    """Return the last trial below what is wanted and the next above it; None if not both."""
    below = [factor for factor, share in tried.items() if share < wanted]
    above = [factor for factor in tried if not below or factor > max(below)]
    if not below or not above:
        return None
    low, high = max(below), min(above)
    return (low, tried[low]), (high, tried[high])


def _next(tried: dict[float, float], wanted: float) -> float | None:
    """Return the next factor to try; None if the root is bracketed closely enough."""
    bracket = _bracket(tried, wanted)
    if bracket is None:
        slowest, quickest = max(tried), min(tried)
        if tried[slowest] < wanted:
            return slowest * max(LEAST_STEP, wanted / max(tried[slowest], 1e-9))
        return quickest * min(1 / LEAST_STEP, wanted / tried[quickest])
    (low, _), (high, _) = bracket
    if high - low <= TOLERANCE * high:
        return None
    # A trial a little beyond where the root should be becomes the other, near end.
    root, step = _interpolated(*bracket, wanted), 0.4 * TOLERANCE * high
    aim = root - step if root - low > 2 * step else root + step
    margin = KEPT_OFF * (high - low)
    return min(max(aim, low + margin), high - margin)


def _interpolated(low: tuple[float, float], high: tuple[float, float], wanted: float) -> float:
    """Return where the straight line through two trials is what is wanted."""
    (f, less), (g, more) = low, high
    return f + (g - f) * (wanted - less) / (more - less)
