"""A run in files: manifest, estimates, tables and event logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from factory_sim.fleet.seen import share_base
from factory_sim.report.base_columns import base_tables
from factory_sim.report.manifest import (
    BASE_DIGEST,
    BASE_FILE,
    MANIFEST,
    ManifestError,
    base_digest,
    file_digest,
    manifest,
    read,
)
from factory_sim.report.writable import OutputError, check_writable
from factory_sim.study.chunks import remove_all

CHUNKS = "chunks"
"""Folder of the finished tiles of a run that is not complete."""

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.study.result import Result


SWEPT, EXPLAINED, DIFFED, BASE, TWIN = "swept", "explained", "diffed", "digital base", "twin"
"""Keys of the manifest of studies other than runs: the digest of their scenario, or of both."""

STUDIES = {
    SWEPT: "sweep",
    EXPLAINED: "explanation",
    DIFFED: "diff",
    BASE: "digital base",
    TWIN: "gains of the twin",
}
"""What a directory with such a key holds."""

BASE_RECORD = "base.json"
"""The record of a digital base, or the end of the name of its file."""

ASKED = "asked"
"""Key of the manifest with the content of the scenario that was asked, where no run has it."""

SPLIT = "diff.json"
"""What a diff adds to the files of a comparison: the shares of its changes."""


def check_directory(
    directory: Path, digests: Sequence[str], *, diffed: bool = False, force: bool = False
) -> None:
    """Check that a run may write to a directory, before any time is spent on it.

    It may where there is nothing yet, or a run of the same scenario, or only tiles of
    one that was stopped.

    Args:
        directory: Where the run would go.
        digests: Of the scenarios that are to be run.
        diffed: Whether the runs are those of a diff.
        force: Write over whatever is there.

    Raises:
        OutputError: If it is a file or cannot be written, or holds something else.
    """
    check_writable(directory)
    if force or not directory.is_dir() or {p.name for p in directory.iterdir()} <= {CHUNKS}:
        return
    try:
        manifest = read(directory)
    except ManifestError:
        message = f"{directory}: holds files that are not a run; choose another, or add --force"
        raise OutputError(message) from None
    there = {entry.get("scenario_digest") for entry in manifest["runs"].values()}
    studies = {DIFFED} if diffed else set()
    if there != set(digests) or manifest.keys() & STUDIES.keys() != studies:
        message = (
            f"{directory}: holds another study, or the run of another scenario; "
            f"choose another, or add --force"
        )
        raise OutputError(message)


def check_study_directory(directory: Path, kind: str, digest: str, *, force: bool = False) -> None:
    """Check that a study of one scenario may write to a directory.

    It may where there is nothing yet, or one of the same kind and scenario.

    Args:
        directory: Where the files would go.
        kind: Its key of the manifest, one of ``STUDIES``.
        digest: Of the scenario.
        force: Write over whatever is there.

    Raises:
        OutputError: If it is a file or cannot be written, or holds something else.
    """
    check_writable(directory)
    try:
        there = read(directory).get(kind)
    except ManifestError:
        there = None
    if there is None:
        check_directory(directory, [], force=force)
    elif there != digest and not force:
        message = (
            f"{directory}: holds the {STUDIES[kind]} of another scenario; "
            f"choose another, or add --force"
        )
        raise OutputError(message)


def read_record(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    """Return the record of a study, as ``--json`` printed it.

    Args:
        path: Of the JSON file.
        keys: What it must have.

    Raises:
        ManifestError: If it cannot be read, or is not such a record.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        message = f"{path}: {why}; run the scenario again with --out"
        raise ManifestError(message) from error
    if not isinstance(content, dict) or not set(keys) <= content.keys():
        message = f"{path}: is not what --out writes; run the scenario again with --out"
        raise ManifestError(message)
    return content


