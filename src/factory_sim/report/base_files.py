"""A run of the digital base in files: tables over time, laws of detection, a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.files import BASE, remove_earlier, write_base_files, write_json
from factory_sim.report.manifest import MANIFEST, base_entry, file_digest, manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.scenario import Scenario


def write_base(
    directory: Path, result: BaseResult, scenario: Scenario, overrides: Sequence[str] = ()
) -> list[str]:
    """Write a run to a directory, the manifest last, and return the names of the files.

    ``base.json`` holds what ``--json`` prints, ``stages.parquet`` and ``classes.parquet`` the
    figures of every step, ``detection.parquet`` the quantiles of the delay until the twin
    sees a failure. ``factory-sim verify`` repeats the run.

    Args:
        directory: Made if it is not there; files of an earlier run are removed.
        result: What to write.
        scenario: What was simulated.
        overrides: What was set on top of the scenario's file, as ``key=value``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    remove_earlier(directory)
    names = write_base_files(directory, result)
    files = {name: file_digest(directory / name) for name in names}
    content = manifest({}, files, overrides) | base_entry(scenario, result)
    write_json(directory / MANIFEST, content | {BASE: scenario.digest})
    return [MANIFEST, *names]
