"""Whether the runs of a manifest can be reproduced."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.engines import choose
from factory_sim.fleet.bases import Bases
from factory_sim.report.manifest import (
    BASE_DIGEST,
    MANIFEST,
    MESSAGES,
    base_digest,
    digest,
    file_digest,
    means_of,
    read,
    recorded_scenario,
    replayable,
)
from factory_sim.study.executors import open_backend
from factory_sim.study.tiles import Job, compute_accounts
from factory_sim.study.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.scenario import Scenario


@dataclass(frozen=True)
class Verdict:
    """Whether a run was reproduced.

    Attributes:
        digest: Of the replayed accounts of all runs.
        differences: What came out differently, a sentence each; empty when reproduced.
        versions: Programs that are not those of the run, a clause each.
    """

    digest: str
    differences: tuple[str, ...]
    versions: tuple[str, ...]


def verify(
    directory: Path,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    bases: Bases | None = None,
) -> Verdict:
    """Repeat the runs of a directory and say whether they came out the same.

    A digital base is simulated again, once for all runs that share it.

    Args:
        directory: What ``--out`` wrote.
        workers: Processes to use; see :func:`study.executors.open_backend`.
        executor: Computes instead of them.
        bases: Digital bases that were simulated since, if any.

    Raises:
        ManifestError: If there is no manifest that can be replayed.
    """
    bases = bases or Bases()
    recorded = read(directory)
    differences = list(_changed_files(directory, recorded["files"]))
    digests = []
    for part, entry in recorded["runs"].items():
        scenario = recorded_scenario(directory / MANIFEST, part, entry)
        if scenario.digest != entry.get("scenario_digest"):
            differences.append(f"{part}: the scenario was changed after the run")
        job, tiles = _replayed(directory / MANIFEST, part, entry, scenario, bases)
        with open_backend(workers, executor) as compute:
            (accounts,) = compute_accounts([job], tiles, compute)
        digests.append(digest(accounts))
        if digests[-1] != entry.get("digest"):
            differences += _moved(part, entry.get("estimates") or {}, means_of(accounts))
        if BASE_DIGEST in entry and (base := bases.result(scenario)) is not None:
            digests.append(base_digest(base))
            if digests[-1] != entry[BASE_DIGEST]:
                differences.append(f"{part}: the figures of the digital base are others")
    if MESSAGES in recorded:
        entry = recorded[MESSAGES]
        base = bases.result(recorded_scenario(directory / MANIFEST, MESSAGES, entry))
        digests.append(base_digest(base) if base else "")
        if digests[-1] != entry.get("digest"):
            differences.append(f"{MESSAGES}: the figures of the digital base are others")
    before = recorded["versions"]
    changed = tuple(
        f"{name} was {before.get(name)}, is {here}"
        for name, here in versions().items()
        if before.get(name) != here
    )
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    return Verdict(whole, tuple(differences), changed)


def _replayed(
    path: Path, part: str, entry: Mapping[str, Any], scenario: Scenario, bases: Bases
) -> tuple[Job, list[range]]:
    """Return what a recorded run simulated, and in which tiles."""
    with replayable(path, part):
        plant = bases.plant(scenario, entry["level"])
        begin, end = (float(edge) for edge in entry["window"])
        job = Job(plant, int(entry["seed"]), begin, end, choose(plant, entry["engine"]).engine)
        return job, [range(int(first), int(last)) for first, last in entry["tiles"]]


def _changed_files(directory: Path, files: Mapping[str, str]) -> Iterator[str]:
    for name, recorded in files.items():
        path = directory / name
        if not path.is_file():
            yield f"{name} is missing"
        elif file_digest(path) != recorded:
            yield f"{name} was changed after the run"


def _moved(part: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    moved = [name for name in now if before.get(name) != now[name]]
    for name in moved:
        yield f"{part}: {name} was {before.get(name)}, is {now[name]}"
    if not moved:
        yield f"{part}: the means agree, but not every replication does"
