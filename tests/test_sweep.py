"""Sweeps: against a plant computed by hand, points of a grid and a hypercube, fastest takts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from factory_sim import ScenarioError, StudyError, load, loads, simulate, sweep
from factory_sim.report.manifest import digest
from factory_sim.scenario.loader import varied
from factory_sim.study.sweep.axes import Axis, axis, combinations, setting_axis
from factory_sim.study.sweep.figures import FIGURES
from factory_sim.study.sweep.requested import requested_points
from factory_sim.study.sweep.takt import at_takt

SCENARIOS = Path(__file__).parents[1] / "scenarios"

BY_HAND = """
name: two stations
horizon: 11 h
warm_up: 1 h
replications: 3
economics:
  {currency: RMB, wage: 40, hours_per_year: 4000, electricity: 0.5, co2: 0.6, base_power: 6 kW,
   fixed_cost: 24000, lifetime: 10}
stations:
  - {name: load, cycle_time: 50 s, crew: 1, power: {busy: 2 kW, idle: 1 kW}}
  - name: weld
    by_hand: {cycle_time: 60 s, crew: 2}
    automated: {cycle_time: 40 s, crew: 0.5, capital: 180000, power: {busy: 10 kW, idle: 4 kW}}
automation: {level: 50 %, order: [weld]}
"""
"""By hand the weld sets the pace, a part a minute; automated the load does, one in 50 s."""

RANDOM = """
name: random
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

PACED = """
name: paced
horizon: 8 h
warm_up: 0
replications: 2
stations:
  - section: trim
    takt: 60 s
    stations:
      - {name: a, cycle_time: 30 s}
      - {name: b, by_hand: {cycle_time: 50 s}, automated: {cycle_time: 40 s}}
automation: {level: 50 %, order: [b]}
"""


@pytest.fixture(scope="module")
def by_hand():
    return sweep(loads(BY_HAND), automation="0,0.5")


def test_a_level_is_worth_what_is_computed_by_hand(by_hand):
    manual, automated = by_hand.points
    expected = {
        "throughput": (60.0, 72.0),
        "labour": (3 / 60, 1.5 / 72),
        # the load works 5/6 of the time by hand; automated the weld works 4/5 of it
        "energy": ((6 + 5 / 6 * 2 + 1 / 6) / 60, (6 + 2 + 0.8 * 10 + 0.2 * 4) / 72),
        "blocked": (60 * (1 / 6) / 2, 0.0),
        "starved": (0.0, 60 * 0.2 / 2),
    }
    for name, values in expected.items():
        for point, value in zip((manual, automated), values, strict=True):
            assert point.estimates[name].mean == pytest.approx(value, abs=1e-9), name
            assert point.estimates[name].half_width == pytest.approx(0.0, abs=1e-9)
    for name, (before, after) in expected.items():
        assert automated.differences[name].mean == pytest.approx(after - before, abs=1e-9)
    assert (manual.operators, automated.operators) == (3.0, 1.5)


def test_costs_and_payback_are_those_computed_by_hand(by_hand):
    manual, automated = by_hand.points
    before = 40 * 3 / 60 + 0.5 * (6 + 11 / 6) / 60
    after = 40 * 1.5 / 72 + 0.5 * 16.8 / 72
    means = {name: e.mean for name, e in automated.estimates.items()}
    assert manual.estimates["cost"].mean == pytest.approx(before + 24000 / 240_000)
    assert means["cost"] == pytest.approx(after + (24000 + 180_000 / 10) / 288_000)
    assert means["co2"] == pytest.approx(0.6 * 16.8 / 72)
    assert means["saved_per_part"] == pytest.approx(before - after)
    # the 240,000 parts that the baseline makes in a year
    gain = 240_000 * (before - after)
    assert means["gain"] == pytest.approx(gain)
    assert means["npv"] == pytest.approx(10 * gain - 180_000)
    assert (automated.capital, automated.invested, manual.capital) == (180_000, 180_000, 0)
    values = {name: r.value for name, r in automated.recoveries.items()}
    assert values["payback"] == values["discounted_payback"] == pytest.approx(180_000 / gain)
    assert values["break_even_volume"] == pytest.approx(180_000 / (before - after))


