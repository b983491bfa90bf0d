"""Runs in files: estimates, tables, event logs, and a manifest to repeat them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.base_files import base_contents, base_file_names, own_bases
from factory_sim.report.directory import DIFFED, SPLIT, write_files, write_manifest
from factory_sim.report.manifest import BASE_DIGEST, BASE_FILE, base_digest, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from factory_sim.study.result import Result


def write_runs(
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
    files of :func:`base_contents`; one that two runs share is written once.

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
    held = base_file_names(runs)
    bases = own_bases(runs)

    def contents() -> Iterator[tuple[str, Any]]:
        yield "estimates.json", _without_bases(record, held)
        for number, (part, result) in enumerate(runs.items()):
            prefix = f"{part}-" if number else ""
            yield from _run_contents(result, prefix, (traces or {}).get(part))
            if part in bases:
                yield from base_contents(bases[part], prefix)
        if split is not None:
            yield SPLIT, split

    interrupted = any(result.interrupted for result in runs.values())
    files = write_files(directory, contents(), keep_tiles=interrupted)
    content = manifest(runs, files, overrides, options) | dict(keys or {})
    for part, result in runs.items():
        if result.base:
            content["runs"][part][BASE_DIGEST] = base_digest(result.base)
            content["runs"][part][BASE_FILE] = held[part]
    if split is not None:
        content[DIFFED] = [result.scenario.digest for result in runs.values()]
    return write_manifest(directory, content)


def _run_contents(
    result: Result, prefix: str, traced: pa.Table | None
) -> Iterator[tuple[str, Any]]:
    """Yield name and content of the files of one run."""
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
    for kind, table in tables.items():
        yield f"{prefix}{kind}.parquet", table
    record = result.record()
    for kind in ("stations", "kpis"):
        yield f"{prefix}{kind}.json", record[kind]


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
