"""The whole Changan plant: its design rate, its shops, and what stands in for what."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from factory_sim import compare, load, loads, simulate
from factory_sim.engines import batch, reference
from factory_sim.line.calendars import Calendar
from factory_sim.line.compile import compile_plant
from factory_sim.line.draws import Draws
from factory_sim.line.plant import Plant, Section, Station
from factory_sim.scenario.shifts import closed
from plants import Constant
from slabs import everywhere, kept
from test_engines import events

CHANGAN = Path(__file__).parents[1] / "scenarios" / "changan.yaml"
HOUR = 3600.0

DESIGN = 280_000 / 5_000
"""Cars per hour: the announced capacity in the hours of two shifts."""

TAKT = 58.0
"""Takt of final assembly, s; 90 % of its gross output is the design rate."""

LOOP = (
    "stations.paint merge.cycle_time=50 s",
    "stations.paint check.inspection={then: rework, back_to: paint merge, buffer: unlimited}",
)
"""What turns the stand-in for the paint loop into the loop itself."""


@pytest.fixture(scope="module")
def scenario():
    return load(CHANGAN)


@pytest.fixture(scope="module")
def plant(scenario):
    return compile_plant(scenario)


# --- what the plant is


def test_the_design_rate_is_nine_tenths_of_the_gross_output_of_assembly(scenario, plant):
    assert HOUR / scenario.takt == pytest.approx(DESIGN, rel=1e-3)
    takts = {stage.takt for stage in plant.main.stages[-6:] if isinstance(stage, Section)}
    assert takts == {TAKT}
    efficiency = DESIGN * TAKT / HOUR
    assert efficiency == pytest.approx(0.90, abs=0.005)


def test_fifty_weeks_of_assembly_have_the_hours_of_the_design(scenario):
    trim = next(stage for stage in scenario.flow["car"].stations if stage.name == "trim")
    off = closed(trim.shifts, ())
    hours = 168.0 - sum(end - begin for begin, end in off) / HOUR
    assert 50 * hours == pytest.approx(5_000)


def test_a_car_passes_the_shops_in_order(plant):
    shops = ("body", "paint", "trim", "chassis", "final", "test")
    passed = [shops.index(station.name.split()[0]) for station in plant.main.stations()]
    assert all(before <= after for before, after in pairwise(passed))
    assert set(passed) == set(range(len(shops)))


def test_every_feeder_ends_in_the_car_and_presses_feed_the_body_shop(plant):
    line_of = {s.name: line.name for line in plant.lines for s in line.stations()}
    joined = {line.name: line_of[line.joins] for line in plant.lines if line.joins}
    assert joined["stamping 1"] == "body sides"
    assert joined["stamping 2"] == "closures"
    for name in joined:
        while name != "car":
            name = joined[name]


def test_the_stores_between_the_shops_are_of_the_reported_size(plant):
    stages = {stage.name: stage for stage in plant.main.stages}
    assert 50 <= stages["paint dip feed"].buffer <= 120
    assert 150 <= stages["trim"].buffer <= 300
    for stage in plant.main.stages:  # whoever is on the way has a place, and so have a few more
        assert stage.transport <= stage.buffer * 50.0


def test_a_levelled_sequence_keeps_large_cars_apart(plant):
    orders = plant.orders
    large = [orders.models[model] in {"suv c", "suv d"} for model in orders.sequence]
    assert len(orders.models) > 8  # reported
    assert not any(a and b for a, b in pairwise([*large, large[0]]))


# --- a plant without luck

FIRST = 3
"""Positions of a section that are left of it where its length does not matter."""


def shortened(plant: Plant) -> Plant:
    """Return the plant with the first positions of each section, and those where feeders join.

    The others are like them, and the first car comes sooner.
    """
    joined = {line.joins for line in plant.lines}

    def cut(stage: Station | Section) -> Station | Section:
        if isinstance(stage, Station):
            return stage
        kept = (s for at, s in enumerate(stage.stations) if at < FIRST or s.name in joined)
        return replace(stage, stations=tuple(kept))

    return replace(
        plant, lines=tuple(replace(one, stages=tuple(map(cut, one.stages))) for one in plant.lines)
    )


def without_luck(plant: Plant) -> Plant:
    """Return the plant at its least times: no breakdown, no defect, no pause, no way to go."""

    def steady(station: Station) -> Station:
        return replace(
            station,
            work=(Constant(min(work.mean for work in station.work)),) * len(station.work),
            calendar=Calendar(),
            planned=Calendar(),
            failures=(),
            inspection=None,
            defect_rate=0.0,
            tool_change=None,
            setup=None,
            transport=0.0,
        )

    def stage(one: Station | Section) -> Station | Section:
        if isinstance(one, Station):
            return steady(one)
        inside = tuple(map(steady, one.stations))
        return replace(one, stations=inside, calendar=Calendar(), transport=0.0)

    lines = tuple(
        replace(line, stages=tuple(map(stage, line.stages)), transport=0.0) for line in plant.lines
    )
    return replace(plant, lines=lines)


def delivered(plant: Plant, until: float) -> np.ndarray:
    """Return when the cars of one replication are delivered, s."""
    slabs = batch.run(plant, Draws(1, range(1)), until)
    times = np.concatenate([slab.delivered[:, 0].copy() for slab in slabs])
    return np.sort(times[times < until])


def test_without_luck_a_car_comes_every_takt(plant):
    cars = delivered(without_luck(shortened(plant)), 2.0 * HOUR)
    assert len(cars) > 10
    np.testing.assert_allclose(np.diff(cars), TAKT, rtol=1e-9)


def test_engines_agree_on_the_first_minutes_of_the_plant(plant):
    assert_engines_agree(shortened(plant), HOUR / 5)


@pytest.mark.slow
def test_engines_agree_on_the_first_day_of_the_plant(plant):
    moved = tuple(without_shifts(stage) for stage in plant.main.stages)
    assert_engines_agree(replace_main(plant, moved), 14 * HOUR)


def without_shifts(stage: Station | Section) -> Station | Section:
    """Return a stage that always works, so that assembly has not to wait for Monday."""
    if isinstance(stage, Station):
        return replace(stage, calendar=Calendar(), planned=Calendar())
    inside = tuple(map(without_shifts, stage.stations))
    return replace(stage, stations=inside, calendar=Calendar())


def replace_main(plant: Plant, stages: tuple[Station | Section, ...]) -> Plant:
    """Return the plant with other stages on its main line."""
    return replace(plant, lines=(replace(plant.main, stages=stages), *plant.lines[1:]))


def assert_engines_agree(plant: Plant, until: float) -> None:
    """Compare every event before a time, and which part it is about."""
    draws = Draws(1, range(1))
    slabs = kept(batch.run(plant, draws, until, detailed=everywhere(plant)))
    theirs = events([reference.run(plant, draws, 1.01 * until)], 0, until)
    ours = events(slabs, 0, until)
    assert sum(map(len, theirs.values())) > 2_000
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


# --- the paint loop and its stand-in

PAINT = """
name: paint
horizon: 20 h
warm_up: 5 h
replications: 8
stations:
  - {name: welded, cycle_time: {dist: lognormal, mean: 60 s, cv: 0.2}}
  - {name: merge, buffer: 60, transport: 10 min, cycle_time: SLOT}
  - {name: booth, buffer: 2, cycle_time: 50 s}
  - {name: check, buffer: 30, transport: 20 min, servers: 30, defects: 10 %, inspection: FOUND}
  - {name: trim, buffer: 20, cycle_time: 40 s}
