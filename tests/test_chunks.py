"""Finished tiles on disk: they come back to the bit, and only where they belong."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from typer.testing import CliRunner

from factory_sim import compare, diff, explain, loads, simulate, sweep
from factory_sim.analysis.audit import Finding
from factory_sim.cli import app
from factory_sim.report.directory import CHUNKS
from factory_sim.report.manifest import digest, read
from factory_sim.study import chunks, executors
from factory_sim.study.plain import content_digest, flattened, restored
from factory_sim.study.tiles import Outcome, compute_tile
from test_executors import LINE, job


def bytes_of(value):
    return np.frombuffer(bytearray(value.tobytes()), np.uint8)


def there_and_back(value):
    text, arrays = flattened(value)
    return restored(text, [bytes_of(array) for array in arrays])


def identical(a, b) -> bool:
    """Say whether two values are the same to the bit, types and signs of zeros included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if dataclasses.is_dataclass(a):
        names = [field.name for field in dataclasses.fields(a)]
        pairs = [(getattr(a, name), getattr(b, name)) for name in names]
        return type(a) is type(b) and all(identical(x, y) for x, y in pairs)
    if isinstance(a, tuple | list):
        pairs = zip(a, b, strict=True)
        return type(a) is type(b) and all(identical(x, y) for x, y in pairs)
    if isinstance(a, dict):
        return list(a) == list(b) and all(identical(a[key], b[key]) for key in a)
    return type(a) is type(b) and repr(a) == repr(b)


dtypes = st.sampled_from(["<f8", "<i8", "?", "<f4", "<U3", ">f8"])
arrays = dtypes.flatmap(
    lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=1, min_side=0))
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    arrays,
    st.builds(range, st.integers(0, 99), st.integers(0, 99)),
    st.builds(Finding, st.sampled_from(["error", "warning"]), st.text()),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(value=values)
def test_nested_data_comes_back_to_the_bit(value):
    assert identical(there_and_back(value), value)


floats = arrays_of.arrays(np.float64, arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0))


@settings(max_examples=15)
@given(data=st.data())
def test_accounts_of_any_content_come_back_from_a_file_to_the_bit(chunk, tmp_path_factory, data):
    """Every field of the accounts, those that are added later too."""
    accounts = chunk[0].accounts
    shuffled = {
        field.name: data.draw(floats)
        for field in dataclasses.fields(accounts)
        if isinstance(getattr(accounts, field.name), np.ndarray)
    }
    findings = tuple(data.draw(st.lists(st.builds(Finding, st.just("warning"), st.text()))))
    odd = dataclasses.replace(accounts, **shuffled, end=data.draw(st.floats()), findings=findings)
    path = tmp_path_factory.mktemp("chunk") / "one.chunk.parquet"
    chunks.write(path, Outcome(odd))
    assert identical(chunks.read(path), Outcome(odd))


def test_what_has_no_bytes_is_refused_and_what_is_not_ours_is_not_made():
    with pytest.raises(TypeError, match="neither plain data"):
        flattened({"socket": object()})
    with pytest.raises(TypeError, match="has no bytes"):
        flattened(np.array([object()]))
    for text in ('{"dataclass": "subprocess:Popen", "fields": {"args": "ls"}}', "{}", "["):
        with pytest.raises(ValueError):  # noqa: PT011
            restored(text, [])


@pytest.fixture
def counted(monkeypatch):
    """The tiles that were computed."""
    computed = []

    def counting(some, tile):
        computed.append(tile)
        return compute_tile(some, tile)

    monkeypatch.setattr(executors, "compute_tile", counting)
    return computed


def line(*overrides: str):
    return loads(LINE, overrides=overrides)


def stopped(directory: Path, *overrides: str, after: int = 16):
    """Run until so many replications are done."""

    def stop(done, _total):
        if done >= after:
            raise KeyboardInterrupt

    return simulate(line(*overrides), chunks=directory, progress=stop)


def test_a_study_that_was_stopped_goes_on_where_it_was(tmp_path, counted):
    result = stopped(tmp_path / "c")
    assert result.interrupted
    assert len(list((tmp_path / "c").iterdir())) == len(counted) == 2
    whole = simulate(line(), chunks=tmp_path / "c")
    assert len(counted) == 5  # none twice
    assert digest(whole.accounts) == digest(simulate(line()).accounts)
    assert whole.tiles == simulate(line()).tiles
    assert not (tmp_path / "c").exists()


