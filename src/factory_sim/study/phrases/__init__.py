"""What a study says beside its figures, as data: doubts, notes, names of losses and changes.

A phrase is a key and its values. How it reads is in a TOML file per language, the same
keys in all; who writes a page in another language words the phrase anew and never has to
know its English text again. A text names the values, and how each is written:

    {x}            as it is, text or a number
    {x:.3g}        as Python writes a number
    {x:percent}    a share, in per cent; {x:percent.2} with so many digits
    {x:duration}   a time, s, in the largest unit that it fills
    {x:enough}     such a time, rounded up to whole units
    {x:all}        several texts, joined as the language joins them; a text alone as it is
    {x:term}       a name that scenarios use, such as ``lead_time``, as readers call it
"""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from factory_sim.scenario.durations import duration, enough
from factory_sim.study.phrases.spacing import marked, spaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Value = str | int | float | tuple[str, ...]

ENGLISH = "en"
COMMA, AND = "join.others", "join.last"
"""Keys of what stands between several texts, and before the last of them."""

DIGITS = "4"
"""Of a share in per cent, unless a text says otherwise."""


@dataclass(frozen=True)
class Phrase:
    """Something to be said.

    Attributes:
        key: What kind it is, such as ``doubt.warm_up_short``.
        values: What its places stand for, by name. Times are in s, shares of 1.
    """

    key: str
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        """Return it in English."""
        return worded(self)


def phrase(key: str, **values: Value) -> Phrase:
    """Return a phrase with its values by name."""
    return Phrase(key, tuple(values.items()))


def phrase_record(said: Phrase) -> dict[str, Any]:
    """Return a phrase as plain data for JSON, with its English text."""
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in said.values}
    return {"key": said.key, "values": values, "text": str(said)}


def recorded_phrase(record: Mapping[str, Any]) -> Phrase:
    """Return the phrase that a record was made of.

    Raises:
        KeyError: If it lacks something.
    """
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in record["values"].items()}
    return Phrase(record["key"], tuple(values.items()))


def worded(said: Phrase, language: str = ENGLISH) -> str:
    """Return a phrase in a language.

    Args:
        said: What to say.
        language: One that has a file of texts.

    Raises:
        KeyError: If the language has no such phrase, or a value is missing.
    """
    found = texts(language)
    return spaced(_Writer(found, language).vformat(found[said.key], (), dict(said.values)))


def listed(items: Sequence[str], language: str = ENGLISH) -> str:
    """Return several texts as one, as a sentence of a language lists them."""
    join = texts(language)
    others = join[COMMA].join(items[:-1])
    return join[AND].join(filter(None, (others, *items[-1:])))


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return the texts of a language by key.

    Raises:
        FileNotFoundError: If there are none.
    """
    source = files(__name__) / f"{language}.toml"
    content = tomllib.loads(source.read_text(encoding="utf-8"))
    return {f"{part}.{key}": text for part, some in content.items() for key, text in some.items()}


class _Writer(string.Formatter):
    """Fills in texts; see the module for how values are written."""

    def __init__(self, texts: Mapping[str, str], language: str) -> None:
        self._texts = texts
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        return marked(self._written(value, format_spec), self._language)

    def _written(self, value: Any, format_spec: str) -> str:
        kind, _, digits = format_spec.partition(".")
        match kind:
            case "percent":
                return f"{100 * value:.{digits or DIGITS}g} %"
            case "duration":
                return duration(value)
            case "enough":
                return enough(value)
            case "all":
                return value if isinstance(value, str) else listed(value, self._language)
            case "term":
                return self._texts[f"term.{value}"]
        return format(value, format_spec)
