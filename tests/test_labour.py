"""Who is paid, computed by hand: crews, utility workers, operators and technicians."""

from __future__ import annotations

import pytest

from factory_sim import loads, simulate, sweep
from factory_sim.analysis.labour import people_on_shift
from factory_sim.line.compile import compile_plant

CELL = """
name: cell
horizon: 1 d
warm_up: 0
replications: 2
shifts: [{from: "06:00", to: "14:00"}]
economics: {currency: RMB, wage: 40, hours_per_year: 2000}
stations:
  - {name: load, cycle_time: 6 min, CREW}
  - name: weld
    buffer: 2
    cycle_time: 6 min
    shifts: [{from: "06:00", to: "16:00"}]
    failures: {mtbf: 1000 d, mttr: 1 min, CALLS}
MORE
"""

PEOPLE = {
    "crews": ("crew: 3", "name: f", "", 3 * 8, 3),
    "a share of a technician": ("crew: 3", "name: f", "stations.weld.crew=0.125", 24 + 1.25, 3.125),
    "utility workers": (
        "crew: 3",
        "name: f",
        "absence={rate: 0, utility: 2, unmanned: 2}",
        # as long as the people they stand in for
        24 + 2 * 8,
        5,
    ),
    "operators": ("operators: hands", "name: f", "pools={hands: 2}", 2 * 8, 2),
    "technicians": ("crew: 3", "crew: fitters", "pools={fitters: 2}", 24 + 2 * 10, 5),
    "operators who repair, too": (
        "operators: hands",
        "crew: hands",
        "pools={hands: 2}",
        2 * 10,
        2,
    ),
    "a pool that nobody calls for": ("crew: 3", "name: f", "pools={idle: 9}", 24, 3),
}


def scenario(crew: str, calls: str, more: str):
    """Return the cell with people; what is more stands in the file, for pools are checked."""
    text = CELL.replace("CREW", crew).replace("CALLS", calls)
    return loads(
        text.replace("MORE", "" if not more or "." in more else more.replace("=", ": ", 1)),
        overrides=[more] if "." in more else [],
    )


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_are_paid_for_the_hours_computed_by_hand(kind):
    crew, calls, more, hours, people = PEOPLE[kind]
    asked = scenario(crew, calls, more)
    accounts = simulate(asked).accounts
    assert accounts.labour_hours == pytest.approx([hours, hours])
    assert people_on_shift(compile_plant(asked)) == people


def test_people_of_pools_are_in_what_a_part_costs_and_among_the_people_of_a_sweep():
    asked = scenario("crew: 3", "crew: fitters", "pools={fitters: 2}")
    (few, many) = sweep(asked, vary=["pools.fitters=1,3"]).points
    assert (few.operators, many.operators) == (4, 6)
    made = few.estimates["throughput"].mean * 24
    extra = many.estimates["cost"].mean - few.estimates["cost"].mean
    assert extra == pytest.approx(40 * 2 * 10 / made)


def test_technicians_without_a_queue_are_paid_as_well():
    asked = scenario("crew: 3", "crew: fitters", "pools={fitters: 2}")
    free = asked.model_copy(
        update={"realism": asked.realism.model_copy(update={"shared_technicians": False})}
    )
    assert compile_plant(free).pools == {"fitters": 2}
    assert simulate(free).accounts.labour_hours == pytest.approx(
        simulate(asked).accounts.labour_hours
    )


def test_a_level_that_calls_for_nobody_of_a_pool_pays_nobody_of_it():
    text = """
name: plan
horizon: 8 h
warm_up: 0
replications: 2
pools: {hands: 2}
stations:
  - {name: load, cycle_time: 50 s}
  - name: weld
    buffer: 2
    by_hand: {cycle_time: 60 s, operators: hands}
    automated: {cycle_time: 60 s}
automation: {level: 50 %, baseline: 0 %, order: [weld]}
"""
    found = simulate(loads(text))
    assert found.baseline.accounts.labour_hours == pytest.approx([16, 16])
    assert found.accounts.labour_hours == pytest.approx([0, 0])
