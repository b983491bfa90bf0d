"""The fastest takt at which a line still meets a given availability, found by search.

Availability is parts per hour on shift over what the takt asks for, 3600 / takt. All
paced sections, those of feeders included, are scaled by one factor; the work stays what
it is, so a faster takt means that stations run over more often.

The search is a root search on shared draws: every factor that is tried sees the same
replications, so that the curve of availability is nearly as smooth and as monotone as
the true one. The interval of the root follows from the spread of the estimating
equation over its slope (delta method): replication r, taken by itself, puts the root at

    f_r = f* - (A_r(f*) - target) / slope

with the slope by central difference of two more runs on the same draws. The output,
target * 3600 / takt, is straightened at the root in the same way.

Source: van der Vaart (1998), Asymptotic Statistics, theorem 5.21 (Z-estimators).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from factory_sim.scenario.station import Section
from factory_sim.study.case import StudyError, build_case
from factory_sim.study.measures import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.scenario import Scenario
    from factory_sim.study.case import Case
    from factory_sim.study.replications import RunCases
    from factory_sim.study.result import Result

TOLERANCE = 0.005
"""Widest bracket, as a share of the takt. Within it the curve is interpolated linearly, with
a far smaller error."""

LEAST_STEP = 1.05
"""Smallest factor between two takts while the root is not bracketed."""

FURTHEST = 8.0
"""Largest factor, up or down from the takt of the scenario, within which is searched."""

SPAN = 0.03
"""Half-width of the central difference for the slope, as a share of the root. Within the
much narrower bracket, a single part more or less would change the slope."""

MARGIN = 0.1
"""Distance of a trial from the ends of the bracket, as a share of it, so that every trial
narrows it."""


@dataclass(frozen=True)
class Fastest:
    """The fastest takt of one plant that meets an availability.

    Attributes:
        factor: Factor on every takt of the scenario.
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

    case: Case
    tried: dict[float, float] = field(default_factory=dict)
    trial: float | None = 1.0

    def learn(self, availability: float, target: float) -> None:
        """Record the result of the trial and choose the next.

        There is none once the root is bracketed closely enough, or lies out of range.
        """
        if self.trial is not None:
            self.tried[self.trial] = availability
        self.trial = _next(self.tried, target)
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


def fastest(cases: Sequence[Case], target: float, run_cases: RunCases) -> list[Fastest | None]:
    """Return the fastest takt of each plant that meets an availability, on shared draws.

    The root is bracketed to ``TOLERANCE`` by linear interpolation with a safeguard. Where
    availability does not rise monotonically with the takt, the answer is the takt beyond
    which every takt that was tried meets it. Each round of trials simulates all plants
    whose root is not bracketed yet; a last one simulates each plant at its root and, for
    the slope, at ``SPAN`` below and above it.

    Args:
        cases: The plants at the takt of their scenarios.
        target: The availability to meet, a share in (0, 1).
        run_cases: Simulates the cases of one round on shared draws.

    Returns:
        One per plant; None where there is no root within a factor of ``FURTHEST`` of the
        takt of the scenario.

    Raises:
        StudyError: If a main line has no paced section.
        KeyboardInterrupt: If interrupted before all roots were found.
    """
    for case in cases:
        line_takt(case.scenario)  # refused before time is spent
    searches = [_Search(case) for case in cases]
    while open_ := [search for search in searches if search.trial is not None]:
        found = run_cases([_at_factor(s.case, s.trial or 1.0) for s in open_])
        if found[0].interrupted:  # half a search has no answer to keep
            raise KeyboardInterrupt
        for search, result in zip(open_, found, strict=True):
            search.learn(float(_availability(result).mean()), target)
    brackets = [_bracket(search.tried, target) for search in searches]
    roots = [_interpolated(*bracket, target) if bracket else None for bracket in brackets]
    around = [
        _at_factor(search.case, root * factor)
        for search, root in zip(searches, roots, strict=True)
        if root is not None
        for factor in (1.0, 1.0 - SPAN, 1.0 + SPAN)
    ]
    runs = iter(run_cases(around) if around else ())
    return [
        None if root is None else _fastest(root, target, next(runs), next(runs), next(runs))
        for root in roots
    ]


Bracket = tuple[tuple[float, float], tuple[float, float]]
"""Two neighbouring factors, each with its availability: below the target, and at least it."""


def _fastest(root: float, target: float, result: Result, less: Result, more: Result) -> Fastest:
    """Return the answer, linearised at the root for each replication (delta method).

    Args:
        root: The factor that was found.
        target: The availability to meet.
        result: The run at the root.
        less: The run at ``SPAN`` below it.
        more: The run at ``SPAN`` above it.
    """
    rise = float(_availability(more).mean() - _availability(less).mean())
    slope = rise / (2.0 * SPAN)
    takt = line_takt(result.scenario)
    away = (_availability(result) - target) / slope  # as a share of the takt
    rate = target * SECONDS_PER_HOUR / takt
    return Fastest(root, takt * (1.0 - away), rate * (1.0 + away), result)


def _at_factor(case: Case, factor: float) -> Case:
    """Return a case with every takt times a factor."""
    return build_case(at_takt(case.scenario, factor), case.level, case.detection)


def _availability(result: Result) -> Floats:
    """Return parts per hour on shift as a share of what the takt asks for, (R,)."""
    asked = SECONDS_PER_HOUR / line_takt(result.scenario)
    share: Floats = result.accounts.scheduled_throughput / asked
    return share


def _bracket(tried: dict[float, float], target: float) -> Bracket | None:
    """Return the last trial below the target and the next one above it; None without both."""
    below = [factor for factor, share in tried.items() if share < target]
    above = [factor for factor in tried if not below or factor > max(below)]
    if not below or not above:
        return None
    low, high = max(below), min(above)
    return (low, tried[low]), (high, tried[high])


def _next(tried: dict[float, float], target: float) -> float | None:
    """Return the next factor to try; None if the root is bracketed closely enough."""
    bracket = _bracket(tried, target)
    if bracket is None:
        slowest, quickest = max(tried), min(tried)
        if tried[slowest] < target:
            return slowest * max(LEAST_STEP, target / max(tried[slowest], 1e-9))
        return quickest * min(1 / LEAST_STEP, target / tried[quickest])
    (low, _), (high, _) = bracket
    if high - low <= TOLERANCE * high:
        return None
    # A trial a little beyond where the root should be becomes the other, near end.
    root, step = _interpolated(*bracket, target), 0.4 * TOLERANCE * high
    aim = root - step if root - low > 2 * step else root + step
    margin = MARGIN * (high - low)
    return min(max(aim, low + margin), high - margin)


def _interpolated(low: tuple[float, float], high: tuple[float, float], target: float) -> float:
    """Return the factor at which the line through two trials meets the target."""
    (f, less), (g, more) = low, high
    return f + (g - f) * (target - less) / (more - less)
