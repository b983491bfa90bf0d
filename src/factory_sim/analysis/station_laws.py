"""Laws of single stations: the order of events, the servers, and the work that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.breach import TOLERANCE, broken_laws, in_order
from factory_sim.analysis.sequence import Finished, Follower, compact
from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from factory_sim.engines.record import StationRecord
    from factory_sim.line.arrays import Ints
    from factory_sim.line.plant import Station

    Columns = slice | Ints


class StationLaws:
    """Order, servers and work at one station.

    Args:
        station: Which.
        at: The R replications that are checked.
        replications: R.
    """

    def __init__(self, station: Station, at: Columns, replications: int) -> None:
        self._name, self._at = station.name, at
        self._server = Follower(station.servers, replications)
        self._finished = Finished(station.servers, replications)

    def broken(self, record: StationRecord, *, paced: bool) -> list[tuple[str, int, float]]:
        """Return the laws that a slab breaks: which, in which column, and when, s."""
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
        found = broken_laws(checks)
        if not paced:
            law = f"work: {name} spends more or less than its work"
            found.extend((law, *where) for where in _misspent(record, self._at))
        return found


def _misspent(record: StationRecord, at: Columns) -> list[tuple[int, float]]:
    """Return where and when time on the server is not work, repairs and outages."""
    some = record.finish < FAR
    if not some.any():
        return []
    ready, finish = np.where(some, record.ready, 0.0), np.where(some, record.finish, 0.0)
    needed = np.where(some, record.work, 0.0)
    if record.down is not None:
        needed = needed + np.where(some, record.down, 0.0)
    spent = finish - ready
    if not record.outages.none:
        spent -= record.outages.lost_between(ready, finish, at)
    wrong = np.abs(spent - needed) > 10 * TOLERANCE * (1 + finish)
    return in_order(wrong, ready) if wrong.any() else []
