"""Every benchmark runs and answers its question; at sizes that tell nothing about speed."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import automation_levels
import batch_cost
import command_line
import cost_growth
import digital_base
import engines_compared
import explain_cost
import measure
import memory
import other_simulators
import run
import telemetry
import two_processes
from factory_sim.study.executors import open_backend
from measure import Child, Row, child, interleaved, table

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start one process of a benchmark; the others are taken to be like it."""
    first: list[Child] = []

    def started(command: Sequence[str]) -> Child:
        if not first:
            first.append(child(command))
        return first[0]

    monkeypatch.setattr(measure, "child", started)


def test_cost_of_the_batch_engine_is_measured() -> None:
    rows = batch_cost.measure(replications=4, seconds=20.0, hours=0.2, runs=1)
    assert [row.what for row in rows] == [
        "exponential line: engine",
        "exponential line: engine, accounts and audit",
        "full-feature line: engine",
        "full-feature line: engine, accounts and audit",
    ]
    assert all(row.value > 0 for row in rows)


def test_growth_of_the_cost_is_measured_in_three_directions() -> None:
    rows = cost_growth.measure(seconds=5.0, runs=1)
    assert [row.what.split()[-1] for row in rows] == ["parts", "stations", "replications"]
    assert all(math.isfinite(row.value) for row in rows)


def test_an_exponent_is_the_slope_of_a_power_law() -> None:
    assert cost_growth.exponent([1, 2, 4], [3.0, 12.0, 48.0]) == pytest.approx(2.0)


def test_engines_are_compared_at_many_replications_and_at_one() -> None:
    rows = engines_compared.measure(many=4, seconds=20.0, hours=0.2, runs=1)
    assert [row.target for row in rows] == [">= 500", ">= 1"] * 2
    assert all(row.value > 0 for row in rows)


def test_explaining_is_held_against_the_run_it_explains() -> None:
    few = {"three_stations.yaml": ["replications=4", "horizon=2 h", "warm_up=0"]}
    rows = explain_cost.measure(few, runs=1)
    assert [row.target for row in rows] == ["<= 3", ""]
    assert all(row.value > 0 for row in rows)


@pytest.mark.parametrize(("many", "runs"), [(64, 3), pytest.param(256, 15, marks=pytest.mark.slow)])
def test_other_simulators_give_the_same_answer_as_far_as_they_are_installed(
    many: int, runs: int
) -> None:
    rows = other_simulators.measure(parts=60, many=many, runs=runs)
    assert {"factory-sim reference", "SimPy, by hand"} <= {r.what.split(": ")[1] for r in rows}
    for row in rows:
        if "off by" in row.note:
            off = float(row.note.split("off by ")[1].split()[0])
            assert abs(off) < 4  # standard errors


def test_a_simulator_that_is_missing_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_simulators, "OTHERS", {"Arena": "tandem_of_no_one"})
    *_, last = other_simulators.measure(parts=20, many=16, runs=1)
    assert last.what == "five stations: Arena"
    assert math.isnan(last.value)
    assert "not installed" in last.note


def test_the_command_is_timed_and_a_missing_scenario_is_skipped(tmp_path: Path) -> None:
    help_, skipped = command_line.measure(runs=1, scenario=tmp_path / "none.yaml")
    assert help_.value > 0
    assert "FAILED" not in help_.note
    assert skipped.note == "no such file"


@pytest.mark.usefixtures("one_process")
def test_memory_is_measured_in_a_process_of_its_own() -> None:
    whole, growth = memory.measure(many=4, few=4, stations=2, weeks=0.05)
    assert 0 < whole.value < 1
    assert growth.value > 0


@pytest.mark.usefixtures("one_process")
def test_telemetry_is_timed_weighed_and_its_memory_measured() -> None:
    sizes = {"devices": 40, "stations": 4, "minutes": 1.0, "runs": 1}
    *rows, memory_, growth = telemetry.measure(**sizes, fleet=24, lengths=(0.5, 1.0))
    assert [row.target for row in rows] == [">= 5", "", "<= 4", ">= 5", "", ""]
    assert all(row.value > 0 for row in rows)
    assert 0 < memory_.value < 1
    assert growth.value > 0


@pytest.mark.usefixtures("one_process")
def test_a_digital_base_is_timed_and_weighed_and_held_against_simpy() -> None:
    windows = {0.01: 2.0, 0.02: 2.0, 0.04: 1.0}
    few = {"windows": windows, "simpy": 0.1, "lengths": (0.1, 0.1), "runs": 1}
    speed, simpy, growth, memory_ = digital_base.measure(**few)
    assert min(speed.value, simpy.value) > 0
    assert growth.what.endswith("from 120 to 480 devices (exponent)")
    assert math.isfinite(growth.value)
    assert 0 < memory_.value < 1


def test_levels_of_automation_are_swept_and_held_against_separate_runs(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    head = "name: plan\nhorizon: 1 h\nautomation: {level: 1, order: ['*']}\nstations:"
    plan.write_text(head + automation_levels.STATION.format(number=1))
    sizes = {"levels": (1, 2), "replications": (1, 2), "stations": (2, 4)}
    time, ratio, memory_, *growth = automation_levels.measure(
        2, 1, days=0.1, scenario=plan, growth=sizes, growth_hours=0.02, growth_runs=1
    )
    assert min(time.value, ratio.value) > 0
    assert 0 < memory_.value < 1
    assert [row.what.split()[-1] for row in growth] == ["levels", "replications", "stations"]
    assert all(math.isfinite(row.value) for row in growth)


@pytest.mark.parametrize("most", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_two_processes_are_compared_with_one(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """By default without the start of any, which takes most of the time."""
    monkeypatch.setattr(
        two_processes, "open_backend", lambda workers: open_backend(min(workers, most))
    )
    ratio, bound, start = two_processes.measure(tiles=2, size=4, hours=0.2, runs=1)
    assert ratio.target == ">= 1.7"
    assert ratio.value > 0
    assert bound.value > 0
    if most == 2:
        assert bound.value <= 2.1  # their start is in it
    assert start.value > 0


def test_a_table_marks_what_misses_its_target() -> None:
    rows = [
        Row("fast enough", 20.0, "ns", "<= 30"),
        Row("too slow", 40.0, "ns", "<= 30"),
        Row("not judged", 1.0, "s"),
    ]
    fast, slow, open_ = table(rows).splitlines()
    assert "reached" in fast
    assert "MISSED" in slow
    assert open_.split() == ["not", "judged", "1", "s"]


def test_interleaved_tasks_take_turns_after_a_run_that_does_not_count() -> None:
    order: list[str] = []
    times = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, runs=2)
    assert order == ["a", "b"] * 3
    assert times["a"].wall >= 0


def test_one_command_asks_every_question() -> None:
    scripts = Path(run.__file__).parent.glob("*.py")
    asking = {path.stem for path in scripts if "def measure(" in path.read_text()}
    assert {question.__name__ for question in run.QUESTIONS} == asking
