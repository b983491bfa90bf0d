"""Validation: from the data of a file to a scenario, and to every mistake in it at once."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from factory_sim.scenario.checks import check
from factory_sim.scenario.problems import STATION_NAMES, Finding
from factory_sim.scenario.schema import Scenario
from factory_sim.scenario.wording import Mistake, mistakes

if TYPE_CHECKING:
    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.tree import Tree

_ROUNDS = 20
"""Most rounds of repair; each removes or fills every key that is wrong."""

_MOST_MISTAKES = 500
"""Most mistakes that are reported; a file with more is not a scenario."""


def validated(tree: Tree, folder: str) -> tuple[Scenario | None, list[Finding]]:
    """Return the scenario, if there is one, and everything that is wrong with it.

    A mistake is recorded and then repaired in a copy of the data, so that the checks
    across the whole scenario can run and find more. Findings on a repaired key are dropped.
    """
    data = deepcopy(tree.data)
    findings: list[Finding] = []
    repaired = list(tree.unread)
    for _ in range(_ROUNDS):
        try:
            scenario = Scenario.model_validate(data, context={"folder": folder})
        except ValidationError as error:
            if error.error_count() > _MOST_MISTAKES:
                some = mistakes(error, Scenario, data, most=_MOST_MISTAKES)
                more = f"has {error.error_count():,} mistakes; is it a scenario?"
                return None, [Finding((), more), *(m.finding() for m in some)]
            found = mistakes(error, Scenario, data)
            # a misspelt key, once renamed, is no longer missing
            found.sort(key=lambda mistake: mistake.kind != "extra_forbidden")
            new_ones = [m for m in found if not _concerns(m.path, repaired)]
            findings += [m.finding() for m in _without_echoes(new_ones)]
            repaired += [path for m in found if (path := _repair(data, m))]
            if any(path[-1] == "name" or isinstance(path[-1], int) for path in repaired):
                repaired.append(STATION_NAMES)
        else:
            new = [
                f
                for f in check(scenario)
                if not any(_concerns(path, repaired) for path in (f.path, *f.relies_on))
            ]
            return scenario, findings + new
    return None, findings


def _concerns(path: KeyPath, repaired: list[KeyPath]) -> bool:
    """Return whether a key lies at, below or directly above one that was repaired."""
    return any(path[: len(m)] == m or path == m[:-1] for m in repaired)


def _without_echoes(found: list[Mistake]) -> list[Mistake]:
    """Return mistakes without the missing keys that a misspelt key explains."""
    misspelt = {(*m.path[:-1], m.meant) for m in found if m.kind == "extra_forbidden"}
    return [m for m in found if not (m.kind == "missing" and m.path in misspelt)]


def _repair(data: dict[str, Any], mistake: Mistake) -> KeyPath | None:
    """Change data so that a mistake is gone; return the key that was removed or filled."""
    path = mistake.path
    if mistake.kind == "missing" and mistake.example is None:
        path = path[:-1]
    siblings = _at(data, path[:-1])
    if isinstance(siblings, list) and mistake.kind == "model_type" and mistake.example:
        siblings[int(path[-1])] = mistake.example[0] | {"name": f"item {path}"}
        return path
    while path and isinstance(path[-1], int):
        path = path[:-1]
    place = _at(data, path[:-1])
    if not path or not isinstance(place, dict):
        return None
    if mistake.kind == "missing" and path == mistake.path and path[-1] in place:
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


def _at(data: Any, path: KeyPath) -> Any:
    """Return what stands at a key, None if another mistake was repaired by removing it."""
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
