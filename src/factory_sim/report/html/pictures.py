"""The figures of a page, each within the page itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from factory_sim.report.figures import based, diffed, explained, gained, swept
from factory_sim.report.figures.gallery import OVER_TIME, figures, of_both
from factory_sim.report.figures.language import translate
from factory_sim.report.figures.style import svg
from factory_sim.report.html.tables.base import of_base
from factory_sim.report.texts import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

CROWDED = 60
"""Stations from which on parts through the line are not drawn: no page has room for them."""


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
    for name, figure in _of_study(contents, say):
        # Their texts are in the language of the page from the start.
        yield _picture(name, figure, say(f"caption.{name}"))
    for number, part in enumerate(contents.runs):
        of = ""
        if len(contents.runs) > 1:
            of = say("caption.of", part=contents.name_of(part, say))
        for name, figure in _of_run(part, contents, say, is_first=not number):
            translate(figure, say)
            yield _picture(name, figure, say(f"caption.{name}", of=of))
    for part, base in contents.bases.items():
        for name, figure in based.figures(base, say):
            grey = say("caption.grey") if base["recoveries"] and name != "latency" else ""
            caption = say(f"caption.{name}") + _fresh(name, base, say) + grey
            yield _picture(name, figure, of_base(caption, part, contents, say))


def _fresh(name: str, base: Mapping[str, Any], say: Catalogue) -> str:
    """Return what the lower panel of the ages shows, which is there if a class has an aim."""
    aimed = any(each["fresh_within"] is not None for each in base["classes"])
    return say("caption.fresh") if name == "age" and aimed else ""


def _of_study(contents: Contents, say: Catalogue) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of what is more than runs."""
    match contents.kind:
        case "sweep":
            yield from swept.figures(contents.record, say)
        case "explain":
            yield from explained.figures(contents.record, say)
        case "diff":
            yield from diffed.figures(contents.split, say)
        case "twin":
            yield from gained.figures(contents.record, say)
    if contents.kind == "compare":
        for part, fault in contents.faults.items():
            name = contents.runs[part].scenario.name
            yield "chain", gained.followed(fault, contents.base_beside(part), name, say)
    if contents.kind not in ("compare", "diff"):
        return
    yield from of_both(contents.runs["a"], contents.runs["b"], say)


def _of_run(
    part: str, contents: Contents, say: Catalogue, *, is_first: bool
) -> Iterator[tuple[str, Figure]]:
    """Yield all figures of the first run, and of others those that tell it from the first.

    What the twin buys is in figures of its own; beside them are the states of the stations,
    and of the plant with the twin its devices.
    """
    run = contents.runs[part]
    of = part.upper() if part in ("a", "b") else ""
    if contents.kind == "twin":
        of = contents.name_of(part, say)
        others = {"daily", "convergence", *OVER_TIME} - ({"devices"} if part == "b" else set())
        return figures(run, without=others, part=of, say=say)
    without = {"space_time"} if len(run.plant.stations()) > CROWDED else set()
    # What two plants make by day is in one figure.
    if of and all(one.ramp for one in contents.runs.values()):
        without.add("daily")
    named = figures(run, without=without, part=of, say=say)
    return named if is_first else islice(named, 2 if run.ramp and "daily" not in without else 1)


def left_out(contents: Contents, say: Catalogue) -> Iterator[str]:
    """Yield what is not drawn, and how to have it."""
    if contents.kind == "twin":
        yield say("caption.left_out")
        return
    for run in list(contents.runs.values())[:1]:
        stations = len(run.plant.stations())
        if stations > CROWDED:
            yield say("caption.space_time_left_out", stations=str(stations))


def _picture(name: str, figure: Figure, caption: str) -> Picture:
    encoded = base64.b64encode(svg(figure).encode()).decode()
    return Picture(name, f"data:image/svg+xml;base64,{encoded}", sentence(caption))
