"""Breakdowns on the busy clock that somebody must see, come to, or prevent.

Each mode has a life at a time: it begins at a sum of the work done, shows wear at a later
one, and ends in a failure at a third, unless a planned repair ends it before. What must be
known of a part is when work on it begins, the sum before it, and what it adds. Then, at one
station and mode after the other:

    the sum passes the wear      the repair is planned for the next break, if it is seen
    the part is there then       or begins later: it meets what the break leaves of the repair
    the sum passes the failure   not after the break: it fails, is seen, and is repaired

Source of the rules: the docstrings of ``Failure`` and ``Prediction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from factory_sim.line.answers import Answers
from factory_sim.line.calendars import next_break, on_shift
from factory_sim.line.lives import Lives, grown

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
"""Rows of what is drawn for a life: its answer, and how long the life after it is."""


@dataclass(frozen=True)
class Passing:
    """Parts that pass a mode, one entry for each part and mode, (k,).

    Attributes:
        mode: The mode.
        replication: The column.
        which: Which of the parts it is.
        before: Work done at the station before the part, s.
        worked: Work done with it, s.
        ready: When work on it begins, s.
        time: Processing of it, s.
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
    """Failures or planned repairs that parts meet, one entry each, (k,).

    Attributes:
        mode: The mode.
        replication: The column.
        which: Which of the parts meets it.
        after: Processing of the part before it, s.
        down: How long the part is held up, s.
        seen: How much of that passes until the failure is seen, s.
        planned: Whether it is a planned repair.
    """

    mode: Ints
    replication: Ints
    which: Ints
    after: Floats
    down: Floats
    seen: Floats
    planned: bool


class AnsweredModes:
    """M failure modes, and what each does next in every replication.

    Args:
        modes: The station of each and the mode.
        draws: The randomness; gives the replications, R.

    Attributes:
        next: (M, R) work done at which each next shows wear or fails, s.
        due: (M, R) break in which its planned repair is made, s; inf for none.
    """

    def __init__(self, modes: Sequence[tuple[Station, Failure]], draws: Draws) -> None:
        self._failures = [failure for _, failure in modes]
        self._lives = [Lives(station.name, failure, draws) for station, failure in modes]
        self._answers = [Answers(station.name, failure, draws) for station, failure in modes]
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
        """Return which of some parts and modes have to do with each other."""
        here = (passing.mode, passing.replication)
        due = self.due[here]
        waits = (passing.ready >= due) | (passing.ready + passing.time > due)
        return np.flatnonzero((passing.worked > self.next[here]) | waits)

    def meet(self, passing: Passing) -> list[Event]:
        """Let parts pass modes, distinct pairs of mode and replication; say what they meet."""
        events = []
        while passing.mode.size:
            self._note(passing)
            here = (passing.mode, passing.replication)
            due, fails, ready = self.due[here], self._fails[here], passing.ready
            # The sum that passed the threshold was rounded; a part is not outlasted.
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
        """Plan the repair of things whose wear begins to show, where it is seen."""
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
        """End lives in a planned repair, whose rest the parts meet."""
        here = (some.mode, some.replication)
        due = self.due[here]
        drawn = self._drawn(*here)
        rest = self._shifts.each(
            some.mode, on_shift, np.maximum(some.ready, due), due + drawn[PLANNED]
        )
        later = some.ready >= due
        after = np.where(later, 0.0, due - some.ready)
        event = Event(*here, some.which, after, rest, np.zeros_like(rest), planned=True)
        # What a part that the break interrupts still needs belongs to the old life.
        self._move_on(*here, np.where(later, some.before, some.worked), drawn[LIFE])
        return event

    def _fail(self, some: Passing, after: Floats) -> Event:
        """End lives in a failure."""
        here = (some.mode, some.replication)
        drawn = self._drawn(*here)
        seen = self._seen.each(
            some.mode, lambda law, t, u: law.delay(t, u), some.ready + after, drawn[CHANCE]
        )
        event = Event(*here, some.which, after, seen + drawn[TAKES], seen, planned=False)
        self._move_on(*here, self._fails[here], drawn[LIFE])
        return event

    def _move_on(self, mode: Ints, replication: Ints, base: Floats, up: Floats) -> None:
        """Begin the next lives at a sum of work (k,), s."""
        for one in np.unique(mode):
            growth = self._failures[one].growth
            if growth is not None:
                some = mode == one
                up[some] *= grown(growth, base[some])
        self._number[mode, replication] += 1
        self._renew(mode, replication, base, up, up)

    def _begin(self, mode: Ints, replication: Ints, base: Floats, up: Floats, age: Floats) -> None:
        """Begin the first lives of a mode, in which it may have an age already."""
        growth = self._failures[mode[0]].growth
        if growth is not None:
            up *= grown(growth, base)
        self._renew(mode, replication, base, up, age + up)

    def _renew(self, mode: Ints, replication: Ints, base: Floats, up: Floats, life: Floats) -> None:
        """Set when things next show wear and fail: ``up`` after ``base``, in a life so long."""
        here = (mode, replication)
        fails = base + up
        shows = np.maximum(fails - self._last[mode] * life, base)
        ahead = self._predicted[mode]
        self._fails[here] = fails
        self.next[here] = np.where(ahead, shows, fails)
        self._noted[here] = ~ahead
        self.due[here] = np.inf

    def _drawn(self, mode: Ints, replication: Ints) -> Floats:
        """Return what is drawn for the present lives, (5, k)."""
        found = np.empty((5, mode.size))
        for one in np.unique(mode):
            some = mode == one
            life = self._number[one, replication[some]]
            table = self._table(int(one), int(life.max()))
            found[:, some] = table[:, life - self._dropped[one], replication[some]]
        return found

    def _table(self, mode: int, life: int) -> Floats:
        """Return what is drawn for the lives of a mode up to one at least, (5, n, R)."""
        table = self._tables.get(mode)
        if table is None:
            table = np.empty((5, 0, self._number.shape[1]))
        while life - self._dropped[mode] >= table.shape[1]:
            number = min(max(2 * table.shape[1], 1), MOST_AHEAD)
            answer = self._answers[mode].next(number)
            fresh = np.stack(
                [answer.chance, answer.takes, answer.warned, answer.planned,
                 self._lives[mode].next(number)]
            )  # fmt: skip
            old = int(self._number[mode].min() - self._dropped[mode])
            table = np.concatenate([table[:, old:], fresh], axis=1)
            self._dropped[mode] += old
        self._tables[mode] = table
        return table


class _Kinds(Generic[T]):
    """What modes have in common with others, so that it is asked once for all of these.

    Args:
        of: What each mode has; None for nothing.
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
        """Return a function of what each mode has and of values (k,), (k,); 0 for nothing."""
        found = np.zeros(mode.size)
        kind = self._kind[mode]
        for one in np.unique(kind[kind >= 0]):
            some = kind == one
            found[some] = of(self._kinds[one], *(value[some] for value in values))
        return found
