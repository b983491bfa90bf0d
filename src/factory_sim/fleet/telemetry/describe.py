"""The description that goes with the files, for people and programs."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from factory_sim.fleet.sending import TICKS
from factory_sim.fleet.states import DEVICE_STATES
from factory_sim.fleet.telemetry.messages import by_exception
from factory_sim.fleet.telemetry.truth import STATION_STATES
from factory_sim.scenario.fleet import LoadSignal
from factory_sim.scenario.shifts import moment_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from factory_sim.fleet.telemetry.parquet import Column
    from factory_sim.fleet.telemetry.plan import Plan
    from factory_sim.line.devices import DeviceClass

FORMAT = 2
"""Of the files and of this description; raised when readers must change."""

NOTES = (
    "Time stamps are local time of the plant; the date is a convention: the scenario's first "
    "week is that of Monday 2024-01-01.",
    "messages/: one row per message. Each device sends once a period, and at once when its "
    "state changes if its messages carry the state (on_change). Row groups follow each other in "
    "time; within each, rows ascend by device, then by time. ORDER BY time to replay them.",
    "A counter is what has left the station since time 0, not since the first row.",
    "truth/: what a pipeline should find and must not use: the states of the stations and the "
    "faults with the onset of their wear. factory_sim.fleet.telemetry.states_from(DIR) rebuilds "
    "the states from the messages alone.",
)


def description(
    plan: Plan,
    columns: Mapping[str, Sequence[Column]],
    rows: Mapping[str, int],
    directory: Path,
) -> dict[str, Any]:
    """Return what is in the files, as plain data.

    Args:
        plan: What was asked for.
        columns: Of each file.
        rows: Of each file.
        directory: Where the files are.
    """
    return {
        "format": FORMAT,
        "written_by": f"factory-sim {version('factory-sim')}",
        "scenario": plan.scenario.name,
        "scenario_digest": plan.scenario.digest,
        "seed": plan.scenario.seed,
        "replication": plan.replication,
        "from": _moment(plan, plan.begin),
        "to": _moment(plan, plan.end),
        "time_0": _moment(plan, 0.0),
        "time_resolution": f"{1000 // TICKS} ms",
        "notes": list(NOTES),
        "device_states": list(DEVICE_STATES),
        "station_states": list(STATION_STATES),
        "classes": {kind.name: _class(kind) for kind in plan.classes},
        "files": {
            file: {
                "rows": rows[file],
                "bytes": (directory / file).stat().st_size,
                "columns": {column.name: _column(column) for column in of_file},
            }
            for file, of_file in columns.items()
        },
    }


def _moment(plan: Plan, t: float) -> dict[str, Any]:
    from datetime import timedelta

    stamp = plan.origin + timedelta(milliseconds=round(1000 * t))
    return {
        "seconds": t,
        "at": moment_text(plan.scenario.start + t),
        "stamp": stamp.isoformat(timespec="milliseconds"),
    }


def _class(kind: DeviceClass) -> dict[str, Any]:
    """Return what a pipeline needs to know of a class."""
    signals = kind.written.carried
    states = [name for name, signal in signals.items() if signal.kind == "state"]
    loads = [
        name for name, signal in signals.items() if isinstance(signal, LoadSignal) and signal.idle
    ]
    return {
        "devices": kind.count,
        "period": kind.written.period,
        "jitter": kind.written.jitter,
        "effect": kind.effect,
        "on_change": by_exception(signals),
        "state": states[0] if states else None,
        "zero_when_off": loads[0] if loads else None,
    }


def _column(column: Column) -> dict[str, Any]:
    kinds = {"time": "timestamp[ms]", "name": "text", "flag": "boolean", "count": "int64"}
    said: dict[str, Any] = {
        "type": kinds.get(column.kind, "float64" if column.wide else "float32"),
        "about": column.about,
        "unit": column.unit,
        "resolution": column.resolution,
    }
    return {key: value for key, value in said.items() if value}
