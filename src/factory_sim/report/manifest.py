"""The manifest of a run: all it takes to repeat it to the last bit, and the proof.

It holds the whole scenario as it was run, overrides included, so that a run can be
repeated when the file it came from has changed or gone.
"""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from factory_sim.engines import choose
from factory_sim.fleet.seen import base_of, compiled
from factory_sim.scenario import loads
from factory_sim.scenario.schema import Figure
from factory_sim.study.executors import players
from factory_sim.study.measures import MEASURES
from factory_sim.study.tiles import Job, played
from factory_sim.study.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.engines import Choice
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.scenario import Scenario

MANIFEST = "manifest.json"
MESSAGES = "messages"
"""Key of the manifest with the run of a digital base."""
BASE_DIGEST = "base_digest"
"""Key of the entry of a run with the digest of its digital base."""
SOURCES = "sources"
"""Key of the manifest with where the numbers of the scenarios come from."""


class ManifestError(ValueError):
    """A directory holds no manifest that can be replayed; the text says why."""


class Played(Protocol):
    """What a manifest needs of a study to repeat it: a result, or an explanation."""

    @property
    def scenario(self) -> Scenario:
        """What was asked, overrides included."""

    @property
    def level(self) -> float | None:
        """The level of automation, a share; None without an automation plan."""

    @property
    def choice(self) -> Choice:
        """The engine, and why."""

    @property
    def accounts(self) -> Accounts:
        """What happened."""

    @property
    def tiles(self) -> tuple[range, ...]:
        """The replications, in the portions they were computed in."""


@dataclass(frozen=True)
class Verdict:
    """Whether a run came out the same again.

    Attributes:
        digest: Of the replayed accounts of all runs.
        differences: What came out otherwise, a sentence each; empty when reproduced.
        versions: Programs that are not those of the run, a clause each.
    """

    digest: str
    differences: tuple[str, ...]
    versions: tuple[str, ...]


