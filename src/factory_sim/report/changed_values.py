"""Both values of a key that differs between two scenarios, in short."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from factory_sim.report.numbers import significant
from factory_sim.report.terminal import shortened
from factory_sim.scenario.durations import whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from factory_sim.report.settings import Key
    from factory_sim.report.texts import Catalogue

LONGEST = 36
"""Columns a value may take."""

CONTEXT = 8
"""Columns of the common part of two long values that are shown before they differ."""

FAMILY = "dist"
"""Names the family of a distribution."""

TIMELESS = frozenset({"cv", "sigma", "shape", "k", "a", "b"})
"""Parameters of distributions of times that are not times themselves."""


def value_texts(key: Key, before: Any, after: Any, say: Catalogue) -> tuple[str, str]:
    """Return two values of a key, long ones from shortly before they differ.

    What exists on one side only, such as a station, is not written out. Of two distributions
    of one family only the difference is shown. Times within what is neither a number nor a
    distribution stay in s.

    Args:
        key: The key that has these values.
        before: The first value, as plain data; None if there is none.
        after: The second value, likewise.
        say: The texts of a language.
    """
    if _is_whole(before, after) or _is_whole(after, before):
        return "", ""
    before, after = _differing(before, after)
    unit = whole(_times(key, before, after))
    a, b = (_text(value, key, unit, say) for value in (before, after))
    same = sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(a, b, strict=False)))
    begin = a.rfind(" ", 0, max(same - CONTEXT, 0)) + 1
    if begin and any(shortened(text, LONGEST) != text for text in (a, b)):
        a, b = f"…{a[begin:]}", f"…{b[begin:]}"
    return shortened(a, LONGEST), shortened(b, LONGEST)


def _is_whole(value: Any, other: Any) -> bool:
    """Return whether a value has keys of its own and there is no other value."""
    return other is None and isinstance(value, dict) and FAMILY not in value


def _differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Return two distributions without what they have in common; anything else as it is."""
    if not (_is_random(before) and _is_random(after) and before.keys() == after.keys()):
        return before, after
    if before[FAMILY] != after[FAMILY]:
        return before, after
    differ = [name for name in before if before[name] != after[name]]
    return {name: before[name] for name in differ}, {name: after[name] for name in differ}


def _is_random(value: Any) -> bool:
    return isinstance(value, dict) and FAMILY in value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _times(key: Key, *values: Any) -> Iterator[float]:
    """Yield the times, s, in values of a key."""
    for value in values if key.unit == "s" else ():
        found = value if isinstance(value, dict) else {"": value}
        yield from (n for name, n in found.items() if name not in TIMELESS and _is_number(n))


def _text(value: Any, key: Key, unit: tuple[str, float], say: Catalogue) -> str:
    """Return a value of a scenario, however long."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return say("value.true" if value else "value.false")
    if _is_number(value) and key.unit == "s":
        return f"{_digits(value / unit[1])} {unit[0]}"
    if _is_number(value):
        return key.with_unit(_digits(value))
    if isinstance(value, dict) and key.unit == "s":
        return say("setting.and").join(_parameters(value, key, unit, say))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).replace('"', "")
    return _word(value, say)


def _parameters(
    value: Mapping[str, Any], key: Key, unit: tuple[str, float], say: Catalogue
) -> Iterator[str]:
    """Yield the family of a distribution, and its times and other parameters with their names."""
    for name, one in sorted(
        value.items(), key=lambda item: (item[0] != FAMILY, item[0] in TIMELESS)
    ):
        if name == FAMILY and one != "constant":
            yield _word(one, say)
        elif name in TIMELESS:
            yield f"{name} {_digits(one)}"
        elif name != FAMILY:
            text = _text(one, key, unit, say)
            yield text if name == "value" else f"{_word(name, say)} {text}"


def _word(text: Any, say: Catalogue) -> str:
    """Return a word that scenarios have for a value, in the language of the reader."""
    return say(f"value.{text}") if say.has(f"value.{text}") else str(text)


def _digits(value: float) -> str:
    return significant(value, 6).rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
