from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import loads
from factory_sim.analysis.blocking import Release, releases
from factory_sim.analysis.trace import observe
from factory_sim.line.compile import compile_plant
from factory_sim.line.plant import Section
from plants import costly, plants, thoroughly

RANDOM_PLANTS = costly(4)

HAND = """
name: by hand
horizon: 200 s
warm_up: 0
replications: 1
stations:
  - {name: cut, cycle_time: 10 s}
  - {name: fold, cycle_time: 20 s}
  - {name: bend, cycle_time: 30 s}
"""


def test_the_last_of_a_chain_of_waiting_parts_is_the_cause():
    plant = compile_plant(loads(HAND))
    seen = observe(plant, 1, 0, 200.0, "batch")
    # The second part is done on cut at 20 s and waits for the first, worked on fold until 30 s.
    # Then it is done on fold at 50 s and waits for bend until 60 s; so does the third, done
    # on cut at 40 s: it waits for the second, and therefore for bend.
    assert list(releases(seen, plant.main, 0.0, 70.0)) == [
        Release(1, 20.0, 30.0, (0, 0), (1, 0)),
        Release(2, 40.0, 60.0, (0, 0), (2, 0)),
        Release(1, 50.0, 60.0, (1, 0), (2, 0)),
    ]


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32 - 1))
def test_every_part_that_waits_for_a_place_was_held_up_by_a_station_ahead(plant, seed):
    seen = observe(plant, seed, 0, 60.0, "batch")
    for line in plant.lines:
        found = list(releases(seen, line, 5.0, 55.0))
        assert all(one.cause[0] > one.blocked[0] for one in found)
        waited = 0
        for stage in line.stages[:-1]:
            if not isinstance(stage, Section):
                finish, leave = seen.times("finish", stage.name), seen.times("leave", stage.name)
                waited += np.count_nonzero((leave > finish) & (leave > 5.0) & (leave < 55.0))
        assert len(found) == waited


test_every_part_that_waits_for_a_place_was_held_up_by_a_station_ahead_thoroughly = thoroughly(
    test_every_part_that_waits_for_a_place_was_held_up_by_a_station_ahead,
    given(plant=plants(), seed=st.integers(0, 2**32 - 1)),
)
