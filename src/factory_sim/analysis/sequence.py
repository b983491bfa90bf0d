"""Starts and departures across slabs: which departure freed the server that a start takes.

Rows of a slab may be empty in some replications, and a start in one slab follows
departures of an earlier one. These helpers align starts and departures of a station, part by part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints


class Follower:
    """Pairs the events of a station with those a fixed number of parts earlier.

    The first ``lag`` events are paired with time 0, when all is free.

    Args:
        lag: How many parts earlier.
        replications: R.

    Attributes:
        waiting: (lag or more, R) earlier events whose counterpart is not known yet.
    """

    def __init__(self, lag: int, replications: int) -> None:
        self.waiting = np.zeros((lag, replications))

    def pair(self, events: int | Ints, earlier: Floats) -> Floats:
        """Return for each of the next events the one ``lag`` parts before, (n, R).

        Args:
            events: n, or (R,) how many of the n rows are not empty.
            earlier: (m, R) the newly known earlier events, ascending; inf for none.
        """
        known = np.concatenate([self.waiting, earlier])
        pairs, self.waiting = split(known, events)
        return pairs


class Finished:
    """The finishes of departing parts, when parts leave in order of finish.

    Args:
        servers: Of the station; with one server parts leave in order of start.
        replications: R.

    Attributes:
        staying: (n, R) finishes of parts that have not left; inf where it is not known.
    """

    def __init__(self, servers: int, replications: int) -> None:
        self._overtaking = servers > 1
        self.staying = np.empty((0, replications))

    def depart(self, finish: Floats, departures: int | Ints) -> Floats:
        """Return the finishes of the next departures, (m, R).

        Args:
            finish: (n, R) of parts that started, in order of start.
            departures: m, or (R,) how many.
        """
        working = np.concatenate([self.staying, finish]) if len(self.staying) else finish
        if self._overtaking:
            working = np.sort(working, axis=0)
        done, rest = split(working, departures)
        self.staying = rest.copy()  # the records are only valid until the next slab
        return done


def split(rows: Floats, count: int | Ints) -> tuple[Floats, Floats]:
    """Return the first ``count`` rows and the rest, per replication if it differs.

    Args:
        rows: (n, R) ascending but for empty rows (inf).
        count: How many, for all or (R,).
    """
    if isinstance(count, int):
        return rows[:count], rows[count:]
    rows = np.sort(rows, axis=0)
    most = int(count.max(initial=0))
    head = np.where(np.arange(most)[:, None] < count, rows[:most], np.inf)
    padded = np.concatenate([rows, np.full((1, rows.shape[1]), np.inf)])
    row = np.minimum(np.arange(len(rows))[:, None] + count, len(rows))
    tail: Floats = np.take_along_axis(padded, row, axis=0)
    return head, tail[: int((tail < np.inf).any(axis=1).sum())]


def compact(start: Floats, *others: Floats) -> tuple[int | Ints, tuple[Floats, ...]]:
    """Close the gaps of empty rows, part after part in each replication.

    Args:
        start: (n, R) in ascending order but for empty rows (inf).
        others: (n, R) with the same rows.

    Returns:
        How many rows are not empty (n, or (R,) where it differs), and the arrays
        with their empty rows last.
    """
    if not start.size or start.max() < np.inf:
        return len(start), (start, *others)
    order = np.argsort(start, axis=0, kind="stable")
    packed = tuple(np.take_along_axis(x, order, axis=0) for x in (start, *others))
    return np.isfinite(start).sum(axis=0), packed
