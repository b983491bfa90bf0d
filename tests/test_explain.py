"""Explain a scenario: sums, agreement with what runs and comparisons say, output."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from factory_sim import StudyError, compare, explain, loads, simulate
from factory_sim.analysis.path import NoDeparture
from factory_sim.cli import app
from factory_sim.report.explanation import lines
from factory_sim.study import traced
from factory_sim.study.waterfall import ideal, losses
from plants import costly, plants, thoroughly

if TYPE_CHECKING:
    from pathlib import Path

    from factory_sim.line.plant import Plant
    from factory_sim.study.explanation import Explanation

LINE = """
name: three stations
horizon: 10 h
warm_up: 1 h
replications: 24
stations:
  - {name: press, cycle_time: {dist: gamma, mean: 52 s, cv: 0.3}}
  - {name: weld, buffer: 4, servers: 2, cycle_time: {dist: lognormal, mean: 105 s, cv: 0.2}}
  - {name: pack, buffer: 4, cycle_time: 48 s, failures: {mtbf: 4 h, mttr: 12 min}}
"""
PLANT = """
name: plant
horizon: 12 h
warm_up: 2 h
replications: 8
takt: 60 s
shifts: [{from: "00:00", to: "08:00"}, {from: "09:00", to: "18:00"}]
lines:
  main:
    stations:
      - section: trim
        takt: 60 s
        window: 5 s
        stations:
          - {name: trim a, count: 3, cycle_time: {dist: normal, mean: 54 s, sd: 6 s}}
      - name: test
        buffer: 2
        transport: 10 s
        cycle_time: 50 s
        inspection: {detects: 90 %, false_alarm: 2 %, then: scrap}
  doors:
    joins: trim a-2
    buffer: 2
    stations:
      - {name: doors, cycle_time: {dist: exponential, mean: 58 s}}
"""
PEOPLE = """
name: one person at two stations
horizon: 2 h
warm_up: 10 min
replications: 2
pools: {crew: 1}
stations:
  - {name: a, operators: crew, cycle_time: 20 s}
  - {name: b, operators: crew, buffer: 1, cycle_time: {dist: exponential, mean: 30 s}}
