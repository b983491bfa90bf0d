"""What pages and figures say, in each language: a TOML file per language, the same keys in all.

{name}      is filled in by the caller
{name!s}    never: all values arrive as text
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from factory_sim.study.phrases import Phrase, listed, worded
from factory_sim.study.phrases.spacing import marked, spaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
"""Languages of a page, and what HTML calls them."""

QUOTED = "text"
"""Value of a phrase that is a whole sentence."""

WORD = re.compile(r"[a-z]+")
GROUP = re.compile(r"\\(\d)")
"""Place of what a pattern has found."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language.

    Attributes:
        language: Its code, one of ``LANGUAGES``.
        texts: By key, such as ``answer.output``.
        figure_texts: What figures say, as regular expressions of whole lines and what
            stands for them; empty for English, in which figures are made.
    """

    language: str
    texts: Mapping[str, str]
    figure_texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text, its places filled in.

        Raises:
            KeyError: If there is no such text, or a place has no value.
        """
        filled = {name: marked(str(value), self.language) for name, value in values.items()}
        return spaced(self.texts[key].format(**filled))

    def line(self, text: str) -> str:
        """Return a line that is made in English, such as ``gateway 3 down``, in this language."""
        for pattern, other in self.figure_texts.items():
            if found := re.fullmatch(pattern, text):
                return self._expanded(found, other)
        return text

    def _expanded(self, found: re.Match[str], other: str) -> str:
        """Return what stands for a line, with what its pattern has found."""
        groups = [marked(group or "", self.language) for group in found.groups()]
        return spaced(GROUP.sub(lambda place: groups[int(place[1]) - 1], other))

    def has(self, key: str) -> bool:
        """Return whether there is a text of that key."""
        return key in self.texts

    def phrase(self, said: Phrase) -> str:
        """Return a phrase of a study; its texts are beside :mod:`factory_sim.study.phrases`.

        A text that it quotes is made in English.
        """
        values = tuple(
            (key, self.line(str(value)) if key == QUOTED else value) for key, value in said.values
        )
        return worded(Phrase(said.key, values), self.language)

    def unit(self, unit: str) -> str:
        """Return a unit in this language; what is no word of it stays, as a currency does."""
        return WORD.sub(lambda word: self.texts.get(f"unit.{word[0]}", word[0]), unit)

    def listed(self, items: Sequence[str]) -> str:
        """Return items as a sentence lists them."""
        return listed(items, self.language)

    def with_unit(self, what: str, unit: str) -> str:
        """Return what is measured, with its unit where it has one."""
        return self("chart.of_measure", measure=what, unit=unit) if unit else what


@cache
def catalogue(language: str) -> Catalogue:
    """Return the texts of a language.

    Raises:
        KeyError: If it is none of ``LANGUAGES``.
    """
    LANGUAGES[language]
    source = files(__name__) / f"{language}.toml"
    content = tomllib.loads(source.read_text(encoding="utf-8"))
    figure_texts = content.pop("figure_texts", {})
    texts = {
        f"{part}.{key}": text for part, texts in content.items() for key, text in texts.items()
    }
    return Catalogue(language, texts, figure_texts)


ENGLISH = catalogue("en")
"""The texts of figures by default."""


def sentence(text: str) -> str:
    """Return a text that begins with a capital, where its language has them."""
    return text[:1].upper() + text[1:]
