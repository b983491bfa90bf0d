"""What a figure says, in another language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure


def translate(figure: Figure, texts: Mapping[str, str]) -> None:
    r"""Replace the lines of a figure's titles, labels and legends that a pattern matches.

    Names of stations at ticks stay as they are: matplotlib writes those anew when it
    draws.

    Args:
        figure: Changed in place, before it is written.
        texts: Regular expressions of whole lines, and what stands for them, with ``\1``
            for what the first bracket matched.
    """
    for text in figure.findobj(Text):
        said = text.get_text()
        if said:
            text.set_text("\n".join(_line(line, texts) for line in said.split("\n")))


def _line(line: str, texts: Mapping[str, str]) -> str:
    for pattern, other in texts.items():
        if found := re.fullmatch(pattern, line):
            return found.expand(other)
    return line
