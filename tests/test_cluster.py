"""A real Dask cluster of two worker processes on this machine, one of which is killed."""

from __future__ import annotations

import os
import sys

import distributed
import pytest
from distributed import Client, LocalCluster
from typer.testing import CliRunner

from factory_sim import WorkersError, loads, simulate
from factory_sim.cli import app
from factory_sim.report.manifest import digest, read
from factory_sim.report.replay import verify
from factory_sim.study import cluster
from test_executors import LINE


@pytest.fixture(scope="module")
def dask():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        yield local


@pytest.fixture
def told(caplog):
    """Return what the program said of itself, among all that Dask says."""
    return lambda: [r.getMessage() for r in caplog.records if r.name.startswith("factory_sim")]


def line(*overrides: str):
    return loads(LINE, overrides=overrides)


def test_a_cluster_gives_the_same_result_to_the_bit_though_a_worker_is_killed(dask, told):
    alone = simulate(line())
    assert len(alone.tiles) == 5
    with cluster.cluster(dask.scheduler_address) as executor:
        whole = simulate(line(), executor=executor)
    assert digest(whole.accounts) == digest(alone.accounts)
    assert told() == []

    killed = []

    def kill(_done: int, _total: int) -> None:
        if not killed:
            with Client(dask.scheduler_address, set_as_default=False) as client:
                # The one with more to do has not only finished tiles.
                tasks = client.processing()
                busiest = max(tasks, key=lambda worker: len(tasks[worker]))
                assert tasks[busiest]
                killed.append(client.run(os.getpid, workers=[busiest])[busiest])
            os.kill(killed[0], 9)

    longer = line("replications=160")
    with cluster.cluster(dask.scheduler_address) as executor:
        bereft = simulate(longer, executor=executor, progress=kill)
    assert killed
    assert bereft.replications == 160
    assert digest(bereft.accounts) == digest(simulate(longer).accounts)
    (note,) = told()
    assert note.endswith("1 of 2 workers died; what they were computing was computed by others")


def test_commands_compute_on_a_cluster(dask, tmp_path):
    (tmp_path / "line.yaml").write_text(LINE)
    there = ["--cluster", dask.scheduler_address]

    def called(*arguments: str):
        answer = CliRunner().invoke(app, [*arguments])
        assert answer.exit_code == 0, answer.output
        return answer

    file, out = str(tmp_path / "line.yaml"), str(tmp_path / "out")
    called("run", file, "--out", out, *there)
    assert verify(tmp_path / "out").differences == ()
    assert "reproduced" in called("verify", out, *there).stdout
    called("compare", file, file, "--out", str(tmp_path / "both"), *there)
    run, both = (read(tmp_path / name)["runs"] for name in ("out", "both"))
    assert run["run"]["digest"] == both["a"]["digest"] == both["b"]["digest"]


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("explain", ["--measure", "2"]),
        ("diff", ["--set-b", "stations.weld.buffer=4"]),
        ("sweep", ["--vary", "stations.weld.buffer=3,4"]),
    ],
)
def test_studies_say_the_same_to_the_last_figure_on_a_cluster(dask, tmp_path, verb, more):
    file = tmp_path / "line.yaml"
    file.write_text(LINE)
    files = [str(file), str(file)] if verb == "diff" else [str(file)]
    answers = [
        CliRunner().invoke(app, [verb, *files, *more, "--json", *where])
        for where in ([], ["--cluster", dask.scheduler_address])
    ]
    assert [answer.exit_code for answer in answers] == [0, 0], answers[1].output
    assert answers[0].stdout == answers[1].stdout


def test_a_cluster_has_workers_of_its_own(tmp_path):
    (tmp_path / "line.yaml").write_text(LINE)
    arguments = ["run", str(tmp_path / "line.yaml"), "--cluster", "tcp://x:1", "--workers", "2"]
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 2
    assert "leave out --workers" in answer.output


