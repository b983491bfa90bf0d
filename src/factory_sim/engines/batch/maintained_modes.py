"""Failure modes on the busy clock with detection, dispatch and predictive maintenance.

A mode lives one life after the other. On the cumulative work of its station each life has
a begin, a threshold at which wear shows, and a threshold at which it fails; a planned
repair may end it before that. For each part that is worked:

    work passes the wear threshold      if the wear is detected, a repair is planned for
                                        the next break
    the part is present in that break,  it is held up by what is left of the planned
    or the first to start after it      repair after the break
    work passes the failure threshold   unless the planned repair came first: failure,
                                        detection, dispatch and repair hold the part up

The rules are those of ``Failure`` and ``Prediction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from factory_sim.line.calendars import next_break, on_shift
from factory_sim.line.lives import Lives, grown
from factory_sim.line.responses import Responses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Station

T = TypeVar("T")

MOST_AHEAD = 16
"""Most lives drawn at a time, per mode and replication."""

CHANCE, TAKES, WARNED, PLANNED, LIFE = range(5)
"""Rows of the draws of a life: the response to its end, and the length of the next life."""


@dataclass(frozen=True)
class Passing:
    """Pairs of a part and a mode of its station, one entry each, (k,).

    Attributes:
        mode: Index of the mode.
        replication: Replication of the part.
        which: Index of the part among those looked at.
        before: Cumulative work of the station before the part, s.
        worked: The same after it, s.
        ready: When work on the part begins, s.
        time: Its processing time, s.
    """

    mode: Ints
    replication: Ints
    which: Ints
    before: Floats
    worked: Floats
    ready: Floats
    time: Floats

    def __getitem__(self, some: Ints) -> Passing:
        return Passing(*(values[some] for values in vars(self).values()))


@dataclass(frozen=True)
class Event:
    """Failures or planned repairs that interrupt parts, one entry each, (k,).

    Attributes:
        mode: Index of the mode.
        replication: Replication of the part.
        which: Index of the part among those looked at.
        after: Processing of the part before the interruption, s.
        down: How long it is interrupted, s.
        seen: Part of ``down`` until the failure is detected, s.
        planned: Whether these are planned repairs.
    """

    mode: Ints
    replication: Ints
    which: Ints
    after: Floats
    down: Floats
    seen: Floats
    planned: bool


class MaintainedModes:
    """The present life of M maintained failure modes in every replication.

    Args:
        modes: Station and failure mode of each.
        draws: The randomness; gives the replications, R.

    Attributes:
        next: (M, R) cumulative work at which wear next shows or the mode fails, s.
        due: (M, R) begin of the break with its planned repair, s; inf if none is planned.
    """

    def __init__(self, modes: Sequence[tuple[Station, Failure]], draws: Draws) -> None:
        self._failures = [failure for _, failure in modes]
        self._lives = [Lives(station.name, failure, draws) for station, failure in modes]
        self._responses = [Responses(station.name, failure, draws) for station, failure in modes]
        shape = (len(modes), len(draws.replications))
        ahead = [failure.prediction for failure in self._failures]
        self._predicted = np.array([p is not None for p in ahead], dtype=np.bool_)
        self._last = np.array([0.0 if p is None else 1.0 - p.begins for p in ahead])
        self._breaks = _Kinds([p and p.breaks for p in ahead])
        self._shifts = _Kinds([station.calendar for station, _ in modes])
        self._seen = _Kinds([failure.seen for failure in self._failures])
        self._number = np.zeros(shape, dtype=np.int64)
        self._tables: dict[int, Floats] = {}
        self._dropped = np.zeros(len(modes), dtype=np.int64)
        self._fails, self.next, self.due = np.empty((3, *shape))
        self._noted = np.empty(shape, dtype=np.bool_)
        everyone = np.arange(shape[1])
        for mode, lives in enumerate(self._lives):
            up = lives.next(1)[0]
            here = (np.full(shape[1], mode), everyone)
            self._begin(*here, np.zeros(shape[1]), up, lives.age)

    def concerned(self, passing: Passing) -> Ints:
        """Return the pairs in which the part is interrupted or the wear begins to show."""
        here = (passing.mode, passing.replication)
        due = self.due[here]
        waits = (passing.ready >= due) | (passing.ready + passing.time > due)
        return np.flatnonzero((passing.worked > self.next[here]) | waits)

    def meet(self, passing: Passing) -> list[Event]:
        """Return the events of pairs that are distinct in mode and replication; advance lives."""
        events = []
        while passing.mode.size:
            self._note(passing)
            here = (passing.mode, passing.replication)
            due, fails, ready = self.due[here], self._fails[here], passing.ready
            # Cumulative work is rounded: a failure must not come after the end of its part.
            after = np.clip(fails - passing.before, 0.0, passing.time)
            strikes = passing.worked > fails
            waits = (ready >= due) | (ready + passing.time > due)
            mended = waits & ~(strikes & (ready + after <= due))
            failed = strikes & ~mended
            if mended.any():
                events.append(self._mend(passing[np.flatnonzero(mended)]))
            if failed.any():
                some = np.flatnonzero(failed)
                events.append(self._fail(passing[some], after[some]))
            passing = passing[np.flatnonzero(mended | failed)]
        return events

    def _note(self, passing: Passing) -> None:
        """Plan repairs where wear begins to show and is detected."""
        here = (passing.mode, passing.replication)
        shows = ~self._noted[here] & (passing.worked > self.next[here])
        if not shows.any():
            return
        some = passing[np.flatnonzero(shows)]
        here = (some.mode, some.replication)
        warned = self._drawn(*here)[WARNED] > 0
        at = some.ready + np.clip(self.next[here] - some.before, 0.0, some.time)
        breaks = self._breaks.each(some.mode, next_break, at)
        self.due[here] = np.where(warned, breaks, np.inf)
        self._noted[here] = True
        self.next[here] = self._fails[here]

    def _mend(self, some: Passing) -> Event:
        """End lives with a planned repair; what exceeds the break interrupts the parts."""
        here = (some.mode, some.replication)
        due = self.due[here]
        drawn = self._drawn(*here)
        rest = self._shifts.each(
            some.mode, on_shift, np.maximum(some.ready, due), due + drawn[PLANNED]
        )
        later = some.ready >= due
        after = np.where(later, 0.0, due - some.ready)
        event = Event(*here, some.which, after, rest, np.zeros_like(rest), planned=True)
        # The rest of a part that the break interrupts still counts for the old life.
        self._move_on(*here, np.where(later, some.before, some.worked), drawn[LIFE])
        return event

    def _fail(self, some: Passing, after: Floats) -> Event:
        """End lives with a failure."""
        here = (some.mode, some.replication)
        drawn = self._drawn(*here)
        seen = self._seen.each(
            some.mode, lambda law, t, u: law.delay(t, u), some.ready + after, drawn[CHANCE]
        )
        event = Event(*here, some.which, after, seen + drawn[TAKES], seen, planned=False)
        self._move_on(*here, self._fails[here], drawn[LIFE])
        return event

    def _move_on(self, mode: Ints, replication: Ints, base: Floats, up: Floats) -> None:
        """Begin the next lives, ``up`` long, at cumulative work ``base``, (k,), s."""
        for one in np.unique(mode):
            growth = self._failures[one].growth
            if growth is not None:
                some = mode == one
                up[some] *= grown(growth, base[some])
        self._number[mode, replication] += 1
        self._renew(mode, replication, base, up, up)

    def _begin(self, mode: Ints, replication: Ints, base: Floats, up: Floats, age: Floats) -> None:
        """Begin the first lives of a mode, in which it may already have an age, s."""
        growth = self._failures[mode[0]].growth
        if growth is not None:
            up *= grown(growth, base)
        self._renew(mode, replication, base, up, age + up)

    def _renew(self, mode: Ints, replication: Ints, base: Floats, up: Floats, life: Floats) -> None:
        """Set the thresholds of lives of length ``life`` that fail ``up`` after ``base``, s."""
        here = (mode, replication)
        fails = base + up
        shows = np.maximum(fails - self._last[mode] * life, base)
        ahead = self._predicted[mode]
        self._fails[here] = fails
        self.next[here] = np.where(ahead, shows, fails)
        self._noted[here] = ~ahead
        self.due[here] = np.inf

    def _drawn(self, mode: Ints, replication: Ints) -> Floats:
        """Return the draws of the present lives, (5, k)."""
        found = np.empty((5, mode.size))
        for one in np.unique(mode):
            some = mode == one
            life = self._number[one, replication[some]]
            table = self._table(int(one), int(life.max()))
            found[:, some] = table[:, life - self._dropped[one], replication[some]]
        return found

    def _table(self, mode: int, life: int) -> Floats:
        """Return the draws of a mode at least up to a life, (5, n, R), those done with dropped."""
        table = self._tables.get(mode)
        if table is None:
            table = np.empty((5, 0, self._number.shape[1]))
        while life - self._dropped[mode] >= table.shape[1]:
            number = min(max(2 * table.shape[1], 1), MOST_AHEAD)
            response = self._responses[mode].next(number)
            fresh = np.stack(
                [response.chance, response.takes, response.warned, response.planned,
                 self._lives[mode].next(number)]
            )  # fmt: skip
            old = int(self._number[mode].min() - self._dropped[mode])
            table = np.concatenate([table[:, old:], fresh], axis=1)
            self._dropped[mode] += old
        self._tables[mode] = table
        return table


class _Kinds(Generic[T]):
    """Modes grouped by an object that they share, to evaluate it once per group.

    Args:
        of: The object of each mode, such as its calendar; None for none.
    """

    def __init__(self, of: Sequence[T | None]) -> None:
        self._kinds: list[T] = []
        self._kind = np.full(len(of), -1)
        for mode, one in enumerate(of):
            if one is not None:
                if one not in self._kinds:
                    self._kinds.append(one)
                self._kind[mode] = self._kinds.index(one)

    def each(self, mode: Ints, of: Callable[..., Floats], *values: Floats) -> Floats:
        """Return ``of(object, *values)`` for entries of some modes, (k,); 0 without an object."""
        found = np.zeros(mode.size)
        kind = self._kind[mode]
        for one in np.unique(kind[kind >= 0]):
            some = kind == one
            found[some] = of(self._kinds[one], *(value[some] for value in values))
        return found
