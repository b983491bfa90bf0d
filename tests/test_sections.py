"""Paced sections: visits summed up within a window give the same accounts as single ones."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import account, tally
from factory_sim.analysis.states import STATES
from factory_sim.engines import batch
from factory_sim.line.calendars import Calendar, Interval
from factory_sim.line.conditions import Fatigue
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.plant import Line, Orders, Plant, Section, Station
from plants import Constant, Exponential, Uniform, costly, plants, thoroughly
from slabs import kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.engines import Engine
    from factory_sim.engines.record import Slab

    Moves = list[list[np.ndarray]]
    """Begin, end, takt and release of all cycles, section by section."""

KINDS = ("begin", "end", "paced", "held")
REPLICATIONS = range(62, 66)
UNTIL = 60.0
windows = st.tuples(st.floats(0.0, 30.0), st.floats(31.0, UNTIL))
seeds = st.integers(0, 2**32)


def run(plant: Plant, seed: int, window: tuple[float, float] | None) -> Iterator[Slab]:
    """Yield the slabs of a run, with visits summed up within a window."""
    return batch.run(plant, Draws(seed, REPLICATIONS), UNTIL, window=window)


def moves_and_accounts(
    plant: Plant, seed: int, window: tuple[float, float], *, singly: bool
) -> tuple[Moves, Accounts]:
    """Return what the sections of a plant do, and the accounts of a window.

    Args:
        plant: What is run.
        seed: Of its draws.
        window: Of the accounts.
        singly: Whether every visit is recorded, rather than summed up within the window.
    """
    slabs: list[Moves] = []

    def watched() -> Iterator[Slab]:
        for slab in run(plant, seed, None if singly else window):
            slabs.append([[getattr(s, kind).copy() for kind in KINDS] for s in slab.sections])
            yield slab

    accounts = tally(plant, watched(), *window, len(REPLICATIONS))
    return [
        [np.concatenate(kind) for kind in zip(*s, strict=True)] for s in zip(*slabs, strict=True)
    ], accounts


def assert_sums_are_right(plant: Plant, seed: int, window: tuple[float, float]) -> None:
    """Compare a run whose visits are summed up with one that records every visit."""
    (ours, summed), (theirs, single) = (
        moves_and_accounts(plant, seed, window, singly=singly) for singly in (False, True)
    )
    for mine, other in zip(ours, theirs, strict=True):
        for one, two in zip(mine, other, strict=True):
            np.testing.assert_array_equal(one, two)
    for kind in fields(Accounts):
        one, other = (getattr(accounts, kind.name) for accounts in (summed, single))
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9, err_msg=kind.name)
        else:
            assert one == other


@costly(8)
@given(plant=plants(), seed=seeds, window=windows)
def test_sums_over_visits_are_those_of_single_visits(
    plant: Plant, seed: int, window: tuple[float, float]
) -> None:
    assert_sums_are_right(plant, seed, window)


test_sums_over_visits_are_those_of_single_visits_thoroughly = thoroughly(
    test_sums_over_visits_are_those_of_single_visits,
    given(plant=plants(), seed=seeds, window=windows),
    examples=1000,
)


def moving_line(**more: object) -> Section:
    """Return a section of six positions with every feature that is known ahead."""
    hours = Calendar(20.0, (Interval(7.0, 8.0), Interval(15.0, 17.5)))
    worn = Failure("jam", "busy", Exponential(9.0), Uniform(0.2, 2.0))
    other = Failure("stop", "busy", Exponential(4.0), Constant(0.3))
    work = (Uniform(0.4, 1.2), Uniform(0.5, 1.3), Constant(0.8))
    station = Station("p", work, calendar=hours, window=0.3, defect_rate=0.1)
    stations = tuple(
        replace(station, name=f"p{n}", failures=(worn, other) if n in (1, 4) else ())
        for n in range(6)
    )
    return replace(Section("s", 1.0, stations, calendar=hours), **more)


@pytest.mark.parametrize("sequence", [(0, 1, 1, 2), ()])
def test_a_section_that_is_computed_ahead_has_the_same_accounts(sequence: tuple[int, ...]) -> None:
    orders = Orders(("a", "b", "c"), (1.0, 2.0, 1.0), sequence)
    feeder = Line("f", (Station("f0", (Exponential(0.9),) * 3),), joins="p3", buffer=1)
    first = Station("first", (Uniform(0.5, 1.0),) * 3)
    plant = Plant("paced", (Line("m", (first, moving_line(buffer=2))), feeder), orders)
    assert plant.main.stages[1].uniform
    for window in ((0.0, UNTIL), (7.5, 50.0), (20.0, 55.0)):
        assert_sums_are_right(plant, 3, window)
    counted = [slab.sections[0].sums for slab in kept(run(plant, 3, (7.5, 50.0)))]
    assert (
        min(sum(sums.parts for sums in counted if sums).min(axis=0)) > 15
    )  # most visits are summed up
    assert sum(sums.failures.sum() for sums in counted if sums) > 10


@pytest.mark.parametrize("window", [(0.0, UNTIL), (20.0, 55.0)])
def test_components_may_be_late_by_several_breaks(window: tuple[float, float]) -> None:
    hours = Calendar(2.0, (Interval(0.3, 0.6), Interval(0.9, 1.2), Interval(1.5, 1.8)))
    section = moving_line(calendar=hours)
    changed = {"calendar": hours, "window": 0.1, "failures": ()}
    stations = tuple(replace(station, **changed) for station in section.stations)
    section = replace(section, stations=stations)
    feeder = Line("f", (Station("f0", (Exponential(3.0),) * 3),), joins="p3", buffer=1)
    orders = Orders(("a", "b", "c"), (1.0, 2.0, 1.0), (0, 1, 1, 2))
    plant = Plant("paced", (Line("m", (section,)), feeder), orders)
    assert section.uniform
    assert_sums_are_right(plant, 5, window)
    ours, theirs = (account(plant, 5, range(2), *window, e) for e in ("batch", "reference"))
    np.testing.assert_allclose(ours.states, theirs.states, rtol=0, atol=1e-9)


@pytest.mark.parametrize("window", [(0.0, 20.0), (4.5, 30.0), (7.0, UNTIL)])
def test_a_window_may_end_with_a_cycle_of_all_replications(window: tuple[float, float]) -> None:
    """No visit after it is recorded, and its backlog is worked beyond the window."""
    stations = tuple(Station(f"p{n}", (Uniform(0.8, 1.15),), window=9.0) for n in range(3))
    plant = Plant("paced", (Line("m", (Section("s", 1.0, stations),)),))
    assert_sums_are_right(plant, 3, window)
    ours, theirs = (account(plant, 3, range(3), *window, e) for e in ("batch", "reference"))
    np.testing.assert_allclose(ours.states, theirs.states, rtol=0, atol=1e-9)


def test_where_parts_overtake_each_other_their_models_are_not_known_ahead() -> None:
    """Negative control: with the orders' models the section would work on other parts."""
    orders = Orders(("a", "b", "c"), sequence=(0, 1, 2))
    slow = Station("first", (Constant(0.1), Constant(5.0), Constant(1.0)), servers=3)
    plant = Plant("overtaking", (Line("m", (slow, moving_line(buffer=1))),), orders)
    assert_sums_are_right(plant, 1, (10.0, 50.0))


