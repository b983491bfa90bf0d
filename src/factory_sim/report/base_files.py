"""A run of the digital base in files: tables over time, laws of detection, a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.files import BASE, remove_earlier, write_json, write_parquet
from factory_sim.report.manifest import MANIFEST, base_entry, file_digest, manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

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
    tables = {"stages": stages(result), "classes": classes(result), "detection": detection(result)}
    for name, table in tables.items():
        write_parquet(directory / f"{name}.parquet", table)
    write_json(directory / "base.json", result.record())
    names = ["base.json", *(f"{name}.parquet" for name in tables)]
    files = {name: file_digest(directory / name) for name in names}
    content = manifest({}, files, overrides) | base_entry(scenario, result)
    write_json(directory / MANIFEST, content | {BASE: scenario.digest})
    return [MANIFEST, *names]


def stages(result: BaseResult) -> pa.Table:
    """Return the figures of every step and stage; ``begin`` and ``end`` in s of the window."""
    import pyarrow as pa

    tables = []
    for stage in result.stages:
        course = vars(stage.course)
        tables.append(pa.table(_steps(result, "stage", stage.name) | _columns(course)))
    return pa.concat_tables(tables)


def classes(result: BaseResult) -> pa.Table:
    """Return the age of information of every step and class, s."""
    import pyarrow as pa

    tables = []
    for each in result.classes:
        course = {f"age_{key}": values for key, values in vars(each.course).items()}
        course["latency_p99"] = course.pop("age_latency_p99")
        course["fresh"] = course.pop("age_fresh")
        tables.append(pa.table(_steps(result, "class", each.name) | _columns(course)))
    return pa.concat_tables(tables)


def detection(result: BaseResult) -> pa.Table:
    """Return the delay until the twin sees a failure: one row per class, piece and share."""
    import pyarrow as pa

    from factory_sim.fleet.base.detection import SHARES

    tables = []
    for name, law in result.detection.items():
        pieces, points = law.delays.shape
        ends = np.append(law.begins[1:], law.end)
        columns = {
            "class": pa.array([name] * (pieces * points)).dictionary_encode(),
            "begin": np.repeat(law.begins, points),
            "end": np.repeat(ends, points),
            "phase": pa.array(np.repeat(law.phases, points).tolist()).dictionary_encode(),
            "share": np.tile(SHARES, pieces),
            "delay": pa.array(law.delays.ravel(), from_pandas=True),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()


def _steps(result: BaseResult, key: str, name: str) -> dict[str, object]:
    return {
        key: [name] * len(result.phases),
        "begin": result.steps[:-1],
        "end": result.steps[1:],
        "phase": list(result.phases),
    }


def _columns(course: dict[str, object]) -> dict[str, object]:
    """Return columns in which what is not a number is null."""
    import pyarrow as pa

    return {key: pa.array(values, from_pandas=True) for key, values in course.items()}
