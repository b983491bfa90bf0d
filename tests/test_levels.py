from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import loads
from factory_sim.analysis.levels import levels
from factory_sim.analysis.states import STATES
from factory_sim.analysis.timeline import timeline
from factory_sim.analysis.trace import observe
from factory_sim.line.compile import compile_plant
from factory_sim.line.plant import Section
from plants import costly, plants, thoroughly

RANDOM_PLANTS = costly(4)
seeds = st.integers(0, 2**32 - 1)

FEEDING = """
name: by hand
horizon: 200 s
warm_up: 0
replications: 1
stations:
  - {name: cut, cycle_time: 10 s}
  - {name: fold, buffer: 1, cycle_time: 30 s}
"""


def seen_of(text: str, until: float, *, engine: str = "batch"):
    return observe(compile_plant(loads(text)), 1, 0, until, engine)


def steps(level):
    """Return begin, end, parts and whether full, of each step."""
    rows = zip(level.edges[:-1], level.edges[1:], level.parts, level.full, strict=True)
    return [(a, b, int(parts), bool(full)) for a, b, parts, full in rows]


def test_a_buffer_of_one_place_fills_as_computed_by_hand():
    # fold starts at 10, 40, 70, ...; cut finishes at 20 and waits until 40 with the next.
    (level,) = levels(seen_of(FEEDING, 200.0), 0.0, 100.0)
    assert (level.name, level.takes_from, level.places) == ("fold", None, 1)
    assert steps(level) == [(0, 20, 0, False), (20, 100, 1, True)]
    assert level.mean == pytest.approx(0.8)
    assert level.full_share == pytest.approx(0.8)
    assert level.empty_share == pytest.approx(0.2)


def test_a_part_on_its_way_is_in_the_buffer():
    late = FEEDING.replace("buffer: 1,", "buffer: 3, transport: 15 s,")
    late = late.replace("cycle_time: 30 s", "cycle_time: 5 s")
    # A part leaves cut every 10 s from 10 s on and is under way for 15 s.
    (level,) = levels(seen_of(late, 200.0), 0.0, 45.0)
    assert steps(level) == [
        (0, 10, 0, False),
        (10, 20, 1, False),
        (20, 25, 2, False),
        (25, 30, 1, False),
        (30, 35, 2, False),
        (35, 40, 1, False),
        (40, 45, 2, False),
    ]


def test_the_store_of_a_feeder_is_emptied_when_the_work_starts():
    text = """
name: assembly
horizon: 200 s
warm_up: 0
replications: 1
lines:
  main:
    stations:
      - {name: frame, cycle_time: 20 s}
      - {name: marry, cycle_time: 50 s}
  axles:
    joins: marry
    buffer: 2
    stations: [{name: axle, cycle_time: 30 s}]
"""
    (level,) = levels(seen_of(text, 200.0), 0.0, 170.0)
    assert (level.name, level.takes_from, level.places) == ("marry", "axles", 2)
    # Units come at 30, 60, 90, 120, 150; the marriage starts at 30, 80 and 130.
    assert steps(level) == [
        (0, 60, 0, False),
        (60, 80, 1, False),
        (80, 90, 0, False),
        (90, 120, 1, False),
        (120, 130, 2, True),
        (130, 150, 1, False),
        (150, 170, 2, True),
    ]


def test_orders_that_arrive_queue_before_the_first_station():
    arriving = FEEDING + "arrivals: {every: {dist: constant, value: 7 s}}\n"
    for engine in ("batch", "reference"):
        first, _ = levels(seen_of(arriving, 200.0, engine=engine), 0.0, 30.0)
        assert (first.name, first.places) == ("cut", None)
        # Orders at 7, 14, 21, 28; cut starts at 7, 17 and then is blocked.
        assert steps(first) == [(0, 14, 0, False), (14, 17, 1, False), (17, 21, 0, False),
                                (21, 27, 1, False), (27, 28, 0, False),
                                (28, 30, 1, False)]  # fmt: skip


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_no_buffer_holds_fewer_than_none_or_more_than_it_has_places(plant, seed):
    seen = observe(plant, seed, 0, 60.0, "batch")
    stages = {stage.name: stage for line in plant.lines for stage in line.stages}
    for level in levels(seen, 5.0, 55.0):
        assert (level.edges[0], level.edges[-1]) == (5.0, 55.0)
        assert level.parts.min() >= 0
        if level.places is None:
            continue
        stage = stages.get(level.name)
        # A part on its way may be headed for a server that is free.
        spare = 0 if level.takes_from or isinstance(stage, Section) else stage.servers
        assert level.parts.max() <= level.places + spare


test_no_buffer_holds_fewer_than_none_or_more_than_it_has_places_thoroughly = thoroughly(
    test_no_buffer_holds_fewer_than_none_or_more_than_it_has_places,
    given(plant=plants(), seed=seeds),
)


@RANDOM_PLANTS
@given(plant=plants(), seed=seeds)
def test_a_station_is_blocked_only_while_the_buffer_ahead_is_full(plant, seed):
    seen = observe(plant, seed, 0, 60.0, "batch")
    ahead = {level.name: level for level in levels(seen, 5.0, 55.0) if not level.takes_from}
    spans = {one.station: one for one in timeline(seen, 5.0, 55.0)}
    for line in plant.lines:
        for stage, following in zip(line.stages, line.stages[1:], strict=False):
            level = ahead.get(following.name)
            if isinstance(stage, Section) or level is None:
                continue
            one = spans[stage.name]
            middles = 0.5 * (one.edges[1:] + one.edges[:-1])
            blocked = middles[one.states == STATES.index("blocked")]
            step = np.searchsorted(level.edges, blocked, side="right") - 1
            assert level.full[step].all()


test_a_station_is_blocked_only_while_the_buffer_ahead_is_full_thoroughly = thoroughly(
    test_a_station_is_blocked_only_while_the_buffer_ahead_is_full, given(plant=plants(), seed=seeds)
)


def test_a_window_that_was_not_observed_is_refused():
    with pytest.raises(ValueError, match="the window must lie within"):
        levels(seen_of(FEEDING, 100.0), 20.0, 20.0)
