"""Parts on their way through a line: time across, stations up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from factory_sim.analysis.blocking import releases
from factory_sim.analysis.states import STATES
from factory_sim.analysis.timeline import timeline
from factory_sim.line.plant import Section, stations_of
from factory_sim.report.figures.clock import time_axis
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    PURPLE,
    ROW,
    SOFT,
    STATE_COLOURS,
    VERMILION,
    drawing,
    headline,
    sheet,
    short,
    time_scale,
)
from factory_sim.report.figures.trajectories import (
    REACH,
    ROWS,
    drawing_stride,
    server_offsets,
    visits,
)
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.trace import Observation
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Line
    from factory_sim.report.texts import Catalogue

BLACK = STATE_COLOURS["down"]

STATION = 2.1 * ROW
"""Height that a station would have, inches, and that ``ROWS`` and more of them share."""

LOWEST, TALLEST = 1.5, 6.2
"""Height of the axes, inches; with what is around them they fit on a page."""

EDGE = withStroke(linewidth=4.0, foreground=INK)
WAITING = "waiting for components or people"
DOTTED = (0, (0.8, 0.4))
"""Dashes of waiting parts, which tell them from worked ones in grey print."""

BRIEF = 0.004
"""Share of the window: what blocks for less time gets no mark, it would only be a blot."""


def space_time(
    seen: Observation,
    begin: float,
    end: float,
    *,
    line: str | None = None,
    title: str = "",
    started: float | None = None,
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return a space-time diagram: the trajectories of parts through a line during a window.

    A part climbs from station to station. Level pieces are its time on a station: worked,
    waiting for components or people, blocked. Where a blocked part is freed, a line
    leads to the station that had held it up: the furthest one that releases a part at that
    very moment. Within a paced section, where all parts wait for each other in every cycle,
    there is no such line.

    Args:
        seen: One replication.
        begin: Start of the window, s.
        end: End of the window, s.
        line: Which line; the main line if left out.
        title: Of the figure.
        started: Moment of the week at the start, s, for the times of the day.
        say: The texts of a language, for what :func:`translate` leaves alone.

    Raises:
        KeyError: If there is no such line.
        ValueError: If the window is empty, or not all of it was observed.
    """
    shown = {one.name: one for one in seen.plant.lines}[line] if line else seen.plant.main
    stations = len(list(shown.stations()))
    _, size = time_scale(end - begin)
    with drawing([title, *(stage.name for stage in shown.stages)]):
        height = float(np.clip(STATION * min(stations, ROWS), LOWEST, TALLEST))
        figure = sheet(height + 1.2)
        axes = figure.subplots()
        thickness = _thickness(shown, 72.0 * height / stations)
        drawn = _draw_outages(axes, seen, shown, (begin, end), size)
        drawn |= _draw_trajectories(axes, seen, shown, (begin, end), size, thickness)
        axes.set_xlim(begin / size, end / size)
        _label_stages(axes, shown, height, say)
        skipped = (
            f"  (of {drawing_stride(shown)} parts one is drawn)"
            if drawing_stride(shown) > 1
            else ""
        )
        time_axis(axes, (begin, end), started=started, note=skipped, say=say)
        headline(figure, title)
        marks = _legend(drawn)
        across = 4 if len(marks) <= 4 and "waiting" not in drawn else 3  # its words are long
        figure.legend(handles=marks, loc="outside lower center", ncols=across)
    return figure


def _thickness(line: Line, station: float) -> Floats:
    """Return the line width at each station, points, (S,), so that those of servers stay apart.

    Args:
        line: What is drawn.
        station: Height of a station, points.
    """
    servers = np.array([one.servers for one in line.stations()])
    free = np.where(servers > 1, station * 2 * REACH / np.maximum(servers - 1, 1), station)
    thickness: Floats = np.clip(0.5 * free, 1.0, 3.0)
    return thickness


def _draw_outages(
    axes: Axes, seen: Observation, line: Line, window: tuple[float, float], size: float
) -> set[str]:
    """Draw when each server was off shift or down, over the parts; return which states occurred."""
    drawn = set()
    stations = list(line.stations())
    index = {station.name: number for number, station in enumerate(stations)}
    # Nothing is worked meanwhile: what is off covers the parts that stand there thinly, what
    # is down wholly.
    for state, colour in (("off", FAINT), ("down", BLACK)):
        boxes = []
        for one in timeline(seen, *window):
            if one.station not in index:
                continue
            here = one.states == STATES.index(state)
            station = stations[index[one.station]]
            middle = index[one.station] + server_offsets(station)[one.server]
            reach = 0.5 if station.servers == 1 else REACH / (station.servers - 1)
            boxes += [
                (a / size, (b - a) / size, middle - reach, 2 * reach)
                for a, b in zip(one.edges[:-1][here], one.edges[1:][here], strict=True)
            ]
        corners = [
            [(left, low), (left + width, low), (left + width, low + high), (left, low + high)]
            for left, width, low, high in boxes
        ]
        alpha = 0.7 if state == "off" else 1.0
        axes.add_collection(
            PolyCollection(corners, facecolor=colour, linewidths=0, zorder=3.5, alpha=alpha)
        )
        drawn |= {state} if corners else set()
    return drawn


