"""From one simulated replication to what decides the messages of each class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.history import History, Repairs, history
from factory_sim.fleet.seen import window_begin
from factory_sim.fleet.sending import Pattern
from factory_sim.fleet.states import fleet_spans
from factory_sim.fleet.telemetry.messages import Talk
from factory_sim.fleet.telemetry.readings import memory
from factory_sim.fleet.telemetry.tracks import join, track
from factory_sim.fleet.telemetry.wear import wear_of

if TYPE_CHECKING:
    from factory_sim.fleet.seen import Bases
    from factory_sim.fleet.states import DeviceSpans
    from factory_sim.fleet.telemetry.plan import Plan
    from factory_sim.fleet.telemetry.tracks import Track
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.devices import Device, DeviceClass
    from factory_sim.scenario import Scenario

SETTLED = 3600.0
"""How far beyond the last message is simulated, s: work under way then has its finish."""


@dataclass(frozen=True)
class Told:
    """One replication, as far as the messages of a plan need it.

    Attributes:
        plan: What is asked for.
        past: The replication.
        window: From when to when the devices' states are needed, s.
        patterns: When the devices of each class wanted send, by its name.
        stations: What each station does in that window, by its name.
        left: When parts leave each station, s, ascending; from time 0 on.
    """

    plan: Plan
    past: History
    window: tuple[float, float]
    patterns: dict[str, Pattern]
    stations: dict[str, DeviceSpans]
    left: dict[str, Floats]


def patterns(plan: Plan) -> dict[str, Pattern]:
    """Return when the devices of each class wanted send, by its name.

    What a digital base simulates is sent at the same moments here, unless a fault of the
    base makes the devices send faster there.
    """
    begin, length = _in_base(plan.scenario)
    return {
        kind.name: Pattern(
            name=kind.name,
            count=kind.count,
            period=kind.written.period,
            jitter=kind.written.jitter,
            seed=plan.scenario.seed,
            begin=begin,
            drawn=int(np.ceil(length / kind.written.period)),
        )
        for kind in plan.classes
    }


def _in_base(scenario: Scenario) -> tuple[float, float]:
    """Return when the digital base of a scenario begins to carry messages, and how long, s."""
    if (base := scenario.digital_base) is None:
        return 0.0, 0.0
    from factory_sim.fleet.base.plan import plan as base_plan
    from factory_sim.fleet.base.run import message_classes
    from factory_sim.fleet.base.times import SECOND

    run = base_plan(base, message_classes(scenario), scenario.seed)
    return window_begin(scenario) + run.begin / SECOND, (run.end - run.begin) / SECOND


def told(plan: Plan, bases: Bases | None = None) -> Told:
    """Simulate the replication that a plan asks for, and return what happened in it.

    Args:
        plan: What is asked.
        bases: As for :func:`fleet.history.history`.

    Raises:
        EngineError: If the engine of the scenario cannot run the plant.
    """
    window = _window(plan)
    until = window[1] + SETTLED
    past = history(plan.scenario, replication=plan.replication, until=until, bases=bases)
    onlookers = _onlookers(plan)
    spans = fleet_spans(past, onlookers, *window)
    return Told(
        plan=plan,
        past=past,
        window=window,
        patterns=patterns(plan),
        stations={one.station: one for one in spans},
        left={one.station: _departures(past, one.station) for one in onlookers},
    )


def _onlookers(plan: Plan) -> list[Device]:
    """Return a device that never fails for each station with any: it shows the station."""
    fleet = plan.fleet
    _, first = np.unique(fleet.station_of, return_index=True)
    devices = [fleet.device(int(number)) for number in first]
    return [replace(one, of=replace(one.of, failures=(), effect="informs")) for one in devices]


def _window(plan: Plan) -> tuple[float, float]:
    """Return the span of time that bears on the messages of a plan, s."""
    past = max(memory(kind.written.carried) for kind in plan.classes)
    return max(plan.begin - past - 1.0, 0.0), plan.end + 1.0


def _departures(past: History, station: str) -> Floats:
    leave = np.sort(past.seen.times("leave", station))
    return leave[np.isfinite(leave)]


def repairs_of(told: Told, kind: DeviceClass) -> list[Repairs]:
    """Return the failures of each device of a class."""
    nothing = Repairs(np.empty(0, np.int64), np.empty(0), np.empty(0))
    if not kind.failures:
        return [nothing] * kind.count
    return [told.past.repairs(device) for device in devices_of(told, kind)]


def devices_of(told: Told, kind: DeviceClass) -> list[Device]:
    """Return all devices of a class."""
    fleet = told.plan.fleet
    return [fleet.device(number) for number in range(kind.first, kind.first + kind.count)]


def chosen_of(told: Told, kind: DeviceClass) -> Bools:
    """Return which devices of a class are at stations that are wanted, (n,)."""
    fleet = told.plan.fleet
    chosen: Bools = told.plan.stations[fleet.station_of[kind.first : kind.first + kind.count]]
    return chosen


def talk(told: Told, kind: DeviceClass, repairs: list[Repairs]) -> Talk:
    """Return all that decides the messages of a class.

    Args:
        told: What happened.
        kind: The class.
        repairs: Of each of its devices.
    """
    devices = devices_of(told, kind)
    begin, end = told.window
    failing = {
        device.number
        for device, repaired in zip(devices, repairs, strict=True)
        if np.any((repaired.begin < end) & (repaired.end > begin))
    }
    own = {
        one.device: one
        for one in fleet_spans(told.past, (d for d in devices if d.number in failing), begin, end)
    }
    tracks: list[Track] = []
    shared: dict[str, int] = {}
    track_of = np.empty(kind.count, np.int64)
    for place, device in enumerate(devices):
        name = device.name if device.name in own else device.station
        if name not in shared:
            shared[name] = len(tracks)
            spans = own.get(device.name, told.stations[device.station])
            off, left = told.past.seen.off[device.station], told.left[device.station]
            tracks.append(track(spans, off, left))
        track_of[place] = shared[name]
    return Talk(
        pattern=told.patterns[kind.name],
        signals=kind.written.carried,
        tracks=join(tracks),
        track_of=track_of,
        wear=wear_of(told.past, devices, repairs, told.window),
        chosen=chosen_of(told, kind),
        replication=told.plan.replication,
    )