"""
"""A paint shop in small: a pass takes 30 minutes and a slot of 50 s."""

PASS = 60 * 10 + 50 + 50 + 60 * 20
"""Time of a pass where nothing waits, s."""

ONCE_MORE = "{dist: empirical, values: [50, 50, 50, 50, 50, 50, 50, 50, 50, 105.5556]}"
"""Slots of 50 s that a body takes on all its passes, 1 / (1 - 10 %) of them on average."""


def paint(slot: str, found: str, **settings: str):
    """Return the result of the small paint shop."""
    text = PAINT.replace("SLOT", slot).replace("FOUND", found)
    text = text.replace("servers: 30,", "servers: 30, cycle_time: 0 s,")
    return simulate(loads(text, overrides=[f"{key}={value}" for key, value in settings.items()]))


def loop(**settings: str):
    return paint("50 s", "{then: rework, back_to: merge, buffer: unlimited}", **settings)


def stand_in(slot: str = ONCE_MORE, **settings: str):
    again = f"[{', '.join([str(PASS)] * 9 + [str(round(PASS * (10 / 0.9 - 9)))])}]"
    repair = f"{{dist: empirical, values: {again}}}"
    return paint(slot, f"{{then: in_place, repair: {repair}}}", **settings)


@pytest.fixture(scope="module")
def loop_of_paint():
    return loop()


def test_extra_time_and_slots_stand_in_for_a_loop(loop_of_paint):
    there, here = loop_of_paint.estimates, stand_in().estimates
    assert loop_of_paint.choice.engine == "reference"
    assert there["throughput"].mean == pytest.approx(60.0, rel=0.01)  # what comes goes
    assert here["throughput"].mean == pytest.approx(there["throughput"].mean, rel=0.01)
    assert here["first_time_through"].mean == pytest.approx(0.9, abs=0.01)
    assert there["first_time_through"].mean == pytest.approx(0.9, abs=0.01)
    assert here["lead_time"].mean == pytest.approx(there["lead_time"].mean, rel=0.05)
    assert here["wip"].mean == pytest.approx(there["wip"].mean, rel=0.05)


def test_a_loop_takes_its_share_of_the_slots_and_so_does_the_stand_in():
    full = {"stations.welded.cycle_time": "40 s", "replications": "4"}
    there, here = loop(**full).estimates["throughput"], stand_in(**full).estimates["throughput"]
    slots = HOUR / 50.0
    assert there.mean == pytest.approx(0.9 * slots, rel=0.01)
    assert here.mean == pytest.approx(0.9 * slots, rel=0.01)
    # Negative control: bodies that come back for nothing would leave all slots to new ones.
    assert stand_in("50 s", **full).estimates["throughput"].mean == pytest.approx(slots, rel=0.01)


# --- a set of panels stands in for batches of each of them

TYPES, BATCH, STROKE, CHANGE = 7, 114, 5.0, 240.0
"""Panels of a set, sets of a batch, s per panel, s per die change, as of a press line."""

IDLE = 1 - (TYPES * STROKE + CHANGE / BATCH) / TAKT
"""Share of the time that a press line has to spare."""


def downtime(strokes: int, seed: int) -> np.ndarray:
    """Return the repair time that hits each stroke, s: rare and long, so that much is lost."""
    rng = np.random.default_rng(seed)
    strikes = rng.random(strokes) < STROKE / (4 * HOUR)
    return np.where(strikes, rng.exponential(1.5 * HOUR, strokes), 0.0)


def taken_from_batches(down: np.ndarray, safety: int) -> np.ndarray:
    """Return when a body takes its panels that are pressed type by type, s.

    The dies are changed to a type once only ``safety`` panels of it are left, the types in
    turn; a body takes one of each, not before a takt after the body before it.
    """
    made: list[list[float]] = [[] for _ in range(TYPES)]
    taken: list[float] = []

    def take(bodies: float) -> None:
        while len(taken) < bodies:
            body, ready = len(taken), (taken[-1] + TAKT if taken else 0.0)
            for kind in range(TYPES):
                panel = body - safety - kind * BATCH  # of those made; before that from stock
                if panel >= len(made[kind]):
                    return
                ready = max(ready, made[kind][panel] if panel >= 0 else 0.0)
            taken.append(ready)

    end, panels = 0.0, TYPES * BATCH
    for batch_number, strikes in enumerate(down.reshape(-1, panels)):
        if batch_number:
            take(batch_number * BATCH)
            end = max(end, taken[batch_number * BATCH - 1]) + CHANGE
        finished = end + np.cumsum(STROKE + strikes)
        made[batch_number % TYPES] += finished.tolist()
        end = finished[-1]
    take(np.inf)
    return np.array(taken)


def taken_as_sets(down: np.ndarray, racks: int) -> np.ndarray:
    """Return when a body takes its panels where they are pressed set by set, s."""
    work = TYPES * STROKE + down.reshape(-1, TYPES).sum(axis=1)
    work[BATCH::BATCH] += CHANGE
    ready, taken = [0.0] * racks, []
    for number, content in enumerate(work):
        taken.append(max(taken[-1] + TAKT if taken else 0.0, ready[number]))
        before = ready[-1] if number else 0.0
        ready.append(max(before + content, taken[number]))
    return np.array(taken)


@pytest.mark.parametrize("safety", [10, 77])
def test_racks_of_sets_lose_as_much_as_batches_with_a_safety_stock(safety):
    """As long as what a press line has to spare per batch counts as stock, too."""
    down = downtime(TYPES * BATCH * 400, seed=1)
    spare = round(IDLE * BATCH)

    def lost(taken: np.ndarray) -> float:
        return 1 - TAKT * (len(taken) - 1) / taken[-1]

    exact = lost(taken_from_batches(down, safety))
    assert exact > 0.05  # enough is lost to tell the two apart
    assert lost(taken_as_sets(down, safety + spare)) == pytest.approx(exact, rel=0.06)
    assert lost(taken_as_sets(down, safety)) > 1.15 * exact  # negative control


def test_the_racks_hold_a_safety_stock_of_more_than_an_hour(plant):
    racks = {line.buffer for line in plant.lines if line.name.startswith("stamping")}
    (sets,) = racks
    assert sets - IDLE * BATCH > HOUR / TAKT


# --- what it makes


@pytest.mark.slow
def test_the_plant_comes_within_three_percent_of_its_design_rate_as_it_is_shipped():
    answer = simulate(load(CHANGAN))
    made = answer.estimates["jph"]
    assert answer.choice.engine == "batch"
    assert answer.warnings == ()
    assert made.mean == pytest.approx(DESIGN, rel=0.03)
    assert made.half_width < 0.02 * DESIGN
    assert answer.bottleneck[0] == "chassis"
    assert answer.estimates["lead_time"].mean < 36 * HOUR


@pytest.mark.slow
def test_the_paint_loop_of_the_plant_makes_what_its_stand_in_makes():
    both = compare(load(CHANGAN), load(CHANGAN, overrides=list(LOOP)), replications=2)
    assert both.b.choice.engine == "reference"
    made = both.differences["jph"]
    assert made.b.mean == pytest.approx(made.a.mean, rel=0.02)
