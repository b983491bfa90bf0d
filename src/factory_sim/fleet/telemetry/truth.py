"""The truth beside the telemetry: what the stations did, and the faults with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.states import DEVICE_STATES, DOWN, STOPPED
from factory_sim.fleet.telemetry.messages import by_exception
from factory_sim.fleet.telemetry.parquet import Column
from factory_sim.fleet.telemetry.sources import chosen_of, devices_of
from factory_sim.fleet.telemetry.wear import onsets
from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from factory_sim.fleet.history import Repairs
    from factory_sim.fleet.sending import Pattern
    from factory_sim.fleet.states import DeviceSpans
    from factory_sim.fleet.telemetry.sources import SimulatedPlant
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.devices import Device

    Table = tuple[Sequence[Column], Mapping[str, NDArray[Any]]]

STATION_STATES = tuple(state for state in DEVICE_STATES if state != DEVICE_STATES[STOPPED])
"""What a station does: of a station, that it is stopped means that it is down."""


def station_states(states: Ints) -> Ints:
    """Return indices into ``STATION_STATES`` from indices into ``DEVICE_STATES``."""
    codes = np.array(
        [
            STATION_STATES.index(DEVICE_STATES[DOWN if state == STOPPED else state])
            for state in range(len(DEVICE_STATES))
        ]
    )
    found: Ints = codes[states]
    return found


def state_table(run: SimulatedPlant) -> Table:
    """Return what the stations wanted do in the span asked for, one row per span."""
    plan = run.plan
    rows = [
        (np.full(states.size, place), edges, states)
        for place, (name, wanted) in enumerate(zip(plan.fleet.stations, plan.stations, strict=True))
        if wanted and name in run.stations
        for edges, states in [_cut(run.stations[name], plan.begin, plan.end)]
    ]
    columns = [
        Column("station", "name", names=plan.fleet.stations),
        Column("begin", "time", about="of the span"),
        Column("end", "time", about="of the span"),
        Column("state", "name", names=STATION_STATES, about="the same throughout the span"),
    ]
    stations, edges, states = zip(*rows, strict=True) if rows else ((), (), ())
    none = np.empty(0)
    return columns, {
        "station": np.concatenate([*stations, none]).astype(np.int64),
        "begin": np.concatenate([*(e[:-1] for e in edges), none]),
        "end": np.concatenate([*(e[1:] for e in edges), none]),
        "state": station_states(np.concatenate([*states, none]).astype(np.int64)),
    }


def _cut(spans: DeviceSpans, begin: float, end: float) -> tuple[Floats, Ints]:
    """Return edges and states of what lies in a part [begin, end) of a window."""
    first = int(np.searchsorted(spans.edges, begin, side="right")) - 1
    last = int(np.searchsorted(spans.edges, end))
    return np.clip(spans.edges[first : last + 1], begin, end), spans.states[first:last]


@dataclass(frozen=True)
class Fault:
    """A failure of a device; times in s, NaN for what is not known.

    Attributes:
        device: Its name.
        of: Name of its class.
        station: Where it stands.
        mode: The failure mode.
        onset: When the wear that led to it began to show.
        failed: When it failed.
        seen: First message of the device since then.
        repaired: End of the repair.
    """

    device: str
    of: str
    station: str
    mode: str
    onset: float
    failed: float
    seen: float
    repaired: float


def fault_table(run: SimulatedPlant, repairs: Mapping[str, Sequence[Repairs]]) -> Table:
    """Return the faults of the devices wanted, one row each, by time of the failure.

    There is a row for each fault that shows in the span asked for: from the onset of its
    wear, or from the failure if there is no onset, to the end of the repair.
    """
    faults = [
        fault
        for kind in run.plan.classes
        for device, repaired, chosen in zip(
            devices_of(run, kind), repairs[kind.name], chosen_of(run, kind), strict=True
        )
        if chosen and repaired.begin.size
        for fault in _faults_of(run, device, repaired)
    ]
    faults.sort(key=lambda fault: (fault.failed, fault.device))
    texts = {
        "device": [fault.device for fault in faults],
        "class": [fault.of for fault in faults],
        "station": [fault.station for fault in faults],
        "mode": [fault.mode for fault in faults],
    }
    names = {
        column: {text: at for at, text in enumerate(sorted({*texts[column]}))} for column in texts
    }
    times = {
        "onset": "its wear begins to show (P); null if never, or before time 0",
        "failed": "the failure (F)",
        "seen": "first message of the device since then",
        "repaired": "end of the repair; null if that is not within the run",
    }
    columns = [Column(column, "name", names=list(names[column])) for column in texts]
    columns += [
        Column(column, "time", missing=True, about=about) for column, about in times.items()
    ]
    return columns, {
        **{
            column: np.array([names[column][text] for text in values], np.int64)
            for column, values in texts.items()
        },
        **{column: np.array([getattr(fault, column) for fault in faults]) for column in times},
    }


def _faults_of(run: SimulatedPlant, device: Device, repaired: Repairs) -> list[Fault]:
    plan = run.plan
    onset = onsets(run.past, device, repaired)
    first = np.fmin(onset, repaired.begin)
    names = [mode.name.rpartition("/")[2] for mode in device.of.failures]
    return [
        Fault(
            device=device.name,
            of=device.of.name,
            station=device.station,
            mode=names[repaired.mode[one]],
            onset=float(onset[one]),
            failed=float(repaired.begin[one]),
            seen=_seen(run.patterns[device.of.name], device, float(repaired.begin[one])),
            repaired=float(repaired.end[one]) if repaired.end[one] < FAR else np.nan,
        )
        for one in np.flatnonzero((first < plan.end) & (repaired.end > plan.begin))
    ]


def _seen(sending: Pattern, device: Device, failed: float) -> float:
    """Return when a device first sends from a moment on, s."""
    if by_exception(device.of.written.carried):
        return failed
    return sending.first_from(failed, device.number - device.of.first)
