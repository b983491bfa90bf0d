"""The chart of a digital base over time: a line for every class or stage, any of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.report.figures.course import back_at, values
from factory_sim.report.figures.latency import stage_name
from factory_sim.report.figures.style import BLUE, ORANGE, PURPLE, SOFT, VERMILION
from factory_sim.report.html.tables.base import of_base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]
    Chart = dict[str, Any]

COLOURS = (BLUE, ORANGE, "#009e73", VERMILION, PURPLE, "#56b4e9", SOFT, "#000000")
DASHES: tuple[list[int], ...] = ([], [7, 4], [2, 3])
"""Of lines beyond the colours, so that each looks like no other."""

OF_CLASSES = {"mean": "s", "p99": "s", "fresh": "%", "latency_p99": "s"}
OF_STAGES = {
    "utilisation": "%",
    "queue": "",
    "rate": "1/s",
    "lost": "1/s",
    "replicas": "",
    "latency": "s",
}
"""Figures over time, with their units."""


def courses(part: str, contents: Contents, say: Catalogue) -> Chart:
    """Return the figures of every class and stage of a base in each step of the window."""
    record = contents.bases[part]
    classes = [(str(each["name"]), each["course"]) for each in record["classes"]]
    stages = [(stage_name(stage, say), stage["course"]) for stage in record["stages"]]
    measures = [
        _measure(name, unit, of, say)
        for figures, of in ((OF_CLASSES, classes), (OF_STAGES, stages))
        for name, unit in figures.items()
    ]
    faults = [[f["begin"], f["end"], back_at(f, record)] for f in record["recoveries"]]
    return {
        "id": f"courses-{part}",
        "kind": "courses",
        "title": of_base(say("base.chart"), part, contents, say),
        "axis": say("base.clock"),
        "begin": record["begin"],
        "at": [float(f"{edge:.6g}") for edge in record["steps"]],
        "faults": faults,
        "measures": [measure for measure in measures if measure["series"]],
        "choose": say("chart.measure"),
    }


def _measure(
    name: str, unit: str, of: Sequence[tuple[str, Record]], say: Catalogue
) -> Mapping[str, Any]:
    """Return one figure of all classes or stages; of those that have it."""
    scale = 0.01 if unit == "%" else 1.0
    series = []
    for place, (label, course) in enumerate(of):
        found = values(course[name]) / scale
        if np.isfinite(found).any():
            series.append(
                {
                    "label": label,
                    "colour": COLOURS[place % len(COLOURS)],
                    "dash": DASHES[place // len(COLOURS) % len(DASHES)],
                    "values": [float(f"{v:.4g}") if np.isfinite(v) else None for v in found],
                }
            )
    label = say(f"base.chart_{name}")
    return {
        "label": label,
        "title": say.with_unit(label, unit),
        "unit": unit,
        "series": series,
        "log": unit == "s",
    }
