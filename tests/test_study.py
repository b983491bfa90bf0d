from __future__ import annotations

import dataclasses
import math
import multiprocessing

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import (
    EngineError,
    StudyError,
    compare,
    diff,
    explain,
    load,
    loads,
    simulate,
    sweep,
)
from factory_sim.analysis.accounts import STATES, Accounts
from factory_sim.analysis.statistics import interval
from factory_sim.engines import Choice
from factory_sim.report.manifest import digest
from factory_sim.scenario.durations import duration, exact
from factory_sim.scenario.readers import duration as read_duration
from factory_sim.study import tiles
from factory_sim.study.case import build_case
from factory_sim.study.measures import MEASURES
from factory_sim.study.replications import AuditError
from factory_sim.study.warm_up import mser_warm_up, rounded_to_periods

LINE = """
name: three stations
horizon: 10 h
warm_up: 1 h
replications: 20
stations:
  - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
  - {name: weld, buffer: 4, servers: 2, cycle_time: {dist: lognormal, mean: 105 s, cv: 0.2}}
  - {name: pack, buffer: 4, cycle_time: 48 s, failures: {mtbf: 4 h, mttr: 12 min}}
"""

PLANNED = """
name: planned
horizon: 4 h
warm_up: 0
replications: 8
stations:
  - {name: load, cycle_time: 50 s}
  - name: weld
    buffer: 2
    by_hand: {cycle_time: {dist: exponential, mean: 60 s}, crew: 2}
    automated: {cycle_time: {dist: exponential, mean: 45 s}, crew: 0.5}
  - name: pack
    buffer: 2
    by_hand: {cycle_time: {dist: exponential, mean: 50 s}, crew: 1}
    automated: {cycle_time: {dist: exponential, mean: 40 s}, crew: 0}
automation: {level: 50 %, baseline: 0 %, order: [weld, pack]}
"""


def line(*overrides: str):
    return loads(LINE, overrides=overrides)


def test_a_result_does_not_depend_on_the_number_of_workers():
    scenario = line("replications=600", "horizon=30 min", "warm_up=0")
    before = set(multiprocessing.active_children())
    alone, shared = (simulate(scenario, workers=number) for number in (1, 2))
    assert set(multiprocessing.active_children()) == before
    assert len(alone.tiles) > 1  # there was something to share
    assert digest(alone.accounts) == digest(shared.accounts)
    assert alone.record() == shared.record()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (simulate(line(), seed=seed) for seed in (0, 0, 1))
    assert digest(first.accounts) == digest(again.accounts)
    assert digest(first.accounts) != digest(other.accounts)


def test_more_replications_change_none_of_the_first():
    few, more = (simulate(line(), replications=number) for number in (5, 12))
    np.testing.assert_array_equal(few.accounts.throughput, more.accounts.throughput[:5])


def test_both_engines_give_the_same_estimates():
    batch, reference = (
        simulate(line("horizon=3 h"), replications=3, engine=engine)
        for engine in ("batch", "reference")
    )
    assert reference.choice == Choice("reference", "as asked")
    for name, estimate in batch.estimates.items():
        assert estimate.mean == pytest.approx(reference.estimates[name].mean, rel=1e-9)


def test_a_result_holds_every_figure_and_every_station():
    result = simulate(line())
    assert set(result.estimates) == {what.name for what in MEASURES}
    assert result.replications == 20
    assert result.warm_up == 3600.0
    columns = result.stations()
    assert columns["name"] == ["press", "weld", "pack"]
    np.testing.assert_allclose(np.sum([columns[s] for s in STATES], axis=0), 1.0)
    assert result.bottleneck[0] in columns["stage"]
    per_hour = result.accounts.processed / 9  # without the warm-up
    samples = {"busy": result.accounts.states[:, :, 0], "processed": per_hour}
    for name, values in samples.items():
        expected = [interval(column).half_width for column in values.T]
        assert columns[f"{name}_half_width"] == pytest.approx(expected)
    figures = list(columns)[3:]
    assert figures[1::2] == [f"{name}_half_width" for name in figures[::2]]
    assert result.stations() is columns  # hundreds of intervals are computed once
    assert not result.interrupted


def test_tables_go_through_arrow_to_other_libraries():
    result = simulate(line(), replications=3)
    stations = pl.from_arrow(result.to_arrow())
    assert stations["name"].to_list() == ["press", "weld", "pack"]
    replications = pl.from_arrow(result.replications_table())
    assert replications["replication"].to_list() == [0, 1, 2]
    assert replications["throughput"].mean() == pytest.approx(result.estimates["throughput"].mean)


