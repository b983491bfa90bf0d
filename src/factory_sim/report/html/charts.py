"""The charts of a page that answer to the pointer, as plain data that ``page.js`` draws.

Each has a ``kind``:

    states         shares of the window per station, stacked
    replications   per figure, the value of every replication of one or two runs
    levels         per figure and setting of a sweep: mean, interval, every replication
    days           output of each day with its interval
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.report.figures.style import BLUE, ORANGE, STATE_COLOURS
from factory_sim.report.html.amounts import cell, scaled
from factory_sim.report.html.points import swept, told
from factory_sim.report.rows import LONG
from factory_sim.report.terminal import tells
from factory_sim.study.measures import MEASURES
from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

Chart = dict[str, Any]

FIRST = ("baseline", "a")
"""Runs that differences count from; they have a colour of their own."""


def charts(contents: Contents, say: Catalogue) -> Iterator[Chart]:
    """Yield the charts of a study, each with a title and an id of its own."""
    if contents.kind == "sweep":
        yield _levels(contents, say)
        return
    if contents.record.get("ramp"):
        yield _days(contents, say)
    for part, run in contents.runs.items():
        if len(run.columns["name"]) > LONG and part != "baseline":
            yield _states(part, run, contents, say)
    yield _replications(contents, say)


def _states(part: str, run: Recorded, contents: Contents, say: Catalogue) -> Chart:
    """Return the states of every station of a long plant, which no printed figure has room for."""
    title = say("chart.states")
    if contents.kind == "compare":
        title += say("caption.of", part=say(f"part.{part}"))
    return {
        "id": f"states-{part}",
        "kind": "states",
        "title": title,
        "labels": list(run.columns["name"]),
        "axis": say("chart.share"),
        "series": [
            {
                "label": say(f"state.{state}"),
                "colour": STATE_COLOURS[state],
                "values": [round(100 * value, 2) for value in run.columns[state]],
            }
            for state in STATES
            if max(run.columns[state]) >= 5e-4
        ],
    }


def _replications(contents: Contents, say: Catalogue) -> Chart:
    """Return every replication of every figure: a row of dots per run, and its mean."""
    runs = contents.runs
    parts = ["baseline", "run"] if contents.kind == "planned" else list(runs)
    measures = []
    for what in MEASURES:
        samples = {part: runs[part].samples[what.name] for part in parts}
        worth = any(tells(what.name, run) for run in runs.values())
        if not worth or any(np.isnan(values).any() for values in samples.values()):
            continue
        estimates = [runs[part].estimates[what.name] for part in parts]
        unit, scale = scaled(what.unit, max(abs(e.mean) for e in estimates))
        series = []
        for part, estimate in zip(parts, estimates, strict=True):
            label = say("part.only") if contents.kind == "run" else say(f"part.{part}")
            series.append(
                {
                    "label": label,
                    "colour": ORANGE if part in FIRST else BLUE,
                    "values": _plain(samples[part] / scale),
                    **_interval(estimate, scale),
                }
            )
        measures.append(_measure(say(f"measure.{what.name}"), say.unit(unit), series, say))
    return {
        "id": "replications",
        "kind": "replications",
        "title": say("chart.replications"),
        "axis": say("chart.replication"),
        "labels": [int(number) for number in next(iter(runs.values())).replications],
        "measures": measures,
        "choose": say("chart.measure"),
        "mean": say("chart.mean"),
    }


def _levels(contents: Contents, say: Catalogue) -> Chart:
    """Return every figure at every point of a sweep, against the level or one by one."""
    _, points = swept(contents)
    assert contents.samples is not None
    place = contents.samples.column("point").to_numpy()
    by_level = contents.record["keys"] == [AUTOMATION]
    measures = []
    for name in told(points):
        estimates = [point.estimates[name] for point in points if name in point.estimates]
        if len(estimates) < len(points):
            continue
        magnitude = max((abs(e.mean) for e in estimates if math.isfinite(e.mean)), default=0.0)
        unit, scale = scaled(estimates[0].unit, magnitude)
        column = contents.samples.column(name).to_numpy(zero_copy_only=False).astype(float)
        series = [
            {"values": _plain(column[place == number] / scale), **_interval(estimate, scale)}
            for number, estimate in enumerate(estimates)
        ]
        measures.append(_measure(say(f"measure.{name}"), say.unit(unit), series, say))
    return {
        "id": "levels",
        "kind": "levels",
        "title": say("chart.levels"),
        "axis": say("chart.level") if by_level else say("chart.setting"),
        "labels": [point.label for point in points],
        "at": [100 * (point.level or 0.0) for point in points] if by_level else None,
        "measures": measures,
        "choose": say("chart.measure"),
        "mean": say("chart.mean"),
        "interval": say("chart.interval"),
        "one": say("chart.one"),
        "colour": BLUE,
    }


def _days(contents: Contents, say: Catalogue) -> Chart:
    """Return the output of each working day."""
    days = [day for day in contents.record["daily"] if day["hours"]]
    return {
        "id": "days",
        "kind": "days",
        "title": say("chart.days"),
        "axis": say("chart.day"),
        "unit": say.unit("parts"),
        "labels": [day["day"] for day in days],
        "means": [day["delivered"] for day in days],
        "low": [_end(day, -1) for day in days],
        "high": [_end(day, 1) for day in days],
        "mean": say("chart.mean"),
        "interval": say("chart.interval"),
        "colour": BLUE,
    }


def _end(day: dict[str, Any], side: int) -> float | None:
    half_width = day["half_width"]
    return None if half_width is None else day["delivered"] + side * half_width


def _measure(label: str, unit: str, series: list[Chart], say: Catalogue) -> Chart:
    """Return what one figure shows, its title with the unit."""
    title = say("chart.of_measure", measure=label, unit=unit) if unit else label
    return {"label": label, "title": title, "unit": unit, "series": series}


def _interval(estimate: Estimate, scale: float) -> Chart:
    """Return a mean, the ends of its interval, and how both are written."""
    ends = [estimate.mean / scale, estimate.low / scale, estimate.high / scale]
    mean, low, high = (end if math.isfinite(end) else None for end in ends)
    return {"mean": mean, "low": low, "high": high, "text": cell(estimate, scale)}


def _plain(values: Sequence[float] | np.ndarray[Any, Any]) -> list[float | None]:
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]
