"""The manifest of a run: all it takes to repeat it to the last bit, and the proof.

It holds the whole scenario as it was run, overrides included, so that a run can be
repeated when the file it came from has changed or gone.
"""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from factory_sim.report.basis import Simulated
from factory_sim.scenario import Setting, loads
from factory_sim.scenario.figures import Figure
from factory_sim.study.measures import MEASURES
from factory_sim.study.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.scenario import Scenario

MANIFEST = "manifest.json"
MESSAGES = "messages"
"""Key of the manifest with the run of a digital base."""
BASE_DIGEST = "base_digest"
"""Key of the entry of a run with the digest of its digital base."""
BASE_FILE = "base_file"
"""Key of the entry of a run with the file that holds its base, which may be another run's."""
SOURCES = "sources"
"""Key of the manifest with where the numbers of the scenarios come from."""
OVERRIDES, OF_B = "overrides", "overrides_of_b"
"""Keys of the manifest with what was set on top of the files, and of that of B alone."""


class ManifestError(ValueError):
    """A directory holds no manifest that can be replayed; the text says why."""


class Repeatable(Simulated, Protocol):
    """What a manifest needs of a study to repeat it: a result, or an explanation."""

    @property
    def scenario(self) -> Scenario:
        """What was asked, overrides included."""

    @property
    def tiles(self) -> tuple[range, ...]:
        """The replications, in the portions they were computed in."""


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
    runs: Mapping[str, Repeatable],
    files: Mapping[str, str],
    overrides: Sequence[str],
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what it takes to repeat runs and to see that they came out the same.

    Args:
        runs: The results, by the part they play: ``run`` and ``baseline``, or ``a`` and ``b``.
        files: SHA-256 of the files written beside the manifest, by name.
        overrides: What was set on top of the scenarios' files, and of which; the content
            has it already.
        options: The other options of the command that change what it finds or writes, as on a
            command line: what is varied, what is measured.
    """
    return {
        "versions": versions(),
        "runs": {part: _entry(result) for part, result in runs.items()},
        OVERRIDES: [text for text in overrides if not _is_of_b(text)],
        OF_B: [text for text in overrides if _is_of_b(text)],
        "options": list(options),
        SOURCES: _sources(runs),
        "files": dict(files),
    }


def _is_of_b(override: str) -> bool:
    """Return whether only the second of two scenarios was overridden."""
    return isinstance(override, Setting) and override.of_b


def _sources(runs: Mapping[str, Repeatable]) -> dict[str, list[list[Any]]]:
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


def _entry(result: Repeatable) -> dict[str, Any]:
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
        "estimates": means_of(result.accounts),
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


def means_of(accounts: Accounts) -> dict[str, float | None]:
    """Return the mean of every figure, None where one is not defined."""
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
        message = f"{path}: not found; give a directory that was written with --out"
        raise ManifestError(message) from None
    except NotADirectoryError:
        message = f"{directory}: is a file; give a directory that was written with --out"
        raise ManifestError(message) from None
    except (ValueError, OSError) as error:
        message = f"{path}: cannot be read ({error}); run the scenario again with --out and --force"
        raise ManifestError(message) from error
    if not isinstance(content, dict) or not {"versions", "runs", "files"} <= content.keys():
        message = f"{path}: is not a manifest of factory-sim; give a directory that --out wrote"
        raise ManifestError(message)
    return content


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


@contextmanager
def replayable(path: Path, part: str) -> Iterator[None]:
    """Turn what a spoilt entry leads to into an error that names it.

    Args:
        path: Of the manifest.
        part: The part that the run plays.

    Raises:
        ManifestError: If the entry misses something, or holds what cannot be.
    """
    try:
        yield
    except ManifestError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: runs.{part} cannot be replayed ({error!r}); run the scenario again"
        raise ManifestError(message) from error
