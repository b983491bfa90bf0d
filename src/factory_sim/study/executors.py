"""The backends that compute tiles: this process, worker processes, or any executor.

Tiles are yielded in the order in which they are finished. The outcome of a tile depends on
its task alone, so neither the backend nor this order shows in the result of a study.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, as_completed
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from factory_sim.study.tiles import WorkersError, bundles, compute_bundle, compute_tile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor, Future

    from factory_sim.study.tiles import Compute, Finished, Job, Outcome, Task


@contextmanager
def open_backend(workers: int, executor: Executor | None = None) -> Iterator[Compute]:
    """Open a backend and yield its function, which computes tasks in any order.

    Args:
        workers: Number of processes, >= 1. One means this process. More are spawned, so a
            script that uses them must be importable: guard its entry with
            ``if __name__ == "__main__":``. The tiles of one that dies are computed again.
        executor: Used instead of worker processes: threads, processes or a cluster. It stays
            open when the context is left, but tasks it has not begun are cancelled.

    Raises:
        WorkersError: If the number is out of its range. The function raises it too, if
            workers keep dying or the executor breaks.
    """
    if workers < 1:
        message = f"workers: must be at least 1 (got {workers})"
        raise WorkersError(message)
    if executor is not None:
        yield partial(_compute_on, executor)
    elif workers == 1:
        yield compute_here
    else:
        # Imported only when needed: multiprocessing slows down the start of every command.
        from factory_sim.study.processes import Processes

        with closing(Processes(workers)) as processes:
            yield processes.compute


def compute_here(tasks: Mapping[Task, Job]) -> Finished:
    """Compute tasks in this process, side by side where they can share draws."""
    for bundle in bundles(tasks):
        if len(bundle) > 1:
            yield from zip(bundle, compute_bundle(bundle), strict=True)
        else:
            for task, job in bundle.items():
                yield task, compute_tile(job, task[1])


def _compute_on(executor: Executor, tasks: Mapping[Task, Job]) -> Finished:
    """Compute tasks on an executor; cancel those it has not begun when closed."""
    futures: dict[Future[Outcome], Task] = {}
    try:
        for task, job in tasks.items():
            futures[executor.submit(compute_tile, job, task[1])] = task
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenExecutor as error:
        message = (
            f"the executor broke before all was computed: {error}; "
            f"see what its workers say, and call again with a new one"
        )
        raise WorkersError(message) from error
    finally:
        for future in futures:
            future.cancel()
