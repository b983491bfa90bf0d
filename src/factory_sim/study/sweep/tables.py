"""The points of a sweep as tables and as plain data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.records import defined
from factory_sim.scenario.readers import duration, ratio
from factory_sim.study.sweep.axes import AUTOMATION
from factory_sim.study.sweep.point import RECOVERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from factory_sim.study.sweep.point import Point

SHARES = ("work_content", "operations", "stations")
ENDS = ("value", "low", "high")
DESCRIPTION = ("label", "level", "operators", "capital", "invested")


def points_table(points: Sequence[Point], keys: Sequence[str]) -> pa.Table:
    """Return one row per point as an Arrow table.

    The columns: ``label``; ``level``; one per varied key, a number in s, parts or as a
    share where all its values are numbers, else text; ``automated_work_content``,
    ``automated_operations`` and ``automated_stations``; ``operators``; ``capital`` and
    ``invested``, that beyond the baseline; per figure its name for the mean, then with
    ``_half_width``, ``_difference`` from the baseline and ``_difference_half_width``; per
    recovery its name, ``_low`` and ``_high``, infinite if never. Null where a point does
    not define it.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {name: [getattr(p, name) for p in points] for name in DESCRIPTION}
    settings = [key for key in keys if key != AUTOMATION]  # the level is there as a number
    for key in settings:
        texts = [point.settings[key] for point in points]
        columns[key] = as_numbers(texts)[0] or texts
    rows = [_row(point) for point in points]
    names = dict.fromkeys(name for row in rows for name in row)
    columns |= {name: [row.get(name) for row in rows] for name in names}
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _row(point: Point) -> dict[str, float | None]:
    """Return the figures of a point by column; None for NaN."""
    row: dict[str, float | None] = {}
    if point.automated:
        row |= {f"automated_{name}": getattr(point.automated, name) for name in SHARES}
    for figure in point.figures:
        name = figure.name
        pair = (name, point.estimates[name]), (f"{name}_difference", point.differences[name])
        for column, estimate in pair:
            row[column] = _defined(estimate.mean)
            row[f"{column}_half_width"] = _defined(estimate.half_width)
    for name in RECOVERIES:
        if found := point.recoveries.get(name):
            for end in ENDS:
                row[name if end == "value" else f"{name}_{end}"] = _defined(getattr(found, end))
    return row


def samples_table(points: Sequence[Point], replications: Sequence[int]) -> pa.Table:
    """Return every figure of every replication of every point, one row each.

    The columns are ``point``, its place from 0; ``label``; ``replication``; and the
    figures, null where the point does not define one.
    """
    import pyarrow as pa

    names = list(dict.fromkeys(figure.name for p in points for figure in p.figures))
    parts = []
    for place, point in enumerate(points):
        columns: dict[str, Any] = {
            "point": np.full(len(replications), place),
            "label": pa.array([point.label] * len(replications)),
            "replication": pa.array(list(replications)),
        }
        for name in names:
            samples = point.samples.get(name)
            columns[name] = (
                pa.nulls(len(replications), pa.float64())
                if samples is None
                else pa.array(np.ascontiguousarray(samples), from_pandas=True)
            )
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def point_record(point: Point) -> dict[str, Any]:
    """Return a point as plain data for JSON; what is not defined or infinite is None.

    A recovery that is there, but whose value is None, never comes.
    """
    record: dict[str, Any] = {name: getattr(point, name) for name in DESCRIPTION}
    record["settings"] = dict(point.settings)
    if point.automated:
        record["automated"] = {name: getattr(point.automated, name) for name in SHARES}
    record["figures"] = {
        figure.name: {
            "mean": defined(point.estimates[figure.name].mean),
            "half_width": defined(point.estimates[figure.name].half_width),
            "difference": defined(point.differences[figure.name].mean),
            "difference_half_width": defined(point.differences[figure.name].half_width),
            "unit": point.unit(figure),
        }
        for figure in point.figures
    }
    record["recoveries"] = {
        name: {end: defined(getattr(found, end)) for end in ENDS} | {"unit": found.unit}
        for name, found in point.recoveries.items()
        if not math.isnan(found.value)
    }
    return record


def as_numbers(texts: Sequence[str]) -> tuple[list[float], str]:
    """Return settings as numbers, and their unit.

    Args:
        texts: As a scenario writes them.

    Returns:
        The numbers, in ``s``, as shares of 1 (``%``) or as they are; none unless all texts
        are numbers of one kind.
    """
    readers: tuple[tuple[Callable[[Any], float], str], ...] = (
        (float, ""),
        (duration, "s"),
        (ratio, "%"),
    )
    for read, unit in readers:
        try:
            return [read(text) for text in texts], unit
        except ValueError:
            continue
    return [], ""


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
