"""The parts in the buffers over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from factory_sim.report.figures.clock import time_axis
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    SOFT,
    VERMILION,
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

    from factory_sim.analysis.levels import Level
    from factory_sim.report.texts import Catalogue

MOST = 10
"""Most buffers that are drawn; of more, those that alternate between full or empty and not."""

HEIGHT = 0.62
"""Of one buffer, inches."""


def buffers(
    levels: Sequence[Level],
    *,
    title: str = "",
    started: float | None = None,
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return the parts in each buffer over time, one under the other in flow order.

    A bar on top marks the time in which a buffer is full and holds up what is before it.

    Args:
        levels: Of one window; see ``analysis.levels``.
        title: Of the figure.
        started: Moment of the week at the start, s, for the times of the day.
        say: The texts of a language, for what :func:`translate` leaves alone.

    Raises:
        ValueError: If there is none.
    """
    if not levels:
        message = "the plant has no buffer whose level can be drawn"
        raise ValueError(message)
    shown = _telling(levels)
    names = [_name(level, say) for level in shown]
    begin, end = float(shown[0].edges[0]), float(shown[0].edges[-1])
    _, size = time_scale(end - begin)
    with drawing([title, *names]):
        figure = sheet(1.1 + HEIGHT * len(shown))
        panels = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
        for axes, level, name in zip(panels, shown, names, strict=True):
            _level(axes, level, size)
            axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
        left = len(levels) - len(shown)
        more = f"  ({count(left, 'buffer')} that change less not shown)" if left else ""
        time_axis(panels[-1], (begin, end), started=started, note=more, say=say)
        headline(figure, title)
        figure.legend(handles=_legend(shown), loc="outside lower center", ncols=3)
    return figure


def _telling(levels: Sequence[Level]) -> list[Level]:
    """Return those that are full or empty only part of the time, in flow order."""

    def telling(level: Level) -> float:
        # A buffer that is always full or always empty says less than one that alternates.
        return min(level.full_share, 1 - level.full_share) + min(
            level.empty_share, 1 - level.empty_share
        )

    best = sorted(range(len(levels)), key=lambda at: -telling(levels[at]))[:MOST]
    return [levels[at] for at in sorted(best)]


def _name(level: Level, say: Catalogue) -> str:
    """Return the name of a buffer, on at most two lines."""
    name = short(legible(level.name), 24)
    if level.takes_from is None:
        return say("figure.before", station=name)
    return say("figure.feeds", line=short(legible(level.takes_from), 24), station=name)


def _level(axes: Axes, level: Level, size: float) -> None:
    """Draw one buffer."""
    edges = level.edges / size
    most = int(level.parts.max(initial=1))
    top = max(most, level.places or 1)
    axes.stairs(level.parts, edges, fill=True, color=BLUE, linewidth=0)
    if level.places is not None:
        axes.axhline(level.places, color=SOFT, linewidth=0.8, linestyle="--")
    full = np.flatnonzero(level.full)
    axes.broken_barh(
        list(zip(edges[full], np.diff(edges)[full], strict=True)),
        (1.12 * top, 0.16 * top),
        facecolor=VERMILION,
        edgecolor="none",
    )
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.32 * top)
    if level.places is not None and most <= level.places:
        axes.set_yticks([0, level.places])
    else:
        axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))


def _legend(shown: Sequence[Level]) -> list[Line2D | Patch]:
    marks: list[Line2D | Patch] = [Patch(color=BLUE, label="parts")]
    if any(level.places is not None for level in shown):
        marks.append(Line2D([], [], color=SOFT, linestyle="--", linewidth=0.8, label="places"))
        marks.append(Patch(color=VERMILION, label="full: nothing can come in"))
    return marks