def test_replications_go_on_until_the_interval_is_narrow_enough():
    scenario = line("replications={half_width: 2 %, min: 4, max: 2000}")
    result = simulate(scenario)
    estimate = result.estimates["throughput"]
    assert estimate.half_width <= 0.02 * estimate.mean
    assert result.replications % 64 == 0  # whole blocks
    assert not any("replications.max" in str(warning) for warning in result.warnings)


def test_a_precision_out_of_reach_stops_at_the_maximum_and_says_so():
    result = simulate(line("replications={half_width: 0.01 %, max: 70}", "horizon=2 h"))
    assert result.replications == 70
    (warning,) = [w for w in result.warnings if "replications.max" in str(w)]
    assert "after 70 replications, not to the ± 0.01 %" in str(warning)


def test_one_replication_has_no_interval_and_says_so():
    result = simulate(line(), replications=1)
    assert math.isnan(result.estimates["throughput"].half_width)
    assert result.record()["estimates"]["throughput"]["half_width"] is None
    assert any("one replication has no interval" in str(warning) for warning in result.warnings)


def test_a_window_without_deliveries_has_no_lead_time_and_says_so():
    result = simulate(line("horizon=100 s", "warm_up=0"))
    assert math.isnan(result.estimates["lead_time"].mean)
    assert result.record()["estimates"]["lead_time"]["mean"] is None
    assert any("nothing was delivered" in str(warning) for warning in result.warnings)


def test_a_warm_up_that_is_too_short_is_reported():
    slow_start = "stations.weld.transport=2 h", "stations.weld.buffer=unlimited", "horizon=20 h"
    result = simulate(line(*slow_start, "warm_up=0"))
    (warning,) = [w for w in result.warnings if "warm-up may be too short" in str(w)]
    assert "Set `warm_up: " in str(warning)
    fixed = simulate(line(*slow_start, "warm_up=5 h"))
    assert not any("warm-up" in str(warning) for warning in fixed.warnings)


def test_an_automatic_warm_up_cuts_the_empty_start():
    wide = "stations.weld.transport=2 h", "stations.weld.buffer=unlimited", "horizon=20 h"
    result = simulate(line(*wide, "warm_up=auto"))
    assert 2 * 3600 <= result.warm_up <= 8 * 3600
    assert result.accounts.begin == result.warm_up


def test_an_automatic_warm_up_without_a_steady_state_is_reported():
    late = "stations.weld.transport=6 h", "stations.weld.buffer=unlimited"
    result = simulate(line(*late, "warm_up=auto"))
    assert any("do not become steady" in str(warning) for warning in result.warnings)
    assert result.warm_up <= result.scenario.horizon / 2, "what is left must tell something"


def test_a_night_is_not_taken_for_a_warm_up():
    day = "shifts=[{from: '06:00', to: '14:00'}]"
    result = simulate(line("horizon=6 d", "warm_up=auto", day), replications=8)
    rule, reliable = mser_warm_up(result.plant, result.accounts)
    assert reliable
    assert rule <= 86400.0
    assert result.warm_up in (0.0, 86400.0)  # whole days only


def test_a_warm_up_is_rounded_to_whole_days_where_there_is_time_for_it():
    plant = build_case(line("shifts=[{from: '06:00', to: '14:00'}]")).plant
    day = 86400.0
    assert rounded_to_periods(plant, 0.3 * day, 10 * day) == day
    assert rounded_to_periods(plant, 0.3 * day, 1.5 * day) == 0.3 * day
    assert rounded_to_periods(plant, 0.3 * day, 10.4 * day) == 0.3 * day
    assert rounded_to_periods(build_case(line()).plant, 0.3 * day, 10 * day) == 0.3 * day


def test_comparing_a_scenario_with_itself_gives_exactly_nothing():
    comparison = compare(line(), line())
    for pair in comparison.differences.values():
        assert pair.difference.mean == 0.0
        assert pair.difference.half_width == 0.0
        assert pair.variance_reduction == 1.0


def test_shared_draws_sharpen_a_comparison():
    comparison = compare(line(), line("stations.pack.buffer=8"))
    pair = comparison.differences["throughput"]
    assert pair.difference.mean > 0
    assert pair.variance_reduction > 0.9
    assert comparison.record()["differences"]["throughput"]["variance_reduction"] > 0.9


