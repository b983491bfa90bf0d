"""Output per day: counted right, read right, and due to what it is said to be due to."""

from __future__ import annotations

import html
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from factory_sim import compare, load, loads, simulate
from factory_sim.analysis.deliveries import DAY, MOST_DAYS, DeliveryTally
from factory_sim.analysis.statistics import interval, paired
from factory_sim.cli import app
from factory_sim.engines.record import Slab
from factory_sim.report.figures.daily import two_ramps
from factory_sim.report.ramp import ramp_lines
from factory_sim.report.recorded import recorded
from factory_sim.study.doubts import doubts
from factory_sim.study.ramp import ramp, ramp_differences, scheduled_hours

RAMP = Path(__file__).parents[1] / "scenarios" / "seres_ramp.yaml"

STEADY = """
name: steady
horizon: {days} d
warm_up: 0
replications: 2
stations: [{{name: s, cycle_time: 60 s{more}}}]
"""

LEARNING = ", learning: {rate: 80 %, reference: 10000, floor: 1}"

NOISY = """
name: new line
start: mon 06:00
horizon: 21 d
warm_up: 0
replications: 8
shifts: [{from: "06:00", to: "14:00", days: mon-sat, breaks: [{at: "10:00", for: 30 min}]}]
learning: {rate: 80 %, reference: 3000, floor: 1}
stations:
  - {name: a, crew: 1, cycle_time: {dist: lognormal, mean: 80 s, cv: 0.2}}
  - {name: b, crew: 1, buffer: 3, cycle_time: {dist: lognormal, mean: 80 s, cv: 0.2}}
  - name: robot
    always: automated
    buffer: 3
    cycle_time: 75 s
    failures: {mtbf: 8 h, mttr: 10 min, growth: {from: 60 %, over: 40 h}}
"""


@pytest.fixture(scope="module")
def new_line():
    """A small line that learns, over three weeks."""
    return simulate(loads(NOISY))


def steady(days: float = 10, more: str = "") -> str:
    return STEADY.format(days=days, more=more)


# Counting


@pytest.mark.parametrize("engine", ["batch", "reference"])
def test_a_day_holds_its_end_but_not_its_begin(engine):
    """One part a minute: the last of a day is delivered as it ends."""
    accounts = simulate(loads(steady(2)), engine=engine).accounts
    assert accounts.daily.tolist() == [[1440.0, 1440.0]] * 2


def test_days_add_up_to_what_was_delivered(new_line):
    accounts = new_line.accounts
    assert accounts.begin == 0
    np.testing.assert_array_equal(accounts.daily.sum(axis=1), accounts.delivered)


def test_only_whole_days_count_and_the_warm_up_is_in_them():
    result = simulate(loads(steady(2.5).replace("warm_up: 0", "warm_up: 1 d")))
    assert result.accounts.daily.tolist() == [[1440.0, 1440.0]] * 2
    assert result.ramp is None


def test_what_is_kept_of_a_long_run_is_bounded():
    tally = DeliveryTally(0.0, 5000 * DAY, 1)
    times = np.array([[0.5 * DAY], [1.5 * DAY], [4000.5 * DAY], [np.inf]])
    empty = np.empty((0, 1))
    tally.add(Slab((), (), times, times, np.zeros_like(times), times < 0, empty))
    assert tally.daily.shape == (1, MOST_DAYS)
    assert tally.daily[0, :3].tolist() == [1.0, 1.0, 0.0]
    assert tally.daily.sum() == 2


def test_output_per_day_follows_wrights_curve_exactly():
    """Of one station, parts n are done after 60 s x the sum of their factors."""
    accounts = simulate(loads(steady(12, LEARNING))).accounts
    parts = np.arange(1, 20_000)
    factors = np.maximum((parts / 10_000) ** math.log2(0.8), 1.0)
    done = np.cumsum(60.0 * factors)
    expected = np.diff([np.count_nonzero(done <= day * DAY + 1e-3) for day in range(13)])
    assert accounts.daily[0].tolist() == expected.tolist()
    assert expected[0] < 0.3 * expected[-1]


# Reading


def test_hours_of_a_day_are_those_of_the_shifts(new_line):
    hours = scheduled_hours(new_line.plant, 7)
    assert hours.tolist() == [7.5] * 6 + [0.0]


