"""Who blocked whom: the station that held up a finished part that could not leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import Section, stations_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.analysis.trace import Observation
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line

SAME = 1e-9
"""Tolerance relative to the clock: times that differ by less are the same moment."""


@dataclass(frozen=True)
class Release:
    """A blocked part and its release.

    Attributes:
        part: Its order number in its line.
        finish: When it was done, s.
        leave: When it was released, s.
        blocked: Number of the station in its line where it stood, and of the server.
        cause: Likewise, of the part whose departure freed the place.
    """

    part: int
    finish: float
    leave: float
    blocked: tuple[int, int]
    cause: tuple[int, int]


def releases(seen: Observation, line: Line, begin: float, end: float) -> Iterator[Release]:
    """Yield the blocked parts of a line that are released during a window, station by station.

    A blocked part leaves at the moment when a part leaves the station ahead. That part may
    have been blocked itself; the last of such a chain is the cause. Parts within a paced
    section are left out: there all wait for each other in every cycle.

    Args:
        seen: One replication.
        line: Which line.
        begin: Start of the window, s.
        end: End of the window, s.
    """
    names = [station.name for station in line.stations()]
    departures = [_departures(seen, name) for name in names]
    paced = [isinstance(stage, Section) for stage in line.stages for _ in stations_of(stage)]
    for here, name in enumerate(names):
        if paced[here]:
            continue
        finish, leave = seen.times("finish", name), seen.times("leave", name)
        part, server = seen.counts("part", name), seen.counts("server", name)
        for row in np.flatnonzero((leave > finish) & (leave > begin) & (leave < end)):
            cause = _cause(departures, here, float(leave[row]))
            if cause is not None:
                blocked = (here, int(server[row]))
                yield Release(int(part[row]), float(finish[row]), float(leave[row]), blocked, cause)


def _departures(seen: Observation, station: str) -> tuple[Floats, Ints]:
    """Return when parts leave a station, ascending, s, and from which server."""
    leave, server = seen.times("leave", station), seen.counts("server", station)
    order = np.argsort(leave)
    return leave[order], server[order]


def _cause(
    departures: list[tuple[Floats, Ints]], here: int, moment: float
) -> tuple[int, int] | None:
    """Return the last station, and server, of the chain ahead that a part leaves then."""
    cause = None
    for station in range(here + 1, len(departures)):
        times, servers = departures[station]
        at = int(np.searchsorted(times, moment - SAME * moment))
        if at == times.size or times[at] > moment + SAME * moment:
            break
        cause = (station, int(servers[at]))
    return cause
