"""What is asked for, checked: the scenario, the span of the clock, the devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.telemetry.messages import DEVICE, ON_CHANGE, TIME
from factory_sim.line.devices import compile_fleet
from factory_sim.scenario import automation
from factory_sim.scenario.problems import suggestion
from factory_sim.scenario.span import span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Bools
    from factory_sim.line.devices import DeviceClass, Fleet
    from factory_sim.scenario import Scenario

RESERVED = (TIME, DEVICE, ON_CHANGE)
"""Columns that every message has."""


EPOCH = datetime(2024, 1, 1)
"""A scenario knows the day of the week, time stamps need a date: this is the Monday before
time 0. Days of the week and times of day are right, the date is a convention."""


class TelemetryError(ValueError):
    """Telemetry that cannot be written as asked; the text says why, and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be written.

    Attributes:
        scenario: Of the plant.
        fleet: Its devices.
        replication: Which replication is written.
        begin: Start of the span, s after time 0.
        end: Its end.
        classes: The classes wanted.
        stations: (S,) which stations of ``fleet.stations`` are wanted.
    """

    scenario: Scenario
    fleet: Fleet
    replication: int
    begin: float
    end: float
    classes: tuple[DeviceClass, ...]
    stations: Bools

    @property
    def origin(self) -> datetime:
        """The time stamp of time 0, to the ms."""
        return EPOCH + timedelta(milliseconds=round(1000 * self.scenario.start))


def plan(
    scenario: Scenario,
    begin: str,
    end: str,
    *,
    replication: int = 0,
    classes: Sequence[str] | None = None,
    stations: str | None = None,
) -> Plan:
    """Return what is to be written, from what a user says.

    Args:
        scenario: The validated scenario.
        begin: Start of the span: ``10:00``, ``tue 10:00`` or the time since time 0, ``30 h``.
        end: Its end, likewise.
        replication: Which replication.
        classes: Names of the classes wanted; all if left out.
        stations: Stations wanted, a name, ``line/*`` or a shell pattern; all if left out.

    Raises:
        TelemetryError: If something of it does not exist, or the span is none.
    """
    fleet = compile_fleet(scenario)
    if fleet is None:
        raise TelemetryError("the scenario has no `fleet:`; write classes of devices under it")
    try:
        first, last = span(scenario, begin, end)
    except ValueError as error:
        raise TelemetryError(str(error)) from None
    chosen, places = _classes(fleet, classes), _stations(scenario, fleet, stations)
    _check_signals(chosen)
    return Plan(scenario, fleet, replication, first, last, chosen, places)


def _classes(fleet: Fleet, names: Sequence[str] | None) -> tuple[DeviceClass, ...]:
    known = {kind.name: kind for kind in fleet.classes}
    wanted = list(known) if names is None else list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise TelemetryError(f'classes: there is no class "{name}"{suggestion(name, known)}')
    return tuple(known[name] for name in wanted)


def _check_signals(classes: Sequence[DeviceClass]) -> None:
    for kind in classes:
        for name in RESERVED:
            if name in kind.written.carried:
                message = (
                    f"fleet.classes.{kind.name}.signals.{name}: every message has a column "
                    f"{name}; choose another name"
                )
                raise TelemetryError(message)


def _stations(scenario: Scenario, fleet: Fleet, pattern: str | None) -> Bools:
    if pattern is None:
        return np.ones(len(fleet.stations), dtype=np.bool_)
    everything = automation.units(scenario)
    found = {unit.name for unit in automation.matching(pattern, everything)}
    if not found:
        known = {label for unit in everything for label in unit.labels}
        message = f'stations: "{pattern}" matches no station{suggestion(pattern, known)}'
        raise TelemetryError(message)
    return np.array([name in found for name in fleet.stations])
