"""Station states: the same wherever slabs are cut, and pro rata where the window cuts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis.books import account, tally
from factory_sim.analysis.layout import Layout
from factory_sim.analysis.states import STATES, StationTally
from factory_sim.engines import batch
from factory_sim.engines.record import StationRecord
from factory_sim.line.draws import Draws
from factory_sim.line.failures import Failure
from factory_sim.line.outages import Outages
from factory_sim.line.plant import Line, Orders, Plant, Section, Station
from plants import Constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.accounts import Accounts

STATION = Station("test", (Constant(10.0),), servers=3)
START = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 30.0, 31.0])
"""Three servers: a part that leaves frees its server for the third after it."""


def record(rows: slice, left: slice) -> StationRecord:
    """Return some parts and, as engines do, the departures that are certain by then."""
    start, leave = START[rows, None], np.sort(START + 10.0)[left, None]
    outages = Outages(STATION, Draws(1, range(1)))
    work = np.full_like(start, 10.0)
    return StationRecord(STATION, start, start, start + 10.0, leave, work, None, outages)


@pytest.mark.parametrize("begin", [0.0, 9.0, 11.0, 13.0, 20.5, 29.0])
@pytest.mark.parametrize("end", [29.5, 35.0, 50.0])
@pytest.mark.parametrize("cut", range(3, 7))
def test_states_do_not_depend_on_where_a_slab_ends(begin: float, end: float, cut: int) -> None:
    whole, parts = (StationTally(STATION, begin, end, Layout(1, 1)) for _ in range(2))
    whole.add(record(slice(0, 7), slice(0, 7)))
    parts.add(record(slice(0, cut), slice(0, cut - 2)))
    parts.add(record(slice(cut, 7), slice(cut - 2, 7)))
    np.testing.assert_allclose(parts.states(), whole.states(), atol=1e-12)
    assert parts.states()[0, STATES.index("blocked")] == pytest.approx(0.0, abs=1e-12)
    busy = sum(max(0.0, min(s + 10, end) - max(s, begin)) for s in START)
    assert parts.states()[0, STATES.index("busy")] == pytest.approx(busy / 3 / (end - begin))


def of_visits(plant: Plant, begin: float, end: float) -> Accounts:
    """Return the accounts of visits that the batch engine tells one by one."""
    return tally(plant, batch.run(plant, Draws(1, range(2)), end), begin, end, 2)


def of_sums(plant: Plant, begin: float, end: float) -> Accounts:
    """Return those of visits that it sums up."""
    return account(plant, 1, range(2), begin, end, "batch")


def of_events(plant: Plant, begin: float, end: float) -> Accounts:
    """Return those of the reference engine."""
    return account(plant, 1, range(2), begin, end, "reference")


accounts = pytest.mark.parametrize("accounts_of", [of_visits, of_sums, of_events])

SELDOM = Failure("seldom", "calendar", Constant(1e9), Constant(1.0))
"""A failure that never comes, but is the position's own: its section is not uniform."""

JAM = Failure("jam", "busy", Constant(25.0), Constant(20.0))
JAMMED = Station("p", (Constant(10.0),), failures=(JAM,))
FREE = Station("q", (Constant(10.0),))
STAGES = {
    # The third part takes 10 s from 20 s on, and the repair; a cycle ends before its work does
    # where what is left of it fits into the window of the position.
    "asynchronous": (JAMMED, 50.0),
    "uniform": (Section("s", 10.0, (JAMMED, FREE)), 50.0),
    "uniform, carried": (Section("s", 10.0, (replace(JAMMED, window=5.0), FREE)), 45.0),
    "own": (Section("s", 10.0, (replace(JAMMED, failures=(JAM, SELDOM)), FREE)), 50.0),
    "own, carried": (
        Section("s", 10.0, (replace(JAMMED, failures=(JAM, SELDOM), window=5.0), FREE)),
        45.0,
    ),
}


@accounts
@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize(
    ("begin", "end"), [(0.0, 55.0), (0.0, 30.0), (0.0, 44.5), (30.0, 55.0), (25.0, 40.0)]
)
def test_a_breakdown_that_an_edge_of_the_window_cuts_is_counted_pro_rata(
    begin: float, end: float, name: str, accounts_of: Callable[..., Accounts]
) -> None:
    stage, finish = STAGES[name]
    assert isinstance(stage, Station) or stage.uniform == name.startswith("uniform")
    found = accounts_of(Plant("jam", (Line("m", (stage,)),)), begin, end)
    share = (min(finish, end) - max(20.0, begin)) / (finish - 20.0)
    seconds = dict(zip(STATES, found.states[:, 0].T * (end - begin), strict=True))
    np.testing.assert_allclose(seconds["down"], 20.0 * share, rtol=0, atol=1e-9)
    np.testing.assert_allclose(seconds["busy"], end - begin - 20.0 * share, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.repairs[:, 0], 20.0 * share, rtol=0, atol=1e-9)


@accounts
@pytest.mark.parametrize("failures", [(), (SELDOM,)], ids=["uniform", "own"])
@pytest.mark.parametrize(("begin", "setup"), [(0.0, 10.0), (20.0, 10.0), (35.0, 5.0)])
def test_a_set_up_that_is_carried_over_at_once_belongs_to_the_moment_of_its_visit(
    begin: float,
    setup: float,
    failures: tuple[Failure, ...],
    accounts_of: Callable[..., Accounts],
) -> None:
    """The second part, to be set up for, is let go at 30 s as its component comes.

    So are the third and the fourth, at 60 s and 90 s. The fifth, to be set up for again, has
    its component at once and begins with what all these left over: 14 s of work from 90 s on.
    """
    work = (Constant(1.0), Constant(1.0))
    position = Station("p", work, window=9.0, setup=((0.0, 5.0), (5.0, 0.0)), failures=failures)
    feeder = Line("f", (Station("f0", (Constant(0.0), Constant(30.0))),), joins="p", buffer=1)
    main = Line("m", (Section("s", 10.0, (position, Station("q", work))),))
    plant = Plant("late", (main, feeder), Orders(("a", "b"), (1.0, 1.0), (0, 1, 1, 1)))
    assert accounts_of(plant, begin, 100.0).setup[:, 0] == pytest.approx(setup)


NO_LENGTH = {
    # Done at 0 s, at 0 s (the second waits for a place), 1 s, ...
    "line": (Station("a", (Constant(0.0),)), Station("b", (Constant(1.0),))),
    # Done at 0 s and as each cycle begins; those of b as it ends, from the second on.
    "section": (
        Section("s", 1.0, (Station("a", (Constant(0.0),)), Station("b", (Constant(1.0),)))),
    ),
}


@pytest.mark.parametrize("engine", ["batch", "reference"])
@pytest.mark.parametrize("name", NO_LENGTH)
def test_what_is_finished_as_the_window_begins_is_not_in_it(name: str, engine: str) -> None:
    """The first slab ends before the window does."""
    plant = Plant("no length", (Line("main", NO_LENGTH[name]),))
    accounts = account(plant, 1, range(2), 0.0, 2000.5, engine)
    expected = {"line": [2000, 2000], "section": [2000, 1999]}[name]
    np.testing.assert_array_equal(accounts.processed, [expected] * 2)
