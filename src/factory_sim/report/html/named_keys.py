"""The keys of a scenario with the names of its stations instead of their places in lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACE = re.compile(r"\[(\d+)\]")
UNNAMED = "[…]"
"""Stands for the place of what has no name, or for places of which only some have one."""

MOST = 3
"""Names at one place of a key; of more the rest is hinted at."""

Names = tuple[str | None, ...]


def pattern(path: str) -> str:
    """Return a key without places: the same for all stations of a list."""
    return PLACE.sub(UNNAMED, path)


def names(path: str, content: Any) -> Names:
    """Return what stands at each place of a key; None for what has no name.

    Args:
        path: Such as ``stations[0].failures.mtbf``.
        content: The scenario as plain data.
    """
    found: list[str | None] = []
    position = 0
    for place in PLACE.finditer(path):
        content = _below(content, path[position : place.start()].removeprefix("."))
        here = int(place[1])
        content = content[here] if isinstance(content, list) and here < len(content) else None
        known = content if isinstance(content, dict) else {}
        found.append(known.get("name") or known.get("section"))
        position = place.end()
    return tuple(found)


def _below(content: Any, keys: str) -> Any:
    """Return what stands under a key that may itself hold dots; None if nothing does."""
    while keys and isinstance(content, dict):
        known = [key for key in content if keys == key or keys.startswith(f"{key}.")]
        key = max(known, key=len, default="")
        content, keys = content.get(key), keys[len(key) + 1 :]
    return content


def named(path: str, each: Sequence[Names]) -> str:
    """Return a key with the names of all stations that it stands for.

    Args:
        path: The key of one of them.
        each: What :func:`names` says of all of them.
    """
    texts = PLACE.split(path)[::2]
    joined = texts[0]
    for at_place, text in zip(zip(*each, strict=True), texts[1:], strict=True):
        joined += _place(list(dict.fromkeys(at_place))) + text
    return joined


def _place(names: Sequence[str | None]) -> str:
    known = [name for name in names if name is not None]
    if len(known) < len(names):
        return UNNAMED
    if len(known) == 1:
        return f".{known[0]}"
    return f".{{{', '.join(known[:MOST])}{', …' if len(known) > MOST else ''}}}"
