"""The trajectories in a space-time diagram: which parts it shows, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.trace import Observation
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line, Station

PARTS = 30
"""Parts that are drawn, about, unless another window is asked for."""

ROWS = 40
"""Most stations for which every part is drawn; of a longer line it is every second part, or
every third, so that the lines stay as far apart."""

REACH = 0.28
"""How far the servers of a station are drawn above and below it, in stations."""


@dataclass(frozen=True)
class Visits:
    """Visits to one line, by part and then in order of time.

    Attributes:
        station: (n,) index of the station in the line.
        part: (n,) order number.
        height: (n,) where the visit is drawn: servers are beside each other.
        times: (n,) each of start, ready, finish and leave, s.
    """

    station: Ints
    part: Ints
    height: Floats
    times: Mapping[str, Floats]


def drawing_stride(line: Line) -> int:
    """Return k such that every k-th part of a line is drawn."""
    return -(-len(list(line.stations())) // ROWS)


def window_of_parts(seen: Observation, begin: float, *, parts: int = PARTS) -> tuple[float, float]:
    """Return a window, s, in which about ``parts`` of the parts drawn leave the main line.

    It begins with the first that leaves after a time. Where too few leave it ends with the run.
    """
    last = list(seen.plant.main.stations())[-1].name
    leave = np.sort(seen.times("leave", last))
    leave = leave[(leave > begin) & (leave <= seen.until)]
    parts *= drawing_stride(seen.plant.main)
    if leave.size <= parts:
        return begin, seen.until
    return float(leave[0]), float(leave[parts])


def server_offsets(station: Station) -> Floats:
    """Return the vertical offsets of the servers of a station from it, in stations."""
    reach = REACH * (station.servers > 1)
    return np.linspace(-reach, reach, station.servers)


def visits(seen: Observation, line: Line) -> Visits:
    """Return the visits of the parts of a line that are drawn."""
    names = [station.name for station in line.stations()]
    part = np.concatenate([seen.counts("part", name) for name in names])
    times = {
        column: np.concatenate([seen.times(column, name) for name in names])
        for column in ("start", "ready", "finish", "leave")
    }
    lengths = [len(seen.counts("part", name)) for name in names]
    station = np.repeat(np.arange(len(names)), lengths)
    height = np.concatenate(
        [
            number + server_offsets(one)[seen.counts("server", one.name)]
            for number, one in enumerate(line.stations())
        ]
    )
    order = np.lexsort((station, times["start"], part))
    order = order[part[order] % drawing_stride(line) == 0]
    return Visits(
        station[order],
        part[order],
        height[order],
        {column: values[order] for column, values in times.items()},
    )
