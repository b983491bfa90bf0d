"""The points that a sweep requests: its axes, combined into scenarios and levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.scenario import automation as plan
from factory_sim.scenario.keys import is_whole
from factory_sim.scenario.loader import varied
from factory_sim.scenario.readers import ratio
from factory_sim.study.case import StudyError
from factory_sim.study.compare import SHARED
from factory_sim.study.phrases import Phrase, phrase
from factory_sim.study.sweep.axes import AUTOMATION, Axis, axis, combinations, setting_axis

if TYPE_CHECKING:
    from factory_sim.scenario import Scenario

    Levels = str | Sequence[float | str]
    Settings = Sequence[str] | Mapping[str, str | Sequence[object]]

BASELINE = "baseline"

NAMES = ("name", "description")
"""Keys of a scenario that no figure depends on."""


@dataclass(frozen=True)
class RequestedPoint:
    """A point of a sweep before it is simulated.

    Attributes:
        label: Its settings in short.
        settings: Values that override those of the scenario, as text by key.
        scenario: The scenario with these settings.
        level: Level of automation, a share; None without a plan.
    """

    label: str
    settings: Mapping[str, str]
    scenario: Scenario
    level: float | None


def parse_axes(automation: Levels | None, vary: Settings) -> list[Axis]:
    """Return the axes given by a caller or a command line, the one of levels first.

    Raises:
        StudyError: If there are none, one is not valid, or a key is varied twice.
    """
    axes = []
    if automation is not None:
        text = automation if isinstance(automation, str) else _listed(automation)
        axes.append(axis(AUTOMATION, text, f"--automation {text}"))
    if isinstance(vary, Mapping):
        vary = [
            f"{key}={values if isinstance(values, str) else _listed(values)}"
            for key, values in vary.items()
        ]
    axes += map(setting_axis, vary)
    if not axes:
        message = "there is nothing to sweep; add --automation 0:1:0.1 or --vary key=a:b:step"
        raise StudyError(message)
    keys = [axis.key for axis in axes]
    if twice := [key for key in keys if keys.count(key) > 1]:
        message = f"--vary {twice[0]}: is varied twice; write all its values in one option"
        raise StudyError(message)
    return axes


def _listed(values: Sequence[object]) -> str:
    return ",".join(map(str, values))


def baseline_point(scenario: Scenario, axes: Sequence[Axis]) -> RequestedPoint:
    """Return the baseline that the points of a sweep are compared with.

    Raises:
        StudyError: If levels are swept and the scenario has no automation plan.
    """
    automation = scenario.automation
    if axes[0].key != AUTOMATION:
        return RequestedPoint(BASELINE, {}, scenario, automation.level if automation else None)
    if automation is None:
        message = "--automation: the scenario has no automation plan; add `automation:` to it"
        raise StudyError(message)
    return RequestedPoint(BASELINE, {}, scenario, automation.baseline)


def requested_points(
    scenario: Scenario, axes: Sequence[Axis], samples: int | None
) -> tuple[list[RequestedPoint], list[Phrase]]:
    """Return the points of a sweep, and notes on the points left out.

    A range of whole numbers has a step of 1 unless it states another.

    Raises:
        ScenarioError: If a setting is wrong for the scenario.
        StudyError: If a level of a list, or every level of a range, is out of reach, or a
            setting changes a key that all points share, or nothing but a name.
    """
    axes = [_whole(scenario, axis) for axis in axes]
    scenarios: dict[tuple[str, ...], tuple[Scenario, float | None]] = {}
    requested: list[RequestedPoint] = []
    beyond: dict[str, float] = {}
    points = combinations(axes, samples, scenario.seed)
    for values in points:
        settings = {axis.key: value for axis, value in zip(axes, values, strict=True)}
        texts = tuple(f"{key}={v}" for key, v in settings.items() if key != AUTOMATION)
        if texts not in scenarios:
            changed = _changed(scenario, texts)
            scenarios[texts] = changed, plan.reach(changed) if changed.automation else None
        changed, reached = scenarios[texts]
        level = changed.automation.level if changed.automation else None
        if AUTOMATION in settings and reached is not None:
            level = _level(settings[AUTOMATION])
            if not plan.is_within_reach(level, reached):
                beyond[_percent(level)] = reached
                continue
        shown = [_percent(level)] if AUTOMATION in settings and level is not None else []
        requested.append(RequestedPoint(", ".join([*shown, *texts]), settings, changed, level))
    notes = _left_out(scenario, beyond, is_list=axes[0].span is None, nothing=not requested)
    if samples is not None and len(points) < samples:
        notes.append(phrase("note.drawn_again", drawn=samples, points=len(points)))
    return requested, notes


def _whole(scenario: Scenario, axis: Axis) -> Axis:
    """Return an axis with a step of 1 if it has none and its key takes whole numbers."""
    option = f"--vary {axis.key}"
    if axis.values or axis.key == AUTOMATION or not is_whole(scenario, axis.key, option):
        return axis
    return axis.in_whole_steps(option)


def _changed(scenario: Scenario, texts: tuple[str, ...]) -> Scenario:
    """Return the scenario with settings, none of which changes a key that all points share."""
    changed = varied(scenario, texts)
    for key in SHARED:
        if getattr(changed, key) != getattr(scenario, key):
            message = f"--vary {key}: all points share it; set it for all with --set {key}=..."
            raise StudyError(message)
    for key in NAMES:
        if getattr(changed, key) != getattr(scenario, key):
            message = f"--vary {key}: changes nothing of the plant; vary a key that does"
            raise StudyError(message)
    return changed


def _level(text: str) -> float:
    try:
        level = ratio(float(text) if "%" not in text else text)
    except ValueError:
        level = -1.0
    if not 0.0 <= level <= 1.0:
        message = f"--automation: a level must lie between 0 and 1, or 0 % and 100 % (got {text})"
        raise StudyError(message)
    return level


def _left_out(
    scenario: Scenario, beyond: dict[str, float], *, is_list: bool, nothing: bool
) -> list[Phrase]:
    """Return a note on the levels that cannot be reached.

    Raises:
        StudyError: If they were listed one by one, or no other points are left.
    """
    if not beyond or scenario.automation is None:
        return []
    highest, measure = max(beyond.values()), scenario.automation.measure
    if is_list or nothing:
        message = (
            f"--automation: {', '.join(beyond)} cannot be reached: the order of the plan "
            f"automates at most {_percent(highest)} of the {measure.replace('_', ' ')}; "
            f"write lower levels or extend automation.order"
        )
        raise StudyError(message)
    return [phrase("note.out_of_reach", levels=tuple(beyond), highest=highest, measure=measure)]


def _percent(level: float) -> str:
    return f"{100 * level:.4g} %"
