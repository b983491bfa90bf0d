"""An explanation in files: what it says, every replication, and a manifest to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.files import (
    CHUNKS,
    EXPLAINED,
    remove_earlier,
    write_json,
    write_parquet,
)
from factory_sim.report.manifest import MANIFEST, file_digest, manifest
from factory_sim.study.chunks import remove_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from factory_sim.study.explanation import Explanation


def write_explanation(
    directory: Path,
    explanation: Explanation,
    digest: str,
    overrides: Sequence[str] = (),
    options: Sequence[str] = (),
) -> list[str]:
    """Write an explanation to a directory, the manifest last, and return the names of the files.

    ``explain.json`` holds what ``--json`` prints, ``path.parquet`` what the critical path
    of every replication is charged to, ``prices.parquet`` what every change is worth in
    it. ``factory-sim verify`` repeats the runs that were explained.

    Args:
        directory: Made if it is not there; files of an earlier run are removed, and
            finished tiles, unless it was interrupted and can go on from them.
        explanation: What to write.
        digest: Of the scenario that was explained.
        overrides: What was set on top of the scenario's file, as ``key=value``.
        options: What else was asked, as on the command line.
    """
    directory.mkdir(parents=True, exist_ok=True)
    remove_earlier(directory)
    if not explanation.interrupted:
        remove_all(directory / CHUNKS)
    write_json(directory / "explain.json", explanation.record())
    write_parquet(directory / "path.parquet", explanation.path_table())
    write_parquet(directory / "prices.parquet", explanation.prices_table())
    names = ["explain.json", "path.parquet", "prices.parquet"]
    files = {name: file_digest(directory / name) for name in names}
    content = manifest({"run": explanation}, files, overrides, options)
    write_json(directory / MANIFEST, content | {EXPLAINED: digest})
    return [MANIFEST, *names]