def test_with_a_margin_what_is_made_is_sold():
    scenario = loads(BY_HAND, overrides=["economics.margin=5"])
    (point,) = sweep(scenario, automation=[0.5]).points
    before, after = (3.0 * 40 + 0.5 * (6 + 11 / 6)) / 60, (1.5 * 40 + 0.5 * 16.8) / 72
    gain = 288_000 * (5 - after) - 240_000 * (5 - before)
    assert point.estimates["gain"].mean == pytest.approx(gain)
    # The parts that pay the capital back are those it sells until then.
    parts = 288_000 * point.recoveries["payback"].value
    assert point.recoveries["break_even_volume"].value == pytest.approx(parts)


def test_what_saves_per_part_but_sells_less_never_breaks_even():
    costly = ["economics.margin=500", "stations.weld.automated.cycle_time=80 s"]
    (point,) = sweep(loads(BY_HAND, overrides=costly), automation=[0.5]).points
    assert point.samples["throughput"].mean() < 60.0
    assert [point.recoveries[name].value for name in ("payback", "break_even_volume")] == [
        np.inf,
        np.inf,
    ]


def test_prices_may_be_varied_and_change_no_run():
    found = sweep(loads(BY_HAND), automation=[0.5], vary={"economics.wage": [20, 40]})
    low, high = found.points
    assert low.result.accounts is high.result.accounts
    # three people an hour make 60 parts, one and a half 72: both at the point's own wage
    for point, wage in ((low, 20), (high, 40)):
        saved = wage * (3 / 60 - 1.5 / 72) + 0.5 * ((6 + 11 / 6) / 60 - 16.8 / 72)
        assert point.estimates["saved_per_part"].mean == pytest.approx(saved)


def test_level_0_differs_from_the_baseline_by_exactly_nothing():
    found = sweep(loads(RANDOM), automation="0:60%:10%")
    for difference in found.points[0].differences.values():
        assert (difference.mean, difference.half_width) == (0.0, 0.0)
    assert found.points[-1].differences["throughput"].low > 0


def test_a_point_is_the_run_that_a_user_would_make_of_it():
    found = sweep(loads(RANDOM), automation=[0.5], vary=["stations.pack.buffer=4"])
    alone = simulate(loads(RANDOM, overrides=["stations.pack.buffer=4"]), level=0.5)
    assert digest(found.points[0].result.accounts) == digest(alone.accounts)
    baseline = simulate(loads(RANDOM), level=0.0)
    assert digest(found.baseline.result.accounts) == digest(baseline.accounts)


def test_levels_that_automate_the_same_stations_are_simulated_once():
    found = sweep(loads(RANDOM), automation="0:0.6:0.1")
    distinct = {id(point.result.accounts) for point in found.points}
    assert len(found.points) == 7
    assert len(distinct) == 3
    assert "10 %, 20 % and 30 % are the same plant, simulated once." in map(str, found.notes)


def test_without_levels_the_baseline_is_the_scenario_as_it_stands():
    found = sweep(loads(RANDOM), vary=["stations.pack.buffer=1:3:1"])
    assert [p.settings["stations.pack.buffer"] for p in found.points] == ["1", "2", "3"]
    assert found.baseline.level == 0.5
    assert found.points[1].differences["throughput"].mean == 0.0
    assert found.points[2].differences["throughput"].mean > 0.0


def test_levels_of_a_range_beyond_the_plan_are_left_out_and_of_a_list_refused():
    found = sweep(loads(RANDOM), automation="0:1:0.25")
    assert [point.level for point in found.points] == [0.0, 0.25, 0.5]
    (note,) = [str(n) for n in found.notes if n.key == "note.out_of_reach"]
    assert note.startswith("75 % and 100 % cannot be reached: the order of the plan automates")
    assert "68.75 % of the work content" in note
    with pytest.raises(StudyError, match=r"^--automation: 100 % cannot be .* at most 68.75 %"):
        sweep(loads(RANDOM), automation=[0, 1])
    with pytest.raises(StudyError, match="write lower levels"):
        sweep(loads(RANDOM), automation="0.9:1:0.05")


def test_without_prices_there_is_no_money_and_a_note_says_why():
    found = sweep(loads(RANDOM), automation=[0, 0.5])
    assert not {"cost", "gain", "energy", "co2"} & found.points[1].samples.keys()
    assert found.points[1].recoveries == {}
    assert {"note.no_money", "note.no_energy"} <= {note.key for note in found.notes}