def test_a_comparison_by_precision_with_a_pilot_goes_on_where_it_was(tmp_path, counted, caplog):
    def asked(buffer: int):
        precision = "replications={half_width: 1 %, min: 10, max: 30}"
        return line("warm_up=auto", precision, f"stations.weld.buffer={buffer}")

    def stop(done, _total):
        if done >= 16:
            raise KeyboardInterrupt

    caplog.set_level("INFO", "factory_sim")
    assert compare(asked(3), asked(4), chunks=tmp_path, progress=stop).interrupted
    assert not caplog.messages  # the tiles of its own pilot are not from before
    again = compare(asked(3), asked(4), chunks=tmp_path)
    said = f"goes on from the replications that were finished before, in {tmp_path}"
    assert caplog.messages == [said]
    together = len(counted)
    uncut = compare(asked(3), asked(4))
    # A pilot's tiles also serve the study, if it cuts no warm-up.
    assert together <= len(counted) - together
    assert [digest(r.accounts) for r in (again.a, again.b)] == [
        digest(r.accounts) for r in (uncut.a, uncut.b)
    ]


@pytest.mark.parametrize(
    "other",
    [
        "seed=2",
        "horizon=11 min",
        "warm_up=1 min",
        "engine=batch",
        "stations.weld.buffer=4",
        "stations.weld.cycle_time.mean=55.000001 s",
        "stations.weld.cycle_time={dist: empirical, values: [50 s, 60 s]}",
        "name=another",
    ],
)
def test_the_tiles_of_another_study_are_never_used(tmp_path, counted, other):
    stopped(tmp_path)
    del counted[:]
    result = simulate(line(other), chunks=tmp_path)
    assert counted == list(result.tiles)
    assert len(list(tmp_path.iterdir())) == 2  # and left to the one that was stopped


@pytest.mark.parametrize("what", ["numpy", "factory-sim", "source of factory-sim", "machine"])
def test_the_tiles_of_other_programs_are_never_used(tmp_path, counted, monkeypatch, what):
    stopped(tmp_path)
    del counted[:]
    changed = chunks.surroundings() | {what: "0.1"}
    monkeypatch.setattr(chunks, "surroundings", lambda: changed)
    simulate(line(), chunks=tmp_path)
    assert len(counted) == 5


def test_a_digest_tells_contents_apart():
    """That it is the same in another process shows where a killed command is resumed."""
    assert content_digest(job()) == content_digest(job())
    assert content_digest(job()) != content_digest(job("stations.press.buffer=1"))
    # json or repr would not tell these apart
    assert content_digest((1,)) != content_digest([1])
    assert content_digest(np.zeros(2)) != content_digest(np.zeros(2, dtype=int))
    assert content_digest(0.0) != content_digest(-0.0)


def test_a_file_that_was_cut_short_is_computed_again_with_a_note(tmp_path, counted, caplog):
    stopped(tmp_path / "c")
    first, *_ = sorted((tmp_path / "c").iterdir())
    first.write_bytes(first.read_bytes()[:-100])
    result = simulate(line(), chunks=tmp_path / "c")
    assert len(counted) == 6
    assert [m for m in caplog.messages if f"{first}: cannot be read" in m]
    assert digest(result.accounts) == digest(simulate(line()).accounts)


@pytest.fixture(scope="module")
def chunk(tmp_path_factory):
    outcome = compute_tile(dataclasses.replace(job(), paths=True), range(4))
    path = tmp_path_factory.mktemp("spoilt") / "one.chunk.parquet"
    chunks.write(path, outcome)
    return outcome, path, path.read_bytes()


