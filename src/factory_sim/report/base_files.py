"""A digital base in files: its record, tables over time, laws of detection, a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.fleet.bases import share_base
from factory_sim.report.base_columns import base_tables
from factory_sim.report.directory import BASE, write_files, write_manifest
from factory_sim.report.manifest import base_entry, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result

BASE_RECORD = "base.json"
"""The record of a digital base, or the end of the name of its file."""


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
    files = write_files(directory, base_contents(result), keep_tiles=True)
    content = manifest({}, files, overrides) | base_entry(scenario, result)
    return write_manifest(directory, content | {BASE: scenario.digest})


def base_contents(base: BaseResult, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and content of the files that hold the result of a digital base.

    ``base.json`` holds its record, ``stages.parquet`` and ``classes.parquet`` the figures of
    every step, ``detection.parquet`` the quantiles of the delay until the twin sees a failure.

    Args:
        base: What is to be written.
        prefix: What the names begin with.
    """
    yield f"{prefix}{BASE_RECORD}", base.record()
    for kind, table in base_tables(base).items():
        yield f"{prefix}{kind}.parquet", table


def own_bases(runs: Mapping[str, Result]) -> dict[str, BaseResult]:
    """Return the digital bases of runs, by part; a base that runs share belongs to the first."""
    found: dict[str, BaseResult] = {}
    for part, result in runs.items():
        shared = any(share_base(result.scenario, runs[other].scenario) for other in found)
        if result.base and not shared:
            found[part] = result.base
    return found


def base_file_names(runs: Mapping[str, Result]) -> dict[str, str]:
    """Return the name of the file that holds the digital base of each run that has one."""
    own, first = own_bases(runs), next(iter(runs), None)
    found = {}
    for part, result in runs.items():
        if result.base:
            holds = (one for one in own if share_base(result.scenario, runs[one].scenario))
            holder = next(holds)
            found[part] = BASE_RECORD if holder == first else f"{holder}-{BASE_RECORD}"
    return found
