"""A pool of worker processes on this machine, each with a pipe of its own.

A process that dies, even in the middle of an answer, closes its pipe. This is noticed at
once, and a new process computes its tile. (The workers of a ``concurrent.futures`` pool
share one pipe, which the unfinished answer of a killed worker blocks for all.)
"""

from __future__ import annotations

import logging
import signal
import traceback
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, cast

from factory_sim.study.tiles import WorkersError, bundles, compute_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from factory_sim.study.tiles import Finished, Job, Outcome, Task

MOST_DEATHS = 3
"""Processes that may die over one tile before it is given up: then the tile itself kills
them, for example by the memory it needs. Dask allows as many."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Worker:
    """A process that computes tiles, and this end of the pipe to it."""

    process: SpawnProcess
    pipe: Connection


class Processes:
    """A pool of worker processes, each replaced when it dies.

    They are started when there is work for them, by *spawn*, since a fork would copy
    running threads.

    Args:
        number: The most processes to start, >= 1.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._idle: list[Worker] = []
        self._warned = False

    def compute(self, tasks: Mapping[Task, Job]) -> Finished:
        """Compute tasks and yield them as they are finished.

        Raises:
            WorkersError: If too many processes die over one of them.
            Exception: Any error in the computation of a task, with the worker's traceback
                as a note.
        """
        waiting = deque(bundles(tasks, self._number))
        deaths = dict.fromkeys(tasks, 0)
        busy: dict[Worker, dict[Task, Job]] = {}
        self._start(min(self._number, len(waiting)))
        try:
            while waiting or busy:
                while waiting and self._idle:
                    worker = self._idle.pop()
                    busy[worker] = waiting.popleft()
                    _send(worker, busy[worker])
                for worker in _ready(busy):
                    bundle = busy.pop(worker)
                    answer = _receive(worker)
                    if answer is None:
                        for task, job in bundle.items():
                            deaths[task] += 1
                            # One by one, in case their bundle needed too much memory.
                            waiting.appendleft({task: job})
                        self._replace(worker, max(deaths[task] for task in bundle))
                        continue
                    self._idle.append(worker)
                    if isinstance(answer, Exception):
                        raise answer
                    yield from zip(bundle, answer, strict=True)
        finally:
            for worker in busy:
                _stop(worker)

    def close(self) -> None:
        """Stop all processes."""
        for worker in self._idle:
            _stop(worker)

    def _start(self, number: int) -> None:
        """Start processes until at least ``number`` are idle."""
        self._idle += [_spawn() for _ in range(number - len(self._idle))]

    def _replace(self, dead: Worker, deaths: int) -> None:
        """Start a process in place of a dead one.

        Args:
            dead: The worker whose process died.
            deaths: How many processes have died over its tile by now.

        Raises:
            WorkersError: If they are more than ``MOST_DEATHS``.
        """
        _stop(dead)
        if deaths > MOST_DEATHS:
            message = (
                f"{deaths} worker processes died over the same tile; if memory ran out, use "
                f"fewer workers; a script that asks for workers must be a file, with "
                f'its entry guarded by `if __name__ == "__main__":`'
            )
            raise WorkersError(message)
        if not self._warned:
            log.warning("a worker process died; what it was computing is computed again")
            self._warned = True
        self._idle.append(_spawn())


def _spawn() -> Worker:
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there,), daemon=True)
    with _interrupts_ignored():
        process.start()
    # With its other end open in the worker alone, the pipe closes when the worker dies.
    there.close()
    return Worker(process, here)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C in this context, and for good in a process started within it.

    A process that is still importing would otherwise print a traceback.
    """
    if current_thread() is not main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)


def _stop(worker: Worker) -> None:
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()


def _send(worker: Worker, bundle: dict[Task, Job]) -> None:
    # A dead worker is noticed where its answer is awaited.
    with suppress(OSError):
        worker.pipe.send(bundle)


def _ready(workers: Iterable[Worker]) -> list[Worker]:
    """Wait until some workers have answered or died, and return them."""
    by_pipe = {worker.pipe: worker for worker in workers}
    return [by_pipe[cast("Connection", pipe)] for pipe in wait(by_pipe)]


def _receive(worker: Worker) -> list[Outcome] | Exception | None:
    """Return a worker's answer; None if it has died."""
    try:
        answer: list[Outcome] | Exception = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    return answer


def _serve(pipe: Connection) -> None:
    """Compute the bundles that arrive through a pipe, until it is closed."""
    # The parent process handles Ctrl-C; not all systems inherit its handler.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            bundle: dict[Task, Job] = pipe.recv()
        except EOFError:
            return
        answer: list[Outcome] | Exception
        try:
            answer = compute_bundle(bundle)
        except Exception as error:
            error.add_note(f"in a worker process:\n{traceback.format_exc()}")
            answer = error
        pipe.send(answer)
