from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import loads
from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.books import account
from factory_sim.analysis.timeline import timeline
from factory_sim.analysis.trace import observe
from factory_sim.engines import choose
from factory_sim.line.compile import compile_plant
from plants import costly, plants, thoroughly

RANDOM_PLANTS = costly(4)

seeds = st.integers(0, 2**32 - 1)


def shares(plant, spans, begin, end):
    """Return the share of the window in each state, (S, 6), mean over servers."""
    names = [station.name for station in plant.stations()]
    total = np.zeros((len(names), len(STATES)))
    for one in spans:
        station = names.index(one.station)
        servers = plant.stations()[station].servers
        total[station] += one.seconds() / (servers * (end - begin))
    return total


def check(plant, engine, seed, replication, begin, end):
    """Check that spans partition the window, and add up to the accounts."""
    spans = timeline(observe(plant, seed, replication, end, engine), begin, end)
    assert len(spans) == sum(station.servers for station in plant.stations())
    for one in spans:
        assert (one.edges[0], one.edges[-1]) == (begin, end)
        assert np.all(np.diff(one.edges) > 0)
        assert np.all(np.diff(one.states) != 0)
        assert set(one.states) <= set(range(len(STATES)))
    accounts = account(plant, seed, range(replication, replication + 1), begin, end, engine)
    np.testing.assert_allclose(
        shares(plant, spans, begin, end), accounts.states[0], rtol=0, atol=1e-9
    )


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds, replication=st.integers(0, 70), begin=st.floats(0.0, 40.0))
def test_spans_partition_the_clock_and_add_up_to_the_accounts(plant, seed, replication, begin):
    check(plant, "batch", seed, replication, begin, begin + 30.0)


test_spans_partition_the_clock_and_add_up_to_the_accounts_thoroughly = thoroughly(
    test_spans_partition_the_clock_and_add_up_to_the_accounts,
    given(plant=plants(), seed=seeds, replication=st.integers(0, 70), begin=st.floats(0.0, 40.0)),
)


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_the_same_holds_for_the_reference_engine(plant, seed):
    check(plant, "reference", seed, 0, 10.0, 60.0)


test_the_same_holds_for_the_reference_engine_thoroughly = thoroughly(
    test_the_same_holds_for_the_reference_engine, given(plant=plants(), seed=seeds)
)


HAND = """
name: by hand
horizon: 100 s
warm_up: 0
replications: 1
start: mon 00:00
stations:
  - {name: cut, cycle_time: 10 s}
  - {name: fold, cycle_time: 30 s}
"""


def states_of(scenario, begin, end, replication=0):
    """Return begin, end and state of each span, by server."""
    plant = compile_plant(scenario)
    seen = observe(plant, scenario.seed, replication, end, choose(plant).engine)
    return {
        (one.station, one.server): [
            (a, b, STATES[state])
            for a, b, state in zip(one.edges[:-1], one.edges[1:], one.states, strict=True)
        ]
        for one in timeline(seen, begin, end)
    }


def test_a_line_without_buffer_blocks_and_starves_as_computed_by_hand():
    # cut: a part each time fold takes one, every 30 s; done after 10 s, then blocked for 20 s.
    found = states_of(loads(HAND), 0.0, 100.0)
    assert found["fold", 0] == [(0, 10, "starved"), (10, 100, "busy")]
    assert found["cut", 0] == [
        (0, 20, "busy"),  # the first leaves at once, the second starts
        (20, 40, "blocked"),
        (40, 50, "busy"),
        (50, 70, "blocked"),
        (70, 80, "busy"),
        (80, 100, "blocked"),
    ]


def test_shifts_and_both_kinds_of_breakdown_are_placed_as_computed_by_hand():
    scenario = loads(
        """
name: outages
horizon: 200 s
warm_up: 0
replications: 1
start: mon 00:00
stations:
  - name: worn
    cycle_time: 40 s
    failures: {mtbf: {dist: constant, value: 100 s}, mttr: {dist: constant, value: 10 s}}
    shifts: [{from: "00:00", to: "00:03"}]
"""
    )
    # Work passes 100 s during the third part, from 80 to 130 s; 10 s in the middle of that.
    # The fourth is worked to 170 s, the fifth is interrupted by the end of the shift.
    assert states_of(scenario, 0.0, 200.0)["worn", 0] == [
        (0, 100, "busy"),
        (100, 110, "down"),
        (110, 180, "busy"),
        (180, 200, "off"),
    ]
    # The window holds 20 s of the 50 s of that part, so 4 s of its breakdown, in the middle.
    assert states_of(scenario, 0.0, 100.0)["worn", 0] == [
        (0, 88, "busy"),
        (88, 92, "down"),
        (92, 100, "busy"),
    ]


def test_shared_operators_and_crews_are_in_the_timeline_too():
    file = Path(__file__).parents[1] / "scenarios/rework.yaml"
    plant = compile_plant(loads(file.read_text(encoding="utf-8")))
    check(plant, "reference", 1, 3, 3600.0, 8 * 3600.0)


def test_a_window_that_was_not_observed_is_refused():
    plant = compile_plant(loads(HAND))
    seen = observe(plant, 1, 0, 100.0, "batch")
    with pytest.raises(ValueError, match=r"within \[0, 100.0\] s \(got 50 to 101 s\)"):
        timeline(seen, 50, 101)
