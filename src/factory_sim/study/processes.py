"""Worker processes of this machine, each at the end of a pipe of its own.

A process that dies, even in the middle of an answer, closes its pipe: that is noticed at
once, another takes its place and its tile. (A pool of ``concurrent.futures`` shares one
pipe among its workers, where half an answer of a killed one makes everybody wait.)
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
"""Processes that one tile may cost: what kills them again and again is the tile itself,
for example by its memory. Dask allows as many."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Worker:
    """A process that computes tiles, and this end of the pipe to it."""

    process: SpawnProcess
    pipe: Connection


class Processes:
    """Up to a number of processes, whoever they are.

    They are started when there is work for them, and afresh (*spawn*: a fork would copy
    running threads).

    Args:
        number: How many at most, >= 1.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._idle: list[Worker] = []
        self._told = False

    def play(self, tasks: Mapping[Task, Job]) -> Finished:
        """Compute tasks and yield them as they are finished.

        Raises:
            WorkersError: If one of them costs too many processes.
            Exception: What the computation of a task raises, with a note where.
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
                    _hand(worker, busy[worker])
                for worker in _answering(busy):
                    bundle = busy.pop(worker)
                    answer = _received(worker)
                    if answer is None:
                        for task, job in bundle.items():
                            deaths[task] += 1
                            # One by one, in case they were too much together.
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
        """Have at least a number of idle processes."""
        self._idle += [_started() for _ in range(number - len(self._idle))]

    def _replace(self, dead: Worker, deaths: int) -> None:
        """Start a process for one that died, which was not the first over its task.

        Raises:
            WorkersError: If it was one too many.
        """
        _stop(dead)
        if deaths > MOST_DEATHS:
            message = (
                f"{deaths} worker processes died over the same tile; if memory ran out, use "
                f"fewer workers; a script that asks for workers must be a file, with "
                f'its entry guarded by `if __name__ == "__main__":`'
            )
            raise WorkersError(message)
        if not self._told:
            log.warning("a worker process died; what it was computing is computed again")
            self._told = True
        self._idle.append(_started())


def _started() -> Worker:
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there,), daemon=True)
    with _interrupts_ignored():
        process.start()
    # Only its process holds the other end, so that the pipe ends with it.
    there.close()
    return Worker(process, here)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, and in a process that is started in it for good.

    A process that is still importing would answer it with a traceback.
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


def _hand(worker: Worker, bundle: dict[Task, Job]) -> None:
    # If it is dead, that shows where its answer is waited for.
    with suppress(OSError):
        worker.pipe.send(bundle)


def _answering(workers: Iterable[Worker]) -> list[Worker]:
    """Wait until some workers have answered or died, and return them."""
    by_pipe = {worker.pipe: worker for worker in workers}
    return [by_pipe[cast("Connection", pipe)] for pipe in wait(by_pipe)]


def _received(worker: Worker) -> list[Outcome] | Exception | None:
    """Return a worker's answer, None if it has died."""
    try:
        answer: list[Outcome] | Exception = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    return answer


def _serve(pipe: Connection) -> None:
    """Compute what comes through a pipe, until the other side closes it."""
    # Ctrl-C is the business of the process that started this one; not all systems inherit that.
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