def made_up(result, daily):
    """Return the accounts of a result with other deliveries per day."""
    return replace(result.accounts, daily=np.array(daily, dtype=float))


def test_the_day_counts_from_which_three_in_a_row_are_up_to_rate(new_line):
    """Day 2 is a lucky one; Sundays (7, 14 and 21) are no working days."""
    week = [10, 95, 50, 80, 92, 91, 0, 93, 99, 100, 100, 100, 100, 0]
    daily = [[*week, *[100] * 6, 0], [10] * 2 + [100] * 19]
    found = ramp(new_line.plant, made_up(new_line, daily), 0.95)
    assert found.day.mean == pytest.approx((5 + 3) / 2)
    assert found.final.mean == pytest.approx(100 / 7.5)
    assert found.first.mean == pytest.approx(10 / 7.5)


def test_two_ramps_are_compared_replication_by_replication(new_line):
    """A is there on day 5 and on day 3, B on day 4 and on day 1: 1 and 2 days earlier."""
    week = [10, 95, 50, 80, 92, 91, 0, 93, 99, 100, 100, 100, 100, 0]
    full = [*[100] * 6, 0]
    a = made_up(new_line, [[*week, *full], [10] * 2 + [100] * 19])
    b = made_up(new_line, [[*week[:3], *[100] * 4, *full, *full], [100] * 21])
    plant = new_line.plant
    found = ramp_differences((plant, a), (plant, b), 0.95)
    day = found["day_up_to_rate"]
    assert (day.a.mean, day.b.mean, day.difference.mean) == pytest.approx((4, 2.5, -1.5))
    assert day.difference == interval([-1, -2], 0.95, "d")
    assert found["first_rate"].difference.mean == pytest.approx((100 - 10) / 7.5 / 2)
    never = made_up(new_line, np.tile([100.0, 10.0], (2, 11))[:, :21])
    assert set(ramp_differences((plant, a), (plant, never), 0.95)) == {"first_rate", "final_rate"}
    still = simulate(loads(steady())).plant  # nothing there asks how it starts
    assert not ramp_differences((still, a), (still, b), 0.95)


def test_a_rate_that_is_never_kept_has_no_day(new_line):
    daily = np.tile([100.0, 10.0], (2, 11))[:, :21]
    found = ramp(new_line.plant, made_up(new_line, daily), 0.95)
    assert math.isnan(found.day.mean)
    result = replace(new_line, accounts=made_up(new_line, daily))
    assert "90 % of it is not kept in every replication" in "\n".join(ramp_lines(result, 80))


def test_the_terminal_shows_bars_days_and_the_verdict(new_line):
    lines = ramp_lines(new_line, 80)
    assert lines[0] == "  parts per working day, day 1 to day 20"
    assert len(lines[1].strip()) == 18  # three weeks of six days
    assert lines[1].strip()[0] < lines[1].strip()[-1] == "█"
    assert "90 % from day" in lines[-1]
    assert max(map(len, lines)) <= 80
    assert len(ramp_lines(new_line, 16)[1].strip()) <= 12


