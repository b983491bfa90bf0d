"""Whoever computes the tiles, in whatever order, and whoever dies: the result is the same."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import struct
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim import WorkersError, compare, explain, loads, simulate
from factory_sim.engines import choose
from factory_sim.line.compile import compile_plant
from factory_sim.report.manifest import digest
from factory_sim.study import processes, traced
from factory_sim.study.executors import open_backend
from factory_sim.study.plain import content_digest
from factory_sim.study.processes import Processes, Worker
from factory_sim.study.tiles import Job, bundles, compute_tile, replicate
from plants import costly, thoroughly

LINE = """
name: two stations
horizon: 10 min
warm_up: 0
replications: 40
engine: reference    # whose tiles are small, so that there are five of them
stations:
  - {name: press, cycle_time: {dist: exponential, mean: 50 s}}
  - {name: weld, buffer: 3, cycle_time: {dist: gamma, mean: 55 s, cv: 0.4}}
"""


def line(*overrides: str):
    return loads(LINE, overrides=overrides)


def job(*overrides: str) -> Job:
    plant = compile_plant(line(*overrides))
    return Job(plant, 1, 0.0, 600.0, choose(plant, "reference").engine)


def same(result, other) -> bool:
    return digest(result.accounts) == digest(other.accounts) and result.tiles == other.tiles


def test_threads_give_the_same_result_to_the_bit():
    alone = simulate(line())
    assert len(alone.tiles) == 5
    with ThreadPoolExecutor(3) as threads:
        assert same(alone, simulate(line(), executor=threads))
        compared = compare(line(), line("stations.weld.buffer=4"), executor=threads)
    assert same(alone, compared.a)


def replicated(compute):
    jobs = [job(), job("stations.weld.buffer=4")]
    return replicate(jobs, lambda _: 40, compute, lambda _done, _all: None)


@pytest.mark.usefixtures("two_processes")
@pytest.mark.parametrize("engine", ["batch", "reference"])
def test_an_explanation_is_the_same_to_the_bit_whoever_computes_it(engine, monkeypatch):
    """Accounts, paths, prices and what was measured: on two processes, and on threads."""
    # So little that there are tiles to share.
    monkeypatch.setattr(traced, "BUDGET", 100_000)
    asked = line(f"engine={engine}", "horizon=20 min")
    alone = explain(asked, measure=2)
    assert len(alone.tiles) > 1
    assert "measured" in {price.claim for price in alone.prices}
    if engine == "reference":
        other = explain(asked, measure=2, workers=2)
    else:
        with ThreadPoolExecutor(3) as threads:
            other = explain(asked, measure=2, executor=threads)
    assert same(alone, other)
    assert content_digest((alone.path, alone.prices)) == content_digest((other.path, other.prices))


@pytest.fixture(scope="module")
def finished():
    """Ten tiles of two jobs in the order of replications, and what becomes of them."""
    computed = []

    def compute(tasks):
        with open_backend(1) as in_this_process:
            computed.extend(in_this_process(tasks))
        yield from computed

    return computed, replicated(compute)


@costly(25)
@given(order=st.permutations(range(10)))
def test_the_order_in_which_tiles_are_finished_changes_nothing(finished, order):
    computed, straight = finished
    shuffled = replicated(lambda _tasks: (computed[place] for place in order))
    assert [digest(a) for a in shuffled.accounts] == [digest(a) for a in straight.accounts]
    assert shuffled.tiles == straight.tiles


test_the_order_in_which_tiles_are_finished_changes_nothing_thoroughly = thoroughly(
    test_the_order_in_which_tiles_are_finished_changes_nothing,
    given(order=st.permutations(range(10))),
    examples=200,
)


@pytest.mark.usefixtures("two_processes")
def test_the_tiles_of_a_process_that_is_killed_are_computed_again(caplog):
    scenario = line("replications=80")
    killed = []

    def kill(_done: int, _total: int) -> None:
        if len(killed) < 2:
            victim = next(p for p in multiprocessing.active_children() if p.pid not in killed)
            os.kill(victim.pid, 9)
            killed.append(victim.pid)

    shared = simulate(scenario, workers=2, progress=kill)
    assert len(killed) == 2
    assert same(shared, simulate(scenario))
    (told,) = caplog.messages  # once, although two died
    assert told == "a worker process died; what it was computing is computed again"


class Deadly(Job):
    """What ends the process that reads it."""

    def __reduce__(self):
        return os._exit, (1,)


def test_a_tile_that_kills_every_process_ends_the_study(monkeypatch):
    monkeypatch.setattr(processes, "MOST_DEATHS", 1)
    before = set(multiprocessing.active_children())
    workers = Processes(1)
    try:
        with pytest.raises(WorkersError, match=r"2 worker processes died over the same tile"):
            list(workers.compute({(0, range(1)): Deadly(None, 1, 0.0, 1.0, "reference")}))
        # Those that come after find workers again, and errors come home with their place.
        with pytest.raises(AttributeError) as raised:
            list(workers.compute({(0, range(1)): Job(None, 1, 0.0, 1.0, "reference")}))
    finally:
        workers.close()
    assert "in a worker process:" in raised.value.__notes__[0]
    assert set(multiprocessing.active_children()) == before


@pytest.mark.usefixtures("two_processes")
def test_processes_share_the_draws_of_bundles_and_none_goes_without_one():
    levels = [job("engine=batch", f"stations.weld.buffer={n}") for n in range(1, 6)]
    levels = [dataclasses.replace(level, engine="batch") for level in levels]
    tasks = {(number, range(20)): level for number, level in enumerate(levels)}
    assert [len(bundle) for bundle in bundles(tasks)] == [5]
    assert [len(bundle) for bundle in bundles(tasks, workers=2)] == [3, 2]
    found = {}
    for workers in (1, 2):
        with open_backend(workers) as compute:
            found[workers] = {task: digest(outcome.accounts) for task, outcome in compute(tasks)}
    alone = {task: digest(compute_tile(one, task[1]).accounts) for task, one in tasks.items()}
    assert found[1] == found[2] == alone


def test_half_an_answer_is_a_death_and_nobody_waits_for_the_rest():
    here, there = multiprocessing.Pipe()
    os.write(there.fileno(), struct.pack("!i", 100) + b"half")
    there.close()
    assert processes._receive(Worker(None, here)) is None
    here.close()


def test_an_interruption_leaves_an_executor_as_it_was_but_for_what_it_has_not_begun():
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as threads:
        result = simulate(line("replications=400"), executor=threads, progress=interrupt)
        waiting = threads._work_queue.qsize()
        assert threads.submit(abs, -1).result() == 1
    assert result.interrupted
    assert result.replications == 8  # one tile
    assert waiting >= 40  # cancelled, or they would have been computed before abs was
    assert same(result, simulate(line("replications=8")))


class Broken(Executor):
    """Breaks at the first task."""

    def submit(self, *_args):
        future = Future()
        future.set_exception(BrokenProcessPool("a process was killed"))
        return future


def test_an_executor_that_breaks_is_an_error_that_says_what_to_do():
    with pytest.raises(WorkersError, match=r"broke .* a process was killed; .* with a new one"):
        simulate(line(), executor=Broken())


def test_a_number_of_workers_out_of_range_is_refused():
    with pytest.raises(WorkersError, match=r"workers: must be at least 1 \(got 0\)"):
        simulate(line(), workers=0)
