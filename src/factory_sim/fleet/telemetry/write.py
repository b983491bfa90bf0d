"""Telemetry as files: messages by class, the devices, the truth, and a description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.states import DEVICE_STATES
from factory_sim.fleet.telemetry.describe import description
from factory_sim.fleet.telemetry.directory import whole
from factory_sim.fleet.telemetry.layout import DESCRIPTION, DEVICES, FAULTS, STATES, messages_file
from factory_sim.fleet.telemetry.messages import DEVICE, ON_CHANGE, TIME, messages
from factory_sim.fleet.telemetry.parquet import Column, TableWriter
from factory_sim.fleet.telemetry.plan import plan as planned
from factory_sim.fleet.telemetry.readings import value_type
from factory_sim.fleet.telemetry.sources import (
    chosen_of,
    devices_of,
    message_source,
    repairs_of,
    simulated,
)
from factory_sim.fleet.telemetry.truth import fault_table, state_table
from factory_sim.scenario.fleet import CounterSignal, StateSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from factory_sim.fleet.bases import Bases
    from factory_sim.fleet.telemetry.parquet import Kind
    from factory_sim.fleet.telemetry.plan import Plan
    from factory_sim.fleet.telemetry.sources import SimulatedPlant
    from factory_sim.fleet.telemetry.truth import Table
    from factory_sim.line.devices import DeviceClass
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.fleet import AnySignal


def write(
    scenario: Scenario,
    directory: str | Path,
    begin: str,
    end: str,
    *,
    replication: int = 0,
    classes: Sequence[str] | None = None,
    stations: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    bases: Bases | None = None,
) -> dict[str, Any]:
    """Write what the devices of a plant send in a span of time, and the truth beside it.

    Memory does not grow with the number of messages: they are made and written in slabs.

    Args:
        scenario: With a fleet.
        directory: Where to; it must not exist, or be empty.
        begin: Start of the span: ``10:00``, ``tue 10:00`` or the time since time 0, ``30 h``.
        end: Its end, likewise.
        replication: Which replication of the scenario.
        classes: Classes of devices wanted; all if left out.
        stations: Stations whose devices are wanted: a name, ``line/*`` or a shell pattern.
        progress: Called with the messages written, and those expected.
        bases: As for :func:`fleet.history.history`.

    Returns:
        The description that is written, too, as ``telemetry.json``.

    Raises:
        TelemetryError: If it cannot be written as asked.
        EngineError: If the engine of the scenario cannot run the plant.
        OSError: If a file cannot be written; then nothing is left of it.
    """
    plan = planned(
        scenario, begin, end, replication=replication, classes=classes, stations=stations
    )
    with whole(Path(directory)) as making:
        for folder in ("messages", "truth"):
            (making / folder).mkdir()
        happened = simulated(plan, bases)
        repairs = {kind.name: repairs_of(happened, kind) for kind in plan.classes}
        tables = {
            DEVICES: _device_table(happened),
            FAULTS: fault_table(happened, repairs),
            STATES: state_table(happened),
        }
        columns: dict[str, Sequence[Column]] = {}
        for file, (kinds, values) in tables.items():
            columns[file] = kinds
            with _writer(making / file, plan, kinds) as table:
                table.write(values)
        rows = {file: _length(values) for file, (_, values) in tables.items()}
        written, expected = 0, _expected(plan)
        for kind in plan.classes:
            file = messages_file(kind.name)
            columns[file] = message_columns(kind)
            with _writer(making / file, plan, columns[file], sorted_by=(DEVICE, TIME)) as table:
                for slab in messages(
                    message_source(happened, kind, repairs[kind.name]), plan.begin, plan.end
                ):
                    table.write(*slab)
                    progress(min(written + table.rows, expected), expected)
            rows[file] = table.rows
            written += table.rows
        about = description(plan, columns, rows, making)
        text = json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False)
        (making / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
    return about


def _expected(plan: Plan) -> int:
    """Return how many periodic messages there are about."""
    rate = sum(kind.count / kind.written.period for kind in plan.classes)
    return max(round(rate * (plan.end - plan.begin)), 1)


def _length(values: Mapping[str, NDArray[Any]]) -> int:
    return next(iter(values.values())).size


def _writer(
    path: Path, plan: Plan, columns: Sequence[Column], sorted_by: Sequence[str] = ()
) -> TableWriter:
    about = {"factory_sim.scenario_digest": plan.scenario.digest}
    origin = int(np.datetime64(plan.origin, "ms").astype(np.int64))
    return TableWriter(path, columns, origin=origin, sorted_by=sorted_by, about=about)


def message_columns(kind: DeviceClass) -> list[Column]:
    """Return the columns of the messages of a class."""
    names = [kind.device(index) for index in range(kind.count)]
    signals = kind.written.carried.items()
    return [
        Column(TIME, "time", about="when it was sent"),
        Column(DEVICE, "name", names=names, about="who sent it"),
        Column(ON_CHANGE, "flag", about="whether a change of state made it, not the period"),
        *(_signal_column(name, signal) for name, signal in signals),
    ]


def _signal_column(name: str, signal: AnySignal) -> Column:
    values = value_type(signal)
    whole_number, counts = values.kind == "i", isinstance(signal, CounterSignal)
    kind: Kind = "repeating" if signal.resolution or counts else "real"
    if isinstance(signal, StateSignal):
        kind = "name"
    elif whole_number:
        kind = "count"
    return Column(
        name,
        kind,
        unit=signal.unit,
        names=DEVICE_STATES if kind == "name" else (),
        wide=values.itemsize == 8,
        resolution=signal.resolution,
        about=signal.kind,
    )


def _device_table(run: SimulatedPlant) -> Table:
    """Return who sends, one row each: the devices of the classes and stations wanted."""
    plan = run.plan
    names = {station: place for place, station in enumerate(plan.fleet.stations)}
    devices = [
        (place, device)
        for place, kind in enumerate(plan.classes)
        for device, chosen in zip(devices_of(run, kind), chosen_of(run, kind), strict=True)
        if chosen
    ]
    effects = ("stops", "slows", "informs")
    columns = [
        Column(DEVICE, "name", names=[device.name for _, device in devices]),
        Column("class", "name", names=[kind.name for kind in plan.classes]),
        Column("station", "name", names=plan.fleet.stations, about="where it stands"),
        Column("effect", "name", names=effects, about="of its failures on the station"),
        Column("period", "repeating", "s", wide=True, about="from one message to the next"),
        Column("jitter", "repeating", wide=True, about="most that this strays, as a share"),
    ]
    written = [device.of.written for _, device in devices]
    return columns, {
        DEVICE: np.arange(len(devices)),
        "class": np.array([place for place, _ in devices], np.int64),
        "station": np.array([names[device.station] for _, device in devices], np.int64),
        "effect": np.array([effects.index(d.of.effect) for _, d in devices], np.int64),
        "period": np.array([one.period for one in written], np.float64),
        "jitter": np.array([one.jitter for one in written], np.float64),
    }
