"""A directory of results: what it holds, whether a study may write to it, and how.

The manifest is written last, so a directory without one holds nothing complete.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from factory_sim.report.manifest import MANIFEST, ManifestError, file_digest, read
from factory_sim.report.writable import OutputError, check_writable
from factory_sim.study.chunks import remove_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

CHUNKS = "chunks"
"""Folder of the finished tiles of a run that is not complete."""

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

ASKED = "asked"
"""Key of the manifest with the content of the requested scenario, where no run has it."""

SPLIT = "diff.json"
"""What a diff adds to the files of a comparison: the shares of its changes."""


def check_directory(
    directory: Path, digests: Sequence[str], *, diffed: bool = False, force: bool = False
) -> None:
    """Check that a run may write to a directory, before any time is spent on it.

    It may if there is nothing yet, or a run of the same scenario, or only tiles of one that
    was stopped.

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

    It may if there is nothing yet, or one of the same kind and scenario.

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


def write_files(
    directory: Path, files: Iterable[tuple[str, Any]], *, keep_tiles: bool = False
) -> dict[str, str]:
    """Write the files of a study but for the manifest, and return their SHA-256 by name.

    Args:
        directory: Made if it is not there; files of an earlier run are removed.
        files: Name and content, a table where the name ends in ``.parquet``, else plain data
            for JSON.
        keep_tiles: Leave finished tiles there, for a study that goes on from them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _remove_earlier(directory)
    if not keep_tiles:
        remove_all(directory / CHUNKS)
    digests = {}
    for name, content in files:
        write = _write_parquet if name.endswith(".parquet") else _write_json
        write(directory / name, content)
        digests[name] = file_digest(directory / name)
    return digests


def write_manifest(directory: Path, content: Mapping[str, Any]) -> list[str]:
    """Write the manifest beside the files that it lists, and return the names of all."""
    _write_json(directory / MANIFEST, content)
    return [MANIFEST, *content["files"]]


def _remove_earlier(directory: Path) -> None:
    """Remove the files of an earlier run, so that none is taken for one of this."""
    try:
        names = [MANIFEST, *read(directory)["files"]]
    except ManifestError:
        return
    for name in names:
        # A manifest that was tampered with must not reach outside its directory.
        if "/" not in name and "\\" not in name:
            (directory / name).unlink(missing_ok=True)


def _write_json(path: Path, content: Any) -> None:
    """Write plain data as JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet."""
    import pyarrow.parquet as pq

    pq.write_table(table, path)