def test_the_best_level_is_named_with_what_cannot_be_told_apart_from_it():
    found = sweep(loads(RANDOM), automation="0,0.2,0.3,0.6")
    best = {b.name: b for b in found.best}
    assert best["throughput"].point == best["labour"].point == 3
    assert best["labour"].possible == (3,)
    few = sweep(loads(RANDOM), automation="0,0.6", vary=["stations.load.cycle_time=50,50.01"])
    (throughput,) = [b for b in few.best if b.name == "throughput"]
    assert set(throughput.possible) == {2, 3}


def test_what_can_be_told_apart_is_in_a_table_and_follows_from_that_of_the_replications():
    """By Hsu's rule from the samples: m - 1 one-sided bounds at 95 % together."""
    found = sweep(loads(RANDOM), automation="0,0.2,0.3,0.6", vary=["stations.pack.buffer=2,4"])
    samples = pl.from_arrow(found.replications_table())
    compared = pl.from_arrow(found.best_table())
    better = {figure.name: figure.better for figure in FIGURES}
    made = {"throughput", "jph", "lead_time", "labour"}
    assert set(compared["figure"]) == {*made, "blocked", "starved"}
    for (name,), rows in compared.group_by("figure"):
        sign = 1.0 if better[name] == "more" else -1.0
        by_point = [
            rows_[name].to_numpy() * sign
            for _, rows_ in samples.group_by("point", maintain_order=True)
        ]
        runs, distinct = found.replications, len({tuple(x) for x in by_point})
        reach = stats.t.ppf(1 - 0.05 / (distinct - 1), runs - 1) / math.sqrt(runs)
        for row in rows.iter_rows(named=True):
            ahead = [by_point[row["point"]] - other for other in by_point]
            del ahead[row["point"]]
            most = min(d.mean() + reach * d.std(ddof=1) for d in ahead)
            assert row["possible"] == (most >= 0), (name, row["label"])
            assert row["high"] == pytest.approx(max(most, 0.0), abs=1e-9)
            assert row["best"] == (min(d.mean() for d in ahead) >= 0)
            assert row["low"] <= 0
    assert not compared.filter(figure="throughput")["possible"].all()  # something is told apart


def test_the_shortest_payback_is_compared_by_its_gain_per_capital():
    text = BY_HAND.replace("cycle_time: 60 s", "cycle_time: {dist: exponential, mean: 60 s}")
    found = sweep(loads(text), automation=[0, 0.5], vary={"economics.interest": [0, "5 %"]})
    best = {b.name: b for b in found.best}
    assert "payback" not in best  # interest is no part of the simple one
    found = sweep(loads(text), automation=[0.5], vary={"economics.wage": [30, 60]})
    assert {b.name: b for b in found.best}["payback"].possible == (1,)


def test_every_figure_of_the_question_how_far_is_in_the_table(by_hand):
    frame = pl.from_arrow(by_hand.to_arrow())
    shares = [f"automated_{name}" for name in ("work_content", "operations", "stations")]
    lost = ["stops", "held", "down", "blocked", "waiting", "starved"]
    made = ["throughput", "labour", "first_time_through", "energy", "co2", "cost"]
    paid = ["capital", "payback", "payback_low", "payback_high", "break_even_volume"]
    intervals = [f"{name}_difference{end}" for name in made for end in ("", "_half_width")]
    row = frame.row(1, named=True)
    for name in (*shares, *lost, *made, *intervals, "operators", *paid):
        assert row[name] is not None, name
    # The weld is one of two stations, one of two operations and 60 of 110 s by hand.
    assert [row[name] for name in shares] == pytest.approx([60 / 110, 0.5, 0.5])


def test_a_sweep_goes_through_arrow_to_other_libraries():
    found = sweep(loads(RANDOM), automation=[0, 0.5], vary=["stations.load.cycle_time=40 s,1 min"])
    frame = pl.from_arrow(found.to_arrow())
    assert frame["level"].to_list() == [0.0, 0.0, 0.5, 0.5]
    assert frame["stations.load.cycle_time"].to_list() == [40.0, 60.0] * 2
    assert frame["automated_work_content"].to_list() == [
        point.automated.work_content for point in found.points
    ]
    for place, point in enumerate(found.points):
        assert frame["throughput_difference"][place] == point.differences["throughput"].mean
    samples = pl.from_arrow(found.replications_table())
    assert samples.height == 4 * found.replications
    means = samples.group_by("point", maintain_order=True).agg(pl.col("throughput").mean())
    np.testing.assert_allclose(means["throughput"], frame["throughput"])


