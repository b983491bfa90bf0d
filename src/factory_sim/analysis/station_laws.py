"""Laws of single stations: the order of events, the servers, and the work that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.breach import TOLERANCE, breach
from factory_sim.analysis.sequence import Finished, Follower, compact
from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.plant import Station


class StationLaws:
    """Order, servers and work at one station."""

    def __init__(self, station: Station, replications: int) -> None:
        self._name = station.name
        self._server = Follower(station.servers, replications)
        self._finished = Finished(station.servers, replications)

    def broken(self, record: StationRecord, *, paced: bool) -> list[tuple[str, float]]:
        """Return the laws that a slab breaks, with the time of the first breach, s."""
        count, (start, ready, finish) = compact(record.start, record.ready, record.finish)
        departures, (leave,) = compact(record.leave)
        done = self._finished.depart(finish, departures)
        freed = self._server.pair(count, leave)
        name = self._name
        checks = [
            (f"order: {name} has components before the part", ready, start),
            (f"order: {name} finishes before it begins", finish, ready),
            (f"order: a part leaves {name} before it is finished", leave[: len(done)], done),
            (f"servers: a part starts at {name} on an occupied server", start[: len(freed)], freed),
        ]
        found = [(law, at) for law, later, earlier in checks for at in breach(later, earlier)]
        if not paced:
            found.extend((f"work: {name} {law}", at) for law, at in _work(record))
        return found


def _work(record: StationRecord) -> list[tuple[str, float]]:
    """Check that time on the server is work, repairs and outages."""
    some = record.finish < FAR
    if not some.any():
        return []
    ready, finish = np.where(some, record.ready, 0.0), np.where(some, record.finish, 0.0)
    needed = np.where(some, record.work, 0.0)
    if record.down is not None:
        needed = needed + np.where(some, record.down, 0.0)
    spent = finish - ready
    if not record.outages.none:
        spent -= record.outages.lost_between(ready, finish, slice(0, spent.shape[1]))
    wrong = np.abs(spent - needed) > 10 * TOLERANCE * (1 + finish)
    return [("spends more or less than its work", float(ready[wrong].min()))] if wrong.any() else []