def write(
    directory: Path,
    runs: Mapping[str, Result],
    record: Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    options: Sequence[str] = (),
    traces: Mapping[str, pa.Table] | None = None,
    split: Mapping[str, Any] | None = None,
    keys: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write runs to a directory, the manifest last, and return the names of the files.

    The first run's tables have plain names (``stations.parquet``), those of the others
    begin with the part they play (``baseline-stations.parquet``). A digital base has the
    files of :func:`write_base_files`; one that two runs share is written once.

    Args:
        directory: Made if it is not there; files of an earlier run are removed, and
            finished tiles, unless a run was interrupted and can go on from them.
        runs: The results, by the part they play.
        record: What ``estimates.json`` is to hold; in the place of a digital base that of
            the file that holds it.
        overrides: What was set on top of the scenario's file, as ``key=value``.
        options: The other options that the command needs to do the same again.
        traces: Event logs, by the part they play.
        split: Of a diff: the shares of the changes in the difference of its two runs.
        keys: What else the manifest is to say of the study.
    """
    directory.mkdir(parents=True, exist_ok=True)
    remove_earlier(directory)
    if not any(result.interrupted for result in runs.values()):
        remove_all(directory / CHUNKS)
    names = ["estimates.json"]
    held = base_files(runs)
    write_json(directory / names[0], _without_bases(record, held))
    bases = own_bases(runs)
    for number, (part, result) in enumerate(runs.items()):
        prefix = f"{part}-" if number else ""
        names += _write_run(directory, prefix, result, (traces or {}).get(part))
        if part in bases:
            names += write_base_files(directory, bases[part], prefix)
    if split is not None:
        names.append(SPLIT)
        write_json(directory / SPLIT, split)
    files = {name: file_digest(directory / name) for name in names}
    content = manifest(runs, files, overrides, options) | dict(keys or {})
    for part, result in runs.items():
        if result.base:
            content["runs"][part][BASE_DIGEST] = base_digest(result.base)
            content["runs"][part][BASE_FILE] = held[part]
    if split is not None:
        content[DIFFED] = [result.scenario.digest for result in runs.values()]
    write_json(directory / MANIFEST, content)
    return [MANIFEST, *names]


def _write_run(directory: Path, prefix: str, result: Result, traced: pa.Table | None) -> list[str]:
    """Write the tables of one run, and return the names of the files."""
    tables = {
        "stations": result.to_arrow(),
        "kpis": result.kpi_table(),
        "replications": result.replications_table(),
        "deliveries": result.deliveries_table(),
    }
    if result.accounts.daily.shape[1]:
        tables["daily"] = result.daily_table()
    if result.devices:
        tables["devices"] = result.device_table()
    if traced is not None:
        tables["trace"] = traced
    names = []
    for kind, table in tables.items():
        names.append(f"{prefix}{kind}.parquet")
        write_parquet(directory / names[-1], table)
    record = result.record()
    for kind in ("stations", "kpis"):
        names.append(f"{prefix}{kind}.json")
        write_json(directory / names[-1], record[kind])
    return names


def own_bases(runs: Mapping[str, Result]) -> dict[str, BaseResult]:
    """Return the digital bases of runs, by part; one that runs share is that of the first."""
    found: dict[str, BaseResult] = {}
    for part, result in runs.items():
        shared = any(share_base(result.scenario, runs[other].scenario) for other in found)
        if result.base and not shared:
            found[part] = result.base
    return found


def base_files(runs: Mapping[str, Result]) -> dict[str, str]:
    """Return the name of the file that holds the digital base of each run that has one."""
    own, first = own_bases(runs), next(iter(runs), None)
    found = {}
    for part, result in runs.items():
        if result.base:
            holds = (one for one in own if share_base(result.scenario, runs[one].scenario))
            holder = next(holds)
            found[part] = BASE_RECORD if holder == first else f"{holder}-{BASE_RECORD}"
    return found


def _without_bases(record: Mapping[str, Any], held: Mapping[str, str]) -> dict[str, Any]:
    """Return a record with the name of a file instead of each digital base that is in it.

    Args:
        record: Of a run, or of several by the part they play; a base beside these is that
            of the last.
        held: The names, by part.
    """
    found = dict(record)
    if found.get("base"):
        found["base"] = [*held.values()][-1]
    for part, name in held.items():
        if part in found:
            found[part] = found[part] | {"base": name}
    return found


def write_base_files(directory: Path, base: BaseResult, prefix: str = "") -> list[str]:
    """Write what a digital base did, and return the names of the files.

    ``base.json`` holds its record, ``stages.parquet`` and ``classes.parquet`` the figures of
    every step, ``detection.parquet`` the quantiles of the delay until the twin sees a failure.

    Args:
        directory: It is there.
        base: What to write.
        prefix: What the names begin with.
    """
    names = [f"{prefix}{BASE_RECORD}"]
    write_json(directory / names[0], base.record())
    for kind, table in base_tables(base).items():
        names.append(f"{prefix}{kind}.parquet")
        write_parquet(directory / names[-1], table)
    return names


def remove_earlier(directory: Path) -> None:
    """Remove the files of an earlier run, so that none is taken for one of this."""
    try:
        names = [MANIFEST, *read(directory)["files"]]
    except ManifestError:
        return
    for name in names:
        # A manifest that was tampered with must not reach outside its directory.
        if "/" not in name and "\\" not in name:
            (directory / name).unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write plain data as JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet."""
    import pyarrow.parquet as pq

    pq.write_table(table, path)
