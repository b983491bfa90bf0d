from __future__ import annotations

import json
from itertools import islice

import numpy as np
import pytest
from typer.testing import CliRunner

from factory_sim import compare, loads, simulate
from factory_sim.cli import app
from factory_sim.report.figures.gallery import figures
from factory_sim.report.manifest import ManifestError
from factory_sim.report.recorded import read_runs, recorded
from factory_sim.report.run_files import write_runs
from sketches import noted

PLANNED = """
name: planned
horizon: 3 h
warm_up: 30 min
replications: 4
stations:
  - {name: load, cycle_time: 50 s}
  - name: weld
    buffer: 2
    by_hand: {cycle_time: {dist: exponential, mean: 60 s}}
    automated: {cycle_time: {dist: exponential, mean: 45 s}}
automation: {level: 50 %, order: [weld]}
"""
FIGURES = ["buffers", "convergence", "gantt", "space_time", "station_states"]


def called(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A directory with a run and its baseline."""
    directory = tmp_path_factory.mktemp("plot") / "results"
    result = simulate(loads(PLANNED))
    write_runs(directory, {"run": result, "baseline": result.baseline}, result.record())
    return directory


def test_what_is_read_back_is_what_was_run(results):
    result = simulate(loads(PLANNED))
    runs = read_runs(results)
    assert list(runs) == ["run", "baseline"]
    for read, made in ((runs["run"], result), (runs["baseline"], result.baseline)):
        straight = recorded(made)
        assert (read.level, read.plant, read.engine) == (made.level, made.plant, "batch")
        assert (read.begin, read.end, read.seed) == (1800.0, 10800.0, 1)
        assert read.replications == straight.replications == (0, 1, 2, 3)
        assert read.estimates == made.estimates == straight.estimates
        assert read.bottleneck == made.bottleneck
        assert read.stations() == made.stations()
        np.testing.assert_array_equal(read.deliveries, made.accounts.series.mean(axis=0))


def test_a_replication_that_is_observed_is_that_of_the_run(results):
    run = read_runs(results)["run"]
    for replication in (0, 3):
        leave = run.observe(replication).times("leave", "weld")
        delivered = np.count_nonzero((leave > run.begin) & (leave <= run.end))
        rate = delivered / (run.end - run.begin) * 3600.0
        assert rate == pytest.approx(run.samples["throughput"][replication], rel=1e-12)


@pytest.fixture(scope="module")
def plotted(results, tmp_path_factory):
    """What the command says, and the directory that it made."""
    place = tmp_path_factory.mktemp("plot") / "new" / "place"
    with pytest.MonkeyPatch.context() as patch:
        noted(patch)
        return called("plot", results, "--to", place), place


def test_all_figures_of_all_runs_are_written_and_named(plotted):
    answer, place = plotted
    assert answer.exit_code == 0, answer.output
    written = sorted(path.name for path in place.iterdir())
    expected = [f"{name}.png" for name in FIGURES] + [f"baseline-{name}.png" for name in FIGURES]
    assert written == sorted(expected)
    assert answer.stdout.count("\n") == len(expected)
    assert all(f"place/{name}\n" in answer.stdout for name in written)


def test_a_window_and_a_replication_can_be_chosen(tmp_path):
    results = tmp_path / "results"
    alone = simulate(loads(PLANNED.split("automation:")[0]))
    write_runs(results, {"run": alone}, alone.record())
    window = ("--from", "1 h", "--until", "90 min", "--replication", 2)
    answer = called("plot", results, *window, "--format", "svg")
    assert answer.exit_code == 0, answer.output
    chosen = (results / "figures" / "space_time.svg").read_text(encoding="utf-8")
    assert "<!-- replication 2 -->" in chosen
    assert "<!-- 75 -->" in chosen or "<!-- 70 -->" in chosen  # min, on the axis
    clock = called("plot", results, "--from", "01:00", "--until", "mon 01:30", "--format", "svg")
    assert clock.exit_code == 0, clock.output
    assert called("verify", results).exit_code == 0  # figures are no part of the record


def test_a_run_draws_the_same_figures_at_once(plotted, tmp_path, monkeypatch):
    noted(monkeypatch)
    file = tmp_path / "planned.yaml"
    file.write_text(PLANNED)
    answer = called("run", file, "--plots", tmp_path / "now", "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["scenario"] == "planned"
    assert "station_states.png" in answer.stderr
    for path in plotted[1].iterdir():
        assert path.read_bytes() == (tmp_path / "now" / path.name).read_bytes(), path.name


def test_letters_that_no_font_has_are_reported(tmp_path, monkeypatch):
    monkeypatch.setattr("factory_sim.report.figures.fonts.INSTALLED", ())
    noted(monkeypatch)
    file = tmp_path / "line.yaml"
    text = PLANNED.replace("name: planned", "name: 🦾").replace("automation:", "# automation:")
    file.write_text(text, encoding="utf-8")
    answer = called("run", file, "--replications", 1, "--plots", tmp_path / "figures", "--json")
    assert answer.exit_code == 0, answer.output
    assert answer.stderr.count("warning: no font has U+1F9BE") == 1
    assert "apt install fonts-noto-cjk" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--replication", 4), "must be one that was run, 0 to 3"),
        (("--from", "4 h"), "must lie within the run, 0 to 3 h"),
        (("--from", "50h"), "(got 50h to 3 h)"),
        (("--from", "2 h", "--until", "10 min"), "one after the other (got 2 h to 10 min)"),
        (("--from", "tue 10:00"), "(got tue 10:00, 34 h after its start to 3 h)"),
        (("--from", "soon"), "--from: "),
        (("--format", "gif"), "gif"),
    ],
)
def test_what_cannot_be_drawn_is_wrong_usage(results, arguments, message):
    answer = called("plot", results, *arguments)
    assert answer.exit_code == 2
    assert message in " ".join(answer.stderr.replace("│", " ").split())


def test_a_directory_without_a_run_or_with_half_of_one_is_reported(results, tmp_path):
    answer = called("plot", tmp_path)
    assert answer.exit_code == 1
    assert "manifest.json: not found; give a directory that was written with --out" in answer.stderr
    manifest = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    answer = called("plot", tmp_path)
    assert answer.exit_code == 1
    assert "replications.parquet: is missing" in answer.stderr
    assert "run the scenario again with --out" in answer.stderr
    answer = called("plot", tmp_path / "manifest.json")
    assert answer.stderr == (
        f"{tmp_path / 'manifest.json'}: is a file; give a directory that was written with --out\n"
    )
    del manifest["runs"]["run"]["content"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ManifestError, match=r"runs\.run cannot be replayed"):
        read_runs(tmp_path)


def test_what_a_run_of_days_misses_is_named_itself(tmp_path):
    days = ["horizon=2 d", "warm_up=0", "replications=2"]
    result = simulate(loads(PLANNED, overrides=days))
    write_runs(tmp_path, {"run": result}, result.record())
    missed = tmp_path / "estimates.json"  # it says how the run came up to rate
    missed.unlink()
    answer = called("plot", tmp_path)
    assert answer.exit_code == 1
    assert answer.stderr == f"{missed}: is missing; run the scenario again with --out\n"


def test_both_sides_of_a_comparison_are_drawn_and_what_files_do_not_tell_is_left_out(tmp_path):
    a = loads(PLANNED, overrides=["horizon=1 h", "warm_up=0", "replications=2"])
    both = compare(a, a)
    write_runs(tmp_path / "out", {"a": both.a, "b": both.b}, both.record())
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["files"]["deliveries.parquet"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    runs = read_runs(tmp_path / "out")
    assert list(runs) == ["a", "b"]
    assert runs["a"].deliveries is None
    drawn = {part: dict(islice(figures(run), 2)) for part, run in runs.items()}
    assert [len(drawn[part]["convergence"].axes) for part in "ab"] == [1, 2]