def _draw_trajectories(
    axes: Axes,
    seen: Observation,
    line: Line,
    window: tuple[float, float],
    size: float,
    thickness: Floats,
) -> set[str]:
    """Draw the pieces of all trajectories, the most important on top; return their kinds."""
    way = visits(seen, line)
    beyond = window[1] + (window[1] - window[0])
    start, ready, finish, leave = (
        np.minimum(way.times[name], beyond) for name in ("start", "ready", "finish", "leave")
    )
    y = way.height
    onward = np.flatnonzero(way.part[1:] == way.part[:-1])
    moving = (leave[onward], y[onward], start[onward + 1], y[onward + 1])
    thick = thickness[way.station]
    drawn = set()
    for name, ends, colour, width in (
        ("moving", moving, SOFT, np.full(onward.shape, 0.6)),
        ("waiting", (start, y, ready, y), PURPLE, thick),
        ("worked", (ready, y, finish, y), BLUE, thick),
        # Blocked is told from worked in grey print by its dark edge.
        ("blocked", (finish, y, leave, y), INK, thick + 1.0),
        ("blocked", (finish, y, leave, y), ORANGE, thick),
    ):
        pieces = _pieces(ends, window, size, colour, width)
        axes.add_collection(pieces)
        drawn |= {name} if pieces.get_segments() else set()
    links = _links(seen, line, window)
    axes.vlines(
        [t / size for t, _, _ in links],
        [low for _, low, _ in links],
        [high for _, _, high in links],
        colors=VERMILION,
        linewidths=0.9,
        linestyles="--",
        zorder=4,
    )
    axes.plot(
        [t / size for t, _, _ in links],
        [high for _, _, high in links],
        linestyle="none",
        marker="v",
        color=VERMILION,
        markersize=3.5,
        zorder=5,
    )
    return drawn | ({"freed"} if links else set())


def _links(
    seen: Observation, line: Line, window: tuple[float, float]
) -> list[tuple[float, float, float]]:
    """Return when parts were freed, s, and the heights of them and of what held them."""
    heights = [number + server_offsets(station) for number, station in enumerate(line.stations())]
    brief = BRIEF * (window[1] - window[0])
    return [
        (
            one.leave,
            float(heights[one.blocked[0]][one.blocked[1]]),
            float(heights[one.cause[0]][one.cause[1]]),
        )
        for one in releases(seen, line, *window)
        if one.part % drawing_stride(line) == 0 and one.leave - one.finish > brief
    ]


def _pieces(
    ends: tuple[Floats, Floats, Floats, Floats],
    window: tuple[float, float],
    size: float,
    colour: str,
    thickness: Floats,
) -> LineCollection:
    """Return straight pieces, given where they start and end; those outside are left out."""
    begin, low, end, high = ends
    some = (end >= window[0]) & (begin <= window[1]) & ((end > begin) | (low != high))
    points = np.stack([begin / size, low, end / size, high], axis=1)[some]
    return LineCollection(
        list(points.reshape(-1, 2, 2)),
        colors=colour,
        linewidths=thickness[some],
        linestyles=DOTTED if colour == PURPLE else "-",
        capstyle="butt",
        zorder=3,
    )


def _label_stages(axes: Axes, line: Line, height: float, say: Catalogue) -> None:
    """Name the stages: a section in its middle, and none so near that the names overlap."""
    lengths = np.array([len(stations_of(stage)) for stage in line.stages])
    first = np.cumsum(lengths) - lengths
    axes.set_ylim(-0.6, lengths.sum() - 0.4)
    gap = ROW * (lengths.sum() + 0.2) / height
    places: list[float] = []
    labels: list[str] = []
    for stage, begin, length in zip(line.stages, first, lengths, strict=True):
        if begin and len(lengths) <= ROWS:
            axes.axhline(begin - 0.5, color=FAINT, linewidth=0.6, zorder=1)
        middle = begin + 0.5 * (length - 1)
        if places and middle - places[-1] < gap:
            continue
        places.append(middle)
        paced = say("figure.paced", stations=str(length)) if isinstance(stage, Section) else ""
        labels.append(short(legible(stage.name), 26) + paced)
    axes.set_yticks(places, labels)


def _legend(drawn: set[str]) -> list[Line2D | Patch]:
    """Return what the marks mean, of those that are there."""
    handles: dict[str, Line2D | Patch] = {
        "worked": Line2D([], [], color=BLUE, linewidth=3, label="worked"),
        "blocked": Line2D([], [], color=ORANGE, linewidth=3, label="blocked", path_effects=[EDGE]),
        "waiting": Line2D([], [], color=PURPLE, linewidth=3, linestyle=DOTTED, label=WAITING),
        "moving": Line2D([], [], color=SOFT, linewidth=0.8, label="on the way, in a buffer"),
        "freed": Line2D(
            [],
            [],
            color=VERMILION,
            linestyle="--",
            linewidth=0.9,
            marker="v",
            markersize=3.5,
            label="freed by the station at the mark",
        ),
        "down": Patch(color=BLACK, label="station down"),
        "off": Patch(color=FAINT, label="off shift"),
    }
    return [handle for name, handle in handles.items() if name in drawn]
