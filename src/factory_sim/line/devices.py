"""The connected devices as frozen data: who they are and where they stand.

A fleet of 12,000 is a handful of classes and two arrays; a single device is made when it
is asked for. Devices are numbered through the fleet, class after class in the order of
their names, within a class in flow order of their stations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.line.failures import Failure, Slowing
from factory_sim.line.realism import growth
from factory_sim.scenario import automation
from factory_sim.scenario.fleet import Slows
from factory_sim.scenario.unbounded import Exponential, Weibull

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.distributions import Age
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.fleet import DeviceClass as Written
    from factory_sim.scenario.fleet import DeviceFailure

Effect = Literal["stops", "slows", "informs"]
"""What a device that is down does to its station."""


@dataclass(frozen=True)
class DeviceClass:
    """Devices of one kind.

    Attributes:
        name: Unique in the fleet; the first part of the names of its devices.
        first: Number of its first device in the fleet.
        count: How many there are.
        effect: What one of them does to its station while it is down.
        slows: Factor on the work content while one is down; 1 unless ``effect`` is slows.
        failures: How they fail, each device by itself; names are those of the modes.
        written: What the scenario says of the class: messages, wear, signals.
    """

    name: str
    first: int
    count: int
    effect: Effect
    slows: float
    failures: tuple[Failure, ...]
    written: Written

    def device(self, index: int) -> str:
        """Return the name of its device number ``index``, from 0: ``robots-0417`` is 416."""
        return f"{self.name}-{index + 1:0{len(str(self.count))}d}"


@dataclass(frozen=True)
class Device:
    """One device.

    Attributes:
        name: Unique in the fleet.
        number: Its number in the fleet, from 0.
        of: Its class.
        station: Name of the station it is attached to.
        place: Which of the devices of its class at that station it is, from 0.
    """

    name: str
    number: int
    of: DeviceClass
    station: str
    place: int

    def modes(self) -> tuple[Failure, ...]:
        """Return its failure modes, named ``robots-0417/failure``.

        Their draws are those of its place at its station, whatever it is called: one device
        more changes the names of others and where they stand, and moves no draw.
        """
        return tuple(
            replace(
                mode,
                name=f"{self.name}/{mode.name}",
                address=f"{self.of.name}/{self.place}/{mode.name}",
                of=self.of.name,
            )
            for mode in self.of.failures
        )


@dataclass(frozen=True)
class Fleet:
    """All devices of a plant, D of them at S stations.

    Attributes:
        classes: The classes by name.
        stations: (S,) names of the stations of the plant, in the order of
            ``Plant.stations()``.
        class_of: (D,) index of the class of each device.
        station_of: (D,) index of its station.
    """

    classes: tuple[DeviceClass, ...]
    stations: tuple[str, ...]
    class_of: Ints
    station_of: Ints

    def __len__(self) -> int:
        return self.class_of.size

    def device(self, number: int) -> Device:
        """Return the device of a number in the fleet, from 0."""
        kind = self.classes[self.class_of[number]]
        station = self.stations[self.station_of[number]]
        place = int(self._place_of[number])
        return Device(kind.device(number - kind.first), number, kind, station, place)

    @cached_property
    def _place_of(self) -> Ints:
        """(D,) which of the devices of its class at its station each is: they are side by side."""
        numbers = np.arange(len(self))
        alike = (np.diff(self.class_of) == 0) & (np.diff(self.station_of) == 0)
        firsts = np.where(np.concatenate([[False], alike]), 0, numbers)
        places: Ints = numbers - np.maximum.accumulate(firsts)
        return places

    def devices(self) -> Iterator[Device]:
        """Yield all of them, one after the other."""
        return map(self.device, range(len(self)))

    def named(self, name: str) -> Device | None:
        """Return the device of a name, None if there is none."""
        kind, _, digits = name.rpartition("-")
        for known in self.classes:
            if known.name == kind and digits.isascii() and digits.isdigit():
                index = int(digits) - 1
                if 0 <= index < known.count and known.device(index) == name:
                    return self.device(known.first + index)
        return None


@dataclass(frozen=True)
class Attached:
    """What the devices of one station do to it.

    Attributes:
        failures: Its failure modes by those that stop it.
        slowing: Those that slow it.
    """

    failures: tuple[Failure, ...] = ()
    slowing: tuple[Slowing, ...] = ()


def attached(fleet: Fleet | None) -> dict[str, Attached]:
    """Return the effects of devices by name of station, for stations that have devices."""
    failures: dict[str, list[Failure]] = {}
    slowing: dict[str, list[Slowing]] = {}
    for device in fleet.devices() if fleet is not None else ():
        if not device.of.failures or device.of.effect == "informs":
            continue
        if device.of.effect == "stops":
            failures.setdefault(device.station, []).extend(device.modes())
        else:
            slower = Slowing(device.of.slows, device.modes())
            slowing.setdefault(device.station, []).append(slower)
    return {
        station: Attached(tuple(failures.get(station, ())), tuple(slowing.get(station, ())))
        for station in {**failures, **slowing}
    }


def compile_fleet(scenario: Scenario) -> Fleet | None:
    """Return the devices of a scenario, None if it has no fleet.

    Where they stand depends on the names and the order of the stations alone, so it is the
    same at every level of automation.

    Args:
        scenario: The validated scenario.
    """
    if scenario.fleet is None:
        return None
    units = automation.units(scenario)
    places = {unit.name: place for place, unit in enumerate(units)}

    @cache
    def matched(pattern: str) -> frozenset[int]:
        """Return where the stations of a pattern are; classes mostly share their patterns."""
        return frozenset(places[unit.name] for unit in automation.matching(pattern, units))

    classes: list[DeviceClass] = []
    station_of: list[Ints] = []
    first = 0
    for name, written in sorted(scenario.fleet.classes.items()):
        classes.append(_class(scenario, name, first, written))
        found = frozenset().union(*map(matched, written.attach))
        station_of.append(dealt(written.count, np.array(sorted(found), dtype=np.int64)))
        first += written.count
    counts = [kind.count for kind in classes]
    return Fleet(
        classes=tuple(classes),
        stations=tuple(unit.name for unit in units),
        class_of=np.repeat(np.arange(len(classes)), counts),
        station_of=np.concatenate(station_of),
    )


def dealt(count: int, places: Ints) -> Ints:
    """Return the place of each of ``count`` devices, (count,), those of a place side by side.

    Args:
        count: How many are dealt out, evenly; what is over goes to the first places.
        places: (n,) where they may go, at least one.
    """
    each, over = divmod(count, places.size)
    return np.repeat(places, each + (np.arange(places.size) < over))


def _class(scenario: Scenario, name: str, first: int, written: Written) -> DeviceClass:
    slowing = written.criticality
    failures = written.failures if scenario.realism.breakdowns else ()
    return DeviceClass(
        name=name,
        first=first,
        count=written.count,
        effect="slows" if isinstance(slowing, Slows) else slowing,
        slows=slowing.slows if isinstance(slowing, Slows) else 1.0,
        failures=tuple(_failure(scenario, failure) for failure in failures),
        written=written,
    )


@dataclass(frozen=True)
class SteadyAge:
    """The age in steady state of a device that is renewed at every failure.

    Attributes:
        of: The law of its lives.
    """

    of: Weibull

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return self.of.steady_age(u)


def _failure(scenario: Scenario, failure: DeviceFailure) -> Failure:
    return Failure(
        name=failure.name,
        clock=failure.clock,
        up=failure.mtbf,
        down=failure.mttr,
        crew=failure.crew if scenario.realism.shared_technicians else None,
        growth=growth(scenario, failure.growth),
        age=_age(failure),
        minimal=failure.repair == "as_old",
    )


def _age(failure: DeviceFailure) -> Age | None:
    """Return the age of a device at time 0, None where it is new or makes no difference."""
    law = failure.mtbf
    if isinstance(law, Exponential):
        return None
    if failure.age is not None and failure.age != "steady":
        return failure.age
    # With growth past lives had another law; with minimal repair there is no steady state.
    renewed = failure.repair == "as_new" and failure.growth is None
    return SteadyAge(law) if isinstance(law, Weibull) and renewed else None
