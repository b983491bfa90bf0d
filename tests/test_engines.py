"""Two engines, one answer: every start, finish and departure agrees."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plants import plants

from factory_sim.engines import batch, reference
from factory_sim.engines.record import Slab
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Plant

UNTIL = 60.0
REPLICATIONS = range(63, 66)  # across a block of draws


def column_of(slabs: list[Slab], pick: Callable[[Slab], np.ndarray], column: int) -> np.ndarray:
    """Return one replication of one record, all slabs in a row."""
    return np.concatenate([pick(slab)[:, column] for slab in slabs])


def events(slabs: list[Slab], column: int, until: float) -> dict[str, np.ndarray]:
    """Return the times of every event before ``until`` and the parts they are about."""
    found: dict[str, np.ndarray] = {}
    for index, first in enumerate(slabs[0].stations):
        name = first.station.name
        start, ready, finish, work, part, model, server = (
            column_of(slabs, pick, column)
            for pick in (
                lambda slab: slab.stations[index].start,
                lambda slab: slab.stations[index].ready,
                lambda slab: slab.stations[index].finish,
                lambda slab: slab.stations[index].work,
                lambda slab: slab.stations[index].detail.part,
                lambda slab: slab.stations[index].detail.model,
                lambda slab: slab.stations[index].detail.server,
            )
        )
        leave = column_of(slabs, lambda slab: slab.stations[index].leave, column)
        leaver = column_of(slabs, lambda slab: slab.stations[index].detail.leaver, column)
        found[f"{name} ready"], found[f"{name} finish"] = ready[ready < until], finish[finish < until]
        for kind, values in {
            "start": start, "work": work, "part": part, "model": model, "server": server
        }.items():
            found[f"{name} {kind}"] = values[start < until]
        found[f"{name} leave"], found[f"{name} leaver"] = leave[leave < until], leaver[leave < until]
    delivered = column_of(slabs, lambda slab: slab.delivered, column)
    order = np.argsort(delivered, kind="stable")[: np.count_nonzero(delivered < until)]
    found["delivered"] = delivered[order]
    found["born"] = column_of(slabs, lambda slab: slab.born, column)[order]
    found["touched"] = column_of(slabs, lambda slab: slab.touched, column)[order]
    for kind in ("entered", "scrapped"):
        times = np.sort(column_of(slabs, lambda slab: getattr(slab, kind), column))
        found[kind] = times[times < until]
    return found


def assert_engines_agree(plant: Plant, seed: int) -> None:
    """Compare every event of every replication, and which part it is about."""
    run = batch.run(plant, Draws(seed, REPLICATIONS), UNTIL, detail=True)
    slabs = [deepcopy(slab) for slab in run]  # a slab is only valid until the next
    for column, replication in enumerate(REPLICATIONS):
        alone = Draws(seed, range(replication, replication + 1))
        # A little longer, so that no event close to the end is cut in one of the two.
        oracle = reference.run(plant, alone, UNTIL * 1.01)
        ours, theirs = events(slabs, column, UNTIL), events([oracle], 0, UNTIL)
        for name, values in theirs.items():
            np.testing.assert_allclose(ours[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_every_event_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


@pytest.mark.slow
@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_thousands_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)
