"""All devices of a fleet as cells, by shop and class, and what they do over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from factory_sim.fleet.states import DEVICE_STATES
from factory_sim.report.figures.clock import time_axis
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    VERMILION,
    WIDTH,
    drawing,
    grid,
    headline,
    sheet,
    short,
    time_scale,
)
from factory_sim.report.texts import ENGLISH
from factory_sim.scenario.durations import duration
from factory_sim.scenario.readers import DAY, DAYS
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from factory_sim.fleet.overview import FleetStates
    from factory_sim.line.arrays import Ints
    from factory_sim.report.texts import Catalogue

    Image = NDArray[np.float64]

LOOKS: dict[str, dict[str, Any]] = {
    "working": {"facecolor": BLUE},
    "starved": {"facecolor": FAINT},
    "blocked": {"facecolor": ORANGE},
    "waiting": {"facecolor": PURPLE, "hatch": "...."},
    "stopped": {"facecolor": VERMILION, "hatch": "////"},
    "down": {"facecolor": "#000000"},
    "off": {"facecolor": "#ffffff"},
}
"""Of states, in the order in which they are stacked from the ground."""

CELL = 10
"""Width of a device in points of its picture, its edge included."""

LARGEST, ROOM = 0.16, 5.0
"""Of a device, and of all of them from top to bottom, inches."""

ROUNDS, POWER = 200, 8
"""In which the widths of shops are found, and how sharply the largest counts."""

NAME = 0.19
"""Room that the name of a shop takes when it is turned, inches."""

MARGIN = 1.35
"""Beside the devices: names of classes, inches."""


@dataclass(frozen=True)
class Grid:
    """Where the cells of devices are.

    Attributes:
        rows, columns: (D,) place of each device.
        tops: (C + 1,) first row of each class, and one beyond the last.
        lefts: (S + 1,) first column of each shop, and one beyond the last.
    """

    rows: Ints
    columns: Ints
    tops: Ints
    lefts: Ints


def device_grid(
    fleet: FleetStates,
    *,
    title: str = "",
    started: float | None = None,
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return the devices at the moment when most are down, and their states over time.

    Above a cell for each device, in blocks by class and shop; in the middle the share of all
    devices in each state, below the number that is down.

    Args:
        fleet: What the devices do.
        title: Of the figure.
        started: Moment of the week at the start, s, for the times of the day.
        say: The texts of a language.
    """
    places, size = fitted(fleet)
    any_down = fleet.shares[DEVICE_STATES.index("down")].any()
    key = "devices.when" if any_down else "devices.none_down"
    when = say(key, moment=_moment(fleet.moment, started, say))
    names = [say(f"devices.{state}") for state in LOOKS]
    height = size * places.tops[-1]
    with drawing([title, when, *names, *fleet.shops, *fleet.classes]):
        figure = sheet(3.9 + height)
        ratios = [height + 0.75, 1.3, 0.7]
        cells, stack, down = figure.subplots(3, 1, height_ratios=ratios)
        _cells(cells, fleet, places)
        present = _stack(stack, fleet, say)
        _down(down, fleet, started, say)
        for axes in (stack, down):
            axes.axvline(fleet.moment / _unit(fleet)[1], color=INK, linestyle=":")
        stack.tick_params(labelbottom=False)
        handles = [
            Patch(**LOOKS[state], edgecolor=SOFT, linewidth=0.4, label=name)
            for state, name in zip(LOOKS, names, strict=True)
            if state in present
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=7, columnspacing=1.2)
        headline(figure, f"{title}\n{when}" if title else when)
    return figure


def _moment(moment: float, started: float | None, say: Catalogue) -> str:
    """Return when a moment is: since the start or, where it is known, by the clock."""
    if started is None:
        return say("devices.after", time=duration(moment))
    day, seconds = divmod(round(started + moment), DAY)
    name = say(f"day.{DAYS[int(day) % len(DAYS)]}")
    return say("devices.at", day=name, time=clock_text(seconds))


