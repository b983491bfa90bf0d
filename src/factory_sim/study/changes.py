"""The differences between two scenarios, key by key, and the scenarios in between.

The validated contents are compared: with defaults, without sources. Stations, sections and
failure modes are matched by name, not by position, so moving the lines of a station within
the file changes nothing; only another order of flow does. A distribution counts as one
value, and so does everything below a key that only one scenario has.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from factory_sim.scenario import ScenarioError
from factory_sim.scenario.keys import Subject, subject
from factory_sim.scenario.overrides import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from factory_sim.scenario import Scenario

    Path = tuple[str, ...]
    Kind = Literal["changed", "added", "removed", "moved"]
    Found = tuple[Path, Path, Kind, Any, Any]
    """Path, the part of it that a key needs, and kind, before and after of a :class:`Change`."""

STUDY_KEYS = {
    "name", "description", "takt", "engine", "warm_up",
    "horizon", "seed", "replications", "confidence",
}  # fmt: skip
"""Keys about the study, not about the plant: texts for reports, window, draws, engine."""

INDIVISIBLE = {"orders", "arrivals", "shifts"}
"""Mappings that are compared as one value, since their keys have no meaning by themselves."""

ORDER = "(order)"
"""Stands for the order of stations in paths, as a key of their line or section."""

ORDERED = "order_of_stations"
"""The field that such a key refers to."""


class _Absent:
    """Type of the value of a key that a scenario does not have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Any = _Absent()


class _Named(dict[str, Any]):
    """A list of named items, as a mapping by name in the same order."""


@dataclass(frozen=True, eq=False)
class Change:
    """A key whose values in two scenarios differ.

    Attributes:
        path: Its keys from the top of the file, with names in place of indices in lists.
        about: What the key refers to.
        kind: Whether B has another value, has added or removed the key, or has the same
            stations in another order.
        before: The value in A, as plain data; None if A does not have the key.
        after: The value in B; None if B does not have the key.
    """

    path: Path
    about: Subject
    kind: Kind
    before: Any
    after: Any

    @property
    def key(self) -> str:
        """The key as ``--set`` takes it, such as ``stations.weld.buffer``."""
        return self.about.key

    @property
    def station(self) -> str:
        """The station, else the line, else the key of the scenario that it belongs to."""
        words = self.key.split(".")
        at = [n for n, word in enumerate(self.path[:-1]) if word == "stations"]
        if at and self.path[at[-1] + 1] != ORDER:
            return f"stations.{self.path[at[-1] + 1]}"
        return self.line if self.path[0] == "lines" else words[0]

    @property
    def line(self) -> str:
        """The line, or else the key of the scenario, that it belongs to."""
        return ".".join(self.path[:2]) if self.path[0] == "lines" else self.path[0]


def change_record(change: Change) -> dict[str, Any]:
    """Return a change as plain data for JSON."""
    return {
        "key": change.key,
        "kind": change.kind,
        "before": change.before,
        "after": change.after,
        "about": asdict(change.about),
    }


class Between:
    """Two scenarios, their changes, and the scenarios between them.

    Args:
        a: The scenario before.
        b: The scenario after.

    Attributes:
        changes: The differences, in the order of the content of A.
    """

    def __init__(self, a: Scenario, b: Scenario) -> None:
        self._ends = [(one, _content(one)) for one in (a, b)]
        self._a, self._b = (_tree(content) for _, content in self._ends)
        _call_main_lines_alike(self._a, self._b)
        self.changes = tuple(self._change(*found) for found in _compared(self._a, self._b))
        self._study_content = {k: v for k, v in self._ends[0][1].items() if k in STUDY_KEYS}
        if a.engine != b.engine:
            self._study_content["engine"] = "auto"

    def about(self, key: str) -> Subject:
        """Return what a key refers to, in B or else in A.

        Neither knows the key of the line of a scenario without ``lines:``.
        """
        for scenario, content in reversed(self._ends):
            try:
                return subject(scenario, key, content)
            except ScenarioError:
                continue
        return Subject(key, (key.rpartition(".")[2],), (), "")

    def _change(self, path: Path, words: Path, kind: Kind, before: Any, after: Any) -> Change:
        key = _key(words)
        if kind == "moved":
            owners = path[-3:-2] if len(self._b["lines"]) > 1 or len(path) > 4 else ()
            return Change(path, Subject(key, owners, (ORDERED,), ""), kind, before, after)
        return Change(path, self.about(key), kind, before, after)

    def content(self, made: Set[Change]) -> dict[str, Any]:
        """Return the content of A with some of the changes made, as a file may hold it.

        The study keys are those of A.
        """
        paths = {change.path for change in made}
        every = {change.path for change in self.changes}
        mixed = _mixed(self._a, self._b, (), every, paths)
        return {**self._study_content, **_plain(mixed)}


