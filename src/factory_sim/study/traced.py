"""The critical paths of a tile: its trajectories are kept only until they are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import tally
from factory_sim.analysis.path import (
    CriticalPath,
    Recorder,
    bind,
    critical_path,
    memory,
    overtaken,
)
from factory_sim.engines import simulate
from factory_sim.line.draws import BLOCK, Draws
from factory_sim.study.measures import SECONDS_PER_HOUR
from factory_sim.study.waterfall import ideal

if TYPE_CHECKING:
    from factory_sim.engines import Engine
    from factory_sim.line.plant import Plant

BUDGET = 512 * 2**20
"""Bytes of trajectories that one process keeps at a time; at least one replication is. A
replication of the Seres plant, 266 stations x 18 h, is reckoned at 7 MB and takes 5 MB."""

SLACK = 1.1
"""How many more parts than the ideal rate makes a trajectory is reckoned with."""


def affordable(plant: Plant, end: float) -> int:
    """Return how many trajectories up to a time, s, the budget holds, at least 1.

    Whole blocks of draws, or a part of which a block is a multiple: no block is drawn for
    more tiles than it must be.
    """
    _, rate = ideal(plant, None)
    parts = SLACK * rate * end / SECONDS_PER_HOUR
    held = max(int(BUDGET / max(memory(plant, parts), 1.0)), 1)
    return held // BLOCK * BLOCK or 2 ** (held.bit_length() - 1)


def traced(
    plant: Plant, seed: int, replications: range, begin: float, end: float, engine: Engine
) -> tuple[Accounts, CriticalPath]:
    """Simulate replications and return their accounts and their critical paths.

    The reference engine takes them one by one, the batch engine all at once.

    Args:
        plant: What to simulate.
        seed: Of the draws.
        replications: Which ones, a contiguous range of R.
        begin: Begin of the window, s.
        end: End of the window and of the simulation, s.
        engine: Which engine runs it.

    Raises:
        NoDeparture: If nothing leaves the main line in the window of one of them.
    """
    size = 1 if engine == "reference" else len(replications)
    accounts, paths = [], []
    for first in range(replications.start, replications.stop, size):
        draws = Draws(seed, range(first, first + size))
        recorder = Recorder(plant, draws)
        slabs = simulate(
            plant,
            draws,
            end,
            engine,
            detailed=overtaken(plant),
            window=(begin, end),
            traced=True,
        )
        accounts.append(tally(plant, recorder.watch(slabs), begin, end, size))
        paths.append(critical_path(bind(recorder.trajectory()), begin, end))
    return Accounts.merge(accounts), CriticalPath.merge(paths)
