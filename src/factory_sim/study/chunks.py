"""A cache of finished tiles on disk, so that an interrupted study can be resumed.

There is one Parquet file per job and tile, named by the digest of everything that its
outcome depends on: plant, seed, window, engine, tile and the versions of the programs. So a
file found under its name holds what would be computed, and a file of another scenario, seed
or version is never found. Files are written atomically; a corrupt one is computed again.
"""

from __future__ import annotations

import logging
import os
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.study.plain import content_digest, flattened, restored
from factory_sim.study.tiles import Outcome
from factory_sim.study.versions import surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from factory_sim.study.tiles import Compute, Finished, Job, Task

SUFFIX = ".chunk.parquet"
KEY = b"factory-sim"
"""Metadata key under which a file repeats its name, so that a renamed file is not trusted."""

log = logging.getLogger(__name__)


class Chunks:
    """The finished tiles of a study in a directory.

    Args:
        directory: Where they are; made when the first is written. It may hold those of other
            studies, too. None caches nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._ours: set[Path] = set()
        self._resumed = False

    def cached(self, compute: Compute) -> Compute:
        """Return a function that takes cached tiles from disk, and computes and caches the rest.

        That an earlier call left tiles here is logged once.
        """
        if self._directory is None:
            return compute
        directory = self._directory

        def from_cache(tasks: Mapping[Task, Job]) -> Finished:
            ours = self._ours.copy()
            paths = self._paths(tasks, directory)
            missing = dict(tasks)
            for task, path in paths.items():
                outcome = read(path)
                if outcome is not None:
                    del missing[task]
                    if path not in ours:
                        self._report_resumption()
                    yield task, outcome
            with closing(compute(missing)) as finished:
                for task, outcome in finished:
                    write(paths[task], outcome)
                    yield task, outcome

        return from_cache

    def remove(self) -> None:
        """Remove the tiles of this study, and the directory if nothing else is in it."""
        if self._directory is not None:
            _remove(self._directory, self._ours)

    def _report_resumption(self) -> None:
        """Log, once, that the study resumes from what an earlier call has finished."""
        if not self._resumed:
            log.info(
                "goes on from the replications that were finished before, in %s", self._directory
            )
        self._resumed = True

    def _paths(self, tasks: Mapping[Task, Job], directory: Path) -> dict[Task, Path]:
        """Return the file of each task."""
        around = surroundings()
        # Each job is digested once, not once per tile: a large plant has many tiles.
        jobs = {number: job for (number, _), job in tasks.items()}
        digests = {number: content_digest((job, around)) for number, job in jobs.items()}
        paths = {
            (number, tile): directory / f"{content_digest((digests[number], tile))}{SUFFIX}"
            for number, tile in tasks
        }
        self._ours.update(paths.values())
        return paths


def remove_all(directory: Path) -> None:
    """Remove the tiles of all studies in a directory, and it too if nothing else is there."""
    _remove(directory, directory.glob(f"*{SUFFIX}*"))


def _remove(directory: Path, files: Iterable[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


def write(path: Path, outcome: Outcome) -> None:
    """Write the outcome of a tile to a file, atomically.

    Raises:
        OSError: If the disk is full or the directory is not writable.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, arrays = flattened(outcome)
    content = [text.encode(), *(array.tobytes() for array in arrays)]
    table = pa.table({"content": pa.array(content, pa.large_binary())})
    table = table.replace_schema_metadata({KEY: path.name})
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        pq.write_table(table, unfinished, use_dictionary=False, write_page_checksum=True)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read(path: Path) -> Outcome | None:
    """Return the outcome in a file; None if there is no such file or it is corrupt."""
    if not path.is_file():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        text, *arrays = table.column("content").to_pylist()
        outcome = restored(text.decode(), [np.frombuffer(bytearray(a), np.uint8) for a in arrays])
    except (OSError, ValueError, KeyError, AttributeError, pa.ArrowException) as error:
        log.warning("%s: cannot be read (%s); its tile is computed again", path, error)
        return None
    named = (table.schema.metadata or {}).get(KEY) == path.name.encode()
    return outcome if named and isinstance(outcome, Outcome) else None
