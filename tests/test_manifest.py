from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from factory_sim import compare, loads, simulate
from factory_sim.report.directory import check_directory
from factory_sim.report.event_log import trace_table
from factory_sim.report.manifest import MANIFEST, ManifestError, digest
from factory_sim.report.replay import verify
from factory_sim.report.run_files import write_runs
from factory_sim.report.writable import OutputError

LINE = """
name: small line
horizon: 2 h
warm_up: 10 min
replications: 70
seed: 4
stations:
  - {name: press, cycle_time: {dist: exponential, mean: 50 s}}
  - {name: weld, buffer: 3, cycle_time: {dist: gamma, mean: 55 s, cv: 0.4}}
"""


@pytest.fixture
def result():
    return simulate(loads(LINE))


@pytest.fixture
def directory(tmp_path, result):
    write_runs(tmp_path / "out", {"run": result}, result.record(), overrides=["seed=4"])
    return tmp_path / "out"


def edited(directory, change):
    path = directory / MANIFEST
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_run_is_reproduced_from_its_manifest_alone(directory):
    verdict = verify(directory)
    assert verdict.differences == ()
    assert verdict.versions == ()


def test_a_run_by_precision_is_reproduced(tmp_path):
    text = LINE.replace("replications: 70", "replications: {half_width: 1 %, max: 400}")
    result = simulate(loads(text))
    assert len(result.tiles) > 1
    write_runs(tmp_path, {"run": result}, result.record())
    assert verify(tmp_path).differences == ()


def test_a_run_with_an_automatic_warm_up_is_reproduced(tmp_path):
    result = simulate(loads(LINE.replace("10 min", "auto")))
    write_runs(tmp_path, {"run": result}, result.record())
    assert verify(tmp_path).differences == ()


@pytest.mark.usefixtures("two_processes")
def test_a_comparison_is_reproduced_on_several_workers(tmp_path):
    comparison = compare(loads(LINE), loads(LINE, overrides=["stations.weld.buffer=5"]))
    write_runs(tmp_path, {"a": comparison.a, "b": comparison.b}, comparison.record())
    assert verify(tmp_path, workers=2).differences == ()
    assert (tmp_path / "b-stations.parquet").is_file()


def test_the_manifest_says_all_it_takes(directory, result):
    content = json.loads((directory / MANIFEST).read_text())
    entry = content["runs"]["run"]
    assert content["overrides"] == ["seed=4"]
    assert {"python", "numpy", "scipy", "simpy", "factory-sim"} <= content["versions"].keys()
    assert entry["scenario"] == "small line"
    assert entry["scenario_digest"] == result.scenario.digest
    assert entry["engine"] == "batch"
    assert entry["engine_reason"]
    assert (entry["seed"], entry["replications"], entry["window"]) == (4, 70, [600.0, 7200.0])
    assert entry["digest"] == digest(result.accounts)


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (lambda m: m["runs"]["run"].update(seed=5), "run: throughput was"),
        (lambda m: m["runs"]["run"].update(window=[0, 7200]), "run: lead_time was"),
        (lambda m: m["runs"]["run"].update(digest="0"), "the means agree, but not every"),
        (lambda m: m["runs"]["run"]["content"].update(name="x"), "run: the scenario was changed"),
        (lambda m: m["files"].update({"gone.json": "0"}), "gone.json is missing"),
        (lambda m: m["runs"]["run"]["content"]["stations"][1].update(buffer=4), "run: wip was"),
    ],
)
def test_a_manifest_that_was_tampered_with_is_not_reproduced(directory, change, moved):
    edited(directory, change)
    differences = verify(directory).differences
    assert any(moved in text for text in differences)


def test_a_file_that_was_edited_is_named(directory):
    (directory / "estimates.json").write_text("{}")
    assert "estimates.json was changed after the run" in verify(directory).differences


def test_other_versions_are_named(directory):
    edited(directory, lambda m: m["versions"].update(numpy="0.1"))
    (text,) = verify(directory).versions
    assert text.startswith("numpy was 0.1, is ")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"versions": 1', "\0"])
def test_what_is_not_a_manifest_is_refused_with_a_reason(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(ManifestError, match=r"(--out|cannot be read)"):
        verify(tmp_path)


def test_a_manifest_with_something_missing_is_refused_with_a_reason(directory):
    edited(directory, lambda m: m["runs"]["run"].pop("tiles"))
    with pytest.raises(ManifestError, match=r"runs\.run cannot be replayed"):
        verify(directory)


def test_a_directory_without_a_run_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="give a directory"):
        verify(tmp_path)


def test_only_a_run_of_the_same_scenario_may_be_written_over(directory, result, tmp_path):
    check_directory(directory, [result.scenario.digest])
    check_directory(tmp_path / "new", ["0"])
    with pytest.raises(OutputError, match=r"another scenario.*--force"):
        check_directory(directory, ["0"])
    check_directory(directory, ["0"], force=True)
    with pytest.raises(OutputError, match=r"not a run.*--force"):
        check_directory(tmp_path, ["0"])  # holds the directory of the run
    with pytest.raises(OutputError, match="is a file"):
        check_directory(directory / MANIFEST, ["0"], force=True)


def test_writing_again_leaves_no_file_of_the_run_before(directory, result):
    traces = {"run": trace_table(result, [0])}
    write_runs(directory, {"run": result}, result.record(), traces=traces)
    assert (directory / "trace.parquet").is_file()
    write_runs(directory, {"run": result}, result.record())
    assert not (directory / "trace.parquet").exists()
    assert verify(directory).differences == ()


def test_the_files_hold_the_tables(directory, result):
    assert pq.read_table(directory / "stations.parquet") == result.to_arrow()
    assert pq.read_table(directory / "replications.parquet").num_rows == 70
    stations = json.loads((directory / "stations.json").read_text())
    assert [row["name"] for row in stations] == ["press", "weld"]
    assert json.loads((directory / "estimates.json").read_text()) == result.record()


def test_the_trace_holds_every_event_of_the_replications_asked(result):
    table = trace_table(result, [1, 65])
    assert table.column_names == [
        "replication",
        "part",
        "station",
        "model",
        "server",
        "start",
        "ready",
        "finish",
        "leave",
    ]
    events = table.to_pandas()
    assert sorted(events["replication"].unique()) == [1, 65]
    press = events[(events["replication"] == 65) & (events["station"] == "press")]
    inside = (press["finish"] > 600) & (press["finish"] <= 7200)
    assert inside.sum() == result.accounts.processed[65, 0]
    assert (press["start"] <= press["finish"]).all()
    assert (press["finish"] <= press["leave"]).all()
