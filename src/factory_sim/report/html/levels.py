"""The chart of a sweep: every figure at every point, with its replications."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.report.figures.settings_axis import along
from factory_sim.report.figures.style import BLUE
from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.marks import interval, measure, plain
from factory_sim.report.html.points import informative_figures, swept
from factory_sim.report.settings import names, values, varied

if TYPE_CHECKING:
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.html.marks import Chart
    from factory_sim.report.texts import Catalogue


def levels(contents: Contents, say: Catalogue) -> Chart:
    """Return every figure at every point of a sweep, against the level or one by one."""
    _, points = swept(contents, say)
    assert contents.samples is not None
    place = contents.samples.column("point").to_numpy()
    keys = varied(contents.record, say)
    axis = along(contents.record, say)
    order = sorted(range(len(points)), key=lambda n: axis.values[n] if axis else n)
    points = [points[number] for number in order]
    measures = []
    for name in informative_figures(points):
        estimates = [point.estimates[name] for point in points if name in point.estimates]
        if len(estimates) < len(points):
            continue
        magnitude = max((abs(e.mean) for e in estimates if math.isfinite(e.mean)), default=0.0)
        unit, scale = scaled(estimates[0].unit, magnitude)
        column = contents.samples.column(name).to_numpy(zero_copy_only=False).astype(float)
        series = [
            {"values": plain(column[place == number] / scale), **interval(estimate, scale)}
            for number, estimate in zip(order, estimates, strict=True)
        ]
        measures.append(measure(say(f"measure.{name}"), say.unit(unit), series, say))
    return {
        "id": "levels",
        "kind": "levels",
        "title": say("chart.levels"),
        "axis": names(keys, say),
        "labels": [values(keys, point.record) for point in points],
        "at": axis and sorted(axis.values),
        "measures": measures,
        "choose": say("chart.measure"),
        "mean": say("chart.mean"),
        "interval": say("chart.interval"),
        "one": say("chart.one"),
        "colour": BLUE,
    }
