"""When work goes on and when it stops: calendars, and failures on the wall clock.

Each cause of an outage is a process of its own that stops the station and lets it
go on; the station is available while no cause holds. Whoever works waits until the
work is done or the station stops, whichever comes first, and keeps what is left.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from factory_sim.line.lives import grown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.reference.clock import Clock, Flow, Pool
    from factory_sim.line.conditions import Growth
    from factory_sim.line.plant import Calendar


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
        up: Times from the end of a repair to the next failure, s.
        down: Repair times, s.
        crew: The people a repair needs one of, or None.
        growth: How the times between failures grow with time, or None.

    Attributes:
        begins: When it failed, s.
        ends: When it was repaired, s; one less than failures during a repair.
    """

    def __init__(
        self,
        up: Iterator[float],
        down: Iterator[float],
        crew: Pool | None,
        growth: Growth | None,
    ) -> None:
        self._up, self._down, self._crew, self._growth = up, down, crew, growth
        self.begins: list[float] = []
        self.ends: list[float] = []

    @property
    def has_crew(self) -> bool:
        """Whether its repairs wait for a person."""
        return self._crew is not None

    def run(self, clock: Clock, availability: Availability) -> Flow[None]:
        """Fail and be repaired for ever."""
        while True:
            up = next(self._up)
            if self._growth is not None:
                up *= float(grown(self._growth, clock.now))
            yield clock.at(clock.now + up)
            self.begins.append(clock.now)
            availability.stop()
            if self._crew is not None:
                yield from self._crew.take()
            yield clock.at(clock.now + next(self._down))
            if self._crew is not None:
                self._crew.give()
            self.ends.append(clock.now)
            availability.resume()


def _keep_shifts(clock: Clock, availability: Availability, calendar: Calendar) -> Flow[None]:
    """Stop for every span off shift, period after period."""
    for cycle in count():
        for span in calendar.off:
            yield clock.at(cycle * calendar.period + span.begin)
            availability.stop()
            yield clock.at(cycle * calendar.period + span.end)
            availability.resume()
