"""The event log of single replications: which part was where, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines import simulate
from factory_sim.line.draws import Draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from factory_sim.engines import Engine
    from factory_sim.engines.record import Slab
    from factory_sim.line.plant import Plant


def trace(
    plant: Plant, seed: int, replication: int, until: float, engine: Engine
) -> dict[str, NDArray[np.generic]]:
    """Return every visit of a part to a station that starts before a time.

    Args:
        plant: What to simulate.
        seed: Of the draws.
        replication: Which one; its draws are those it has in a run of many.
        until: How far, s.
        engine: Which engine.

    Returns:
        Columns of equal length, a row per visit, station after station in order of
        start: ``part`` (order number in its line, from 0), ``station`` and ``model``
        (names), ``server`` (from 0), and ``start``, ``ready``, ``finish``, ``leave``
        in s; +inf for what had not happened when the simulation ended.
    """
    draws = Draws(seed, range(replication, replication + 1))
    columns: dict[str, list[NDArray[np.generic]]] = {}
    departures: dict[str, list[NDArray[np.generic]]] = {}
    for slab in simulate(plant, draws, until, engine, detail=True):
        _collect(slab, columns, departures)
    models = np.array(plant.orders.models)
    visits = [_visits(name, columns, departures, until) for name in _names(plant)]
    joined = {key: np.concatenate([visit[key] for visit in visits]) for key in visits[0]}
    return {**joined, "model": models[joined["model"]]}


def _names(plant: Plant) -> list[str]:
    return [station.name for station in plant.stations()]


def _collect(
    slab: Slab,
    columns: dict[str, list[NDArray[np.generic]]],
    departures: dict[str, list[NDArray[np.generic]]],
) -> None:
    """Copy a slab's records of its one replication, which the next slab overwrites."""
    for record in slab.stations:
        assert record.detail is not None
        detail = record.detail
        rows = np.stack(
            [record.start, record.ready, record.finish, detail.part, detail.model, detail.server]
        )
        columns.setdefault(record.station.name, []).append(rows[:, :, 0])
        left = np.stack([record.leave, detail.leaver[: len(record.leave)]])
        departures.setdefault(record.station.name, []).append(left[:, :, 0])


def _visits(
    name: str,
    columns: dict[str, list[NDArray[np.generic]]],
    departures: dict[str, list[NDArray[np.generic]]],
    until: float,
) -> dict[str, NDArray[np.generic]]:
    """Return the visits to one station, its departures matched to its starts."""
    start, ready, finish, part, model, server = np.concatenate(columns[name], axis=1)
    present = np.isfinite(start)
    left, leaver = np.concatenate(departures[name], axis=1)
    leave = np.full(int(present.sum()), np.inf)
    known = (leaver >= 0) & np.isfinite(left)
    leave[leaver[known].astype(np.int64)] = left[known]
    shown = start[present] < until
    numbers = {"part": part, "model": model, "server": server}
    times = {"start": start, "ready": ready, "finish": finish}
    return {
        **{key: values[present][shown].astype(np.int64) for key, values in numbers.items()},
        "station": np.full(int(shown.sum()), name),
        **{key: values[present][shown] for key, values in times.items()},
        "leave": leave[shown],
    }
