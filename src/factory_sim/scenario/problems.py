"""Problems in a scenario: where they are, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KeyPath = tuple[str | int, ...]
"""A position in the file: keys of mappings, and indices in lists from 0."""

STATION_NAMES: KeyPath = ("stations", "*", "name")
"""Stands for the names of all stations, where a finding relies on them."""


@dataclass(frozen=True)
class Problem:
    """One mistake in a scenario.

    Attributes:
        file: Name of the file, or the ``--set`` option that is wrong.
        line: Line in the file, from 1, if known.
        path: Key such as ``stations[0].cycle_time.mean``; empty for the whole file.
        message: What is wrong; what to write.
    """

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        text = ": ".join(part for part in (where, self.path, self.message) if part)
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class ScenarioError(ValueError):
    """A scenario cannot be used; its text is one line per problem.

    Attributes:
        problems: Every mistake that was found, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        order = sorted(problems, key=lambda p: (p.file, p.line or 0))
        self.problems = tuple(dict.fromkeys(order))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True)
class Finding:
    """A mistake and its key, before the line is looked up.

    Attributes:
        path: Its key in the file.
        message: What is wrong; what to write.
        relies_on: Other keys that must be right for this to be a mistake.
    """

    path: KeyPath
    message: str
    relies_on: tuple[KeyPath, ...] = ()


def key_text(path: KeyPath) -> str:
    """Return a key as it is shown and as ``--set`` takes it: ``stations[0].buffer``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is spelt most like a word, None if none is like it."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean ...?`` for the nearest known word, or else the known words."""
    words = sorted(known)
    if near := nearest(word, words):
        return f"; did you mean {near}?"
    return (
        f"; known are {', '.join(words[:12])}{', ...' if len(words) > 12 else ''}" if words else ""
    )
