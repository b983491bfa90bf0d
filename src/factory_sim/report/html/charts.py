"""The interactive charts of a page, as plain data that ``page.js`` draws.

Each has a ``kind``:

    stacked        shares of the window per station, or seconds per hour by cause
    replications   per figure, the value of every replication of one or two runs
    levels         per figure and setting of a sweep: mean, interval, every replication
    days           output of each day with its interval, of one or two runs
    bars           per figure, a bar with its interval for every change
    courses        per figure, a line over time for every class or stage of a digital base
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import Estimate
from factory_sim.report.explanation import GIVEN
from factory_sim.report.figures.style import (
    BLUE,
    FAINT,
    ORANGE,
    PURPLE,
    STATE_COLOURS,
    VERMILION,
)
from factory_sim.report.html.amounts import scaled
from factory_sim.report.html.answers.explain import cause_text
from factory_sim.report.html.bars import levers, prices, shares
from factory_sim.report.html.courses import courses
from factory_sim.report.html.levels import levels
from factory_sim.report.html.marks import MOST_PLACES, Chart, interval, measure, plain
from factory_sim.report.html.tables.cells import of_part
from factory_sim.report.readable import is_informative
from factory_sim.report.rows import LONG
from factory_sim.study.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.html.marks import Chart
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

FIRST = ("baseline", "a")
"""Runs that are the baseline of differences; they have a colour of their own."""


CAUSE_COLOURS = {
    "work": BLUE,
    "over takt": ORANGE,
    "set-up": "#56b4e9",
    "tool change": "#009e73",
    "repair": VERMILION,
    "down": "#000000",
    "transport": "#f0e442",
    "no order": FAINT,
    "people": PURPLE,
}
"""Of the causes on the critical path that neither takt nor shifts ask for."""


def charts(contents: Contents, say: Catalogue) -> Iterator[Chart]:
    """Yield the charts of a study, each with a title and an id of its own."""
    match contents.kind:
        case "sweep":
            yield levels(contents, say)
        case "explain":
            if contents.record["prices"]:
                yield prices(contents, say)
            yield _charges(contents, say)
        case "diff":
            if contents.split["changes"]:
                yield shares(contents, say)
        case "twin":
            yield from levers(contents, say)
    if contents.runs:
        yield from _of_runs(contents, say)
    for part in contents.bases:
        yield courses(part, contents, say)


def _of_runs(contents: Contents, say: Catalogue) -> Iterator[Chart]:
    if any(run.ramp for run in contents.runs.values()):
        yield _days(contents, say)
    for part, run in contents.runs.items():
        if len(run.columns["name"]) > LONG and part != "baseline":
            yield _states(part, run, contents, say)
    yield _replications(contents, say)


def _states(part: str, run: Recorded, contents: Contents, say: Catalogue) -> Chart:
    """Return the states of every station of a long plant, which no printed figure has room for."""
    return {
        "id": f"states-{part}",
        "kind": "stacked",
        "title": of_part(say("chart.states"), part, contents, say),
        "labels": list(run.columns["name"]),
        "axis": say.with_unit(say("chart.share"), "%"),
        "unit": "%",
        "most": 100,
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


def _charges(contents: Contents, say: Catalogue) -> Chart:
    """Return what the critical path spends at each place, by cause, the most first."""
    by_place: dict[str, dict[str, float]] = {}
    for one in contents.record["charges"]:
        if one["cause"] not in GIVEN:
            by_place.setdefault(one["place"], {})[one["cause"]] = one["mean"]
    places = sorted(by_place, key=lambda place: -sum(by_place[place].values()))[:MOST_PLACES]
    return {
        "id": "charges",
        "kind": "stacked",
        "title": say("chart.charges"),
        "labels": places,
        "axis": say("chart.per_hour"),
        "unit": "s/h",
        "most": None,
        "series": [
            {"label": cause_text(cause, say), "colour": colour, "values": values}
            for cause, colour in CAUSE_COLOURS.items()
            if any(values := plain([by_place[place].get(cause, 0.0) for place in places]))
        ],
    }


def _replications(contents: Contents, say: Catalogue) -> Chart:
    """Return every replication of every figure: a row of dots per run, and its mean."""
    runs = contents.runs
    parts = ["baseline", "run"] if contents.kind == "planned" else list(runs)
    measures = []
    for what in MEASURES:
        samples = {part: runs[part].samples[what.name] for part in parts}
        worth = any(is_informative(what.name, run) for run in runs.values())
        if not worth or any(np.isnan(values).any() for values in samples.values()):
            continue
        estimates = [runs[part].estimates[what.name] for part in parts]
        unit, scale = scaled(what.unit, max(abs(e.mean) for e in estimates))
        series = []
        for part, estimate in zip(parts, estimates, strict=True):
            label = say("part.only") if contents.kind == "run" else contents.name_of(part, say)
            series.append(
                {
                    "label": label,
                    "colour": ORANGE if part in FIRST else BLUE,
                    "values": plain(samples[part] / scale),
                    **interval(estimate, scale),
                }
            )
        measures.append(measure(say(f"measure.{what.name}"), say.unit(unit), series, say))
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


def _days(contents: Contents, say: Catalogue) -> Chart:
    """Return the output of each working day of every run with a ramp-up."""
    return {
        "id": "days",
        "kind": "days",
        "title": say("chart.days"),
        "axis": say("chart.day"),
        "unit": say.unit("parts"),
        "series": [
            _days_of(
                run, "" if contents.kind == "run" else contents.name_of(part, say), part in FIRST
            )
            for part, run in contents.runs.items()
            if run.ramp and run.daily
        ],
        "mean": say("chart.mean"),
        "interval": say("chart.interval"),
    }


def _days_of(run: Recorded, label: str, is_first: bool) -> Chart:
    """Return the working days of one run."""
    assert run.daily is not None
    columns = (run.daily[name] for name in ("day", "hours", "delivered", "half_width"))
    days = [
        (day, interval(Estimate(made, half, run.scenario.confidence, len(run.replications)), 1.0))
        for day, hours, made, half in zip(*columns, strict=True)
        if hours
    ]
    return {
        "label": label,
        "colour": ORANGE if is_first else BLUE,
        "at": [day for day, _ in days],
        **{key: [made[key] for _, made in days] for key in ("mean", "low", "high", "text")},
    }
