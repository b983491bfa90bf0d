"""From a YAML file to a scenario, or to every problem in it at once."""

from __future__ import annotations

import json
import sys
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.arguments import checked
from factory_sim.scenario.figures import figures
from factory_sim.scenario.overrides import override
from factory_sim.scenario.problems import Problem, ScenarioError
from factory_sim.scenario.readers import shown
from factory_sim.scenario.tree import Tree, parse
from factory_sim.scenario.validation import validated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.scenario.schema import Scenario

LARGEST_FILE = 2_000_000
"""Largest scenario file, bytes; measured values belong in a CSV or Parquet file."""


@checked
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


@checked
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


def varied(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """Return a scenario with some of its keys replaced, checked like a file.

    Args:
        scenario: Read before.
        settings: Texts such as ``stations.weld.buffer=6``, as given to ``--vary``.

    Raises:
        ScenarioError: With every problem that was found.
    """
    if not settings:
        return scenario
    tree = Tree(json.loads(scenario.canonical), {(): (scenario.name, None)})
    for setting in settings:
        override(tree, setting, "--vary")
    return _checked(tree, ".").with_figures(scenario.figures)


def rebuilt(content: dict[str, Any], name: str) -> Scenario:
    """Return the scenario of plain data, such as that of ``Scenario.canonical``.

    Args:
        content: What a file would hold, without sources.
        name: What problems call it.

    Raises:
        ScenarioError: With every problem that was found, by key.
    """
    return _checked(Tree(content, {(): (name, None)}), ".")


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
    tree = parse(text, name)
    if tree.data is None and not tree.problems:
        raise _unusable(name, "is empty; write name:, horizon: and stations:")
    if not isinstance(tree.data, dict):
        message = f"must hold keys such as name: and stations: (got {shown(tree.data)})"
        raise ScenarioError([*tree.problems, Problem(name, 1, "", message)])
    for setting in overrides:
        override(tree, setting)
    return _checked(tree, folder).with_figures(figures(tree))


def _checked(tree: Tree, folder: str) -> Scenario:
    """Return the scenario of a tree, or raise all that is wrong with it."""
    scenario, findings = validated(tree, folder)
    if scenario is None or findings or tree.problems:
        raise ScenarioError([*tree.problems, *map(tree.problem, findings)])
    return scenario
