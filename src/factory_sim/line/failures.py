"""Failure modes as frozen data: how units fail, how that is detected, and who repairs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from factory_sim.line.calendars import Calendar
    from factory_sim.line.conditions import Growth
    from factory_sim.line.distributions import Age, DetectionDelay, Distribution


@dataclass(frozen=True)
class Prediction:
    """Predictive maintenance of a failure mode: wear is detected and repaired in a break.

    Wear shows during the last part of each life, the P-F interval. If it is detected, the
    repair is made in the first break that begins after that, unless the failure comes
    first. The repair makes the unit as good as new; whatever of it does not fit into the
    break stops the station.

    Attributes:
        begins: Share of the life that has passed when wear begins to show.
        chance: Probability that the wear is detected.
        repair: Time of the planned repair, s on the wall clock.
        breaks: The breaks in which such repairs are made.
    """

    begins: float
    chance: float
    repair: Distribution
    breaks: Calendar


@dataclass(frozen=True)
class Failure:
    """A failure mode: one way in which a station breaks down.

    Downtime is the sum of three times: until the failure is detected, until somebody is
    there (dispatch), and until the repair is done. On the busy clock they pass in scheduled
    time, on the calendar clock in time on the wall.

    Attributes:
        name: Unique within the station.
        clock: What ages the unit: the station's cumulative work, or the calendar.
        up: Time on that clock from the end of a repair to the next failure, s.
        down: Repair time, s.
        crew: Name of the shared repair crew that it waits for, if any.
        growth: Reliability growth, which makes early values of ``up`` shorter, or None.
        age: Age at time 0 on that clock, s; None if new. With an age, or with ``minimal``,
            ``up`` must be a :class:`distributions.Lifetime`.
        minimal: Whether repairs are minimal, that is, leave the age as it was.
        of: Class of the device that fails in this way; None for the station itself.
        seen: Time until the failure is detected, as a law over the clock time of the
            failure. On the busy clock that is when work on the part has begun and has gone
            as far as the failure allows. None if it is detected at once.
        dispatch: Time from there until the repair begins, s, not counting any wait for a
            crew; None for no time.
        rank: Priority at the crew: the smaller is served first, equals in order of arrival.
        prediction: Predictive maintenance that may prevent the failure, or None.
        visits: Set for false alarms only: somebody comes in the next of these breaks and
            stays for ``down``. The next alarm comes ``up`` later, visit or not.
        address: Address of its draws, unique within the station; ``name`` if left out.
    """

    name: str
    clock: Literal["busy", "calendar"]
    up: Distribution
    down: Distribution
    crew: str | None = None
    growth: Growth | None = None
    age: Age | None = None
    minimal: bool = False
    of: str | None = None
    seen: DetectionDelay | None = None
    dispatch: Distribution | None = None
    rank: int = 0
    prediction: Prediction | None = None
    visits: Calendar | None = None
    address: str | None = None

    @property
    def drawn_as(self) -> str:
        """Prefix of the addresses of its draws within the station."""
        return f"failure/{self.name if self.address is None else self.address}"

    @property
    def maintained(self) -> bool:
        """Whether detection, dispatch or predictive maintenance is modelled, not repair alone."""
        return not (self.seen is None and self.dispatch is None and self.prediction is None)


@dataclass(frozen=True)
class Slowing:
    """A device that slows its station while it is down.

    Attributes:
        factor: Multiplies the work content of parts that start while it is down.
        failures: Its failure modes, on the calendar clock.
    """

    factor: float
    failures: tuple[Failure, ...]
