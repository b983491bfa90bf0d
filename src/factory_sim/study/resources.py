"""What a study is computed with: processes or an executor, a cache of tiles, progress."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from factory_sim.study.chunks import Chunks
from factory_sim.study.executors import open_backend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.study.tiles import Compute, Progress


@dataclass(frozen=True)
class Resources:
    """What a study is computed with; no result depends on it.

    Attributes:
        workers: Processes to use, >= 1; see :func:`study.executors.open_backend`.
        executor: Computes the tiles instead of worker processes; None uses these.
        chunks: Directory in which finished tiles are cached; None caches none.
        progress: Called with the replications that are done and their total.
    """

    workers: int = 1
    executor: Executor | None = None
    chunks: Path | None = None
    progress: Progress | None = None

    @cached_property
    def cache(self) -> Chunks:
        """The finished tiles in the directory of chunks."""
        return Chunks(self.chunks)

    @contextmanager
    def open(self) -> Iterator[Compute]:
        """Yield the function that computes tasks, and takes cached tiles from disk.

        Raises:
            WorkersError: If the number of workers is out of its range.
        """
        with open_backend(self.workers, self.executor) as compute:
            yield self.cache.cached(compute)
