"""Every number of a scenario file, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.economics import kilowatts
from factory_sim.scenario.problems import key_text
from factory_sim.scenario.readers import clock, duration, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.scenario.problems import KeyPath
    from factory_sim.scenario.tree import Tree

STUDY_KEYS = frozenset(
    {"horizon", "warm_up", "replications", "confidence", "seed", "start", "name", "description"}
)
"""Top-level keys about the study, not about the plant: they need no source."""


@dataclass(frozen=True)
class Figure:
    """A number of the scenario file and where it comes from.

    Attributes:
        path: Its key, such as ``stations[0].cycle_time.mean``.
        value: As written in the file.
        source: Text of the nearest ``source:`` above it, or None.
    """

    path: str
    value: object
    source: str | None


def figures(tree: Tree) -> tuple[Figure, ...]:
    """Return the numbers about the plant in the order of the file; a list of numbers is one."""
    return tuple(
        Figure(key_text(path), value, tree.source(path))
        for path, value in _numbers(tree.data, ())
        if path[0] not in STUDY_KEYS
    )


def _numbers(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _numbers(below, (*path, key))
    elif isinstance(value, list) and value and all(map(_is_number, value)):
        yield path, value
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _numbers(below, (*path, place))
    elif _is_number(value):
        yield path, value


def _is_number(value: object) -> bool:
    """Return whether a value is a number, or text such as ``52 s``, ``5 %`` or ``06:30``."""
    if isinstance(value, bool):
        return False
    for read in (duration, ratio, clock, kilowatts):
        try:
            read(value)
        except ValueError:
            continue
        return True
    return False
