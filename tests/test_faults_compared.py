"""Faults of the network by which two plants differ are followed to parts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from factory_sim import StudyError, exits
from factory_sim.cli import app
from factory_sim.cli.output import follow_faults
from factory_sim.scenario import loads
from factory_sim.study import faults
from factory_sim.study.compare import compare
from factory_sim.study.faults import chains_compared, fault_chain
from test_run_base import BRIEF, BY_TWIN, PLANT

if TYPE_CHECKING:
    from pathlib import Path

    from factory_sim.study.case import Case
    from factory_sim.study.resources import Resources

USUAL, FAULTY = PLANT + BY_TWIN, PLANT + BRIEF + BY_TWIN
FAULT = "digital_base.faults=[{gateway: 1, from: '10:00:05', for: 10 s}]"
ONE = ["replications=2"]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many plants each study of the chain simulates, as they come."""
    numbers: list[int] = []
    usual = faults.run_cases

    def counted(cases: list[Case], resources: Resources) -> object:
        numbers.append(len(cases))
        return usual(cases, resources)

    monkeypatch.setattr(faults, "run_cases", counted)
    return numbers


def test_the_fault_of_one_plant_is_followed_on_the_runs_that_were_compared(
    played: list[int],
) -> None:
    a, b = loads(USUAL, overrides=ONE), loads(FAULTY, overrides=ONE)
    comparison = compare(a, b)
    found = chains_compared(comparison)
    assert played == [2]  # only those in which the fault comes back to back
    assert [*found] == ["b"]
    (robots,) = found["b"].late
    # Half of 40 robots are behind a gateway that is away for 10 s, two messages a second.
    assert robots.lost == pytest.approx(400, abs=40)
    unseen = comparison.differences["unseen"].difference.mean * comparison.b.accounts.end / 3600
    assert found["b"].once.unseen.mean == pytest.approx(unseen)
    # It is what the chain of the plant alone finds with runs of its own.
    alone = fault_chain(b)
    assert alone is not None
    assert played == [2, 2, 2]
    assert asdict(alone) | {"base": None} == asdict(found["b"])
    # The fault of A is that of A, not a gain of B.
    assert [*chains_compared(compare(b, a))] == ["a"]


def test_a_plant_that_differs_in_more_is_held_against_itself(played: list[int]) -> None:
    a = loads(USUAL, overrides=ONE)
    comparison = compare(a, loads(FAULTY, overrides=[*ONE, "fleet.classes.meters.period=4 s"]))
    followed_b = chains_compared(comparison)["b"]
    assert played == [2, 2]
    assert followed_b.base is not None  # another than that of A
    assert followed_b.base.messages == 40 * 2 * 20 + 20 * 20 // 4


def test_there_is_no_chain_without_a_fault_that_differs_or_a_twin_that_sees() -> None:
    faulty = loads(FAULTY, overrides=ONE)
    quicker = loads(FAULTY, overrides=[*ONE, "stations.press.cycle_time=48 s"])
    assert chains_compared(compare(faulty, quicker)) == {}
    patrols = [loads(text, overrides=[*ONE, "monitoring.by=patrol"]) for text in (USUAL, FAULTY)]
    assert chains_compared(compare(*patrols)) == {}


def test_compare_prints_the_chain_and_gives_it_as_json(tmp_path: Path) -> None:
    path, out = tmp_path / "plant.yaml", tmp_path / "out"
    path.write_text(USUAL, encoding="utf-8")
    command = ["compare", str(path), str(path), "--replications", "2", "--set-b", FAULT]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "from the fault of the network of B to parts:" in shown.stdout
    assert "parts not made" in shown.stdout
    assert "network of A" not in shown.stdout
    answer = CliRunner().invoke(app, [*command, "--json", "--out", str(out)])
    record = json.loads(answer.stdout)
    assert record["faults"]["b"]["late"][0]["of"] == "robots"
    written = json.loads((out / "estimates.json").read_text(encoding="utf-8"))
    assert written["faults"] == record["faults"]
    assert written["faults"]["b"]["base"] is None  # base.json holds it: that of A
    same = CliRunner().invoke(app, [*command[:-2], "--set", FAULT])
    assert "from the fault" not in same.stdout


def test_one_replication_has_no_interval_in_json_either(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(USUAL, encoding="utf-8")
    command = ["compare", str(path), str(path), "--replications", "1", "--set-b", FAULT]
    record = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert record["faults"]["b"]["each"]["parts"]["half_width"] is None
    assert "nan" not in CliRunner().invoke(app, command).stdout


def test_what_was_found_before_is_shown_though_a_fault_delays_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(USUAL.replace("period: 0.5 s", "period: 0.5 s, jitter: 0"), encoding="utf-8")
    late = FAULT.replace("gateway: 1", "service: ingest, replicas: 1").replace("10 s", "1 s")
    command = ["compare", str(path), str(path), "--replications", "2", "--set-b", late]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    assert "B - A" in shown.stdout
    assert "warning: the fault delays no failure" in shown.stderr


def test_ctrl_c_while_a_fault_is_followed_loses_only_the_chain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(**_means: object) -> None:
        raise KeyboardInterrupt

    assert follow_faults(stopped, workers=1, chunks=None) == (None, exits.INTERRUPTED)
    assert "not followed to parts" in capsys.readouterr().err

    def fails(**_means: object) -> None:
        raise StudyError("delays nothing")

    assert follow_faults(fails) == (None, exits.DONE)
    found = follow_faults(lambda **means: means, workers=2, chunks="dropped")
    assert found == ({"workers": 2}, exits.DONE)


@pytest.mark.parametrize("command", ["compare", "twin"])
def test_ctrl_c_while_a_fault_is_followed_shows_the_rest_and_exits_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def stopped(*_asked: object, **_means: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(faults, "chain", stopped)
    path = tmp_path / "plant.yaml"
    path.write_text(USUAL, encoding="utf-8")
    asked = [str(path), "--set", FAULT] if command == "twin" else [str(path)] * 2
    also = [] if command == "twin" else ["--set-b", FAULT]
    shown = CliRunner().invoke(app, [command, *asked, *also, "--replications", "2"])
    assert shown.exit_code == exits.INTERRUPTED, shown.output
    assert "not followed to parts" in shown.stderr
    assert shown.stdout  # what was found before