# --- axes and points


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2:8:2", ("2", "4", "6", "8")),
        ("0:1:0.25", ("0", "0.25", "0.5", "0.75", "1")),
        ("8:2:-3", ("8", "5", "2")),
        ("0 %:30%:10 %", ("0 %", "10 %", "20 %", "30 %")),
        ("5:15min:5min", ("5 min", "10 min", "15 min")),
        ("0:1:0.4", ("0", "0.4", "0.8")),
        ("5min,10min", ("5min", "10min")),
        (
            "{dist: gamma, mean: 52 s, cv: 0.3}, 52 s",
            ("{dist: gamma, mean: 52 s, cv: 0.3}", "52 s"),
        ),
        ("'a,b',c", ("'a,b'", "c")),
        ("06:00,07:30", ("06:00", "07:30")),
        ("7", ("7",)),
    ],
)
def test_values_of_an_axis(text, values):
    assert axis("key", text, "--vary").values == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k=1:2:0", "--vary k=1:2:0: the step 0 does not lead from 1 to 2"),
        ("k=1:2:-1", "--vary k=1:2:-1: the step -1 does not lead from 1 to 2"),
        ("k=1s:2min:1s", "--vary k=1s:2min:1s: a range has one unit (got min, s); use the same"),
        ("k=0:1:1e-9", "--vary k=0:1:1e-9: has 1,000,000,001 values; a sweep has at most 10,000"),
        ("k=1,,2", "--vary k=1,,2: has an empty value; write a:b:step or a list v1,v2,v3"),
        ("k", "--vary k: must be key=a:b:step or key=v1,v2, e.g. stations.weld.buffer=2:8:2"),
        ("=1", "--vary =1: must be key="),
    ],
)
def test_what_is_no_axis_is_said(text, message):
    with pytest.raises(StudyError) as error:
        setting_axis(text)
    assert str(error.value).startswith(message)


def test_a_grid_holds_every_combination_once():
    axes = [Axis("a", ("1", "2")), Axis("b", ("x", "y", "z"))]
    points = combinations(axes, None, seed=1)
    assert points == [(a, b) for a in "12" for b in "xyz"]


