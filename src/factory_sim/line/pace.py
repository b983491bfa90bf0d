"""How fast people work, and how often machines fail, as time and output go on.

Both engines evaluate the conditions of a station here, so that they agree: experience
by the count of parts, growth of reliability by the clock of a failure, fatigue and
absence by the moment in which the work on a part begins.
"""

from __future__ import annotations

from itertools import accumulate
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.conditions import Fatigue, Growth, Learning, Staffing
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Plant, Station

    Columns = slice | Ints

SHIFTS_AHEAD = 16
"""Shifts whose absences are drawn at a time."""


def learned(curve: Learning, parts: Ints) -> Floats:
    """Return the factor of experience for parts (n,), counted from 0 in order of start."""
    factor = ((curve.made + 1.0 + parts) / curve.reference) ** curve.exponent
    plateau: Floats = np.maximum(factor, curve.floor)
    return plateau


def spared(curve: Learning, parts: Ints) -> Floats:
    """Return the factor on a uniform draw, (n,), that makes an event of a chance rarer.

    A chance times the factor of experience exceeds a draw where the chance itself
    exceeds the draw times this.
    """
    return 1.0 / learned(curve, parts)


def grown(growth: Growth, clock: Floats | float) -> Floats:
    """Return the factor on times to failure that begin at ``clock``, s, shaped like it."""
    factor: Floats = np.minimum(growth.first + (1.0 - growth.first) * (clock / growth.over), 1.0)
    return factor


def absences(posts: int, rate: float) -> Floats:
    """Return the chance that at most 0, 1, ... of all but one person are absent, (posts,).

    The number absent is binomial; a uniform draw u stands for the number of these
    chances that do not exceed u.
    """
    chances = (comb(posts, n) * rate**n * (1 - rate) ** (posts - n) for n in range(posts))
    return np.array(list(accumulate(chances)))


