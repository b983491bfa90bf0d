"""The failures and repairs of devices in one replication.

A device that stops its station fails when the engine says so. One that slows it, or only
informs, does so on the same draws wherever they are made: on the calendar whatever the line
does, on the busy clock by the work that its station has done.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.timeline import AvailableTime
from factory_sim.analysis.trace import Observation, observe
from factory_sim.fleet.bases import Bases
from factory_sim.line.devices import compile_fleet
from factory_sim.line.draws import Draws
from factory_sim.line.lives import Lives, grown, repairs
from factory_sim.line.renewals import FAR, Renewal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.engines import Engine
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.devices import Device, Fleet
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Station
    from factory_sim.scenario import Scenario


@dataclass(frozen=True)
class Repairs:
    """Failures of one device, n of them, by start.

    Attributes:
        mode: (n,) which of the failure modes of its class.
        begin: (n,) when it failed, s.
        end: (n,) when it was repaired, s; ``FAR`` if that is not known.
    """

    mode: Ints
    begin: Floats
    end: Floats

    def spans(self) -> Floats:
        """Return start and end of each, (n, 2), s."""
        return np.stack([self.begin, self.end], axis=1)


@dataclass(frozen=True)
class History:
    """One replication of a plant and its devices.

    Attributes:
        fleet: The devices.
        seen: What the line did.
        draws: The randomness of the replication.
    """

    fleet: Fleet
    seen: Observation
    draws: Draws

    def station(self, device: Device) -> Station:
        """Return the station that a device is attached to."""
        return self._stations[device.station]

    @cached_property
    def _stations(self) -> dict[str, Station]:
        """The stations by name: thousands of devices ask for theirs."""
        return {station.name: station for station in self.seen.plant.stations()}

    def repairs(self, device: Device) -> Repairs:
        """Return the failures of a device that begin within what was observed."""
        found: list[tuple[float, float, int]] = []
        own = {mode.name: number for number, mode in enumerate(device.modes())}
        if device.of.effect == "stops":
            station = self.station(device)
            numbers = {
                place: own[failure.name]
                for place, failure in enumerate(station.failures)
                if failure.name in own
            }
            found += _stops_by_calendar(self.seen, station, numbers)
            found += _stops_by_work(self.seen, station, numbers)
        else:
            for number, mode in enumerate(device.modes()):
                found += [(begin, end, number) for begin, end in self._alone(device, mode)]
        table = np.array(sorted(one for one in found if one[0] < self.seen.until)).reshape(-1, 3)
        return Repairs(table[:, 2].astype(np.int64), table[:, 0], table[:, 1])

    def _alone(self, device: Device, mode: Failure) -> Iterator[tuple[float, float]]:
        """Yield the failures of a mode that does not stop the station: start and end, s."""
        if mode.clock == "calendar":
            begins, ends, _ = Renewal(device.station, mode, self.draws).until(self.seen.until)
            yield from zip(begins[:, 0].tolist(), ends[:, 0].tolist(), strict=True)
        else:
            yield from self._by_work(device.station, mode)

    def _by_work(self, station: str, mode: Failure) -> Iterator[tuple[float, float]]:
        """Yield the failures of a mode that ages with the work of a station that goes on.

        It is repaired in scheduled time, and ages again with the next part after that.
        """
        lives = Lives(station, mode, self.draws)
        downs = repairs(station, mode, self.draws)
        ready, work = (self.seen.times(name, station) for name in ("ready", "work"))
        clock = AvailableTime(self.seen.lost[station])
        first = 0
        while True:
            up = float(lives.next(1)[0, 0])
            worked = np.cumsum(work[first:])
            if mode.growth is not None:
                up *= float(grown(mode.growth, float(work[:first].sum())))
            row = first + int(worked.searchsorted(up, side="right"))
            if row >= ready.size or not np.isfinite(ready[row]):
                return
            after = up - float(work[first:row].sum())
            begin = clock.passed(ready[row]) + after
            down = float(downs.times([mode.down], 1)[0][0, 0])
            yield float(clock.wall(begin)), float(clock.wall(begin + down))
            first = int(ready.searchsorted(clock.wall(begin + down)))
            first = max(first, row + 1)


def _stops_by_calendar(
    seen: Observation, station: Station, numbers: dict[int, int]
) -> Iterator[tuple[float, float, int]]:
    """Yield the failures on the calendar clock of some modes of a station.

    Args:
        seen: One replication.
        station: Where.
        numbers: The numbers by which to identify those of its modes that are asked for.

    Yields:
        Start and end, s, and the number.
    """
    on_calendar = [m for m, failure in enumerate(station.failures) if failure.clock == "calendar"]
    mode, spans = seen.failed[station.name]
    for which, (begin, end) in zip(mode, spans, strict=True):
        if on_calendar[which] in numbers:
            yield float(begin), float(end), numbers[on_calendar[which]]


def _stops_by_work(
    seen: Observation, station: Station, numbers: dict[int, int]
) -> Iterator[tuple[float, float, int]]:
    """Yield the failures on the busy clock of some modes of a station; as by calendar.

    A failure happens after as much of the processing of its part as the thresholds say. At a
    paced station the processing begins with the work left over from the part before.
    """
    strikes = seen.strikes.get(station.name)
    if strikes is None or not numbers:
        return
    clock = AvailableTime(seen.lost[station.name])
    ready, finish, work, down = (
        seen.times(name, station.name) for name in ("ready", "finish", "work", "down")
    )
    begun, before = -1, 0.0
    for entry, row in enumerate(strikes.row):
        if row != begun:
            begun, before = row, 0.0
        need = float(work[row] + down[row])
        passed = float(clock.passed(ready[row]))
        if finish[row] < FAR:
            passed += max(0.0, float(clock.passed(finish[row])) - passed - need)
        begin = passed + float(strikes.after[entry]) + before
        before += float(strikes.down[entry])
        if (mode := int(strikes.mode[entry])) in numbers:
            end = begin + float(strikes.down[entry])
            yield (
                float(clock.wall(np.array(begin))),
                float(clock.wall(np.array(end))),
                numbers[mode],
            )


def breakdowns(seen: Observation, station: Station) -> Floats:
    """Return the failures of a station on the busy clock: start and end, (n, 2), s."""
    every = {mode: mode for mode in range(len(station.failures))}
    spans = [(begin, end) for begin, end, _ in _stops_by_work(seen, station, every)]
    return np.array(spans).reshape(-1, 2)


def history(
    scenario: Scenario,
    *,
    replication: int = 0,
    until: float | None = None,
    engine: Engine | None = None,
    bases: Bases | None = None,
) -> History:
    """Simulate one replication of a scenario and return what its devices did.

    Args:
        scenario: With a fleet.
        replication: Which one; its draws are those it has in a run of many.
        until: End of the simulation, s; the horizon if left out.
        engine: Which engine; that of the scenario, or the fastest that can, if left out.
        bases: Digital bases simulated so far; one is simulated if needed and left out.

    Raises:
        ValueError: If the scenario has no fleet.
        EngineError: If its engine cannot run the plant.
    """
    from factory_sim.engines import choose

    fleet = compile_fleet(scenario)
    if fleet is None:
        raise ValueError(f"{scenario.name} has no fleet: no devices")
    plant = (bases or Bases()).plant(scenario)
    chosen = engine or choose(plant, scenario.engine).engine
    span = scenario.horizon if until is None else until
    seen = observe(plant, scenario.seed, replication, span, chosen)
    return History(fleet, seen, Draws(scenario.seed, range(replication, replication + 1)))
