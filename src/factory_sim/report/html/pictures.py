"""The figures of a page, each within the page itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.report.figures.automation import automation
from factory_sim.report.figures.gallery import figures
from factory_sim.report.figures.language import translate
from factory_sim.report.figures.station_states import station_states
from factory_sim.report.figures.style import svg
from factory_sim.report.html.points import swept
from factory_sim.report.texts import sentence
from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

CROWDED = 60
"""Stations from which on parts through the line are not drawn: no page has room for them."""

OVER_LEVELS = ("throughput", "labour", "cost")
"""Figures of a sweep that are drawn against the level, of those that it has."""


@dataclass(frozen=True)
class Picture:
    """A figure within a page.

    Attributes:
        name: What it shows, as in the names of files.
        address: A ``data:`` address with the whole SVG. As an image it cannot run scripts,
            and its ids meet no others.
        caption: What it shows, for readers and for those who cannot see it.
    """

    name: str
    address: str
    caption: str


def pictures(contents: Contents, say: Catalogue) -> Iterator[Picture]:
    """Yield the figures of a study, those of the first run first."""
    if contents.kind == "sweep":
        yield from _over_levels(contents, say)
    for number, (part, run) in enumerate(contents.runs.items()):
        of = ""
        if len(contents.runs) > 1:
            of = say("caption.of", part=say(f"part.{part}"))
        drawn = [("station_states", station_states(run))] if number else _all(run)
        for name, figure in drawn:
            yield _picture(name, figure, say(f"caption.{name}", of=of), say)


def left_out(contents: Contents, say: Catalogue) -> Iterator[str]:
    """Yield what is not drawn, and how to have it."""
    for run in list(contents.runs.values())[:1]:
        stations = len(run.plant.stations())
        if stations > CROWDED:
            yield say("caption.space_time_left_out", stations=str(stations))


def _all(run: Recorded) -> Iterator[tuple[str, Figure]]:
    crowded = len(run.plant.stations()) > CROWDED
    return figures(run, without={"space_time"} if crowded else ())


def _over_levels(contents: Contents, say: Catalogue) -> Iterator[Picture]:
    """Yield the telling figures of a sweep of levels, each with its paired difference."""
    _, points = swept(contents)
    if contents.record["keys"] != [AUTOMATION] or len(points) < 2:
        return
    points = sorted(points, key=lambda point: point.level or 0.0)
    for name in OVER_LEVELS:
        if not all(name in point.estimates for point in points):
            continue
        what = say(f"measure.{name}")
        figure = automation(
            [point.level or 0.0 for point in points],
            [point.estimates[name] for point in points],
            [point.differences[name] for point in points],
            what=what,
            level_label=say("chart.level"),
            title=contents.record["scenario"],
        )
        yield _picture(f"automation-{name}", figure, say("caption.automation", what=what), say)


def _picture(name: str, figure: Figure, caption: str, say: Catalogue) -> Picture:
    translate(figure, say.figure_texts)
    encoded = base64.b64encode(svg(figure).encode()).decode()
    return Picture(name, f"data:image/svg+xml;base64,{encoded}", sentence(caption))
