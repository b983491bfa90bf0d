"""YAML read into plain data that remembers the line and the source of every value.

The composer of ruamel.yaml gives nodes with positions; nothing is constructed from
tags. Aliases are followed but counted, so that a small file cannot grow without
bound. ``source`` and ``note`` may stand in any mapping, and any value may be written
``{value: 52 s, source: F6}``: they are taken out here and the schema never sees them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.problems import (
    Finding,
    KeyPath,
    Problem,
    ScenarioError,
    key_text,
    nearest,
    suggestion,
)
from factory_sim.scenario.readers import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

    Pair = tuple[Node, Node]

MOST_VALUES = 200_000
"""Most values that a file may hold, those behind aliases counted each time."""

PROVENANCE = frozenset({"source", "note"})
"""Keys that any mapping may carry: where its numbers come from, and a remark."""

_TAG = "tag:yaml.org,2002:"


@dataclass
class Tree:
    """A file as plain data.

    Attributes:
        data: Mappings, lists, text, numbers, booleans and None.
        marks: File and line, from 1, of each key; also of ``--set`` options.
        sources: What ``source:`` says at each key; it holds for all below.
        problems: Mistakes that reading on could pass over.
        unread: Keys whose values could not be read; they are None in ``data``.
    """

    data: Any = None
    marks: dict[KeyPath, tuple[str, int | None]] = field(default_factory=dict)
    sources: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: list[KeyPath] = field(default_factory=list)

    def problem(self, finding: Finding) -> Problem:
        """Return a finding with the file and line of its key, or of the nearest key above."""
        path = finding.path
        while path and path not in self.marks:
            path = path[:-1]
        file, line = self.marks.get(path, ("", None))
        return Problem(file, line, key_text(finding.path), finding.message)

    def source(self, path: KeyPath) -> str | None:
        """Return the source that holds for a key: its own or the nearest above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.sources:
                return self.sources[path[:length]]
        return None