def test_a_comparison_is_cut_at_the_longer_warm_up():
    comparison = compare(line(), line("warm_up=2 h"))
    assert comparison.a.warm_up == comparison.b.warm_up == 7200.0


@pytest.mark.parametrize("key", ["horizon=20 h", "seed=2", "replications=21", "confidence=90 %"])
def test_what_must_be_shared_is_asked_for(key):
    with pytest.raises(StudyError, match=f"set the same `{key.partition('=')[0]}` in both"):
        compare(line(), line(key))


def test_what_is_given_to_a_comparison_replaces_what_differs():
    comparison = compare(line("seed=2"), line("replications=7"), seed=3, replications=4)
    assert comparison.replications == 4
    assert comparison.differences["throughput"].difference.mean == 0.0


def test_an_automation_plan_is_compared_with_its_baseline():
    result = simulate(loads(PLANNED))
    assert result.level == 0.5
    assert result.baseline.level == 0.0
    gain = result.comparison.differences["throughput"].difference
    assert gain.mean > 0
    assert result.comparison.differences["labour_hours_per_part"].difference.mean < 0
    assert result.record()["comparison"]["throughput"]["difference"]["mean"] == gain.mean


def test_a_plan_at_its_baseline_is_that_run_and_compared_with_nothing():
    result = simulate(loads(PLANNED), level=0.0)
    assert result.baseline is None
    assert result.comparison is None
    assert result.estimates == simulate(loads(PLANNED)).baseline.estimates


def test_a_level_needs_a_plan():
    with pytest.raises(StudyError, match="add `automation:`"):
        simulate(line(), level=0.5)