@settings(max_examples=200)
@given(data=st.data())
def test_a_spoilt_file_is_refused_or_harmless(chunk, data):
    outcome, path, whole = chunk
    spoilt = bytearray(whole)
    place = data.draw(st.integers(0, len(whole) - 1))
    spoilt[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(spoilt[: data.draw(st.sampled_from([len(whole), place]))])
    found = chunks.read(path)
    assert found is None or identical(found, outcome)


def test_a_file_under_the_name_of_another_is_not_taken_for_it(tmp_path):
    chunks.write(tmp_path / "a.chunk.parquet", compute_tile(job(), range(2)))
    (tmp_path / "a.chunk.parquet").rename(tmp_path / "b.chunk.parquet")
    assert chunks.read(tmp_path / "b.chunk.parquet") is None


def test_a_file_that_is_not_finished_is_not_there(tmp_path, monkeypatch):
    def interrupted(_table, path, **_options):
        Path(path).write_bytes(b"PAR1 half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", interrupted)
    with pytest.raises(KeyboardInterrupt):
        chunks.write(tmp_path / "a.chunk.parquet", compute_tile(job(), range(2)))
    assert list(tmp_path.iterdir()) == []


def called(folder: Path, out: str):
    arguments = ["run", str(folder / "line.yaml"), "--out", str(folder / out)]
    return CliRunner().invoke(app, arguments)


def kept(folder: Path) -> int:
    return len(list((folder / "out" / CHUNKS).glob("*.parquet")))


def resumed(folder: Path, counted: list[range], missing: int) -> None:
    """Hold what goes on where it was stopped against what was never stopped."""
    (folder / "line.yaml").write_text(LINE)
    counted.clear()
    for out, tiles in (("out", missing), ("uncut", 5)):
        answer = called(folder, out)
        assert answer.exit_code == 0, answer.output
        assert len(counted) == tiles
        counted.clear()
    one, other = (read(folder / out)["runs"]["run"]["digest"] for out in ("out", "uncut"))
    assert one == other
    assert not (folder / "out" / CHUNKS).exists()


def test_an_interrupted_command_reports_what_it_has_and_is_resumed(tmp_path, monkeypatch, counted):
    def interrupted(some, tile):
        if tile.start == 24:
            signal.raise_signal(signal.SIGINT)
        return compute_tile(some, tile)

    (tmp_path / "line.yaml").write_text(LINE)
    # What is started in the background of a shell ignores the signal, tests included.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patched:
        patched.setattr(executors, "compute_tile", interrupted)
        answer = called(tmp_path, "out")
    signal.signal(signal.SIGINT, before)
    assert answer.exit_code == 130
    assert "the same command again computes the rest" in answer.stderr
    assert read(tmp_path / "out")["runs"]["run"]["replications"] == 24
    assert kept(tmp_path) == 3
    resumed(tmp_path, counted, missing=2)


KILLED = """
import os, signal
from factory_sim.cli import main
from factory_sim.study import executors
usual = executors.compute_tile
def deadly(some, tile):
    if tile.start == 24:
        os.kill(os.getpid(), signal.SIGKILL)
    return usual(some, tile)
executors.compute_tile = deadly
main()
"""


def test_a_killed_command_leaves_whole_tiles_that_another_process_takes(tmp_path, counted):
    (tmp_path / "line.yaml").write_text(LINE)
    command = [sys.executable, "-c", KILLED, "run", "line.yaml", "--out", "out"]
    killed = subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert {path.name for path in (tmp_path / "out").iterdir()} == {CHUNKS}
    assert kept(tmp_path) == 3
    resumed(tmp_path, counted, missing=2)


def test_a_sweep_that_was_stopped_goes_on_where_it_was(tmp_path, counted):
    def swept(**more):
        return sweep(line(), vary=["stations.weld.buffer=2:4:1"], replications=16, **more)

    def stop(done, _total):
        if done >= 40:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as threads:
        assert swept(chunks=tmp_path, progress=stop, executor=threads).interrupted
    kept = len(list(tmp_path.iterdir()))
    assert 5 <= kept <= 6
    del counted[:]
    whole = swept(chunks=tmp_path)
    assert len(counted) == 6 - kept
    points = zip(whole.points, swept().points, strict=True)
    assert all(digest(a.result.accounts) == digest(b.result.accounts) for a, b in points)
    assert not tmp_path.exists()


@pytest.mark.parametrize("after", [24, 48])
def test_an_explanation_that_was_stopped_goes_on_where_it_was(tmp_path, counted, after):
    """While paths are followed, and while the changes they point to are measured."""

    def explained(**more):
        return explain(line("horizon=20 min"), replications=32, measure=1, **more)

    told = []

    def stop(*now):
        told.append(now)
        if 8 * len(told) >= after:
            raise KeyboardInterrupt

    cut = explained(chunks=tmp_path, progress=stop)
    assert cut.interrupted
    assert "measured" not in {price.claim for price in cut.prices}
    assert cut.replications == min(after, 32)
    assert len(counted) == after / 8
    whole = explained(chunks=tmp_path)
    assert len(counted) == 8  # four tiles with paths, four of the change; none twice
    assert whole.record() == explained().record()
    assert identical(whole.path, explained().path)
    assert not tmp_path.exists()


def test_a_diff_that_was_stopped_goes_on_where_it_was(tmp_path, counted):
    def split(**more):
        changes = ["stations.weld.buffer=4", "stations.press.cycle_time.mean=48 s"]
        return diff(line(), line(*changes), replications=16, **more)

    def stop(done, _total):
        if done >= 40:
            raise KeyboardInterrupt

    assert split(chunks=tmp_path, progress=stop).interrupted
    assert len(counted) == 5
    whole = split(chunks=tmp_path)
    assert len(counted) == 8  # four plants of two tiles
    assert whole.record() == split().record()
    assert not tmp_path.exists()