def parse(text: str, file: str) -> Tree:
    """Return the tree of a YAML text.

    Args:
        text: One YAML 1.2 document.
        file: What problems call it.

    Raises:
        ScenarioError: If the text is not YAML, too deep or too large to be followed.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text)
        reader = _Reader(file)
        reader.tree.marks[()] = (file, 1)
        if root is not None:
            reader.tree.data = reader.value(root, ())
    except YAMLError as error:
        raise ScenarioError([_syntax_problem(error, text, file)]) from None
    except RecursionError:
        message = "is nested too deeply or contains itself; flatten it"
        raise ScenarioError([Problem(file, None, "", message)]) from None
    return reader.tree


class _Reader:
    """Walks nodes and fills a tree."""

    def __init__(self, file: str) -> None:
        self.tree = Tree()
        self._file = file
        self._count = 0

    def value(self, node: Node, path: KeyPath) -> Any:
        """Return a node as plain data and note where it stands."""
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        self._count_one()
        self.tree.marks.setdefault(path, (self._file, node.start_mark.line + 1))
        tag = str(node.tag)
        if isinstance(node, MappingNode) and tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and tag == f"{_TAG}seq":
            return [self.value(item, (*path, k)) for k, item in enumerate(node.value)]
        if isinstance(node, ScalarNode) and tag in _SCALARS:
            return self._scalar(node, tag, path)
        self._find(path, f"the tag {tag.removeprefix(_TAG)} is not supported; leave it out")
        self.tree.unread.append(path)
        return None

    def _mapping(self, node: MappingNode, path: KeyPath) -> Any:
        pairs = {key: (line, value) for key, line, value in self._entries(node, path)}
        if text := self._provenance(pairs, path):
            self.tree.sources[path] = text
        if "value" in pairs:
            for key in [key for key in pairs if nearest(key, PROVENANCE)]:
                line, _ = pairs.pop(key)
                self._find((*path, key), f"unknown key{suggestion(key, PROVENANCE)}", line)
        if pairs.keys() == {"value"}:
            return self.value(pairs["value"][1], path)
        result = {}
        for key, (line, value) in pairs.items():
            self.tree.marks[*path, key] = (self._file, line)
            result[key] = self.value(value, (*path, key))
        return result

    def _provenance(self, pairs: dict[str, tuple[int, Node]], path: KeyPath) -> str | None:
        """Take ``source`` and ``note`` out of a mapping; return the source."""
        texts = {}
        for key in sorted(PROVENANCE & pairs.keys()):
            line, node = pairs.pop(key)
            self.tree.marks[*path, key] = (self._file, line)
            text = self.value(node, (*path, key))
            if not isinstance(text, str):
                self._find((*path, key), f"must be text (got {shown(text)}); put it in quotes")
            else:
                texts[key] = text
        return texts.get("source")

    def _entries(self, node: MappingNode, path: KeyPath) -> Iterator[tuple[str, int, Node]]:
        """Yield key, line and value; report keys that are no text or stand twice."""
        lines: dict[str, int] = {}
        merged: list[Pair] = []
        for key, value in node.value:
            line = key.start_mark.line + 1
            tag = str(key.tag)
            if tag == f"{_TAG}merge":
                merged += self._merged(value, path)
            elif tag != f"{_TAG}str":
                written = key.value if isinstance(key.value, str) else "a list or mapping"
                self._find(path, f'the key {written} must be text; write "{written}":', line)
            elif key.value in lines:
                first = lines[key.value]
                message = f"is written twice, first on line {first}; keep one"
                self._find((*path, key.value), message, line)
            else:
                lines[key.value] = line
                yield key.value, line, value
        for key, value in merged:
            if isinstance(key.value, str) and key.value not in lines:
                lines[key.value] = key.start_mark.line + 1
                yield key.value, lines[key.value], value

    def _merged(self, node: Node, path: KeyPath) -> Iterator[Pair]:
        """Yield the pairs that a merge key ``<<`` brings in, the first winning."""
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        self._count_one()
        if isinstance(node, SequenceNode):
            for item in node.value:
                yield from self._merged(item, path)
        elif isinstance(node, MappingNode):
            nested = [value for key, value in node.value if str(key.tag) == f"{_TAG}merge"]
            yield from (pair for pair in node.value if str(pair[0].tag) != f"{_TAG}merge")
            for value in nested:
                yield from self._merged(value, path)
        else:
            line = node.start_mark.line + 1
            self._find((*path, "<<"), "must be an alias of a mapping, such as *robot", line)

    def _scalar(self, node: ScalarNode, tag: str, path: KeyPath) -> Any:
        try:
            return _SCALARS[tag](node.value)
        except ValueError as error:
            self._find(path, f"{error} (got {shown(node.value)})")
            self.tree.unread.append(path)
            return None

    def _count_one(self) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            message = f"holds more than {MOST_VALUES:,} values; use count: and fewer aliases"
            raise ScenarioError([Problem(self._file, None, "", message)])

    def _find(self, path: KeyPath, message: str, line: int | None = None) -> None:
        line = line or self.tree.marks[path][1]
        self.tree.problems.append(Problem(self._file, line, key_text(path), message))


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode text without lone surrogates") from None
    return value


def _integer(value: str) -> int | str:
    digits = value.replace("_", "").lower()
    if ":" in digits:
        # a file that asks for YAML 1.1 means 60 * 6 + 30 by 6:30, its author does not
        return value
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits.lstrip("+-")[:2], 10)
    if len(digits) > 300:
        raise ValueError("must be a number of at most 300 digits")
    return int(digits, base)


def _float(value: str) -> float | str:
    text = value.replace("_", "").lower()
    if ":" in text:
        return value
    if "inf" in text or "nan" in text or math.isinf(float(text)):
        raise ValueError("must be a finite number")
    return float(text)


_SCALARS = {
    f"{_TAG}null": lambda value: None,
    f"{_TAG}bool": lambda value: value.lower() in ("true", "yes", "on"),
    f"{_TAG}int": _integer,
    f"{_TAG}float": _float,
    f"{_TAG}str": _text,
    f"{_TAG}timestamp": _text,
}

_WORDING = {
    "'\\t'": "a tab stands in the indentation; use blanks",
    "mapping values are not allowed": "a colon stands where no key can be; check the indentation, "
    "or put text that contains a colon in quotes",
    "found another document": "the file holds several documents; keep one, without ---",
    "undefined alias": "an alias (*name) has no anchor (&name) before it",
    "unexpected end of stream": "a quote is opened but never closed",
    "cannot start any token": "a value begins with a character that YAML reserves; "
    "put the value in quotes",
}


def _syntax_problem(error: YAMLError, text: str, file: str) -> Problem:
    """Return what the YAML reader stumbled over, in words for the user."""
    position = getattr(error, "position", None)
    if position is not None:
        character = getattr(error, "character", 0)
        code = character if isinstance(character, int) else ord(character)
        line = text.count("\n", 0, position) + 1
        return Problem(file, line, "", f"the character {code:#x} is not allowed; remove it")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    trouble = str(getattr(error, "problem", "") or error)
    unknown = f"this is not YAML ({trouble}); check brackets, quotes and indentation"
    words = next((text for clue, text in _WORDING.items() if clue in trouble), unknown)
    return Problem(file, mark.line + 1 if mark else None, "", words)
