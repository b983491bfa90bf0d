"""The asynchronous station, the lane back from it, and the shop that repairs off line."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from factory_sim.engines.reference.clock import Pool
from factory_sim.engines.reference.deadlock import enter
from factory_sim.line.plant import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.reference.availability import Availability
    from factory_sim.engines.reference.clock import Clock, Flow
    from factory_sim.engines.reference.deadlock import Holder
    from factory_sim.engines.reference.flow import Part, Stage
    from factory_sim.engines.reference.workplace import Workplace


class AsynchronousStage:
    """A station with parallel servers and a buffer, blocking after service.

    Args:
        clock: Simulated time.
        workplace: The station at work.
        first: Whether it is the first of its line: its queue is then unlimited.

    Attributes:
        onward: Where good parts go.
        aside: Where parts go that the inspection takes out, or None.
    """

    onward: Stage
    aside: Stage | None = None

    def __init__(self, clock: Clock, workplace: Workplace, *, first: bool) -> None:
        station = workplace.station
        unlimited = first or station.capacity == UNLIMITED
        self.names: Sequence[str] = (station.name,)
        self.width = station.servers
        self.circuit: Sequence[Holder] = ()
        self.places = Pool(clock, math.inf if unlimited else station.capacity)
        self._clock = clock
        self._workplace = workplace
        self._transport = 0.0 if first else station.transport
        self._servers = Pool(clock, station.servers)
        self._vacant = deque(range(station.servers))

    @property
    def exits(self) -> Sequence[Stage]:
        """Where its parts may go."""
        return (self.onward,) if self.aside is None else (self.onward, self.aside)

    def visit(self, part: Part) -> Flow[Stage | None]:
        """Come in, wait for a server, be worked, wait for a place elsewhere, leave."""
        clock, workplace = self._clock, self._workplace
        if self._transport > 0:
            yield clock.at(clock.now + self._transport)
        yield from self._servers.take()
        server = self._vacant.popleft()
        task = workplace.begin(part, server)
        yield from workplace.prepare(task)
        yield from workplace.work(task)
        workplace.conclude(task)
        destination = self.aside if task.found and self.aside is not None else self.onward
        yield from enter(clock, self, destination)
        workplace.log.depart(task.row, clock.now)
        self._vacant.append(server)
        self._servers.give()
        self.places.give()
        return destination


class RepairShop:
    """Repair off line: parallel places and an unlimited queue, open as the station is.

    Args:
        clock: Simulated time.
        places: How many parts are repaired at a time.
        availability: The shifts of the station whose parts it takes.
        onward: Where repaired parts go.
    """

    def __init__(
        self, clock: Clock, places: int, availability: Availability, onward: Stage
    ) -> None:
        self.places = Pool(clock, math.inf)
        self._benches = Pool(clock, places)
        self._availability = availability
        self._onward = onward

    def visit(self, part: Part) -> Flow[Stage | None]:
        """Wait for a repair place and be repaired."""
        yield from self._benches.take()
        yield from self._availability.spend(part.repair)
        self._benches.give()
        yield from self._onward.places.take()
        return self._onward


class ReturnLane:
    """Where parts wait to go back to an earlier station, first come, first served.

    Without one a part waits on the station that has found it, and stops all behind it.

    Args:
        clock: Simulated time.
        name: Of the station that sends parts back.
        places: How many can wait; ``UNLIMITED``.
        back_to: The station that reworks them.
    """

    def __init__(self, clock: Clock, name: str, places: int, back_to: AsynchronousStage) -> None:
        self.names: Sequence[str] = (f"the way back from {name}",)
        self.width = places
        self.circuit: Sequence[Holder] = ()
        self.places = Pool(clock, math.inf if places == UNLIMITED else places)
        self._clock = clock
        self._back_to = back_to

    @property
    def exits(self) -> Sequence[Stage]:
        """Where its parts go."""
        return (self._back_to,)

    def visit(self, _part: Part) -> Flow[Stage | None]:
        """Wait for a place and go back."""
        yield from enter(self._clock, self, self._back_to)
        self.places.give()
        return self._back_to
