"""Two engines, one answer: every start, finish and departure agrees."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory_sim.engines import batch, reference
from factory_sim.line.detection import Law
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Failure, Line, Plant, Station
from plants import Exponential, chained, plants
from slabs import kept

if TYPE_CHECKING:
    from factory_sim.engines.record import Slab

UNTIL = 60.0
REPLICATIONS = range(63, 66)  # across a block of draws


def values(slabs: list[Slab], what: str, column: int, station: int | None = None) -> np.ndarray:
    """Return one replication of one record, all slabs in a row."""
    sources = slabs if station is None else [slab.stations[station] for slab in slabs]
    found = [(source, attrgetter(what)(source)) for source in sources]
    # A slab in which no part had one says nothing of set-ups and the like.
    rows = [np.zeros_like(source.start) if some is None else some for source, some in found]
    return np.concatenate([some[:, column] for some in rows])


def events(slabs: list[Slab], column: int, until: float) -> dict[str, np.ndarray]:
    """Return the times of every event before ``until`` and the parts they are about."""
    found: dict[str, np.ndarray] = {}
    for index, record in enumerate(slabs[0].stations):
        name = record.station.name
        start, ready, leave = (
            values(slabs, kind, column, index) for kind in ("start", "ready", "leave")
        )
        for kind in ("start", "detail.part", "detail.model", "detail.server"):
            found[f"{name} {kind}"] = values(slabs, kind, column, index)[start < until]
        # What a part takes is known when its work begins.
        found[f"{name} work"] = values(slabs, "work", column, index)[ready < until]
        for kind, known in (
            ("setup", start),
            ("failures", ready),
            ("verdict", ready),
            ("seen", ready),
            ("planned", ready),
        ):
            if any(getattr(slab.stations[index], kind) is not None for slab in slabs):
                found[f"{name} {kind}"] = values(slabs, kind, column, index)[known < until]
        for kind in ("ready", "finish"):
            times = values(slabs, kind, column, index)
            found[f"{name} {kind}"] = times[times < until]
        leaver = values(slabs, "detail.leaver", column, index)
        found[f"{name} leave"], found[f"{name} leaver"] = (
            x[: leave.size][leave < until] for x in (leave, leaver)
        )
        found |= {f"{name} {kind}": these for kind, these in strikes(slabs, column, index, until)}
    delivered = values(slabs, "delivered", column)
    order = np.argsort(delivered, kind="stable")[: np.count_nonzero(delivered < until)]
    for kind in ("delivered", "born", "touched"):
        found[kind] = values(slabs, kind, column)[order]
    for kind in ("entered", "scrapped"):
        times = np.sort(values(slabs, kind, column))
        found[kind] = times[times < until]
    return found


def strikes(
    slabs: list[Slab], column: int, station: int, until: float
) -> list[tuple[str, np.ndarray]]:
    """Return which failures hit which parts before ``until``, in order of part and mode."""
    ready = values(slabs, "ready", column, station)
    known = [slab.stations[station].strikes for slab in slabs]
    some = [s for s in known if s is not None]
    names = ("row", "mode", "after", "down", "planned")
    if not some:
        return [(f"strike {name}", np.empty(0)) for name in names]
    here = np.concatenate([s.replication for s in some]) == column
    rows, *rest = (np.concatenate([getattr(s, name) for s in some])[here] for name in names)
    # What hits a part in a cycle that is still open has no row yet.
    begun = ready[np.isfinite(values(slabs, "start", column, station))]
    shown = np.append(begun, np.full(rows.max(initial=0) + 1, np.inf))[rows] < until
    order = np.lexsort((rest[2][shown], rest[1][shown], rest[0][shown], rows[shown]))
    return [
        (f"strike {name}", these[shown][order])
        for name, these in zip(names, (rows, *rest), strict=True)
    ]


def assert_engines_agree(plant: Plant, seed: int) -> None:
    """Compare every event of every replication, and which part it is about."""
    run = batch.run(plant, Draws(seed, REPLICATIONS), UNTIL, detail=True)
    slabs = kept(run)
    for column, replication in enumerate(REPLICATIONS):
        alone = Draws(seed, range(replication, replication + 1))
        # A little longer, so that no event close to the end is cut in one of the two.
        oracle = reference.run(plant, alone, UNTIL * 1.01)
        ours, theirs = events(slabs, column, UNTIL), events([oracle], 0, UNTIL)
        for name, expected in theirs.items():
            np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@given(plant=plants(), seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_every_event_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


@given(plant=chained(), seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_agree_where_single_servers_advance_together(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


@pytest.mark.slow
@given(plant=st.one_of(plants(), chained()), seed=st.integers(0, 2**32))
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_agree_on_thousands_of_random_plants(plant: Plant, seed: int) -> None:
    assert_engines_agree(plant, seed)


def test_a_lost_buffer_place_is_seen_as_disagreement() -> None:
    """Negative control: the comparison fails when the engines are given different plants."""

    def line(buffer: int) -> Plant:
        stations = tuple(Station(f"s{i}", (Exponential(1.0),), buffer=buffer) for i in range(3))
        return Plant("line", (Line("main", stations),))

    slabs = kept(batch.run(line(1), Draws(1, range(1)), UNTIL, detail=True))
    oracle = reference.run(line(0), Draws(1, range(1)), UNTIL)
    ours, theirs = events(slabs, 0, UNTIL), events([oracle], 0, UNTIL)
    assert any(ours[name].size != theirs[name].size for name in theirs)


def test_a_failure_seen_a_little_later_is_seen_as_disagreement() -> None:
    """Negative control: so does an answer to failures that differs for a moment of the clock."""
    steady = Law((0.0,), (0.0, 1.0), ((1.0, 1.0),))
    late = Law((0.0, 20.0, 30.0), (0.0, 1.0), ((1.0, 1.0), (1.1, 1.1), (1.0, 1.0)))

    def line(seen: Law) -> Plant:
        failure = Failure("f", "busy", Exponential(3.0), Exponential(1.0), seen=seen)
        station = Station("s", (Exponential(1.0),), failures=(failure,))
        return Plant("line", (Line("main", (station,)),))

    slabs = kept(batch.run(line(steady), Draws(1, range(1)), UNTIL, detail=True))
    ours = events(slabs, 0, 20.0)
    theirs = events([reference.run(line(late), Draws(1, range(1)), UNTIL)], 0, 20.0)
    np.testing.assert_allclose(ours["s finish"], theirs["s finish"])
    ours = events(slabs, 0, UNTIL)
    theirs = events([reference.run(line(late), Draws(1, range(1)), UNTIL)], 0, UNTIL)
    some = min(ours["s finish"].size, theirs["s finish"].size)
    assert not np.allclose(ours["s finish"][:some], theirs["s finish"][:some])
