"""The points of a sweep, read from its record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.report.estimates import read_estimate
from factory_sim.report.settings import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

NOT_SHOWN = ("lead_time_p50", "lead_time_p95", "saved_per_part")
"""Figures that only the files hold."""


@dataclass(frozen=True)
class Swept:
    """A point of a sweep.

    Attributes:
        label: Its settings in the words of readers.
        level: Of automation, a share; None without a plan.
        record: All that the files say of it.
        estimates: By figure.
        differences: From the baseline, by figure.
    """

    label: str
    level: float | None
    record: Mapping[str, Any]
    estimates: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]


def swept(contents: Contents, say: Catalogue) -> tuple[Swept, list[Swept]]:
    """Return the baseline of a sweep and its points."""
    called = labels(contents.record, say)
    return _point(contents.record["baseline"], say("table.baseline"), contents), [
        _point(record, called[record["label"]], contents) for record in contents.record["points"]
    ]


def _point(record: Mapping[str, Any], label: str, contents: Contents) -> Swept:
    figures = record["figures"]
    asked = contents.confidence, contents.replications
    return Swept(
        label=label,
        level=record["level"],
        record=record,
        estimates={name: read_estimate(of, "mean", *asked) for name, of in figures.items()},
        differences={name: read_estimate(of, "difference", *asked) for name, of in figures.items()},
    )


def informative_figures(points: list[Swept]) -> list[str]:
    """Return the figures that are informative of some point, in the order of reports."""
    names = dict.fromkeys(name for point in points for name in point.estimates)
    if not any(_differs(point, "jph", "throughput") for point in points):
        names.pop("jph", None)
    return [
        name
        for name in names
        if name not in NOT_SHOWN
        and any(p.estimates[name].mean not in (0.0, 1.0) for p in points if name in p.estimates)
    ]


def _differs(point: Swept, name: str, other: str) -> bool:
    """Return whether a point has two figures that differ."""
    both = point.estimates.get(name), point.estimates.get(other)
    return all(both) and not math.isclose(*(estimate.mean for estimate in both if estimate))