def test_a_hypercube_meets_every_part_of_every_axis_once():
    axes = [axis("a", "0:100", ""), axis("b", "1:10:1", ""), axis("c", "0 %:50 %", "")]
    points = combinations(axes, 10, seed=7)
    assert sorted(int(float(a) // 10) for a, _, _ in points) == list(range(10))
    assert sorted(int(b) for _, b, _ in points) == list(range(1, 11))
    assert all(c.endswith(" %") for _, _, c in points)
    assert points == combinations(axes, 10, seed=7)
    assert points != combinations(axes, 10, seed=8)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("stations.weld.buffer=1:9", "123456789"),
        ("stations.weld.buffer=9:1", "123456789"),
        ("stations.weld.count=1:2", "12"),
    ],
)
def test_a_range_of_whole_numbers_has_the_step_1_if_none_is_written(key, values):
    """Other ranges have all numbers between their ends, a bare time of a whole number, too."""
    scenario, times = loads(RANDOM), setting_axis("stations.load.cycle_time=48:49")
    requested, _ = requested_points(scenario, [setting_axis(key), times], 18)
    drawn = [list(point.settings.values()) for point in requested]
    assert sorted(whole for whole, _ in drawn) == sorted(values * (18 // len(values)))
    assert len({time for _, time in drawn}) == 18
    grid, _ = requested_points(scenario, [setting_axis(key)], None)
    assert sorted(point.settings[key.partition("=")[0]] for point in grid) == list(values)


def test_a_point_of_a_hypercube_that_is_drawn_again_is_no_other_point():
    key = "stations.weld.buffer"
    requested, notes = requested_points(loads(RANDOM), [setting_axis(f"{key}=1:3")], 7)
    assert sorted(point.settings[key] for point in requested) == ["1", "2", "3"]
    assert [str(note) for note in notes] == ["7 points were drawn, and 3 of them differ."]
    assert not requested_points(loads(RANDOM), [setting_axis(f"{key}=1:3")], 3)[1]


def test_a_range_of_too_many_whole_numbers_asks_for_a_wider_step():
    message = r"^--vary stations\.weld\.buffer: has 20,001 values; .* so write a wider step$"
    with pytest.raises(StudyError, match=message):
        requested_points(loads(RANDOM), [setting_axis("stations.weld.buffer=0:20000")], 5)


def test_points_without_end_and_grids_without_steps_are_refused():
    with pytest.raises(StudyError, match=r"a: a grid needs a step; .* or draw points with --sam"):
        combinations([axis("a", "0:1", "")], None, seed=1)
    with pytest.raises(StudyError, match="1 to 10,000 points"):
        combinations([Axis(k, tuple("0123456789")) for k in "abcde"], None, seed=1)


@pytest.mark.parametrize("key", ["horizon=1h,2h", "seed=1:3:1", "replications=2,4"])
def test_what_all_points_share_cannot_be_varied(key):
    with pytest.raises(StudyError, match="all points share it; set it for all with --set"):
        sweep(loads(RANDOM), vary=[key])


@pytest.mark.parametrize("key", ["name=a,b", "description=new,old"])
def test_what_changes_no_figure_cannot_be_varied(key):
    with pytest.raises(StudyError, match=r"^--vary (name|description): changes nothing of the pl"):
        sweep(loads(RANDOM), vary=[key])


def test_what_cannot_be_swept_is_said():
    with pytest.raises(StudyError, match="nothing to sweep; add --automation"):
        sweep(loads(RANDOM))
    with pytest.raises(StudyError, match="no automation plan; add `automation:`"):
        sweep(load(SCENARIOS / "three_stations.yaml"), automation="0:1:0.1")
    with pytest.raises(StudyError, match="is varied twice"):
        sweep(loads(RANDOM), vary=["seed=1", "seed=2"])
    for wrong in ("2", "half", "-10 %"):
        with pytest.raises(StudyError, match="must lie between 0 and 1"):
            sweep(loads(RANDOM), automation=wrong)
    with pytest.raises(ScenarioError, match=r"^--vary stations.weldd.buffer=2: .*mean weld"):
        sweep(loads(RANDOM), vary=["stations.weldd.buffer=2"])
    with pytest.raises(ScenarioError, match=r"^--vary stations.weldd.buffer: .*mean weld"):
        sweep(loads(RANDOM), vary=["stations.weldd.buffer=2:8"], samples=2)


SETTINGS = {
    "three_stations.yaml": ["stations.pack.failures.mttr=5 min", "stations.weld.servers=3"],
    "rework.yaml": ["stations.0.buffer=3"],
    "seres.yaml": ["lines.final assembly.stations.chassis.buffer=6", "stations.glass.count=3"],
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_key_varied_in_a_scenario_is_a_key_set_in_its_file(name):
    settings = SETTINGS[name]
    at_once = load(SCENARIOS / name, overrides=settings)
    assert varied(load(SCENARIOS / name), settings).digest == at_once.digest
    assert at_once.digest != load(SCENARIOS / name).digest


# --- fastest takts


def test_the_fastest_takt_of_a_line_without_luck_is_that_computed_by_hand():
    found = sweep(loads(PACED), automation=[0, 0.5], fastest_takt=0.95)
    # a section at a takt below its longest work gives takt / work of what the takt asks
    for point, work in zip(found.points, (50.0, 40.0), strict=True):
        assert point.estimates["fastest_takt"].mean == pytest.approx(0.95 * work, rel=5e-3)
        assert point.estimates["output"].mean == pytest.approx(3600 / work, rel=5e-3)
        assert point.estimates["jph"].mean == pytest.approx(3600 / work, rel=5e-3)
    assert found.points[0].differences["output"].mean == 0.0
    gain = found.points[1].differences["output"].mean
    assert gain == pytest.approx(90 - 72, rel=4e-2)


TWO_SECTIONS = """
name: two sections and a feeder
horizon: 4 h
warm_up: 30 min
replications: 4
lines:
  main:
    stations:
      - section: trim
        takt: 60 s
        stations:
          - {name: a, cycle_time: {dist: gamma, mean: 45 s, cv: 0.3}}
          - {name: b, cycle_time: 40 s, failures: {mtbf: 2 h, mttr: 4 min}}
      - section: final
        takt: 58 s
        buffer: 4
        stations:
          - {name: c, cycle_time: {dist: lognormal, mean: 44 s, cv: 0.3}}
  doors:
    joins: c
    buffer: 5
    stations:
      - {section: hang, takt: 55 s, stations: [{name: d, cycle_time: 50 s}]}
"""


@pytest.mark.parametrize("share", [-1.0, 0.0, 1.0, 1.5])
def test_an_availability_that_no_line_can_have_is_refused_at_once(share):
    with pytest.raises(StudyError, match="fastest_takt: must be a share between 0 and 1"):
        sweep(loads(PACED), automation=[0], fastest_takt=share)


def test_at_the_fastest_takt_the_line_meets_its_availability_and_any_faster_it_does_not():
    scenario, wanted = loads(TWO_SECTIONS), 0.9
    (point,) = sweep(scenario, vary=["lines.doors.buffer=5"], fastest_takt=wanted).points
    found = point.estimates["fastest_takt"].mean

    def availability(takt: float) -> float:
        """Return the share of what a takt asks for, all sections in proportion."""
        keys = ("main.stations.trim", "main.stations.final", "doors.stations.hang")
        takts = (f"{takt * share} s" for share in (1.0, 58 / 60, 55 / 60))
        settings = [f"lines.{key}.takt={t}" for key, t in zip(keys, takts, strict=True)]
        run = simulate(loads(TWO_SECTIONS, overrides=settings))
        return float(run.accounts.scheduled_throughput.mean()) * takt / 3600

    assert availability(found) == pytest.approx(wanted, abs=0.002)
    assert availability(0.99 * found) < wanted - 0.002


def test_every_paced_section_is_scaled_and_nothing_else():
    scenario = load(SCENARIOS / "seres.yaml")
    scaled = at_takt(scenario, 0.5)
    for name, line in scenario.flow.items():
        for before, after in zip(line.stations, scaled.flow[name].stations, strict=True):
            if hasattr(before, "takt"):
                assert after.takt == 0.5 * before.takt
                assert after.stations == before.stations
            else:
                assert after == before
    assert at_takt(scenario, 1.0).digest == scenario.digest


def test_lines_without_a_takt_and_availabilities_out_of_reach_are_refused():
    with pytest.raises(StudyError, match="no paced section, so it has no takt"):
        sweep(loads(RANDOM), automation=[0], fastest_takt=0.95)
    broken = PACED.replace("30 s}", "30 s, failures: {mtbf: 10 min, mttr: 20 min}}")
    scenario = loads(broken)
    with pytest.raises(StudyError, match=r"baseline: no takt from 0.125 to 8 times that of"):
        sweep(scenario, automation=[0, 0.5], fastest_takt=0.95)


@pytest.mark.slow
def test_the_interval_of_the_fastest_takt_covers_it_as_often_as_it_claims():
    text = PACED.replace("50 s", "{dist: gamma, mean: 50 s, cv: 0.3}").replace("8 h", "4 h")
    big = loads(text, overrides=["replications=4000"])
    truth = sweep(big, automation=[0], fastest_takt=0.9).points[0].estimates["fastest_takt"]
    runs, covered = 200, 0
    for seed in range(2, runs + 2):
        scenario = loads(text, overrides=["replications=10", f"seed={seed}"])
        found = sweep(scenario, automation=[0], fastest_takt=0.9).points[0]
        estimate = found.estimates["fastest_takt"]
        covered += abs(estimate.mean - truth.mean) < estimate.half_width
    assert truth.half_width < 0.1
    assert abs(covered / runs - 0.95) < 4 * math.sqrt(0.95 * 0.05 / runs)


@pytest.mark.slow
def test_paired_intervals_of_a_sweep_cover_the_difference_as_often_as_they_claim():
    text = RANDOM.replace("horizon: 4 h", "horizon: 2 h")
    many = sweep(loads(text, overrides=["replications=20000"]), automation=[0.3]).points[0]
    truth = many.differences["throughput"]
    runs, covered = 400, 0
    for seed in range(2, runs + 2):
        scenario = loads(text, overrides=["replications=10", f"seed={seed}"])
        found = sweep(scenario, automation=[0.3]).points[0].differences["throughput"]
        covered += abs(found.mean - truth.mean) < found.half_width
    assert truth.half_width < 0.05
    assert abs(covered / runs - 0.95) < 4 * math.sqrt(0.95 * 0.05 / runs)
