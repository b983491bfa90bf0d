"""The scenarios that are shipped: they load, every number has a source, and they answer."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from factory_sim import load, simulate
from factory_sim.line.compile import compile_plant
from factory_sim.line.plant import Section
from factory_sim.scenario import automation

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))
SERES = SCENARIOS / "seres.yaml"
RAMP = SCENARIOS / "seres_ramp.yaml"
"""Four weeks of the same plant; ``test_ramp`` runs it."""
CHANGAN = SCENARIOS / "changan.yaml"
"""A whole plant; ``test_changan`` runs it."""

GEORGETOWN = 353 * 57.0
"""Work content of a car, s, at most: 353 stations of one person at a takt of 57 s."""

ONE_STATION = 216.0 / 18_063.0
"""A level is reached by whole stations; this is the largest, as a share of work content."""

FIRST = ("battery pack", "suspension", "instrument panel")
"""The feeder lines that fact F9 names."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(["horizon=12 h", "replications=8"], id="shortened"),
        pytest.param([], id="as it is shipped", marks=pytest.mark.slow),
    ],
)
def answer(request):
    """The planned plant and its baseline."""
    return simulate(load(SERES, overrides=request.param))


def name(path: Path) -> str:
    return path.stem


loaded = cache(load)


@cache
def run(path: Path):
    return simulate(loaded(path), replications=2)


@pytest.mark.parametrize("path", SHIPPED, ids=name)
def test_every_number_of_a_shipped_scenario_has_a_source(path):
    scenario = loaded(path)
    assert scenario.figures
    assert scenario.unsourced == ()


def test_a_number_without_a_source_would_be_found(tmp_path):
    sourced = (SCENARIOS / "three_stations.yaml").read_text()
    bare = tmp_path / "bare.yaml"
    bare.write_text("\n".join(s for s in sourced.splitlines() if not s.startswith("source:")))
    assert len(load(bare).unsourced) == len(load(bare).figures) > 0


@pytest.mark.parametrize("path", [p for p in SHIPPED if p not in (SERES, RAMP, CHANGAN)], ids=name)
def test_small_scenarios_run_and_deliver(path):
    result = run(path)
    assert result.estimates["throughput"].mean > 0
    assert result.warnings == ()


def test_rework_and_shared_people_fall_back_to_the_reference_engine():
    assert run(SCENARIOS / "rework.yaml").choice.engine == "reference"
    assert run(SCENARIOS / "three_stations.yaml").choice.engine == "batch"


def test_people_of_the_seres_plant_make_nine_tenths_of_georgetowns_work_content():
    stations = compile_plant(loaded(SERES), level=0).stations()
    content = sum(station.hand_content for station in stations)
    assert content == pytest.approx(242 * 54.0 + 111 * 45.0)
    assert content / GEORGETOWN == pytest.approx(0.90, abs=0.005)


def test_the_ramp_is_of_the_same_plant_at_its_planned_level():
    """People and cells of the main line, for the mid-size model; its feeders are zones."""
    planned, ramp = (
        {stage.name: stage for stage in compile_plant(loaded(path)).main.stages}
        for path in (SERES, RAMP)
    )
    assert planned.keys() == ramp.keys()
    for name in ("trim", "chassis", "final"):
        sides = [
            [(s.crew, s.work[-1].mean, len(s.failures), s.automated) for s in each[name].stations]
            for each in (planned, ramp)
        ]
        assert sorted(sides[0]) == sorted(sides[1])


def test_buffers_between_the_sections_hold_ten_minutes_of_production():
    main = compile_plant(loaded(SERES)).main
    takt = max(stage.takt for stage in main.stages if isinstance(stage, Section))
    assert sum(stage.buffer for stage in main.stages[1:]) * takt <= 600.0


def test_automation_reaches_the_baseline_and_the_reported_level():
    scenario = loaded(SERES)
    by_hand, planned = (automation.shares(scenario, level) for level in (0.0, 0.52))
    assert 0.10 <= by_hand.work_content <= 0.10 + ONE_STATION
    assert 0.52 <= planned.work_content <= 0.52 + ONE_STATION
    assert min(planned.work_content, planned.operations) >= 0.50  # F10
    assert planned.stations < planned.work_content  # a cell replaces several people


def test_the_reported_parts_alone_pass_half_of_the_work_content():
    scenario = loaded(SERES)
    names = automation.automated(scenario, 0.50)
    assert not any(label.startswith(("door", "bumpers")) for label in names)


def test_the_plan_begins_with_what_was_automated_first():
    scenario = loaded(SERES)
    lines = [unit.place.line for unit in automation.order(scenario)]
    assert list(dict.fromkeys(lines))[: len(FIRST)] == list(FIRST)
    by_hand = automation.automated(scenario, 0.10)
    switched = {unit.name for unit in automation.order(scenario)}
    assert not by_hand & switched  # F9 is a first of the industry, so no baseline has it


def test_level_0_and_the_baseline_are_the_same_run():
    scenario = load(SERES, overrides=["horizon=20 min", "warm_up=0", "automation.level=0"])
    result = simulate(scenario, replications=2)
    assert compile_plant(scenario, level=0) == compile_plant(scenario, level=0.10)
    for pair in result.comparison.differences.values():
        assert (pair.difference.mean, pair.difference.half_width) == (0.0, 0.0)


def test_labour_per_car_falls_from_the_baseline_to_the_plan(answer):
    labour = answer.comparison.differences["labour_hours_per_part"].difference
    assert labour.high < 0
    assert labour.half_width < 0.1 * abs(labour.mean)  # sharp enough to mean something


def test_defects_fall_and_repairs_of_robots_stop_the_line_for_longer(answer):
    differences = answer.comparison.differences
    assert differences["first_time_through"].difference.low > 0
    assert differences["stopped_time"].difference.low > 0


def test_the_line_by_hand_runs_at_the_ratio_it_is_calibrated_to(answer):
    ratio = answer.comparison.differences["jph"].a.mean / 60.0
    planned = answer.estimates["jph"].mean / 60.0
    assert ratio == pytest.approx(0.95, abs=0.02)  # Georgetown's aim
    assert 0.80 < planned < ratio


def test_the_run_of_the_seres_plant_raises_no_doubts(answer):
    assert answer.choice.engine == "batch"
    assert answer.warnings == ()
    assert answer.baseline.warnings == ()
