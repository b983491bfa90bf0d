"""What the messages of each device class follow from, taken from one simulated replication."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.bases import window_begin
from factory_sim.fleet.history import History, Repairs, history
from factory_sim.fleet.sending import Pattern
from factory_sim.fleet.states import fleet_spans
from factory_sim.fleet.telemetry.messages import MessageSource
from factory_sim.fleet.telemetry.readings import memory
from factory_sim.fleet.telemetry.tracks import join, track
from factory_sim.fleet.telemetry.wear import wear_of

if TYPE_CHECKING:
    from factory_sim.fleet.bases import Bases
    from factory_sim.fleet.states import DeviceSpans
    from factory_sim.fleet.telemetry.plan import Plan
    from factory_sim.fleet.telemetry.tracks import Track
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.devices import Device, DeviceClass
    from factory_sim.scenario import Scenario

SETTLED = 3600.0
"""Time simulated beyond the last message, s, so that work under way then has its finish."""


@dataclass(frozen=True)
class SimulatedPlant:
    """One replication of the plant, as far as the messages of a plan need it.

    Attributes:
        plan: What is asked for.
        past: The replication.
        window: Span of time in which the states of devices are needed, s.
        patterns: When devices send, by the name of their class.
        stations: The states of each station in that window, by its name.
        left: When parts leave each station, s, ascending; from time 0 on.
    """

    plan: Plan
    past: History
    window: tuple[float, float]
    patterns: dict[str, Pattern]
    stations: dict[str, DeviceSpans]
    left: dict[str, Floats]


def patterns(plan: Plan) -> dict[str, Pattern]:
    """Return when devices send, by the name of their class, for the classes that are wanted.

    They send at the same moments as in the digital base, unless a fault of the base makes
    them send faster there.
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


def simulated(plan: Plan, bases: Bases | None = None) -> SimulatedPlant:
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
    probes = _probes(plan)
    spans = fleet_spans(past, probes, *window)
    return SimulatedPlant(
        plan=plan,
        past=past,
        window=window,
        patterns=patterns(plan),
        stations={one.station: one for one in spans},
        left={one.station: _departures(past, one.station) for one in probes},
    )


def _probes(plan: Plan) -> list[Device]:
    """Return for each station with devices one that never fails: it shows the station's states."""
    fleet = plan.fleet
    _, first = np.unique(fleet.station_of, return_index=True)
    devices = [fleet.device(int(number)) for number in first]
    return [replace(one, of=replace(one.of, failures=(), effect="informs")) for one in devices]


def _window(plan: Plan) -> tuple[float, float]:
    """Return the span of time on which the messages of a plan depend, s."""
    past = max(memory(kind.written.carried) for kind in plan.classes)
    return max(plan.begin - past - 1.0, 0.0), plan.end + 1.0


def _departures(past: History, station: str) -> Floats:
    leave = np.sort(past.seen.times("leave", station))
    return leave[np.isfinite(leave)]


def repairs_of(run: SimulatedPlant, kind: DeviceClass) -> list[Repairs]:
    """Return the failures of each device of a class."""
    nothing = Repairs(np.empty(0, np.int64), np.empty(0), np.empty(0))
    if not kind.failures:
        return [nothing] * kind.count
    return [run.past.repairs(device) for device in devices_of(run, kind)]


def devices_of(run: SimulatedPlant, kind: DeviceClass) -> list[Device]:
    """Return all devices of a class."""
    fleet = run.plan.fleet
    return [fleet.device(number) for number in range(kind.first, kind.first + kind.count)]


def chosen_of(run: SimulatedPlant, kind: DeviceClass) -> Bools:
    """Return which devices of a class are at stations that are wanted, (n,)."""
    fleet = run.plan.fleet
    chosen: Bools = run.plan.stations[fleet.station_of[kind.first : kind.first + kind.count]]
    return chosen


def message_source(run: SimulatedPlant, kind: DeviceClass, repairs: list[Repairs]) -> MessageSource:
    """Return what the messages of a class follow from.

    Args:
        run: The replication.
        kind: The class.
        repairs: Of each of its devices.
    """
    devices = devices_of(run, kind)
    begin, end = run.window
    failing = {
        device.number
        for device, repaired in zip(devices, repairs, strict=True)
        if np.any((repaired.begin < end) & (repaired.end > begin))
    }
    own = {
        one.device: one
        for one in fleet_spans(run.past, (d for d in devices if d.number in failing), begin, end)
    }
    tracks: list[Track] = []
    shared: dict[str, int] = {}
    track_of = np.empty(kind.count, np.int64)
    for place, device in enumerate(devices):
        name = device.name if device.name in own else device.station
        if name not in shared:
            shared[name] = len(tracks)
            spans = own.get(device.name, run.stations[device.station])
            off, left = run.past.seen.off[device.station], run.left[device.station]
            tracks.append(track(spans, off, left))
        track_of[place] = shared[name]
    return MessageSource(
        pattern=run.patterns[kind.name],
        signals=kind.written.carried,
        tracks=join(tracks),
        track_of=track_of,
        wear=wear_of(run.past, devices, repairs, run.window),
        chosen=chosen_of(run, kind),
        replication=run.plan.replication,
    )
