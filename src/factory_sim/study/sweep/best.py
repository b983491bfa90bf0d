"""Which point of a sweep is best by each figure, and which cannot be told apart from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.comparisons import with_the_best
from factory_sim.analysis.records import defined
from factory_sim.study.sweep.figures import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from factory_sim.study.sweep.point import Point

COMPARED = (
    *((figure.name, figure.label, figure.better) for figure in FIGURES if figure.better),
    ("payback", "payback", "more"),
    ("break_even_volume", "break-even volume", "more"),
)
"""Name, label and better direction of all that points are compared by; see ``Point.judged``."""


@dataclass(frozen=True)
class Best:
    """Which point is best by one figure, and which may be.

    Attributes:
        name: The figure, or the recovery.
        label: What a report calls it.
        point: The place of the best in the sample among the points of the sweep.
        equal: Places of all points with the same figure in every replication, it included.
        possible: Places of all that cannot be told apart from the truly best.
        compared: Places of the points that define the figure.
        low: How far each of these is ahead of the best of the others: the lower ends of
            intervals that hold all at once, at most 0. In the unit of the figure; of a
            recovery in that of the gain per capital.
        high: The upper ends, at least 0.
        confidence: That the truly best is among those possible.
    """

    name: str
    label: str
    point: int
    equal: tuple[int, ...]
    possible: tuple[int, ...]
    compared: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    confidence: float


def best_points(points: Sequence[Point], confidence: float) -> tuple[Best, ...]:
    """Return which point is best by each figure that differs, in the order of reports.

    Each holds at the confidence for itself, whatever the number of points (multiple
    comparisons with the best). The shortest payback is the highest gain per capital, and is
    compared as such.
    """
    found = (_best(points, *what, confidence) for what in COMPARED)
    return tuple(best for best in found if best)


def _best(
    points: Sequence[Point], name: str, label: str, better: str, confidence: float
) -> Best | None:
    """Return the best point by a figure; None if fewer than two differ in it."""
    judged = {place: point.judged(name) for place, point in enumerate(points)}
    known = {p: s for p, s in judged.items() if s is not None and np.isfinite(s).all()}
    if len(known) < 2:
        return None
    samples = np.stack(list(known.values()), axis=1)
    if (samples == samples[:, :1]).all():
        return None
    answer = with_the_best(samples if better == "more" else -samples, confidence)
    equal = (samples == samples[:, [answer.leader]]).all(axis=0)
    compared = tuple(known)
    return Best(
        name=name,
        label=label,
        point=compared[answer.leader],
        equal=tuple(compress(compared, equal)),
        possible=tuple(compress(compared, answer.possible)),
        compared=compared,
        low=tuple(answer.low.tolist()),
        high=tuple(answer.high.tolist()),
        confidence=confidence,
    )


def best_table(every: Sequence[Best], points: Sequence[Point]) -> pa.Table:
    """Return one row per figure and point that defines it: whether it is, or may be, the best.

    The columns: ``figure``; ``point``, its place from 0; ``label``; ``best``, with the best
    mean; ``possible``, not told apart from the truly best; ``low`` and ``high``, how far it
    is ahead of the best of the others, in intervals that hold for all points at once; and
    ``confidence``.
    """
    import pyarrow as pa

    schema = pa.schema(
        {
            "figure": pa.string(),
            "point": pa.int64(),
            "label": pa.string(),
            "best": pa.bool_(),
            "possible": pa.bool_(),
            "low": pa.float64(),
            "high": pa.float64(),
            "confidence": pa.float64(),
        }
    )
    rows = [
        {
            "figure": best.name,
            "point": place,
            "label": points[place].label,
            "best": place in best.equal,
            "possible": place in best.possible,
            "low": low,
            "high": high,
            "confidence": best.confidence,
        }
        for best in every
        for place, low, high in zip(best.compared, best.low, best.high, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema)


def best_record(best: Best, points: Sequence[Point]) -> dict[str, Any]:
    """Return which point is best as plain data for JSON; an infinite end is None."""
    record: dict[str, Any] = defined(asdict(best)) | {"point": points[best.point].label}
    return record
