"""From a YAML file to a scenario, or to every problem in it at once."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from factory_sim.scenario.checks import check
from factory_sim.scenario.figures import figures
from factory_sim.scenario.overrides import override
from factory_sim.scenario.problems import Finding, KeyPath, Problem, ScenarioError
from factory_sim.scenario.quantities import shown
from factory_sim.scenario.schema import Scenario
from factory_sim.scenario.tree import Tree, parse
from factory_sim.scenario.wording import Mistake, mistakes

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_FILE = 2_000_000
"""Largest scenario file, bytes; measured values belong in a CSV or Parquet file."""

_REPAIRS = 20


def load(path: str | PathLike[str], *, overrides: Sequence[str] = ()) -> Scenario:
    """Return the scenario in a YAML file.

    Args:
        path: The file; ``-`` is the standard input.
        overrides: Texts such as ``stations.weld.buffer=6``, as given to ``--set``.

    Raises:
        ScenarioError: With every problem that was found, by file, line and key.
    """
    name = fspath(path)
    if name == "-":
        name, folder = "<stdin>", "."
        content = sys.stdin.buffer.read(LARGEST_FILE + 1)
    else:
        folder = str(Path(name).parent)
        content = _content(name)
    return _scenario(_decoded(content, name), name, folder, overrides)


def loads(text: str, name: str = "<string>", *, overrides: Sequence[str] = ()) -> Scenario:
    """Return the scenario in a YAML text; files it names are relative to the working directory.

    Args:
        text: The YAML.
        name: What problems call it.
        overrides: Texts such as ``stations.weld.buffer=6``, as given to ``--set``.

    Raises:
        ScenarioError: With every problem that was found, by line and key.
    """
    return _scenario(text, name, ".", overrides)


def _content(name: str) -> bytes:
    """Return the bytes of a file, at most one more than is allowed."""
    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        message = "is a directory; name a YAML file in it"
    except FileNotFoundError:
        message = "no such file; check the name (factory-sim init writes a scenario to start from)"
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise _unusable(name, message)


def _decoded(content: bytes, name: str) -> str:
    """Return the text of a file."""
    if b"\0" in content:
        raise _unusable(name, "is binary, not text; name a YAML file")
    if len(content) > LARGEST_FILE:
        limit = f"{LARGEST_FILE // 1_000_000} MB"
        raise _unusable(
            name, f"is larger than {limit}; put measured values in a CSV file (dist: empirical)"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte {content[error.start]:#x}); save it as UTF-8"
        raise _unusable(name, message, line) from None


def _unusable(name: str, message: str, line: int | None = None) -> ScenarioError:
    return ScenarioError([Problem(name, line, "", message)])


def _scenario(text: str, name: str, folder: str, overrides: Sequence[str]) -> Scenario:
    """Return the scenario of a text: parse, override, validate, check."""
    if len(text) > LARGEST_FILE:
        raise _unusable(name, f"is larger than {LARGEST_FILE // 1_000_000} MB")
    tree = parse(text, name)
    if tree.data is None and not tree.problems:
        raise _unusable(name, "is empty; write name:, horizon: and stations:")
    if not isinstance(tree.data, dict):
        message = f"must hold keys such as name: and stations: (got {shown(tree.data)})"
        raise ScenarioError([*tree.problems, Problem(name, 1, "", message)])
    for setting in overrides:
        override(tree, setting)
    scenario, findings = _validated(tree, {"folder": folder})
    if scenario is None or findings or tree.problems:
        raise ScenarioError([*tree.problems, *map(tree.problem, findings)])
    return scenario.with_figures(figures(tree))


def _validated(tree: Tree, context: dict[str, str]) -> tuple[Scenario | None, list[Finding]]:
    """Return the scenario, if there is one, and everything that is wrong with it.

    A mistake is noted and then mended in a copy of the data, so that the checks
    across the whole scenario can run and report what else is wrong. What was mended
    is not reported on again.
    """
    data, findings, mended = deepcopy(tree.data), [], []
    for _ in range(_REPAIRS):
        try:
            scenario = Scenario.model_validate(data, context=context)
        except ValidationError as error:
            found = mistakes(error, Scenario, data)
            new_ones = [m for m in found if not _concerns(m.path, mended)]
            findings += [m.finding() for m in _without_echoes(new_ones)]
            mended += [path for m in found if (path := _mend(data, m))]
        else:
            new = [f for f in check(scenario) if not _concerns(f.path, mended)]
            return scenario, findings + new
    return None, findings


def _concerns(path: KeyPath, mended: list[KeyPath]) -> bool:
    """Return whether a key lies at, below or directly above one that was mended."""
    return any(path[: len(m)] == m or path == m[:-1] for m in mended)


def _without_echoes(found: list[Mistake]) -> list[Mistake]:
    """Return mistakes without the missing keys that a misspelt key explains."""
    misspelt = {(*m.path[:-1], m.meant) for m in found if m.kind == "extra_forbidden"}
    return [m for m in found if not (m.kind == "missing" and m.path in misspelt)]


def _mend(data: dict[str, Any], mistake: Mistake) -> KeyPath | None:
    """Change data so that a mistake is gone; return the key that was emptied or filled."""
    path = mistake.path
    if mistake.kind == "missing" and mistake.example is None:
        path = path[:-1]
    while path and isinstance(path[-1], int):
        path = path[:-1]
    place = _mapping_at(data, path[:-1])
    if not path or place is None:
        return None
    value = place.pop(path[-1], None)
    if mistake.kind == "extra_forbidden":
        if mistake.meant and mistake.meant not in place:
            place[mistake.meant] = value
        return None
    if path == mistake.path and mistake.example is not None:
        unique = f"{mistake.example} {'.'.join(map(str, path))}"
        place[path[-1]] = unique if mistake.key == "name" else deepcopy(mistake.example)
    return path


def _mapping_at(data: Any, path: KeyPath) -> dict[str | int, Any] | None:
    """Return the mapping at a key, None if another mistake was mended by removing it."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data if isinstance(data, dict) else None