@pytest.mark.parametrize("places", [2, 12, 40])
def test_a_position_that_no_part_has_come_to_is_down_all_the_same(places: int) -> None:
    """Cycles go on far beyond the window before a part comes to the last position."""
    times = {"work": (Constant(1.0),)}
    failing = Failure("x", "calendar", Exponential(5.0), Exponential(3.0))
    positions = [Station(f"b{n}", **times) for n in range(3)]
    positions.append(Station("b3", **times, failures=(failing,)))
    stages = (
        Station("first", **times),
        Section("a", 1.0, tuple(Station(f"a{n}", **times) for n in range(places))),
        Section("b", 1.0, tuple(positions)),
    )
    plant = Plant("late", (Line("main", stages),), arrivals=Constant(500.0))
    ours, theirs = (account(plant, 0, range(3), 0.0, 30.0, e) for e in ("batch", "reference"))
    down = ours.states[:, -1, STATES.index("down")]
    assert (down > 0).all()
    np.testing.assert_allclose(ours.states, theirs.states, rtol=0, atol=1e-9)


@pytest.mark.parametrize("engine", ["batch", "reference"])
@pytest.mark.parametrize("window", [0.0, 0.1])
@pytest.mark.parametrize("takt", [0.1, 0.7, 1.1])
def test_work_that_lasts_as_long_as_the_takt_stops_nothing(
    takt: float, window: float, engine: Engine
) -> None:
    """None of these times is a sum of powers of two: what is left of a cycle is rounding."""
    stations = tuple(Station(f"p{n}", (Constant(takt),), window=window) for n in range(3))
    line = Line("m", (Section("s", takt, stations),))
    plant = Plant("just in time", (line,), Orders(("a",), (1.0,)))
    accounts = account(plant, 1, range(2), 10.0, 2000.0, engine)
    assert (accounts.delivered >= 1990 // takt - 1).all()
    assert not accounts.stops.any()
    assert not accounts.lost.any()


def test_a_breakdown_where_work_is_short_holds_the_section_for_all_its_repair() -> None:
    """A window is not longer for a repair than the work that it is the window of."""
    jam = Failure("jam", "busy", Exponential(3.0), Uniform(0.5, 1.5))
    short = Station("short", (Uniform(0.1, 0.4),), window=0.5, failures=(jam,))
    other = Station("other", (Uniform(0.6, 1.35),), window=0.5)
    section = Section("s", 0.8, (other, short))
    plant = Plant("short work", (Line("m", (section,)),), Orders(("a",), (1.0,)))
    batch, reference = (
        account(plant, 1, REPLICATIONS, 10.0, 500.0, engine) for engine in ("batch", "reference")
    )
    assert reference.stops[:, 1].min() > 10
    np.testing.assert_array_equal(batch.stops, reference.stops)
    np.testing.assert_allclose(batch.lost, reference.lost, rtol=1e-9)


def test_who_makes_no_defects_may_tire() -> None:
    tiring = Fatigue(period=5.0, begins=(0.0,), values=(0.5,), slopes=(0.0,))
    station = Station("s", (Constant(1.0),), defect_fatigue=tiring)
    plant = Plant("line", (Line("main", (Section("p", takt=1.0, stations=(station,)),)),))
    slabs = kept(batch.run(plant, Draws(1, range(2)), 20.0))
    assert all(record.verdict is None for slab in slabs for record in slab.stations)
