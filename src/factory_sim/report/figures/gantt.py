"""What every station does over a shift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import Patch

from factory_sim.analysis.states import STATES
from factory_sim.report.figures.clock import time_axis
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    INK,
    ROW,
    STATE_COLOURS,
    STATE_HATCHES,
    STATE_LABELS,
    drawing,
    headline,
    sheet,
    short,
    time_scale,
)
from factory_sim.report.numbers import count
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.analysis.timeline import Spans
    from factory_sim.line.arrays import Bools
    from factory_sim.report.texts import Catalogue

MOST = 36
"""Most servers that are drawn: as many rows as fit on a page."""

SHIFT = 8 * 3600.0
"""Length of the window, unless another is asked for, s."""

DRAWN_AS_IMAGE = 200
"""Number of spans from which on an SVG or PDF holds them as an image. It would be huge
otherwise, and a browser takes minutes to print some thousand hatched boxes.
"""


NARROW = 0.006
"""Share of the window: a hatch on shorter spans would show as lines at random."""


def window_of_shift(
    spans: Sequence[Spans], begin: float, *, length: float = SHIFT
) -> tuple[float, float]:
    """Return a window that begins when the first station is on shift, s.

    Args:
        spans: Of all servers, from ``begin`` on.
        begin: Where to look from, s.
        length: Of the window, s; less where the spans end before.
    """
    end = float(spans[0].edges[-1])
    on = min(float(s.edges[:-1][s.states != STATES.index("off")].min(initial=end)) for s in spans)
    first = on if on < end else begin
    return first, min(first + length, end)


def gantt(
    spans: Sequence[Spans],
    *,
    title: str = "",
    started: float | None = None,
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return the states of servers over time, a row each, in flow order.

    Of many servers those are drawn that are down longest, and then those that are busy
    longest; the line below says how many are left out.

    Args:
        spans: One entry per server; see ``analysis.timeline``.
        title: Of the figure.
        started: Moment of the week at the start, s, for the times of the day.
        say: The texts of a language, for what :func:`translate` leaves alone.
    """
    shown = _telling(spans)
    begin, end = float(shown[0].edges[0]), float(shown[0].edges[-1])
    _, size = time_scale(end - begin)
    with drawing([title, *(one.station for one in shown)]):
        figure = sheet(1.2 + 1.05 * ROW * len(shown))
        axes = figure.subplots()
        present = [state for state in range(len(STATES)) if _draw(axes, shown, state, size)]
        axes.set_xlim(begin / size, end / size)
        axes.set_ylim(len(shown) - 0.45, -0.55)
        axes.set_yticks(range(len(shown)), _labels(shown))
        axes.tick_params(axis="y", length=0)
        left = len(spans) - len(shown)
        more = f"  ({count(left, 'server')} less often down or busy not shown)" if left else ""
        time_axis(axes, (begin, end), started=started, note=more, say=say)
        headline(figure, title)
        labels = {state: STATE_LABELS[STATES[state]] for state in present}
        handles = [Patch(**_looks(s), label=label, linewidth=0.4) for s, label in labels.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(STATES))
    return figure


def _telling(spans: Sequence[Spans]) -> list[Spans]:
    """Return the servers that are down longest, then those that are busy longest."""
    if len(spans) <= MOST:
        return list(spans)
    busy, down = STATES.index("busy"), STATES.index("down")
    seconds = [one.seconds() for one in spans]
    best = sorted(range(len(spans)), key=lambda at: (-seconds[at][down], -seconds[at][busy]))
    return [spans[at] for at in sorted(best[:MOST])]


def _labels(shown: Sequence[Spans]) -> list[str]:
    """Return the names of stations, with the number of the server where there are several."""
    several = {one.station for one in shown if one.server > 0}
    return [
        short(legible(one.station), 30) + (f" {one.server + 1}" if one.station in several else "")
        for one in shown
    ]


def _looks(state: int) -> dict[str, Any]:
    name = STATES[state]
    return {
        "facecolor": STATE_COLOURS[name],
        "hatch": STATE_HATCHES.get(name),
        "edgecolor": INK,
    }


def _draw(axes: Axes, shown: Sequence[Spans], state: int, size: float) -> bool:
    """Draw all spans in one state, and return whether there are any."""
    corners = []
    for row, one in enumerate(shown):
        here: Bools = one.states == state
        left, right = one.edges[:-1][here] / size, one.edges[1:][here] / size
        low, high = np.full(left.shape, row + 0.4), np.full(left.shape, row - 0.4)
        x = np.stack([left, left, right, right], axis=1)
        y = np.stack([low, high, high, low], axis=1)
        corners.append(np.stack([x, y], axis=2))
    boxes = np.concatenate(corners)
    if not len(boxes):
        return False
    many = sum(one.states.size for one in shown) > DRAWN_AS_IMAGE
    window = (shown[0].edges[-1] - shown[0].edges[0]) / size
    wide = boxes[:, 2, 0] - boxes[:, 0, 0] > NARROW * window
    for some, hatch in ((wide, STATE_HATCHES.get(STATES[state])), (~wide, None)):
        looks = _looks(state) | {"hatch": hatch}
        drawn = PolyCollection(list(boxes[some]), linewidths=0, rasterized=many, **looks)
        axes.add_collection(drawn)
    return True