def digest(accounts: Accounts) -> str:
    """Return the SHA-256 of every figure of every replication, to the bit."""
    total = hashlib.sha256()
    for field in fields(accounts):
        value = getattr(accounts, field.name)
        if isinstance(value, np.ndarray):
            total.update(f"{field.name}{value.shape}".encode())
            total.update(np.ascontiguousarray(value).tobytes())
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest(
    runs: Mapping[str, Played],
    files: Mapping[str, str],
    overrides: Sequence[str],
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what it takes to repeat runs and to see that they came out the same.

    Args:
        runs: The results, by the part they play: ``run`` and ``baseline``, or ``a`` and ``b``.
        files: SHA-256 of the files written beside the manifest, by name.
        overrides: What was set on top of the scenario's file; the content has it already.
        options: What else the command was told that changes what it finds or writes, as on
            a command line: what is varied, what is measured.
    """
    return {
        "versions": versions(),
        "runs": {part: _entry(result) for part, result in runs.items()},
        "overrides": list(overrides),
        "options": list(options),
        SOURCES: _sources(runs),
        "files": dict(files),
    }


def _sources(runs: Mapping[str, Played]) -> dict[str, list[list[Any]]]:
    """Return the numbers of the scenarios with their sources, each list under its first run.

    The content of a run, which a digest is taken of, has none: where a number comes from
    changes no result.
    """
    found: dict[str, tuple[Figure, ...]] = {}
    for part, result in runs.items():
        if result.scenario.figures not in found.values():
            found[part] = result.scenario.figures
    return {part: [[f.path, f.value, f.source] for f in numbers] for part, numbers in found.items()}


def recorded_figures(directory: Path) -> dict[str, tuple[Figure, ...]]:
    """Return the numbers of the scenarios of a directory with their sources, by run.

    A run that is not named has the numbers of the one before. Empty where the runs were
    written before manifests held sources.

    Raises:
        ManifestError: If there is no manifest, or what it says of sources is spoilt.
    """
    sources = read(directory).get(SOURCES, {})
    try:
        return {
            str(part): tuple(Figure(str(path), value, source) for path, value, source in numbers)
            for part, numbers in sources.items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        message = f"{directory / MANIFEST}: {SOURCES} is spoilt ({error}); run the scenario again"
        raise ManifestError(message) from error


def _entry(result: Played) -> dict[str, Any]:
    return {
        "scenario": result.scenario.name,
        "scenario_digest": result.scenario.digest,
        "content": json.loads(result.scenario.canonical),
        "level": result.level,
        "seed": result.scenario.seed,
        "window": [result.accounts.begin, result.accounts.end],
        "engine": result.choice.engine,
        "engine_reason": result.choice.reason,
        "replications": sum(len(tile) for tile in result.tiles),
        "tiles": [[tile.start, tile.stop] for tile in result.tiles],
        "estimates": _means(result.accounts),
        "digest": digest(result.accounts),
    }


def base_entry(scenario: Scenario, result: BaseResult) -> dict[str, Any]:
    """Return what it takes to repeat the run of a digital base, for its manifest."""
    entry = {
        "scenario": scenario.name,
        "scenario_digest": scenario.digest,
        "content": json.loads(scenario.canonical),
        "digest": base_digest(result),
    }
    figures = [[f.path, f.value, f.source] for f in scenario.figures]
    return {MESSAGES: entry, SOURCES: {MESSAGES: figures}}


def base_digest(result: BaseResult) -> str:
    """Return the SHA-256 of every figure of a digital base but the time it took."""
    figures = json.dumps(result.record() | {"seconds": None}, sort_keys=True)
    return hashlib.sha256(figures.encode()).hexdigest()


def _means(accounts: Accounts) -> dict[str, float | None]:
    means = {m.name: float(m.samples(accounts).mean()) for m in MEASURES}
    return {name: None if math.isnan(mean) else mean for name, mean in means.items()}


def read(directory: Path) -> dict[str, Any]:
    """Return the manifest of a directory.

    Raises:
        ManifestError: If there is none, or it is not one.
    """
    path = directory / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path}: not found; give a directory that `run --out` wrote"
        raise ManifestError(message) from None
    except (ValueError, OSError) as error:
        message = f"{path}: cannot be read ({error}); run the scenario again with --out"
        raise ManifestError(message) from error
    if not isinstance(content, dict) or not {"versions", "runs", "files"} <= content.keys():
        message = f"{path}: is not a manifest of factory-sim; give a directory that --out wrote"
        raise ManifestError(message)
    return content


def verify(directory: Path, *, workers: int = 1, executor: Executor | None = None) -> Verdict:
    """Repeat the runs of a directory and say whether they came out the same.

    Args:
        directory: What ``--out`` wrote.
        workers: Processes to use; see :func:`study.executors.players`.
        executor: Computes instead of them.

    Raises:
        ManifestError: If there is no manifest that can be replayed.
    """
    recorded = read(directory)
    differences = list(_changed_files(directory, recorded["files"]))
    digests = []
    for part, entry in recorded["runs"].items():
        scenario = recorded_scenario(directory / MANIFEST, part, entry)
        if scenario.digest != entry.get("scenario_digest"):
            differences.append(f"{part}: the scenario was changed after the run")
        job, tiles = _replayed(directory / MANIFEST, part, entry, scenario)
        with players(workers, executor) as play:
            (accounts,) = played([job], tiles, play)
        digests.append(digest(accounts))
        if digests[-1] != entry.get("digest"):
            differences += _moved(part, entry.get("estimates") or {}, _means(accounts))
        if BASE_DIGEST in entry and (base := base_of(scenario)) is not None:
            digests.append(base_digest(base))
            if digests[-1] != entry[BASE_DIGEST]:
                differences.append(f"{part}: the figures of the digital base are others")
    if MESSAGES in recorded:
        digests.append(_repeated_base(directory / MANIFEST, recorded[MESSAGES]))
        if digests[-1] != recorded[MESSAGES].get("digest"):
            differences.append(f"{MESSAGES}: the figures of the digital base are others")
    before = recorded["versions"]
    changed = tuple(
        f"{name} was {before.get(name)}, is {here}"
        for name, here in versions().items()
        if before.get(name) != here
    )
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    return Verdict(whole, tuple(differences), changed)


def _repeated_base(path: Path, entry: Mapping[str, Any]) -> str:
    """Return the digest of the run of a digital base that is repeated."""
    from factory_sim.fleet.base.run import simulate_base

    return base_digest(simulate_base(recorded_scenario(path, MESSAGES, entry)))


def recorded_scenario(path: Path, part: str, entry: Mapping[str, Any]) -> Scenario:
    """Return the scenario of a recorded run.

    Args:
        path: Of the manifest.
        part: The part that the run plays.
        entry: What the manifest says of it.

    Raises:
        ManifestError: If the entry holds no scenario that can be run.
    """
    with replayable(path, part):
        # YAML reads the escapes of a character beyond 16 bits as two halves of one.
        content = json.dumps(entry["content"], ensure_ascii=False)
        return loads(content, name=f"{path} ({part})")


def _replayed(
    path: Path, part: str, entry: Mapping[str, Any], scenario: Scenario
) -> tuple[Job, list[range]]:
    """Return what a recorded run simulated, and in which tiles."""
    with replayable(path, part):
        plant = compiled(scenario, entry["level"])
        begin, end = (float(edge) for edge in entry["window"])
        job = Job(plant, int(entry["seed"]), begin, end, choose(plant, entry["engine"]).engine)
        return job, [range(int(first), int(last)) for first, last in entry["tiles"]]


@contextmanager
def replayable(path: Path, part: str) -> Iterator[None]:
    """Turn what a spoilt entry leads to into an error that names it."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: runs.{part} cannot be replayed ({error!r}); run the scenario again"
        raise ManifestError(message) from error


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
