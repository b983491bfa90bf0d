"""Fonts in which every name can be read: Latin, Chinese, and whatever is installed.

Names are drawn in DejaVu Sans, which comes with matplotlib. What it lacks comes from a
font that ships with this package: all of GB 2312, cut from Noto Sans SC by
``subset_font.py`` (2.2 MB, SIL Open Font License 1.1, beside it). Rarer and
traditional characters, and other scripts of East Asia, come from an installed font.

Why one is shipped: a fresh machine or container has no Chinese font, and the packages of
fonts on PyPI are young or of one maintainer, and weigh 17 MB and more. Why it goes
before installed ones: a figure then looks the same everywhere.

The font is made known to matplotlib under a name of its own, which no other figure asks
for. Letters that no font has are written as their codes, with a warning that says what to
install. Emoji are left out of names: no font that matplotlib draws in one colour has them.
"""

from __future__ import annotations

import unicodedata
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

if TYPE_CHECKING:
    from collections.abc import Iterable

LATIN = "DejaVu Sans"
SHIPPED = "Factory Sim Sans SC"
SHIPPED_FILE = Path(__file__).parent / "fonts" / "FactorySimSansSC.ttf"

INSTALLED = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",  # the one that matplotlib before 3.11 sees of the Debian package
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "PingFang HK",
    "Heiti TC",
    "Hiragino Sans GB",
    "Arial Unicode MS",
    "SimHei",
    "Droid Sans Fallback",
)
"""Fonts with tens of thousands of characters that Linux, Windows and macOS may have."""

REMEDY = "install a font that has them, for example `apt install fonts-noto-cjk`"


PICTURES = 0x1F000
"""Code point from which on symbols are emoji and the like."""

JOINERS = "\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}"


class MissingGlyphs(UserWarning):
    """No font has some characters; the text says which and what to install."""


def families(texts: Iterable[str]) -> list[str]:
    """Return the fonts to draw texts in, each for what those before it lack."""
    _register()
    found = [LATIN, SHIPPED]
    lacking = _lacking(set("".join(texts)), found)
    for name in _installed():
        if not lacking:
            break
        left = _lacking(lacking, [name])
        if left != lacking:
            found.append(name)
            lacking = left
    return found


def legible(text: str) -> str:
    r"""Return a text with every letter that no font has as its code, such as ``\U000f1234``.

    Emoji are left out, unless the text has nothing else.

    Warns:
        MissingGlyphs: If there are such letters.
    """
    lacking = _lacking(set(text), families([text]))
    if lacking and (words := "".join(c for c in text if not _is_picture(c)).split()):
        lacking = {c for c in lacking if not _is_picture(c)}
        text = " ".join(words)
    if not lacking:
        return text
    named = ", ".join(f"U+{ord(character):04X}" for character in sorted(lacking))
    warnings.warn(f"no font has {named}; {REMEDY}", MissingGlyphs, stacklevel=2)
    return "".join(_code(c) if c in lacking else c for c in text)


def _is_picture(character: str) -> bool:
    """Return whether a character is an emoji, or changes how the one before it looks."""
    symbol = unicodedata.category(character) in ("So", "Sk") and ord(character) >= PICTURES
    return symbol or character in JOINERS


def _code(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _register() -> None:
    """Make the shipped font known, once; matplotlib forgets it when it looks for fonts anew."""
    known = font_manager.fontManager.ttflist
    if not any(entry.name == SHIPPED for entry in known):
        font_manager.fontManager.addfont(str(SHIPPED_FILE))


def _installed() -> list[str]:
    known = set(font_manager.get_font_names())
    return [name for name in INSTALLED if name in known]


def _lacking(characters: set[str], names: Iterable[str]) -> set[str]:
    """Return the characters that none of some fonts has."""
    lacking = set(characters)
    for name in names:
        lacking = {c for c in lacking if ord(c) not in _characters(name)}
    return lacking


@cache
def _characters(name: str) -> frozenset[int]:
    """Return the code points that a font has, by name."""
    return frozenset(FT2Font(font_manager.findfont(name)).get_charmap())
