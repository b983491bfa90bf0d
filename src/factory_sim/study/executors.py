"""Where tiles are computed: in this process, in others beside it, or on any executor.

Tiles are taken back in the order in which they are finished. Nothing of who computes
them, or when, shows in the result: what a tile comes to depends on its task alone.
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

    from factory_sim.study.tiles import Finished, Job, Outcome, Play, Task


@contextmanager
def players(workers: int, executor: Executor | None = None) -> Iterator[Play]:
    """Yield the function that plays tasks, in any order.

    Args:
        workers: Processes, >= 1. One is this process. More are started afresh, so a
            script that asks for them must be importable: guard its entry with
            ``if __name__ == "__main__":``. Their tiles are computed again if they die.
        executor: Computes instead of them: threads, processes or a cluster. It stays
            open when the context is left, but what it has not begun is cancelled.

    Raises:
        WorkersError: If the number is out of its range. The function raises it too, if
            workers die beyond repair.
    """
    if workers < 1:
        message = f"workers: must be at least 1 (got {workers})"
        raise WorkersError(message)
    if executor is not None:
        yield partial(_elsewhere, executor)
    elif workers == 1:
        yield in_turn
    else:
        # Imported here, since few need it and it takes a while.
        from factory_sim.study.processes import Processes

        with closing(Processes(workers)) as processes:
            yield processes.play


def in_turn(tasks: Mapping[Task, Job]) -> Finished:
    """Play tasks here, those of a tile side by side as far as they can share draws."""
    for bundle in bundles(tasks):
        if len(bundle) > 1:
            yield from zip(bundle, compute_bundle(bundle), strict=True)
        else:
            for task, job in bundle.items():
                yield task, compute_tile(job, task[1])


def _elsewhere(executor: Executor, tasks: Mapping[Task, Job]) -> Finished:
    """Play tasks on an executor; cancel what it has not begun when nobody waits any more."""
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