def _content(scenario: Scenario) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(scenario.canonical)
    return content


def _tree(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content about the plant, in the form with ``lines``, named items by name."""
    content = {k: v for k, v in whole.items() if k not in STUDY_KEYS}
    stations = content.pop("stations", [])
    if stations:
        content["lines"] = {"main": {"stations": stations}}
    tree: dict[str, Any] = _by_name(content)
    return tree


def _by_name(value: Any) -> Any:
    """Return a value with lists of named items turned into mappings."""
    if isinstance(value, dict):
        return {key: _by_name(below) for key, below in value.items()}
    if isinstance(value, list) and value:
        names = [name for item in value if (name := name_of(item)) is not None]
        if len(names) == len(value):
            return _Named(zip(names, map(_by_name, value), strict=True))
    return value


def _plain(value: Any) -> Any:
    """Return a tree as plain data again."""
    if isinstance(value, _Named):
        return [_plain(item) for item in value.values()]
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    return value


def _call_main_lines_alike(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Rename the main line of A as in B, in place: it is the same line."""
    (mine,), (theirs,) = (
        [name for name, line in tree["lines"].items() if "joins" not in line] for tree in (a, b)
    )
    if theirs not in a["lines"]:
        a["lines"] = {theirs if n == mine else n: line for n, line in a["lines"].items()}


def _compared(a: Any, b: Any, path: Path = (), words: Path = ()) -> Iterator[Found]:
    """Yield the differences below a key."""
    if a is ABSENT:
        yield path, words, "added", None, _plain(b)
    elif b is ABSENT:
        yield path, words, "removed", _plain(a), None
    elif _divisible(a, path) and _divisible(b, path) and type(a) is type(b):
        keys = _merged(list(a), list(b))
        # A file may hold the only item of a list as a mapping, which has no name.
        is_only = isinstance(a, _Named) and len(keys) == 1 and path[-1:] != ("stations",)
        for key in keys:
            below = words if is_only else (*words, key)
            yield from _compared(a.get(key, ABSENT), b.get(key, ABSENT), (*path, key), below)
        if path[-1:] == ("stations",) and _reordered(a, b):
            yield (*path, ORDER), (*words, ORDER), "moved", list(a), list(b)
    elif a != b:
        yield path, words, "changed", _plain(a), _plain(b)


def _key(words: Path) -> str:
    """Return the dotted key of words, from the last ``stations`` on: a station needs no line."""
    at = [n for n, word in enumerate(words[:-1]) if word == "stations"]
    needs_all = not at or words[at[-1] + 1] == ORDER
    return ".".join(words if needs_all else words[at[-1] :])


def _divisible(value: Any, path: Path) -> bool:
    """Return whether the keys of a value can change one by one."""
    return isinstance(value, dict) and "dist" not in value and not (set(path[-1:]) & INDIVISIBLE)


def _reordered(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Return whether the items that two lists have in common differ in order."""
    in_order = isinstance(a, _Named) and isinstance(b, _Named)
    return in_order and [key for key in a if key in b] != [key for key in b if key in a]


def _merged(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return the keys of both: the first in order, each of the others after its predecessor."""
    merged = list(first)
    for place, key in enumerate(second):
        if key not in first:
            after = merged.index(second[place - 1]) + 1 if place else 0
            merged.insert(after, key)
    return merged


def _mixed(a: Any, b: Any, path: Path, every: Set[Path], made: Set[Path]) -> Any:
    """Return the value of B where a change is made, and that of A elsewhere."""
    if path in every:
        return b if path in made else a
    if not (isinstance(a, dict) and isinstance(b, dict) and type(a) is type(b)):
        return a
    order = (b, a) if (*path, ORDER) in made else (a, b)
    found = {
        key: _mixed(a.get(key, ABSENT), b.get(key, ABSENT), (*path, key), every, made)
        for key in _merged(*map(list, order))
    }
    return type(a)({key: value for key, value in found.items() if value is not ABSENT})