def test_a_comparison_tells_how_much_earlier_the_rate_is_reached(tmp_path):
    path = tmp_path / "new.yaml"
    path.write_text(NOISY)
    faster = ("--set-b", "realism.learning=false")
    asked = ["compare", str(path), str(path), *faster, "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(app, asked).stdout
    told = re.search(r"time to 90 % of it d .* (-\d\S* ± \S+)", said)
    page = str(tmp_path / "page.html")
    for lang, sentence in (("en", r"B is there (.+?) d earlier\."), ("zh", "B 早 (.+?) 天。")):
        out = ["report", str(tmp_path / "out"), "-o", page, "--lang", lang]
        assert CliRunner().invoke(app, out).exit_code == 0
        text = html.unescape(Path(page).read_text(encoding="utf-8")).replace("\xa0", " ")
        assert f"-{re.search(sentence, text)[1]}" == told[1]
        assert ("time to 90 % of the final rate" in text) == (lang == "en")


def test_both_ramps_are_in_one_figure(new_line):
    both = compare(loads(NOISY), loads(NOISY, overrides=["realism.learning=false"]))
    sides = recorded(both.a), recorded(both.b)
    figure = two_ramps(*sides)
    (axes,) = figure.axes
    curves = {line.get_label(): line for line in axes.lines}
    for letter, side in zip("AB", sides, strict=True):
        works = np.array(side.daily["hours"]) > 0
        expected = np.array(side.daily["delivered"])[works]
        np.testing.assert_allclose(curves[letter].get_ydata(), expected)
        told = next(text for text in axes.texts if text.get_text().startswith(f"{letter}: "))
        assert told.xy[0] == side.ramp.day.mean
    cut = simulate(loads(NOISY, overrides=["warm_up=3 d"]))
    assert two_ramps(sides[0], recorded(cut)) is None


def test_files_and_the_record_hold_every_day(tmp_path):
    scenario = tmp_path / "s.yaml"
    scenario.write_text(steady(4))
    arguments = ["run", str(scenario), "--out", str(tmp_path / "out"), "--json"]
    record = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert record["daily"][1] == {"day": 2, "hours": 24.0, "delivered": 1440.0, "half_width": 0.0}
    assert record["ramp"]["final"] == {"mean": 60.0, "half_width": 0.0, "unit": "parts/h"}
    table = pq.read_table(tmp_path / "out" / "daily.parquet").to_pydict()
    assert table == {
        "day": [1, 2, 3, 4],
        "hours": [24.0] * 4,
        "delivered": [1440.0] * 4,
        "half_width": [0.0] * 4,
    }


def test_a_line_that_is_asked_how_it_starts_is_not_told_to_cut_the_start():
    scenario = loads(NOISY, overrides=["replications=32", "horizon=6 d"])
    result = simulate(scenario)
    assert not any("warm-up" in str(warning) for warning in result.warnings)
    mature = replace(
        result.plant,
        lines=tuple(replace(line, stages=_mature(line)) for line in result.plant.lines),
    )
    told = doubts(scenario, mature, result.accounts, rule_is_reliable=True)
    assert {doubt.key for doubt in told} & {"doubt.warm_up_short", "doubt.unsettled"}


def _mature(line):
    return tuple(
        replace(s, learning=None, failures=tuple(replace(f, growth=None) for f in s.failures))
        for s in line.stages
    )


# What the rise is due to


def rise(accounts) -> np.ndarray:
    """Return how much more the last six working days made than the first six, (R,)."""
    working = accounts.daily[:, accounts.daily.sum(axis=0) > 0]
    return working[:, -6:].sum(axis=1) - working[:, :6].sum(axis=1)


def test_a_new_line_rises_and_without_learning_that_rise_is_gone(new_line):
    still = loads(NOISY, overrides=["realism.learning=false"])
    effect = paired(rise(simulate(still).accounts), rise(new_line.accounts))
    assert effect.a.low < 0.15 * effect.b.mean  # what is left is the growth of reliability
    assert effect.b.low > 0
    assert effect.difference.low > 0.8 * effect.b.mean


def test_without_learning_and_growth_nothing_rises():
    """Negative control: the rise is not made by the line filling up."""
    scenario = loads(
        NOISY, overrides=["realism.learning=false", "realism.reliability_growth=false"]
    )
    none = paired(np.zeros(8), rise(simulate(scenario).accounts)).difference
    assert none.low < 0 < none.high


@pytest.mark.slow
def test_the_seres_plant_rises_and_without_learning_that_rise_is_gone():
    """The shipped scenario over its first two weeks; robots and defects still improve."""
    overrides = ["horizon=14 d", "replications=6"]
    sides = [load(RAMP, overrides=[*overrides, *more]) for more in (["realism.learning=false"], [])]
    comparison = compare(*sides)
    effect = paired(rise(comparison.a.accounts), rise(comparison.b.accounts))
    assert effect.b.low > 0
    assert effect.difference.low > 0.5 * effect.b.mean
    assert effect.a.high < 0.5 * effect.b.mean


@pytest.mark.slow
def test_the_seres_plant_comes_up_to_rate():
    result = simulate(load(RAMP))
    assert result.choice.engine == "batch"
    assert result.warnings == ()
    assert 5 < result.ramp.day.low < result.ramp.day.high < 25
    assert 0.75 < result.ramp.final.mean / 60 < 0.95