@pytest.fixture
def elsewhere(dask):
    """What changes the surroundings that one of the two workers finds."""
    with Client(dask.scheduler_address, set_as_default=False) as client:
        # The one in place of the one that was killed takes its time to start.
        client.wait_for_workers(2, timeout=120)
        worker = min(client.nthreads())

        def run(code: str) -> None:
            code = f"from factory_sim.study import versions as v; {code}"
            client.run(exec, code, {}, workers=[worker])

        run("v.found = v.surroundings")
        yield lambda **changes: run(f"v.surroundings = lambda: v.found() | {changes}")
        run("v.surroundings = v.found")


@pytest.mark.parametrize("name", ["numpy", "factory-sim", "source of factory-sim"])
def test_a_worker_with_other_programs_is_refused(dask, elsewhere, name):
    elsewhere(**{name: "0.1"})
    message = f"^{name}: .* here, but 0.1 on 1 of 2 workers, such as tcp://.* install there"
    with pytest.raises(WorkersError, match=message), cluster.cluster(dask.scheduler_address):
        pass


def test_another_processor_is_worth_a_note_and_another_python_is_not(dask, elsewhere, told):
    elsewhere(instructions="X86_V9", python="3.99")
    with cluster.cluster(dask.scheduler_address) as executor:
        assert executor.submit(abs, -1).result() == 1
    (note,) = told()
    assert note.startswith("instructions: ")
    assert note.endswith("a result may differ in its last bits")


def test_a_worker_without_this_program_is_refused(dask):
    name = "factory_sim.study.versions"
    with Client(dask.scheduler_address, set_as_default=False) as client:
        worker = min(client.nthreads())
        hide = f"import sys; sys.kept = sys.modules['{name}']; sys.modules['{name}'] = None"
        client.run(exec, hide, {}, workers=[worker])
        try:
            message = r"^factory-sim: .* here, but no factory-sim, or one without clusters on 1"
            with (
                pytest.raises(WorkersError, match=message),
                cluster.cluster(dask.scheduler_address),
            ):
                pass
        finally:
            show = f"import sys; sys.modules['{name}'] = sys.kept"
            client.run(exec, show, {}, workers=[worker])


def test_workers_of_many_threads_are_worth_a_note(told):
    options = {"processes": False, "threads_per_worker": 2, "dashboard_address": ":0"}
    with LocalCluster(n_workers=1, **options) as local, cluster.cluster(local.scheduler_address):
        (note,) = told()
    assert note.endswith("start them with `dask worker --nthreads 1 --nworkers 2`")


@pytest.mark.slow  # Dask starts a new worker after each death
def test_a_tile_that_kills_its_workers_is_an_error_that_says_what_to_do(dask):
    dask.scheduler.allowed_failures = 0
    message = r"workers died again and again over the same tile .* give them more memory"
    with (
        pytest.raises(WorkersError, match=message),
        cluster.cluster(dask.scheduler_address) as executor,
    ):
        executor.submit(os._exit, 1).result()


def refused(address: str, match: str) -> None:
    with pytest.raises(WorkersError, match=match), cluster.cluster(address, patience=0.3):
        pass


@pytest.mark.parametrize("address", ["here", "tcp://", "tcp://host", "host://host:8786"])
def test_an_address_is_read_before_a_client_is_made(monkeypatch, address):
    """A client that fails half-way may keep the next one from starting, for ever."""
    monkeypatch.setattr(distributed, "Client", None)
    refused(address, f"^{address}: is not the address of a Dask scheduler; write tcp://host:8786")


def test_what_cannot_be_reached_is_an_error_that_says_what_to_do(monkeypatch):
    refused("tcp://127.0.0.1:9", "no Dask scheduler answers within 0.3 s; start one there")
    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        refused(empty.scheduler_address, "has no workers; start some with `dask worker")
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused("tcp://127.0.0.1:9", r"pip install 'factory-sim\[cluster\]'")
