"""The axis of a sweep along a setting that is a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.report.figures.style import time_scale
from factory_sim.report.settings import varied
from factory_sim.report.texts import ENGLISH
from factory_sim.scenario.readers import duration
from factory_sim.study.sweep.axes import AUTOMATION
from factory_sim.study.sweep.tables import as_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """The values of the points of a sweep along one number.

    Attributes:
        label: What was varied, with its unit.
        values: In the order of the points.
        shares: Whether they are shares of 1.
    """

    label: str
    values: tuple[float, ...]
    shares: bool


def along(record: Record, say: Catalogue = ENGLISH) -> Axis | None:
    """Return the axis of a sweep; None if several keys were varied, or one that is no number."""
    return axis_of(record, record["keys"][0], say) if len(record["keys"]) == 1 else None


def axis_of(record: Record, key: str, say: Catalogue) -> Axis | None:
    """Return where the points of a sweep stand along a key; None if it is no number."""
    points = record["points"]
    if key == AUTOMATION:
        levels = tuple(float(point["level"]) for point in points)
        return Axis(_level(record.get("measure"), say), levels, shares=True)
    texts = [point["settings"][key] for point in points]
    values, written = as_numbers(texts)
    if not values:
        return None
    about = varied(record, say)[record["keys"].index(key)]
    unit, size = written or about.unit, 1.0
    if unit == "%":
        return Axis(about.name, tuple(values), shares=True)
    if unit == "s":
        unit, size = _unit_of_times(texts, values)
    label = say.with_unit(about.name, say.unit(unit))
    return Axis(label, tuple(value / size for value in values), shares=False)


def _level(measure: str | None, say: Catalogue) -> str:
    """Return what a level of automation is a share of, where the record says so."""
    if measure is None:
        return say("chart.level")
    return say("figure.level", of=say(f"automated.{measure}"))


def _unit_of_times(texts: Sequence[str], values: Sequence[float]) -> tuple[str, float]:
    """Return the unit in which all times are written, and its size in s; else one that suits."""
    written = {text.lstrip("0123456789.eE+- ") for text in texts}
    unit = written.pop()
    return (unit, duration(f"1 {unit}")) if unit and not written else time_scale(max(values))
