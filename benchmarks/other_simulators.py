"""How many parts per second do simulators make of the same five-station line?

Each is written as its users would, draws its own random numbers and simulates the first
parts of a saturated line: single servers, exponential work, three buffer places, blocking
after service. The answers must be the same, too: when the last part leaves, on average.
"""

from __future__ import annotations

from importlib import import_module
from itertools import count
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines import batch, reference
from factory_sim.line.draws import Draws
from lines import exponential_line
from measure import Row, interleaved, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.line.arrays import Floats

STATIONS, BUFFER = 5, 3
OTHERS = {"SimPy": "tandem_simpy", "salabim": "tandem_salabim", "Ciw": "tandem_ciw"}


def horizon(parts: int) -> float:
    """Return a time by which that many parts have left, s: the mean and ten times the sd."""
    return 10.0 + 1.4 * parts + 8.0 * sqrt(parts)


def by_batch(parts: int, replications: range) -> Floats:
    """Return when the last part leaves in each replication, s."""
    draws = Draws(1, replications)
    times = []
    for slab in batch.run(exponential_line(STATIONS, buffer=BUFFER), draws, horizon(parts)):
        times.append(slab.delivered.copy())
        if sum(map(len, times)) >= parts:
            break
    last: Floats = np.concatenate(times)[parts - 1]
    return last


def by_reference(parts: int, replication: int) -> float:
    """Return when the last part leaves, s."""
    line = exponential_line(STATIONS, buffer=BUFFER)
    slab = reference.run(line, Draws(1, range(replication, replication + 1)), horizon(parts))
    return float(slab.delivered[parts - 1, 0])


def contenders(parts: int, many: int) -> tuple[dict[str, Callable[[], Floats]], list[str]]:
    """Return what simulates the line anew at each call, and the packages that are missing."""
    seeds, fresh = count(), count()

    def all_at_once() -> Floats:
        first = next(fresh) * many
        return by_batch(parts, range(first, first + many))

    def one_by_one() -> Floats:
        return np.array([by_reference(parts, next(seeds))])

    able: dict[str, Callable[[], Floats]] = {
        f"factory-sim batch, {many:,} replications": all_at_once,
        "factory-sim reference": one_by_one,
    }
    missing = []
    for name, module in OTHERS.items():
        try:
            simulate = import_module(module).last_departure
        except ModuleNotFoundError:
            missing.append(name)
            continue
        able[f"{name}, by hand" if name == "SimPy" else name] = lambda simulate=simulate: np.array(
            [simulate(STATIONS, BUFFER, parts, next(seeds))]
        )
    return able, missing


def measure(parts: int = 1000, many: int = 1024, runs: int = 10) -> list[Row]:
    """Return parts per second of each, and by how many standard errors its answer is off."""
    able, missing = contenders(parts, many)
    answers: dict[str, list[Floats]] = {name: [] for name in able}
    tasks = {
        name: lambda name=name, simulate=simulate: answers[name].append(simulate())
        for name, simulate in able.items()
    }
    times = interleaved(tasks, runs)
    known = {name: np.concatenate(found) for name, found in answers.items()}
    ours, *_ = known.values()
    rows, fastest = [], 0.0
    for name, time in times.items():
        speed = parts * known[name].size / (runs + 1) / time.cpu
        fastest = fastest or speed
        off = (known[name].mean() - ours.mean()) / (ours.std() / np.sqrt(known[name].size))
        agrees = "" if known[name] is ours else f"answer off by {off:+.1f} standard errors, "
        note = f"{agrees}batch is {fastest / speed:,.0f} times as fast"
        rows.append(Row(f"five stations: {name}", speed, "parts/s", "", note))
    rows.extend(
        Row(
            f"five stations: {name}",
            np.nan,
            "parts/s",
            "",
            "not installed; pip install 'factory-sim[benchmark]'",
        )
        for name in missing
    )
    return rows


if __name__ == "__main__":
    print(table(measure()))
