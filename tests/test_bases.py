"""A digital base is simulated once for a study, and not at all where it is on disk."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from typer.testing import CliRunner

from factory_sim.cli import app
from factory_sim.fleet.base import run as base_run
from factory_sim.fleet.bases import Bases, share_base
from factory_sim.report import progress, terminal
from factory_sim.report.manifest import ManifestError
from factory_sim.report.recorded import read_runs
from factory_sim.report.replay import verify
from factory_sim.scenario import loads
from factory_sim.study.compare import compare
from factory_sim.study.diff import diff
from factory_sim.study.explain import explain
from factory_sim.study.faults import fault_chain
from factory_sim.study.run import simulate
from factory_sim.study.sweep.run import sweep
from factory_sim.study.twin import gains
from test_run_base import BRIEF, BY_TWIN, PLANT

if TYPE_CHECKING:
    from pathlib import Path

    from factory_sim.scenario import Scenario

WATCHED = PLANT + BY_TWIN
FAULTY = PLANT + BRIEF + BY_TWIN
ANSWERED = FAULTY + "maintenance: {dispatch: {hand: 8 min, twin: 2 min}}"
FAULT = "digital_base.faults=[{gateway: 1, from: '10:00:05', for: 10 s}]"


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the scenarios whose base was simulated, as they come."""
    names: list[str] = []
    usual = base_run.simulate_base

    def counted(scenario: Scenario, **means: object) -> object:
        names.append(scenario.name)
        return usual(scenario, **means)

    monkeypatch.setattr(base_run, "simulate_base", counted)
    return names


def test_two_plants_share_a_base_if_nothing_that_moves_messages_differs() -> None:
    a = loads(WATCHED)
    # Messages know nothing of cycle times, of failures or of who watches.
    b = loads(WATCHED.replace("cycle_time: 52 s", "cycle_time: 48 s").replace("100 h", "50 h"))
    assert share_base(a, b)
    assert share_base(a, loads(PLANT))
    slower = loads(WATCHED.replace("period: 2 s", "period: 3 s"))
    for other in (slower, a.model_copy(update={"seed": a.seed + 1}), loads(FAULTY)):
        assert not share_base(a, other)


def test_a_study_simulates_each_base_once(simulated: list[str]) -> None:
    a = loads(WATCHED, overrides=["replications=1"])
    b = loads(WATCHED, overrides=["replications=1", "stations.press.cycle_time=48 s"])
    b = b.model_copy(update={"name": "faster"})
    comparison = compare(a, b)
    assert simulated == ["connected line"]
    assert comparison.b.base is not None
    assert comparison.b.base.name == "faster"
    simulated.clear()
    compare(a, loads(WATCHED, overrides=["replications=1", "fleet.classes.meters.period=3 s"]))
    assert len(simulated) == 2
    simulated.clear()
    found = diff(a, b)
    assert len(simulated) == 1
    assert found.comparison.a.base is not None
    simulated.clear()
    explain(a, measure=0)
    assert len(simulated) == 1


def test_a_sweep_simulates_the_base_of_a_setting_once(simulated: list[str]) -> None:
    scenario = loads(WATCHED, overrides=["replications=1"])
    sweep(scenario, vary=["stations.weld.buffer=1,2,4", "digital_base.gateways.count=1,2"])
    assert len(simulated) == 2


def test_levers_and_the_chain_of_a_fault_share_the_bases_of_one_study(simulated: list[str]) -> None:
    scenario = loads(ANSWERED, overrides=["replications=1"])
    bases = Bases()
    assert len(gains(scenario, shares=True, bases=bases).levers) == 2
    assert len(simulated) == 1
    followed = fault_chain(scenario, bases=bases)
    assert len(simulated) == 2  # without the fault, too
    assert followed is not None
    assert followed.base is not None
    assert followed.base.recoveries == ()
    fault_chain(scenario)  # a study of its own knows of no other
    assert len(simulated) == 4


def test_plots_and_reports_read_what_the_twin_saw_and_only_verify_simulates_it_again(
    tmp_path: Path, simulated: list[str]
) -> None:
    (tmp_path / "plant.yaml").write_text(WATCHED, encoding="utf-8")
    out = tmp_path / "out"
    command = ["compare", *[str(tmp_path / "plant.yaml")] * 2, "--set-b", FAULT, "--out", str(out)]
    done = CliRunner().invoke(app, [*command, "--replications", "1"])
    assert done.exit_code == 0, done.output
    simulated.clear()
    runs = read_runs(out)
    assert simulated == []
    for part, overrides in (("a", []), ("b", [FAULT])):
        assert runs[part].plant == Bases().plant(loads(WATCHED, overrides=overrides))
    seen = [one.plant.stations()[0].failures[0].seen for one in runs.values()]
    assert seen[0] != seen[1]  # it matters which file is read
    simulated.clear()
    assert verify(out).differences == ()
    assert len(simulated) == 2


