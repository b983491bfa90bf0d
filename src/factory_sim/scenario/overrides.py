"""``--set`` options: keys of the file that are replaced before it is validated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from factory_sim.scenario.problems import KeyPath, Problem, ScenarioError, key_text, suggestion
from factory_sim.scenario.schema import Scenario
from factory_sim.scenario.tree import PROVENANCE, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.tree import Tree


OPTIONAL = frozenset({"realism"})
"""Mappings of the scenario that a file may leave out and a setting still address."""


class Setting(str):
    """A text ``key=value`` that knows how it was written.

    Attributes:
        option: What problems with it are said of, such as ``--level 150 %``; None for the
            option that takes such texts.
        of_b: Whether it holds for the second of two scenarios alone.
    """

    __slots__ = ("of_b", "option")
    option: str | None
    of_b: bool

    def __new__(cls, text: str, option: str | None = None, *, of_b: bool = False) -> Self:
        """Return the text, and what is known of it."""
        setting = super().__new__(cls, text)
        setting.option, setting.of_b = option, of_b
        return setting


def override(tree: Tree, setting: str, given_by: str = "--set") -> None:
    """Replace one value of a tree, in place.

    Args:
        tree: What the file says.
        setting: ``key=value`` such as ``stations.weld.buffer=6``. Items of lists are
            addressed by their name or by their place from 0, and a single item needs
            neither; the value is YAML.
        given_by: The option that says so, unless the setting knows better.

    Raises:
        ScenarioError: If there is no ``=``, the value is not YAML, or the key leads
            nowhere or says where numbers come from.
    """
    option = (isinstance(setting, Setting) and setting.option) or f"{given_by} {setting}"
    keys, equals, text = setting.partition("=")
    if not (equals and keys.strip()):
        message = "must be key=value, such as stations.weld.buffer=6"
        raise ScenarioError([Problem(option, None, "", message)])
    value = _value(text, option)
    path = resolved(tree.data, keys.strip(), option)
    if path[-1] in PROVENANCE:
        message = "says where numbers come from, so that no option sets it; write it in the file"
        raise ScenarioError([Problem(option, None, key_text(path), message)])
    place = tree.data
    for key in path[:-1]:
        place = place.setdefault(key, {}) if key in OPTIONAL else place[key]
    place[path[-1]] = value.data
    for known in [p for p in tree.sources if p[: len(path)] == path]:
        del tree.sources[known]
    tree.sources[path] = option
    for below in value.marks:
        tree.marks[*path, *below] = (option, None)


def _value(text: str, option: str) -> Tree:
    """Return the value of a setting; what is wrong with it has no line, since it is one."""
    try:
        value = parse(text, option)
    except ScenarioError as error:
        raise ScenarioError(replace(one, line=None) for one in error.problems) from None
    if value.problems:
        raise ScenarioError(value.problems)
    return value


def resolved(data: dict[str, Any], keys: str, option: str) -> KeyPath:
    """Return the key in the file that dotted text means; its last element may be new.

    Args:
        data: What is in the file.
        keys: The text, such as ``stations.weld.buffer``.
        option: Where it stood, for the message.

    Raises:
        ScenarioError: If it leads nowhere.
    """
    path: KeyPath = ()
    node: Any = data
    rest = keys.split(".")
    if len(rest) == 2 and rest[0] in OPTIONAL and rest[0] not in data:
        return tuple(rest)
    while rest:
        for key, length in _steps(node, rest, is_root=not path):
            path, rest = (*path, *key), rest[length:]
            break
        else:
            if isinstance(node, dict) and len(rest) == 1:
                return (*path, rest[0])
            absent = not path and rest[0] in Scenario.model_fields
            lost = _absent(rest) if absent else _lost(node, rest)
            raise ScenarioError([Problem(option, None, key_text(path), lost)])
        for step in key:
            node = node[step]
    return path


def _steps(node: Any, rest: list[str], *, is_root: bool) -> Iterator[tuple[KeyPath, int]]:
    """Yield the keys that the next words may mean, and how many words they take.

    Names may contain dots, so the longest that fits comes first. ``stations.NAME``
    finds a station of any line.
    """
    for length in range(len(rest), 0, -1):
        word = ".".join(rest[:length])
        if isinstance(node, dict) and word in node:
            yield (word,), length
        elif isinstance(node, list):
            names = [name_of(item) for item in node]
            if word in names:
                yield (names.index(word),), length
            elif length == 1 and word.isdecimal() and int(word) < len(node):
                yield (int(word),), length
            elif length == 1 and _is_only_item(node, rest):
                yield (0,), 0
        if is_root and rest[0] == "stations" and length > 1:
            name = ".".join(rest[1:length])
            yield from ((path, length) for path in _stations(node, (), name))


def _is_only_item(node: list[Any], rest: list[str]) -> bool:
    """Return whether the next word is, or may be as the last one, a key of a list's only item.

    What a file may write as one mapping is a list of one in the scenario read from it.
    """
    if len(node) != 1 or not isinstance(node[0], dict):
        return False
    return rest[0] in node[0] or len(rest) == 1


def _stations(node: Any, path: KeyPath, name: str) -> Iterator[KeyPath]:
    """Yield where the stations of a name stand, in any line or section."""
    if isinstance(node, dict):
        for key, below in node.items():
            if key == "stations" and isinstance(below, list):
                for place, item in enumerate(below):
                    here = (*path, key, place)
                    if name_of(item) == name:
                        yield here
                    yield from _stations(item, here, name)
            elif key == "lines" or path == ("lines",):
                yield from _stations(below, (*path, key), name)


def name_of(item: Any) -> str | None:
    """Return what an item of a list is called."""
    if not isinstance(item, dict):
        return None
    name = item.get("name", item.get("section"))
    return name if isinstance(name, str) else None


def _absent(rest: list[str]) -> str:
    """Return why a key that a scenario may have cannot be set below."""
    return f"the file has no `{rest[0]}:`, so that it has no {rest[1]}; write it there first"


def _lost(node: Any, rest: list[str]) -> str:
    """Return why a key leads nowhere."""
    if isinstance(node, dict):
        is_station = any(_stations(node, (), rest[0]))
        hint = f"; did you mean stations.{rest[0]}?" if is_station else ""
        hint = hint or suggestion(rest[0], map(str, node))
        return f"there is no key {rest[0]} in the file{hint}"
    if isinstance(node, list):
        names = [name for item in node if (name := name_of(item))]
        return f"there is no item {rest[0]}{suggestion(rest[0], names)}"
    return f"is a single value and has no key {rest[0]}"
