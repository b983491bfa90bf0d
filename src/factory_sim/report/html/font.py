"""The Chinese characters of a page, as a font within it: a reader's machine may have none.

It is the part of the font of the figures that the page needs, some 300 bytes a character,
and it stands for East Asian characters only.
"""

from __future__ import annotations

import base64
import io

from fontTools import subset
from fontTools.ttLib import TTFont

from factory_sim.report.figures.fonts import SHIPPED_FILE

FIRST = 0x2E80
"""Code point from which on characters are East Asian."""


def font_address(text: str) -> str | None:
    """Return a ``data:`` address of a font with the East Asian characters of a text.

    None if it has none, or none that the font of the figures has.
    """
    font = TTFont(SHIPPED_FILE)
    wanted = {ord(character) for character in text if ord(character) >= FIRST}
    wanted &= set(font.getBestCmap())
    if not wanted:
        return None
    cutter = subset.Subsetter(subset.Options(name_IDs=["*"], notdef_outline=True))
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    written = io.BytesIO()
    font.save(written)
    return f"data:font/ttf;base64,{base64.b64encode(written.getvalue()).decode()}"