def test_a_base_that_runs_share_is_held_once(tmp_path: Path, simulated: list[str]) -> None:
    (tmp_path / "plant.yaml").write_text(WATCHED, encoding="utf-8")

    def written(command: str, *options: str) -> Path:
        out = tmp_path / command
        files = [str(tmp_path / "plant.yaml")] * (2 if command == "compare" else 1)
        done = CliRunner().invoke(app, [command, *files, *options, "--out", str(out)])
        assert done.exit_code == 0, done.output
        simulated.clear()
        assert verify(out).differences == ()
        assert len(simulated) == 1
        return out

    out = written("run")
    assert json.loads((out / "estimates.json").read_text(encoding="utf-8"))["base"] == "base.json"
    record = json.loads((out / "base.json").read_text(encoding="utf-8"))
    assert record["messages"] == 1800
    out = written("compare", "--set-b", "stations.press.cycle_time=48 s")
    record = json.loads((out / "estimates.json").read_text(encoding="utf-8"))
    assert [record[part]["base"] for part in "ab"] == ["base.json", "base.json"]
    simulated.clear()
    runs = read_runs(out)
    assert simulated == []
    assert runs["b"].plant.stations()[0].failures == runs["a"].plant.stations()[0].failures


def test_a_spoilt_base_is_named_and_a_directory_without_one_is_read_all_the_same(
    tmp_path: Path, simulated: list[str]
) -> None:
    (tmp_path / "plant.yaml").write_text(WATCHED, encoding="utf-8")
    out = tmp_path / "out"
    command = ["run", str(tmp_path / "plant.yaml"), "--replications", "1", "--out", str(out)]
    assert CliRunner().invoke(app, command).exit_code == 0
    record = json.loads((out / "base.json").read_text(encoding="utf-8"))
    spoilt = json.dumps(record | {"classes": [{"name": "robots"}]})
    (out / "base.json").write_text(spoilt, encoding="utf-8")
    with pytest.raises(ManifestError, match=r"base\.json: is spoilt"):
        read_runs(out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    del manifest["runs"]["run"]["base_file"]
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    simulated.clear()
    assert read_runs(out)["run"].plant == simulate(loads(WATCHED), replications=1).plant
    assert simulated == ["connected line"] * 2


# --- progress


def test_the_bar_shows_what_is_counted_at_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    bars: list[progress.Progress] = []

    class Kept(progress.Progress):
        def __init__(self, *columns: object, **options: object) -> None:
            super().__init__(*columns, **options)
            bars.append(self)

    monkeypatch.setattr(progress, "Progress", Kept)

    def shown() -> list[tuple[str, float]]:
        return [(task.description, task.completed) for task in bars[0].tasks if task.visible]

    with progress.progress_bar(Console(file=StringIO(), force_terminal=True)) as counter:
        messages, replications = counter("seconds of messages"), counter("replications")
        assert shown() == [("simulating", 0)]
        messages(300, 600)
        assert shown() == [("300 of 600 seconds of messages", 300)]
        messages(600, 600)  # what comes next has not been counted yet
        assert shown() == [("simulating", 0)]
        messages(10, 600)  # another base
        assert shown() == [("10 of 600 seconds of messages", 10)]
        messages(600, 600)
        replications(1, 64)
        assert shown() == [("1 of 64 replications", 1)]


@pytest.mark.parametrize(("is_terminal", "silent"), [(False, False), (True, True)])
def test_nothing_is_drawn_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, silent: bool
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    screen = StringIO()
    on = Console(file=screen, force_terminal=is_terminal, width=80)
    with progress.progress_bar(on, silent=silent) as counter:
        counter("seconds of messages")(300, 600)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("command", ["run", "base", "device"])
def test_a_command_shows_its_progress_but_not_with_json(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    screen = StringIO()
    usual = terminal.console

    def console(*, stderr: bool = False) -> Console:
        return Console(file=screen, force_terminal=True) if stderr else usual()

    monkeypatch.setattr(terminal, "console", console)
    (tmp_path / "plant.yaml").write_text(WATCHED, encoding="utf-8")
    given = [command, str(tmp_path / "plant.yaml"), *["robots-01"] * (command == "device")]
    assert CliRunner().invoke(app, [*given, "--json"]).exit_code == 0
    assert screen.getvalue() == ""
    assert CliRunner().invoke(app, given).exit_code == 0
    assert "seconds of messages" in screen.getvalue() or "simulating" in screen.getvalue()


def test_a_base_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    simulate(loads(WATCHED), replications=1, bases=Bases(lambda *seconds: told.append(seconds)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 20
