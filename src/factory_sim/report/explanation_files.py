"""An explanation in files: what it says, every replication, and a manifest to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.directory import EXPLAINED, write_files, write_manifest
from factory_sim.report.manifest import manifest

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
    contents = [
        ("explain.json", explanation.record()),
        ("path.parquet", explanation.path_table()),
        ("prices.parquet", explanation.prices_table()),
    ]
    files = write_files(directory, contents, keep_tiles=explanation.interrupted)
    content = manifest({"run": explanation}, files, overrides, options)
    return write_manifest(directory, content | {EXPLAINED: digest})