class Attendance:
    """Which posts of a staffing group stay open, shift by shift, in each replication.

    Args:
        staffing: The group.
        crews: People at each station, by name.
        draws: The randomness; gives the replications, R.

    Attributes:
        shifts: The pattern of shifts.
    """

    def __init__(self, staffing: Staffing, crews: Mapping[str, float], draws: Draws) -> None:
        self.shifts = _Pattern(staffing.period, staffing.ends)
        self._staffing = staffing
        # A share of a person, such as an eighth of a technician, is not a post.
        self._names = [name for name in staffing.stations if crews[name] >= 1]
        self._crew = np.array([crews[name] for name in self._names])[:, None]
        self._posts = np.floor(self._crew)
        self._chances = [absences(int(posts), staffing.rate) for posts in self._posts[:, 0]]
        self._streams = [draws.stream(name, "absence") for name in self._names]
        self._first = 0
        self._factors = np.empty((0, len(self._names), len(draws.replications)))

    def place(self, station: str) -> int | None:
        """Return the row of a station among those with posts; None if it has none."""
        return self._names.index(station) if station in self._names else None

    def factors(self, shift: Ints, place: Ints, replication: Ints) -> Floats:
        """Return the factor on the work content at stations in shifts, all (p, n)."""
        last = int(shift.max())
        while last >= self._first + len(self._factors):
            self._factors = np.concatenate([self._factors, self._more()])
        found: Floats = self._factors[shift - self._first, place, replication]
        return found

    def forget(self, before: float) -> None:
        """Drop the shifts that ended before a time, s, that no question will precede."""
        past = int(self.shifts.number(np.array(before))) - 1 - self._first
        # Half of what is held, so that dropping costs little per shift.
        if past > max(len(self._factors) // 2, SHIFTS_AHEAD):
            self._first, self._factors = self._first + past, self._factors[past:]

    def _more(self) -> Floats:
        """Return the factors in the next shifts, (shifts, stations, R)."""
        absent: Floats = np.empty((SHIFTS_AHEAD, *self._factors.shape[1:]))
        for place, (chances, stream) in enumerate(zip(self._chances, self._streams, strict=True)):
            absent[:, place] = chances.searchsorted(stream.take(SHIFTS_AHEAD), side="right")
        ahead = np.cumsum(absent, axis=1) - absent
        vacant = absent - np.clip(self._staffing.utility - ahead, 0.0, absent)
        here = np.where(vacant < self._posts, self._crew - vacant, 1.0)
        slowed: Floats = np.where(vacant < self._posts, self._crew / here, self._staffing.unmanned)
        return slowed


def attendance(plant: Plant, draws: Draws) -> tuple[Attendance, ...]:
    """Return who is there in each staffing group of a plant."""
    crews = {station.name: station.crew for station in plant.stations()}
    return tuple(Attendance(staffing, crews, draws) for staffing in plant.staffing)


class Pace:
    """The factor that the moment puts on the work content at P stations.

    Args:
        stations: The P stations of one stage.
        groups: The staffing groups of the plant.
        replications: R.

    Attributes:
        steady: Whether the moment makes no difference.
    """

    def __init__(
        self, stations: Sequence[Station], groups: Sequence[Attendance], replications: int
    ) -> None:
        self._all = np.arange(replications)
        alike: dict[Fatigue, list[int]] = {}
        for position, station in enumerate(stations):
            if station.fatigue is not None:
                alike.setdefault(station.fatigue, []).append(position)
        self._tired = [
            (np.array(positions), _Tired(fatigue, replications))
            for fatigue, positions in alike.items()
        ]
        self._staffed = []
        for group in groups:
            places = [(p, group.place(s.name)) for p, s in enumerate(stations)]
            some = [(position, place) for position, place in places if place is not None]
            if some:
                positions, rows = np.array(some).T
                shifts = _Cursor(group.shifts, replications)
                self._staffed.append((positions, rows[:, None], group, shifts))
        self.steady = not self._tired and not self._staffed

    def factor(self, ready: Floats, at: Columns) -> Floats:
        """Return the factor on work that begins at ``ready``, both (P, n).

        Args:
            ready: When, s; never before the last question about a replication.
            at: The n replications.
        """
        factor = np.ones(ready.shape)
        for positions, tired in self._tired:
            factor[positions] += tired.extra(ready[positions], at)
        for positions, rows, group, shifts in self._staffed:
            shift = shifts.piece(ready[positions], at)
            factor[positions] *= group.factors(shift, rows, self._all[at])
        return factor


class _Pattern:
    """Pieces of time that repeat, numbered from 0 on, by when each ends."""

    def __init__(self, period: float, ends: Sequence[float]) -> None:
        self._period, self._ends = period, np.array(ends)

    def number(self, t: Floats) -> Ints:
        """Return the number of the piece in which times lie, shaped like them.

        A time that misses an edge by no more than a rounding is at the edge: the two
        engines may round differently, and must not fall into different shifts.
        """
        cycle, within = np.divmod(t * (1 + ROUNDING), self._period)
        found: Ints = cycle.astype(np.int64) * self._ends.size
        return found + self._ends.searchsorted(within, side="right")

    def end(self, number: Ints) -> Floats:
        """Return when pieces end, s."""
        cycle, place = np.divmod(number, self._ends.size)
        end: Floats = cycle * self._period + self._ends[place]
        return end


class _Cursor:
    """Which piece of a pattern each of R replications is in; time only goes on."""

    def __init__(self, pattern: _Pattern, replications: int) -> None:
        self._pattern = pattern
        self._number = np.zeros(replications, dtype=np.int64)
        self._until = np.zeros(replications)

    def piece(self, t: Floats, at: Columns) -> Ints:
        """Return the number of the piece of times (p, n): (n,) where all p lie in one."""
        moment = t * (1 + ROUNDING)
        if np.count_nonzero(moment >= self._until[at]):
            earliest = self._pattern.number(t.min(axis=0))
            self._number[at], self._until[at] = earliest, self._pattern.end(earliest)
            if np.count_nonzero(moment >= self._until[at]):
                return self._pattern.number(t)
        return self._number[at]


class _Tired:
    """The extra work content by fatigue, in R replications."""

    def __init__(self, fatigue: Fatigue, replications: int) -> None:
        # A piece of a straight line ends where the next begins.
        self._pattern = _Pattern(fatigue.period, (*fatigue.begins[1:], fatigue.period))
        self._cursor = _Cursor(self._pattern, replications)
        self._values, self._slopes = np.array(fatigue.values), np.array(fatigue.slopes)

    def extra(self, t: Floats, at: Columns) -> Floats:
        """Return the share that is added at times (p, n)."""
        piece = self._cursor.piece(t, at)
        place = piece % self._values.size
        since = self._pattern.end(piece - 1)
        extra: Floats = self._values[place] + self._slopes[place] * (t - since)
        return extra
