"""Factors on work content and defect rates that change with output and time.

Both engines evaluate them here, so that they agree: experience by the count of parts;
fatigue, absence and slowing devices by the moment in which the work on a part begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.plant import ROUNDING
from factory_sim.line.slowed import Slowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.conditions import Fatigue, Learning, Staffing
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


def draw_factor(curve: Learning, parts: Ints) -> Floats:
    """Return the factors on uniform draws, (n,), that make an event rarer with experience.

    An event happens where its draw is less than its probability times the factor of
    experience, which is where the draw times this factor is less than its probability.
    """
    return 1.0 / learned(curve, parts)


def absences(posts: int, rate: float) -> Floats:
    """Return the probabilities that at most 0, 1, ..., posts - 1 people are absent, (posts,).

    The number absent is binomial. A uniform draw u stands for as many absent people as
    there are of these probabilities that do not exceed u.
    """
    from scipy.special import bdtr

    return np.asarray(bdtr(np.arange(posts), posts, rate), dtype=np.float64)


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
        """Return the factor on the work content at stations in shifts, (m,) each."""
        last = int(shift.max())
        while last >= self._first + len(self._factors):
            self._factors = np.concatenate([self._factors, self._more()])
        found: Floats = self._factors[shift - self._first, place, replication]
        return found

    def forget(self, before: float) -> None:
        """Drop the shifts that ended before a time, s, that no question will precede."""
        past = int(self.shifts.number(np.array(before))) - 1 - self._first
        # Only once half of what is held can go, so that dropping costs little per shift.
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
    """Return the attendance in each staffing group of a plant."""
    crews = {station.name: station.crew for station in plant.stations()}
    return tuple(Attendance(staffing, crews, draws) for staffing in plant.staffing)


class Pace:
    """The factor on the work content of P stations by the moment in which work begins.

    Args:
        stations: The P stations of one stage.
        groups: The staffing groups of the plant.
        draws: The randomness of devices that slow their station; gives the replications, R.

    Attributes:
        steady: Whether it is always 1.
    """

    def __init__(
        self, stations: Sequence[Station], groups: Sequence[Attendance], draws: Draws
    ) -> None:
        replications = len(draws.replications)
        self._tiring = Tiring([station.fatigue for station in stations], replications)
        self._staffed = []
        for group in groups:
            places = [(p, group.place(s.name)) for p, s in enumerate(stations)]
            some = {position: place for position, place in places if place is not None}
            if some:
                present = _AbsenceFactor(group, np.array([*some.values()]), replications)
                self._staffed.append((_rows([*some], len(stations)), present))
        slowing = [position for position, station in enumerate(stations) if station.slowing]
        self._slowed = Slowed([stations[p] for p in slowing], draws) if slowing else None
        self._slowing = _rows(slowing, len(stations))
        self.steady = self._tiring.steady and not self._staffed and not slowing

    def factor(self, ready: Floats, at: Columns) -> Floats:
        """Return the factor on work that begins at ``ready``, both (P, n).

        Args:
            ready: When, s; for each station and replication not before that of the last call.
            at: The n replications.
        """
        factor = self._tiring.factor(ready, at)
        for rows, present in self._staffed:
            factor[rows] *= present.factor(ready[rows], at)
        if self._slowed is not None:
            factor[self._slowing] *= self._slowed.factor(ready[self._slowing], at)
        return factor


class Tiring:
    """The factor by fatigue on work content or defect rates at P stations.

    Args:
        patterns: Fatigue at each of the P stations; None where nobody tires.
        replications: R.

    Attributes:
        steady: Whether nobody tires.
    """

    def __init__(self, patterns: Sequence[Fatigue | None], replications: int) -> None:
        alike: dict[Fatigue, list[int]] = {}
        for position, pattern in enumerate(patterns):
            if pattern is not None:
                alike.setdefault(pattern, []).append(position)
        self._tired = [
            (_rows(positions, len(patterns)), _FatigueShare(pattern, len(positions), replications))
            for pattern, positions in alike.items()
        ]
        self.steady = not self._tired

    def factor(self, t: Floats, at: Columns) -> Floats:
        """Return the factor at times (P, n), as :meth:`Pace.factor` does."""
        factor = np.ones(t.shape)
        for rows, tired in self._tired:
            factor[rows] += tired.extra(t[rows], at)
        return factor


def _rows(positions: list[int], of: int) -> slice | Ints:
    """Return an index of some rows of an array: a slice if they are all of them."""
    return slice(None) if len(positions) == of else np.array(positions)


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
    """The present piece of a pattern at P stations in R replications; time only moves on."""

    def __init__(self, pattern: _Pattern, stations: int, replications: int) -> None:
        self._pattern = pattern
        self._until = np.zeros((stations, replications))
        self._all = np.arange(replications)

    def passed(self, t: Floats, at: Columns) -> tuple[Ints, Ints, Ints] | None:
        """Return where times (P, n) have left the piece they were in, or None if nowhere.

        Returns:
            Station, replication and number of the piece that is entered, (m,) each.
        """
        late = t * (1 + ROUNDING) >= self._until[:, at]
        if not np.count_nonzero(late):
            return None
        station, column = np.nonzero(late)
        replication = self._all[at][column]
        number = self._pattern.number(t[station, column])
        self._until[station, replication] = self._pattern.end(number)
        return station, replication, number


class _FatigueShare:
    """The share that one pattern of fatigue adds at P stations in R replications."""

    def __init__(self, fatigue: Fatigue, stations: int, replications: int) -> None:
        # A piece of a straight line ends where the next begins.
        self._pattern = _Pattern(fatigue.period, (*fatigue.begins[1:], fatigue.period))
        self._cursor = _Cursor(self._pattern, stations, replications)
        self._values, self._slopes = np.array(fatigue.values), np.array(fatigue.slopes)
        self._since, self._value, self._slope = np.zeros((3, stations, replications))

    def extra(self, t: Floats, at: Columns) -> Floats:
        """Return the share that is added at times (P, n)."""
        passed = self._cursor.passed(t, at)
        if passed is not None:
            *here, number = passed
            place = number % self._values.size
            self._since[*here] = self._pattern.end(number - 1)
            self._value[*here], self._slope[*here] = self._values[place], self._slopes[place]
        extra: Floats = self._value[:, at] + self._slope[:, at] * (t - self._since[:, at])
        return extra


class _AbsenceFactor:
    """The factor by posts left open at P stations of a staffing group, in R replications."""

    def __init__(self, group: Attendance, places: Ints, replications: int) -> None:
        self._group, self._places = group, places
        self._cursor = _Cursor(group.shifts, places.size, replications)
        self._factor = np.ones((places.size, replications))

    def factor(self, t: Floats, at: Columns) -> Floats:
        """Return the factor at times (P, n)."""
        passed = self._cursor.passed(t, at)
        if passed is not None:
            station, replication, shift = passed
            of_shift = self._group.factors(shift, self._places[station], replication)
            self._factor[station, replication] = of_shift
        factor: Floats = self._factor[:, at]
        return factor
