"""The accounts of a run as tables: one row per station, one row per replication."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.line.plant import stations_of
from factory_sim.study.measures import MEASURES, SECONDS_PER_HOUR, estimated

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.analysis.kpis import Indicators
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.line.plant import Plant


def station_places(plant: Plant) -> list[tuple[str, str, str]]:
    """Return the line, the stage and the name of each station, in flow order."""
    return [
        (line.name, stage.name, station.name)
        for line in plant.lines
        for stage in line.stages
        for station in stations_of(stage)
    ]


def station_columns(plant: Plant, accounts: Accounts, confidence: float) -> dict[str, list[Any]]:
    """Return what each station did, as columns in flow order, main line first.

    The columns: ``name``; ``line``; ``stage``, the paced section or else the station
    itself; one share of the window per state (mean over servers and replications, they
    sum to 1); ``processed`` in parts/h; ``stops`` in 1/h and ``lost`` in s/h, what the
    station held up its section; ``bottleneck``, the share of the window in which its stage was
    the momentary bottleneck; ``alone``, parts/h its stage would make if it were never starved
    nor blocked. Each figure is followed by the half-width of its interval
    (``busy_half_width``); NaN is not defined.
    """
    hours = (accounts.end - accounts.begin) / SECONDS_PER_HOUR
    places = station_places(plant)
    stage = [accounts.units.index(unit) for _, unit, _ in places]
    columns: dict[str, list[Any]] = {
        "name": [station for _, _, station in places],
        "line": [line for line, _, _ in places],
        "stage": [unit for _, unit, _ in places],
    }
    figures = {state: accounts.states[:, :, i] for i, state in enumerate(STATES)}
    figures |= {name: getattr(accounts, name) / hours for name in ("processed", "stops", "lost")}
    figures |= {name: getattr(accounts, name)[:, stage] for name in ("bottleneck", "alone")}
    for name, samples in figures.items():
        columns[name] = samples.mean(axis=0).tolist()
        columns[f"{name}_half_width"] = [estimated(s, confidence).half_width for s in samples.T]
    return columns


def deliveries_table(accounts: Accounts) -> pa.Table:
    """Return the deliveries over time, mean over replications, as an Arrow table.

    The columns are ``begin`` and ``end`` of equal spans from the start of the run, s, and
    ``deliveries`` in parts. The warm-up is in it.
    """
    import pyarrow as pa

    edges = np.linspace(0.0, accounts.end, accounts.series.shape[1] + 1)
    deliveries = accounts.series.mean(axis=0)
    return pa.table({"begin": edges[:-1], "end": edges[1:], "deliveries": deliveries})


def kpi_records(plant: Plant, kpis: Indicators) -> list[dict[str, Any]]:
    """Return the indicators as plain data, a row per station in flow order, the plant last.

    Each row has ``scope`` (``station`` or ``plant``), ``name``, ``line``, and each
    indicator with its half-width (``oee``, ``oee_half_width``); None is not defined.
    """
    lines = {station.name: line.name for line in plant.lines for station in line.stations()}
    rows = [("station", name, lines[name], found) for name, found in kpis.stations.items()]
    return [
        {"scope": scope, "name": name, "line": line, **_indicators(found)}
        for scope, name, line, found in [*rows, ("plant", plant.name, None, kpis.plant)]
    ]


def _indicators(found: Mapping[str, Estimate]) -> dict[str, float | None]:
    values = {}
    for name, estimate in found.items():
        for key, value in ((name, estimate.mean), (f"{name}_half_width", estimate.half_width)):
            values[key] = value if math.isfinite(value) else None
    return values


def kpi_table(plant: Plant, kpis: Indicators) -> pa.Table:
    """Return :func:`kpi_records` as an Arrow table."""
    import pyarrow as pa

    records = kpi_records(plant, kpis)
    text = {"scope", "name", "line"}
    schema = pa.schema([(key, pa.string() if key in text else pa.float64()) for key in records[0]])
    return pa.Table.from_pylist(records, schema)


def replications_table(accounts: Accounts, replications: list[int]) -> pa.Table:
    """Return every figure of every replication as an Arrow table, one row each.

    The columns are ``replication``, ``delivered`` in parts, and the measures.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {"replication": replications, "delivered": accounts.delivered}
    columns |= {m.name: np.ascontiguousarray(m.samples(accounts)) for m in MEASURES}
    return pa.table(columns)