"""
DEMAND = LINE + "arrivals: {every: {dist: exponential, mean: 80 s}}\n"


@cache
def explained(text: str) -> Explanation:
    """Return a scenario explained once for all tests that only look at it."""
    return explain(loads(text), measure=0)


@pytest.mark.parametrize(
    "text", [LINE, PLANT, DEMAND, PEOPLE], ids=["line", "plant", "demand", "people"]
)
def test_the_waterfall_sums_to_the_throughput_of_the_run(text: str) -> None:
    found = explained(text)
    first, *changes, last = found.waterfall
    assert first.value + sum(step.value for step in changes) == pytest.approx(last.value, rel=1e-9)
    assert last.value == simulate(loads(text)).estimates["throughput"].mean
    assert {step.kind for step in changes} == {"change"}


@costly(4)
@given(plant=plants(), seed=st.integers(0, 2**32))
def test_the_losses_of_every_replication_sum_to_what_is_missing(plant: Plant, seed: int) -> None:
    """Whatever the plant has: feeders, scrap, orders, breakdowns, shifts, people."""
    try:
        accounts, path = traced.traced(plant, seed, range(63, 66), 15.0, 60.0, "batch")
    except NoDeparture:
        return
    _, rate = ideal(plant, None)
    missing = sum(loss for _, loss in losses(plant, path, accounts.throughput, rate))
    np.testing.assert_allclose(rate - missing, accounts.throughput, rtol=1e-9, atol=1e-9 * rate)


test_the_losses_of_every_replication_sum_to_what_is_missing_thoroughly = thoroughly(
    test_the_losses_of_every_replication_sum_to_what_is_missing,
    given(plant=plants(), seed=st.integers(0, 2**32)),
)


def test_the_waterfall_starts_at_the_takt_or_at_the_slowest_stage() -> None:
    assert explained(PLANT).waterfall[0].label == "takt rate"
    assert explained(PLANT).waterfall[0].value == 60.0
    alone = explained(LINE).waterfall[0]
    assert (alone.label, alone.value) == ("rate of weld alone", pytest.approx(2 * 3600 / 105))
    for takt, label in ((60, "rate of weld alone"), (50, "takt rate")):
        asked = explain(loads(LINE, overrides=[f"takt={takt} s"]), replications=2, measure=0)
        assert asked.waterfall[0].label == label, "no cause of a loss may come out as a gain"


def test_a_line_that_waits_for_orders_loses_what_is_not_ordered() -> None:
    """Orders for 45 parts/h against 68.6 that the line could make."""
    steps = {step.label: step for step in explained(DEMAND).waterfall}
    assert steps["no order"].value == pytest.approx(45 - 68.6, abs=3)


def test_a_slow_feeder_is_what_the_line_waits_for() -> None:
    slow = loads(PLANT, overrides=["lines.doors.stations.doors.cycle_time=70 s"])
    steps = {step.label: step for step in explain(slow, measure=0).waterfall}
    off = steps["off shift"].value
    assert steps["waiting for doors"].value == pytest.approx((60 + off) * (60 / 70 - 1), rel=0.1)


def test_charges_sum_to_an_hour_and_are_sorted() -> None:
    found = explained(PLANT)
    seconds = [charge.per_hour.mean for charge in found.charges]
    assert sum(seconds) == pytest.approx(3600)
    assert seconds == sorted(seconds, reverse=True)
    assert ("doors", "doors") in [(c.place, c.line) for c in found.charges]


def test_a_price_of_a_cycle_is_what_a_comparison_finds() -> None:
    """One second more and less at the press: the price lies in the combined interval."""
    slower, faster = (
        loads(LINE, overrides=[f"stations.press.cycle_time.mean={s} s"]) for s in (53, 51)
    )
    gain = compare(slower, faster, replications=64).differences["throughput"].difference
    (price,) = (
        g.gain
        for g in explain(loads(LINE), replications=64, measure=0).gains
        if (g.price.kind, g.price.place) == ("cycle", "press")
    )
    both = np.hypot(price.half_width, gain.half_width / 2)
    assert abs(price.mean - gain.mean / 2) < 2 * both
    assert both < 0.25 * price.mean  # sharp enough to tell


def test_a_measured_change_is_what_a_comparison_finds() -> None:
    found = explain(loads(LINE), measure=9)
    assert found.candidates == ()
    roomier = loads(LINE, overrides=["stations.pack.buffer=5"])
    expected = compare(loads(LINE), roomier).differences["throughput"].difference
    (place,) = (g for g in found.gains if g.label == "one more place before pack")
    assert place.price.claim == "measured"
    assert (place.gain.mean, place.gain.half_width) == (expected.mean, expected.half_width)


def test_what_only_a_run_can_tell_is_no_gain_before_it_is_measured() -> None:
    found = explained(LINE)
    assert {g.price.kind for g in found.candidates} == {"place"}
    assert "place" not in {g.price.kind for g in found.gains}


def test_memory_is_bounded_and_the_bound_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    few = loads(PLANT, overrides=["replications=3"])
    whole = explain(few, measure=0)
    monkeypatch.setattr(traced, "BUDGET", 1)
    assert traced.affordable(whole.plant, whole.accounts.end) == 1
    one_by_one = explain(few, measure=0)
    np.testing.assert_array_equal(whole.path.seconds, one_by_one.path.seconds)
    assert whole.record() == one_by_one.record()
    assert one_by_one.tiles == (range(1), range(1, 2), range(2, 3))


def test_a_tile_of_trajectories_is_whole_blocks_or_a_whole_part_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = explained(LINE)
    one = traced.memory(found.plant, 1.1 * found.waterfall[0].value * 10)
    for held, size in {1: 1, 3: 2, 63: 32, 64: 64, 127: 64, 200: 192}.items():
        monkeypatch.setattr(traced, "BUDGET", (held + 0.5) * one)
        assert traced.affordable(found.plant, 36_000.0) == size


def test_both_engines_explain_alike() -> None:
    ours, theirs = (
        explain(loads(PLANT), engine=engine, replications=2, measure=0)
        for engine in ("batch", "reference")
    )
    np.testing.assert_allclose(ours.path.seconds, theirs.path.seconds, 1e-6, 1e-6)


def test_a_horizon_in_which_nothing_leaves_is_refused() -> None:
    short = loads(LINE, overrides=["horizon=2 min", "warm_up=0"])
    with pytest.raises(
        StudyError, match=r"^horizon: no part leaves the main line between 0 s and 2 min in"
    ):
        explain(short)


def test_a_level_without_a_plan_is_refused() -> None:
    with pytest.raises(StudyError, match="the scenario has no automation plan"):
        explain(loads(LINE), level=0.5)


def test_the_terminal_says_what_to_do_first_with_intervals() -> None:
    found = explain(loads(LINE), measure=1)
    text = "\n".join(lines(found, top=3, width=80))
    assert "rate of weld alone" in text
    assert "1 s less work at press" in text
    assert "±" in text
    assert max(map(len, text.splitlines())) < 110
    assert max(map(len, lines(found, top=3, width=60))) <= 60


def test_the_command_prints_lists_or_one_json_object(tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(LINE, encoding="utf-8")
    given = ["explain", str(file), "--replications", "3", "--measure", "0"]
    answer = CliRunner().invoke(app, [*given, "--json"])
    assert answer.exit_code == 0, answer.output
    record = json.loads(answer.stdout)
    assert record["replications"] == 3
    assert record["waterfall"][-1]["text"] == "throughput"
    assert {"text", "mean", "half_width", "claim"} <= record["prices"][0].keys()
    answer = CliRunner().invoke(app, [*given, "--top", "2"])
    assert answer.exit_code == 0, answer.output
    assert "what to do first" in answer.stdout


def test_only_what_is_told_from_no_gain_is_to_be_done_first() -> None:
    """The other changes stand below a line of their own."""
    found = explain(loads(LINE), replications=3, measure=0)
    said = lines(found, top=10, width=80)
    first, open_yet = said.index("what to do first"), said.index("not told from no gain yet")
    known = [gain for gain in found.gains if gain.gain.low > 0]
    assert len(known) > 0
    assert open_yet - first == len(known) + 1
    assert all(f"  {gain.label}" in "\n".join(said[first:open_yet]) for gain in known)


def test_no_negative_number_of_changes_can_be_measured():
    with pytest.raises(StudyError, match="measure: must be 0 or more"):
        explain(loads(LINE), measure=-1)
