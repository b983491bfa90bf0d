"""A sweep in files: one row per point, every replication, and a manifest to repeat it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from factory_sim.report.directory import ASKED, SWEPT, write_files, write_manifest
from factory_sim.report.manifest import manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result
    from factory_sim.study.sweep.result import Sweep


def write_sweep(
    directory: Path,
    sweep: Sweep,
    asked: Scenario,
    options: Sequence[str],
    overrides: Sequence[str] = (),
) -> list[str]:
    """Write a sweep to a directory, the manifest last, and return the names of the files.

    ``sweep.parquet`` and ``sweep.json`` hold the points, ``replications.parquet`` every
    figure of every replication, ``best.parquet`` which points are or may be the best by
    each. ``factory-sim verify`` repeats each plant once.

    Args:
        directory: Made if it is not there; files of an earlier run are removed, and
            finished tiles, unless the sweep was interrupted and can go on from them.
        sweep: What to write.
        asked: The scenario that was swept. At the fastest takt no run has its content.
        options: What was varied, as on the command line.
        overrides: What was set on top of the scenario's file, as ``key=value``.
    """
    contents = [
        ("sweep.parquet", sweep.to_arrow()),
        ("replications.parquet", sweep.replications_table()),
        ("best.parquet", sweep.best_table()),
        ("sweep.json", sweep.record()),
    ]
    files = write_files(directory, contents, keep_tiles=sweep.interrupted)
    runs: dict[str, Result] = {}
    for point in (sweep.baseline, *sweep.points):
        if not any(point.result.accounts is run.accounts for run in runs.values()):
            runs[point.label] = point.result
    content = manifest(runs, files, overrides, options)
    content |= {SWEPT: asked.digest, ASKED: json.loads(asked.canonical)}
    return write_manifest(directory, content)
