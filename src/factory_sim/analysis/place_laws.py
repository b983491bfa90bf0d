"""Laws between stations: a part leaves one only when there is a place at the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.analysis.breach import broken_laws
from factory_sim.analysis.sequence import Follower
from factory_sim.line.plant import UNLIMITED, Section, diverts, stations_of

if TYPE_CHECKING:
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Line, Plant

    Event = Literal["leave", "start", "ready"]


class PlaceLaw:
    """Parts leave one station only when there is a place at the next.

    Args:
        leaves: Name of the one.
        enters: Name of the next.
        event: What frees a place there.
        earlier: Pairs departures with these events, as many parts earlier as there are places.
    """

    def __init__(self, leaves: str, enters: str, event: Event, earlier: Follower) -> None:
        self._leaves, self._enters, self._event = leaves, enters, event
        self._earlier = earlier

    def broken(self, records: dict[str, StationRecord]) -> list[tuple[str, int, float]]:
        """Return the law if a slab breaks it: its text, in which column, and when, s."""
        leave = records[self._leaves].leave
        freed: Floats = getattr(records[self._enters], self._event)
        place = self._earlier.pair(len(leave), freed)
        law = f"places: a part leaves {self._leaves} for a full {self._enters}"
        return broken_laws([(law, leave[: len(place)], place)])


def place_laws(plant: Plant, replications: int) -> list[PlaceLaw]:
    """Return one law per pair of neighbours and per feeder.

    There is none where parts are lost on the way or sent back: departures and arrivals of
    neighbours cannot be paired by count then.
    """
    if any(map(diverts, plant.stations())):
        return []
    laws = []
    for line in plant.lines:
        for before, after in zip(line.stages, line.stages[1:], strict=False):
            if after.buffer == UNLIMITED:
                continue
            enters = stations_of(after)[0]
            paced = isinstance(after, Section)
            lag = after.buffer if paced else after.buffer + enters.servers
            event: Event = "start" if paced else "leave"
            earlier = Follower(lag, replications)
            laws.append(PlaceLaw(stations_of(before)[-1].name, enters.name, event, earlier))
        if line.joins is not None:
            last = stations_of(line.stages[-1])[-1].name
            earlier = Follower(line.buffer, replications)
            laws.append(PlaceLaw(last, line.joins, "ready", earlier))
    return laws


def most_parts(line: Line) -> float:
    """Return the most parts that a saturated line can hold; inf if none is known.

    Parts in repair off the line, and those sent back that wait to go on, have other places.
    """
    aside = ("off_line", "rework")
    elsewhere = any(s.inspection and s.inspection.then in aside for s in line.stations())
    # What stands before the first stage has not entered yet.
    buffers = [stage.buffer for stage in line.stages[1:]]
    if elsewhere or UNLIMITED in buffers:
        return np.inf
    return sum(station.servers for station in line.stations()) + sum(buffers)