@pytest.mark.parametrize("given", [{"replications": 0}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(given):
    with pytest.raises(StudyError, match=r"must be at least \d \(got"):
        simulate(line(), **given)


def test_a_batch_engine_that_cannot_is_refused_with_the_reason():
    scenario = line("pools={men: 1}", "stations.weld.operators=men", "engine=batch")
    with pytest.raises(EngineError, match="batch cannot run this plant"):
        simulate(scenario)
    result = simulate(line("pools={men: 1}", "stations.weld.operators=men"), replications=2)
    assert result.choice.engine == "reference"
    reason = "the batch engine cannot run this plant: weld takes people from the shared pool men"
    assert result.record()["engine_reason"] == reason


def interrupt_after(replications: int):
    def progress(done: int, total: int) -> None:
        if done >= replications:
            raise KeyboardInterrupt

    return progress


@pytest.mark.usefixtures("two_processes")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_keeps_what_was_finished(workers):
    scenario = line("replications=2000", "horizon=15 min", "warm_up=0")
    result = simulate(scenario, workers=workers, progress=interrupt_after(1))
    assert result.interrupted
    assert 2 <= result.replications < 2000
    whole = simulate(scenario, replications=tiles.LARGEST_TILE)
    kept = [r for tile in result.tiles for r in tile]
    if kept[0] == 0:
        first = result.accounts.throughput[: whole.replications]
        np.testing.assert_array_equal(first, whole.accounts.throughput)


def test_an_interruption_keeps_only_what_both_sides_finished():
    comparison = compare(
        line("replications=1100", "horizon=15 min", "warm_up=0"),
        line("replications=1100", "horizon=15 min", "warm_up=0", "stations.pack.buffer=8"),
        progress=interrupt_after(3 * tiles.LARGEST_TILE),
    )
    assert comparison.interrupted
    assert comparison.replications == tiles.LARGEST_TILE
    assert comparison.a.accounts.throughput.size == comparison.b.accounts.throughput.size


def test_an_interruption_before_anything_is_finished_is_passed_on(monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(tiles, "account", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate(line())


def test_a_broken_law_ends_the_study(monkeypatch):
    from factory_sim.analysis.audit import Finding

    def broken(*args) -> Accounts:
        return dataclasses.replace(account(*args), findings=(Finding("parts: lost one", 60.0),))

    account = tiles.account
    monkeypatch.setattr(tiles, "account", broken)
    with pytest.raises(AuditError, match=r"obeys: parts: lost one \(first at 60 s\)$"):
        simulate(line())


def test_a_law_that_is_broken_in_many_replications_is_reported_once():
    from factory_sim.analysis.audit import Finding

    accounts = simulate(line("replications=2")).accounts
    parts = [
        dataclasses.replace(accounts, findings=(Finding("order", first), Finding("clock")))
        for first in (30.0, 12.5, 60.0)
    ]
    assert set(Accounts.merge(parts).findings) == {Finding("order", 12.5), Finding("clock")}


def test_progress_ends_at_its_total():
    heard = []
    simulate(line("replications=600", "horizon=65 min"), progress=lambda *now: heard.append(now))
    assert len(heard) > 1
    assert heard[-1] == (600, 600)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30, "30 s"),
        (90, "90 s"),
        (900, "15 min"),
        (5400, "90 min"),
        (86400, "1 d"),
        (36000, "10 h"),
        (50 * 3600, "50 h"),
        (3440 * 60, "57.3 h"),
        (100.5 * 86400, "2412 h"),
    ],
)
def test_durations_read_as_a_scenario_writes_them(seconds, text):
    assert duration(seconds) == text


@given(st.integers(0, 10**9), st.sampled_from([0.001, 0.25, 1, 60, 3600]))
def test_an_exact_time_is_read_back_as_what_it_was(number, size):
    seconds = number * size
    assert read_duration(exact(seconds)) == pytest.approx(seconds, rel=1e-9)


def test_tiles_are_cut_at_the_same_places_wherever_a_round_begins():
    assert tiles.cut(range(70, 300), 64) == [
        range(70, 128),
        range(128, 192),
        range(192, 256),
        range(256, 300),
    ]
    assert tiles.cut(range(64), 64) == [range(64)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda s: simulate("a.yml"),
            'scenario must be what factory_sim.load returns (got "a.yml")',
        ),
        (
            lambda s: simulate(None),
            "simulate: scenario must be what factory_sim.load returns (got n",
        ),
        (lambda s: compare(s, {}), "compare: b must be what factory_sim.load returns (got {})"),
        (lambda s: explain(s, measure="5"), 'explain: measure must be a whole number (got "5")'),
        (lambda s: diff(s, s, by="place"), "diff: by must be one of key, station, line (got "),
        (lambda s: simulate(s, engine="fast"), "engine must be one of auto, batch, reference (got"),
        (lambda s: simulate(s, replications=2.5), "replications must be a whole number (got 2.5)"),
        (lambda s: simulate(s, level="half"), 'level must be a share such as 0.3 (got "half")'),
        (lambda s: simulate(s, workers="2"), 'workers must be a whole number (got "2")'),
        (lambda s: simulate(s, executor=4), "executor must be an executor of concurrent.futures"),
        (lambda s: simulate(s, chunks="out"), 'chunks must be a pathlib.Path (got "out")'),
        (lambda s: simulate(s, progress=1), "progress must be a function of how many are done"),
        (lambda s: sweep(s, automation=0.5), "automation must be levels such as '0:1:0.1', or a l"),
        (lambda s: sweep(s, vary="a=1,2"), "vary must be a list such as ['stations.weld.buffer="),
        (lambda s: sweep(s, vary={"a": 3}), "vary must be a list such as"),
        (lambda s: sweep(s, samples="3"), 'samples must be a whole number (got "3")'),
        (lambda s: sweep(s, fastest_takt="95 %"), "fastest_takt must be a share such as 0.3 (got "),
        (lambda s: loads(b"name: x"), "loads: text must be the text of a YAML file (got a bytes)"),
        (lambda s: load("x", overrides="seed=3"), "load: overrides must be a list such as ['stati"),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_at_the_door(call, message):
    with pytest.raises(TypeError) as error:
        call(line())
    assert message in str(error.value)


def test_whole_numbers_may_be_those_of_numpy():
    scenario = line("horizon=30 min", "warm_up=0")
    asked = {"replications": np.int64(2), "seed": np.uint8(3), "workers": np.int32(1)}
    assert simulate(scenario, **asked).replications == 2


def test_parts_sent_back_to_the_first_station_break_no_law():
    sent_back = "{name: check, cycle_time: 45 s, defects: 30 %, inspection: INSPECTION}"
    for inspection in ("back_to: press", "back_to: press, buffer: 3"):
        check = sent_back.replace("INSPECTION", f"{{then: rework, {inspection}}}")
        press = "{name: press, cycle_time: 45 s}"
        text = f"name: rework\nhorizon: 4 h\nreplications: 2\nstations: [{press}, {check}]\n"
        # 30 % of what is checked is worked again.
        made = simulate(loads(text)).estimates["throughput"].mean
        assert 45 < made < 65
