"""When work goes on and when it stops: calendars, and failures on the wall clock.

Each cause of an outage is a process of its own that stops the station and lets it
go on; the station is available while no cause holds. Whoever works waits until the
work is done or the station stops, whichever comes first, and keeps what is left.
"""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.lives import grown
from factory_sim.line.renewals import PLANNED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.reference.clock import Clock, Flow, Pool
    from factory_sim.line.calendars import Calendar
    from factory_sim.line.failures import Failure
    from factory_sim.line.responses import Response


class Availability:
    """Whether a station is available now, and the passing of its available time.

    Args:
        clock: Simulated time.
        calendar: Its spans off shift.
        renewals: Its failures on the calendar clock.
    """

    def __init__(self, clock: Clock, calendar: Calendar, renewals: Sequence[Renewal] = ()) -> None:
        self._clock = clock
        self._always = not calendar.off and not renewals
        self._causes = 0
        self._stopped_at = 0.0
        self._lost = 0.0
        self._stops, self._resumes = clock.event(), clock.event()
        if calendar.off:
            clock.process(_keep_shifts(clock, self, calendar))
        for renewal in renewals:
            clock.process(renewal.run(clock, self))

    def spend(self, seconds: float, order: int = 0) -> Flow[None]:
        """Wait until the station has been available for so long from now on.

        Args:
            seconds: Available time to pass, s; 0 passes in an outage, too.
            order: Who ends first of those that end at the same time: the smaller.
        """
        clock, left = self._clock, seconds
        while True:
            while self._causes and left > 0:
                yield self._resumes
            begun = clock.now
            end = begun + left
            done = clock.at(end, order)
            if self._always:
                yield done
                return
            yield done | self._stops
            if clock.now >= end:
                # Work that ends as an outage begins is done, and in its turn.
                yield done
                return
            left -= clock.now - begun

    def lost(self) -> float:
        """Return for how long the station has not been available since time 0, s."""
        return self._lost + (self._clock.now - self._stopped_at if self._causes else 0.0)

    def stop(self) -> None:
        """Begin an outage, or add a cause to one."""
        self._causes += 1
        if self._causes == 1:
            self._stopped_at = self._clock.now
            stopped, self._stops = self._stops, self._clock.event()
            stopped.succeed()

    def resume(self) -> None:
        """Take away a cause; without any, the outage ends."""
        self._causes -= 1
        if self._causes == 0:
            self._lost += self._clock.now - self._stopped_at
            resumed, self._resumes = self._resumes, self._clock.event()
            resumed.succeed()


class Renewal:
    """A failure mode on the calendar clock: up, down, up, down, ... on the wall.

    Args:
        failure: The mode.
        lives: Times from the end of a repair to the next failure, s.
        responses: What follows the end of each life.
        age: Age at time 0, s.
        crew: The people a repair needs one of, or None.

    Attributes:
        begins: When it failed, or somebody came to prevent that, s.
        ends: When it was repaired, s; one less than begins during a repair.
        seen: How late each failure was seen, s; ``PLANNED`` for what is none.
    """

    def __init__(
        self,
        failure: Failure,
        lives: Iterator[float],
        responses: Iterator[Response],
        age: float,
        crew: Pool | None,
    ) -> None:
        self._failure, self._lives, self._responses = failure, lives, responses
        self._age, self._crew = age, crew
        self._response: Response
        self.begins: list[float] = []
        self.ends: list[float] = []
        self.seen: list[float] = []

    @property
    def has_crew(self) -> bool:
        """Whether its repairs wait for a person."""
        return self._crew is not None

    def run(self, clock: Clock, availability: Availability) -> Flow[None]:
        """Live and be repaired for ever."""
        age = self._age
        while True:
            up = next(self._lives)
            if self._failure.growth is not None:
                up *= float(grown(self._failure.growth, clock.now))
            fails = clock.now + up
            if self._failure.visits is not None:
                yield clock.at(fails)
                clock.process(self._visit(clock, availability, self._failure.visits))
                continue
            at, length = yield from self._planned(clock, fails, age + up)
            if at < fails:
                yield from self._mend(clock, availability, at, length)
            else:
                yield clock.at(fails)
                yield from self._repaired(clock, availability)
            age = 0.0

    def _planned(self, clock: Clock, fails: float, life: float) -> Flow[tuple[float, float]]:
        """Return the break in which a repair is planned and how long that takes, s.

        It waits until the wear shows; the break is at infinity if there is no repair.
        """
        ahead = self._failure.prediction
        if ahead is None:
            return math.inf, 0.0
        yield clock.at(max(fails - (1.0 - ahead.begins) * life, clock.now))
        self._response = next(self._responses)
        if not self._response.warned:
            return math.inf, 0.0
        return break_from(ahead.breaks, clock.now), float(self._response.planned)

    def _visit(self, clock: Clock, availability: Availability, breaks: Calendar) -> Flow[None]:
        """Answer a false alarm, whatever becomes of the next one meanwhile."""
        at = break_from(breaks, clock.now)
        if at < math.inf:
            yield from self._mend(clock, availability, at, float(next(self._responses).takes))

    def _mend(
        self, clock: Clock, availability: Availability, at: float, length: float
    ) -> Flow[None]:
        """Come in a break."""
        yield clock.at(at)
        self.begins.append(at)
        self.ends.append(at + length)
        self.seen.append(PLANNED)
        availability.stop()
        yield clock.at(at + length)
        availability.resume()

    def _repaired(self, clock: Clock, availability: Availability) -> Flow[None]:
        """Fail, be seen, wait for the crew, be repaired."""
        response = next(self._responses) if self._failure.prediction is None else self._response
        begin = clock.now
        seen = float(response.seen(self._failure, np.array(begin)))
        self.begins.append(begin)
        self.seen.append(seen)
        availability.stop()
        if self._crew is not None:
            yield clock.at(clock.now + seen)
            yield from self._crew.take(self._failure.rank)
            yield clock.at(clock.now + float(response.takes))
            self._crew.give()
        else:
            yield clock.at(begin + seen + float(response.takes))
        self.ends.append(clock.now)
        availability.resume()


def break_from(calendar: Calendar, t: float) -> float:
    """Return when the first break begins after a time, s; inf without breaks."""
    if not calendar.off:
        return math.inf
    for cycle in count(int(t // calendar.period)):
        for span in calendar.off:
            begin = cycle * calendar.period + span.begin
            if begin > t:
                return begin
    raise AssertionError("a calendar with breaks has one more")


def off_until(calendar: Calendar, t: float) -> float:
    """Return the seconds off shift in [0, t]."""
    if not calendar.off:
        return 0.0
    cycles, rest = divmod(t, calendar.period)
    whole = sum(span.end - span.begin for span in calendar.off)
    return cycles * whole + sum(
        min(max(rest - span.begin, 0.0), span.end - span.begin) for span in calendar.off
    )


def _keep_shifts(clock: Clock, availability: Availability, calendar: Calendar) -> Flow[None]:
    """Stop for every span off shift, period after period."""
    for cycle in count():
        for span in calendar.off:
            yield clock.at(cycle * calendar.period + span.begin)
            availability.stop()
            yield clock.at(cycle * calendar.period + span.end)
            availability.resume()
