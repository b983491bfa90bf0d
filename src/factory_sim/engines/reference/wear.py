"""Failures on the busy clock: they come with the work that a station does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.reference.availability import break_from, off_until
from factory_sim.line.lives import grown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.reference.clock import Pool
    from factory_sim.line.calendars import Calendar
    from factory_sim.line.conditions import Growth
    from factory_sim.line.failures import Failure
    from factory_sim.line.responses import Response


@dataclass(frozen=True)
class Breakdown:
    """A failure that strikes while a part is worked.

    Attributes:
        mode: Which of the failures of its station.
        after: Processing of this part before it strikes, s.
        down: Way and repair, available seconds.
        crew: The people the repair needs one of, or None.
        seen: What passes before that until it is seen, available seconds.
        planned: Whether it is no failure but a planned repair.
        rank: Who is served first by the crew: the smaller.
    """

    mode: int
    after: float
    down: float
    crew: Pool | None = None
    seen: float = 0.0
    planned: bool = False
    rank: int = 0


class Mode:
    """One failure mode and how much work it stands until it strikes next.

    Args:
        number: Which of the failures of its station.
        up: Work between failures, s.
        down: Repair times, s.
        crew: The people a repair needs one of, or None.
        growth: How the times between failures grow with the work done, or None.
    """

    def __init__(
        self,
        number: int,
        up: Iterator[float],
        down: Iterator[float],
        crew: Pool | None,
        growth: Growth | None,
    ) -> None:
        self.number, self.down, self.crew = number, down, crew
        self._up, self._growth = up, growth
        self.threshold = 0.0
        self._move_on()

    def passes(self, before: float, worked: float, work: float, _now: float) -> list[Breakdown]:
        """Return what a part meets of it.

        A mode strikes when the work passes its threshold, not when it reaches it.

        Args:
            before: Work done at the station before the part, s.
            worked: Work done with it, s.
            work: Processing time of the part, s.
        """
        met = []
        while worked > self.threshold:
            met.append(
                Breakdown(
                    self.number, reached(self.threshold, before, work), next(self.down), self.crew
                )
            )
            self._move_on()
        return met

    def _move_on(self) -> None:
        """Set the threshold at which the mode strikes next."""
        up = next(self._up)
        if self._growth is not None:
            up *= float(grown(self._growth, self.threshold))
        self.threshold += up


class MaintainedMode:
    """A failure mode that somebody must see, come to, or prevent.

    Args:
        number: Which of the failures of its station.
        failure: The mode.
        calendar: The breaks and shifts of its station.
        lives: Work from the end of each repair to the next failure, s.
        responses: What follows the end of each life.
        age: Age at time 0, s.
        crew: The people a repair needs one of, or None.
    """

    def __init__(
        self,
        number: int,
        failure: Failure,
        calendar: Calendar,
        lives: Iterator[float],
        responses: Iterator[Response],
        age: float,
        crew: Pool | None,
    ) -> None:
        self._number, self._failure, self._calendar = number, failure, calendar
        self._lives, self._responses, self._crew = lives, responses, crew
        self._begin(0.0, age)

    def _begin(self, base: float, age: float = 0.0) -> None:
        """Begin a life when so much work is done."""
        up = next(self._lives)
        if self._failure.growth is not None:
            up *= float(grown(self._failure.growth, base))
        self._fails = base + up
        self._response: Response | None = None
        self._due = math.inf
        self._shows = math.inf
        if self._failure.prediction is not None:
            last = 1.0 - self._failure.prediction.begins
            self._shows = max(self._fails - last * (age + up), base)

    def passes(self, before: float, worked: float, work: float, now: float) -> list[Breakdown]:
        """Return what a part meets of it, as ``Mode.passes``; work on it begins ``now``."""
        met = []
        while True:
            if worked > self._shows:
                self._plan(now + reached(self._shows, before, work))
            after = reached(self._fails, before, work)
            strikes = worked > self._fails
            there = now >= self._due or now + work > self._due
            if there and not (strikes and now + after <= self._due):
                met.append(self._mend(now))
                # What a part that the break interrupts still needs belongs to the old life.
                self._begin(before if now >= self._due else worked)
            elif strikes:
                met.append(self._fail(after, now + after))
                self._begin(self._fails)
            else:
                return met

    def _plan(self, moment: float) -> None:
        """See that wear shows, if it is seen, and choose the break of the repair."""
        self._shows = math.inf
        self._response = next(self._responses)
        ahead = self._failure.prediction
        if ahead is not None and self._response.warned:
            self._due = break_from(ahead.breaks, moment)

    def _mend(self, now: float) -> Breakdown:
        """Return the planned repair as a part meets it: what is left of it after the break."""
        assert self._response is not None
        begin, end = max(now, self._due), self._due + float(self._response.planned)
        off = off_until(self._calendar, max(end, begin)) - off_until(self._calendar, begin)
        rest = max(end - begin - off, 0.0)
        return Breakdown(self._number, max(self._due - now, 0.0), rest, planned=True)

    def _fail(self, after: float, moment: float) -> Breakdown:
        """Return the failure at a moment of the clock."""
        response = self._response or next(self._responses)
        seen = float(response.seen(self._failure, np.array(moment)))
        return Breakdown(
            self._number, after, float(response.takes), self._crew, seen, rank=self._failure.rank
        )


def reached(threshold: float, before: float, work: float) -> float:
    """Return the processing of a part after which the work passes a threshold, s."""
    # Cumulative work is rounded: a failure must not come after the end of its part.
    return min(max(threshold - before, 0.0), work)


class Wear:
    """The cumulative work of a station, all servers together, in order of start."""

    def __init__(self, modes: Sequence[Mode | MaintainedMode]) -> None:
        self._modes = modes
        self._worked = 0.0

    def passes(self, work: float, now: float) -> list[Breakdown]:
        """Return what the next part suffers, mode by mode.

        Args:
            work: Processing time of that part, s.
            now: When work on it begins, s.
        """
        before = self._worked
        self._worked += work
        met = []
        for mode in self._modes:
            met += mode.passes(before, self._worked, work, now)
        return met