def fitted(fleet: FleetStates) -> tuple[Grid, float]:
    """Return where the cells go, and how large they are, inches: as large as there is room."""
    counts = np.zeros((len(fleet.classes), len(fleet.shops)), dtype=np.int64)
    np.add.at(counts, (fleet.class_of, fleet.shop_of), 1)
    size = LARGEST
    while True:
        across = int((WIDTH - MARGIN) / size)
        least = min(int(NAME / size), across // len(fleet.shops) - 1)
        widths = _widths(counts, across - len(fleet.shops), max(least, 1))
        heights = _heights(counts, widths)
        if (heights.sum() + len(heights)) * size <= ROOM or size < 0.005:
            break
        size *= 0.95
    # One row and one column of cells stay empty between blocks.
    tops = np.concatenate([[0], np.cumsum(heights + 1)])
    lefts = np.concatenate([[0], np.cumsum(widths + 1)])
    place = _places(fleet, counts)
    within = widths[fleet.shop_of]
    return (
        Grid(
            rows=tops[fleet.class_of] + place // within,
            columns=lefts[fleet.shop_of] + place % within,
            tops=tops,
            lefts=lefts,
        ),
        size,
    )


def _widths(counts: Ints, across: int, least: int) -> Ints:
    """Return the widths of shops, in cells, at which all classes together are low.

    The height of a class is the largest of its counts over the widths. Where the sum of the
    heights is least, each shop's width is in proportion to the heights that it decides; a
    power shares a height among shops that are close to it, and steps as small as its inverse
    do not swing about that point.
    """
    # A shop without devices has room as if it had one of each class.
    counts = np.maximum(counts, counts.sum(axis=0) == 0)
    widths = counts.sum(axis=0) / counts.sum()
    for _ in range(ROUNDS):
        ratios = counts / widths
        heights = ratios.max(axis=1, keepdims=True)
        decides = (ratios / heights) ** POWER
        decides *= heights / decides.sum(axis=1, keepdims=True)
        wanted = decides.sum(axis=0) / decides.sum()
        widths = widths ** (1 - 1 / POWER) * wanted ** (1 / POWER)
        widths = np.maximum(widths / widths.sum(), least / max(across, 1))
        widths /= widths.sum()
    cells: Ints = np.maximum(np.floor(widths * across), 1).astype(np.int64)
    return cells


def _heights(counts: Ints, widths: Ints) -> Ints:
    heights: Ints = (-(-counts // widths)).max(axis=1)
    return heights


def _places(fleet: FleetStates, counts: Ints) -> Ints:
    """Return the place of each device in its block, (D,), in the order of the fleet."""
    block = fleet.class_of * len(fleet.shops) + fleet.shop_of
    order = np.argsort(block, kind="stable")
    firsts = np.concatenate([[0], np.cumsum(counts.ravel())])[:-1]
    places = np.empty(block.size, dtype=np.int64)
    places[order] = np.arange(block.size) - firsts[block[order]]
    return places


def _cells(axes: Axes, fleet: FleetStates, places: Grid) -> None:
    """Draw the devices as one picture."""
    shape = int(places.tops[-1]), int(places.lefts[-1])
    shown = np.full(shape, len(DEVICE_STATES))
    shown[places.rows, places.columns] = fleet.states
    tiles = np.stack([*(_tile(state) for state in DEVICE_STATES), np.ones((CELL, CELL, 3))])
    picture = tiles[shown].swapaxes(1, 2).reshape(shape[0] * CELL, shape[1] * CELL, 3)
    axes.imshow(picture, extent=(0, shape[1], shape[0], 0), aspect="equal", rasterized=True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    middles = (places.lefts[1:] + places.lefts[:-1] - 1) / 2
    narrow = np.diff(places.lefts).min() * len(fleet.shops) / shape[1] < 0.9
    axes.xaxis.tick_top()
    names = [short(legible(name), 18) for name in fleet.shops]
    turned: dict[str, Any] = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(middles, names, **(turned if narrow else {}))
    counts = np.bincount(fleet.class_of, minlength=len(fleet.classes))
    rows = [
        f"{short(legible(name), 20)} {n:,}" for name, n in zip(fleet.classes, counts, strict=True)
    ]
    axes.set_yticks((places.tops[1:] + places.tops[:-1] - 1) / 2, rows)
    axes.tick_params(length=0, pad=2)


def _tile(state: str) -> Image:
    """Return the picture of a device in a state, (CELL, CELL, 3): a box with a light edge."""
    tile = np.ones((CELL, CELL, 3))
    box = tile[:-1, :-1]
    box[:] = to_rgb(LOOKS[state]["facecolor"])
    place = np.arange(CELL - 1)
    if state == "off":
        box[[0, -1], :] = box[:, [0, -1]] = to_rgb("#bdbdbd")
    elif state == "stopped":
        box[np.abs(place[:, None] + place - (CELL - 2)) <= 1] = to_rgb(INK)
    elif state == "waiting":
        box[3:-3, 3:-3] = to_rgb(INK)
    return tile


def _unit(fleet: FleetStates) -> tuple[str, float]:
    return time_scale(float(fleet.edges[-1] - fleet.edges[0]))


def _stack(axes: Axes, fleet: FleetStates, say: Catalogue) -> Sequence[str]:
    """Draw the share of devices in each state over time, and return the states there are."""
    _, size = _unit(fleet)
    present, below = [], np.zeros(fleet.edges.size - 1)
    for state, looks in LOOKS.items():
        above = below + fleet.shares[DEVICE_STATES.index(state)]
        if (above > below).any():
            axes.stairs(
                above, fleet.edges / size, baseline=below, fill=True, **looks, edgecolor=SOFT,
                linewidth=0.3,
            )  # fmt: skip
            present.append(state)
        below = above
    axes.set_ylim(0.0, 1.0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_ylabel(say("devices.share"))
    axes.set_xlim(fleet.edges[0] / size, fleet.edges[-1] / size)
    return present


def _down(axes: Axes, fleet: FleetStates, started: float | None, say: Catalogue) -> None:
    """Draw the number of devices that are down over time."""
    unit, size = _unit(fleet)
    down = len(fleet.states) * fleet.shares[DEVICE_STATES.index("down")]
    axes.stairs(down, fleet.edges / size, baseline=None, color=INK, linewidth=1.0)
    axes.set_xlim(fleet.edges[0] / size, fleet.edges[-1] / size)
    axes.set_ylim(0.0, max(1.1 * float(down.max()), 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_ylabel(say("devices.number_down"))
    window = float(fleet.edges[0]), float(fleet.edges[-1])
    time_axis(axes, window, started=started, say=say)
    axes.set_xlabel(say("base.clock" if started is not None else "devices.time", unit=unit))
    grid(axes, "y")
