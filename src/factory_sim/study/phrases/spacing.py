"""Spaces around what is filled into a sentence, as the language has them.

Chinese sets no space between its characters, nor beside its punctuation, and one between a
character and a Latin letter or a digit. Which of them a value begins or ends with only
shows once it is filled in: ``{place} 的节拍`` is ``焊装的节拍`` and ``weld 的节拍``.
"""

from __future__ import annotations

import re

CLOSE = frozenset({"zh"})
"""Languages whose characters stand without spaces."""

MARK = "\x00"
"""Stands at both ends of what is filled in, until spaces are set."""

PUNCTUATION = r"\u2018-\u201d\u3000-\u303f\uff00-\uffef"
CHARACTER = r"\u3400-\u9fff"
EDGE = re.compile(rf"[ {MARK}]*{MARK}[ {MARK}]*")
CLOSED = re.compile(rf"[{CHARACTER}][{CHARACTER}]|[{PUNCTUATION}].|.[{PUNCTUATION}]", re.DOTALL)
OPEN = re.compile(rf"[{CHARACTER}][A-Za-z0-9]|[A-Za-z0-9%][{CHARACTER}]")


def marked(value: str, language: str) -> str:
    """Return a value to be filled into a text of a language."""
    return f"{MARK}{value}{MARK}" if language in CLOSE else value


def spaced(text: str) -> str:
    """Return a text with the spaces that belong around its marked values."""
    return EDGE.sub(_space, text)


def _space(edge: re.Match[str]) -> str:
    """Return what stands at one edge of a value, or between two."""
    text, (begin, end) = edge.string, edge.span()
    beside = text[begin - 1 : begin] + text[end : end + 1]
    if CLOSED.fullmatch(beside):
        return ""
    return " " if OPEN.fullmatch(beside) else edge[0].replace(MARK, "")
