"""The Chinese characters of a page, as a font within it: a reader's machine may have none.

It is the part of the font of the figures that the page needs, some 300 bytes a character,
and it stands for East Asian characters only.
"""

from __future__ import annotations

import base64
import io
from functools import cache

from fontTools import subset
from fontTools.ttLib import TTFont

from factory_sim.report.figures.fonts import SHIPPED_FILE

FIRST = 0x2E80
"""Code point from which on characters are East Asian."""


def font_address(text: str) -> str | None:
    """Return a ``data:`` address of a font with the East Asian characters of a text.

    None if it has none, or none that the font of the figures has.
    """
    wanted = {code for code in map(ord, set(text)) if code >= FIRST}
    if not wanted or not (wanted := wanted & _covered()):
        return None
    # The same page has the same bytes whenever it is written.
    font = TTFont(SHIPPED_FILE, recalcTimestamp=False)
    cutter = subset.Subsetter(subset.Options(name_IDs=["*"], notdef_outline=True))
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    written = io.BytesIO()
    font.save(written)
    return f"data:font/ttf;base64,{base64.b64encode(written.getvalue()).decode()}"


@cache
def _covered() -> frozenset[int]:
    """Return the code points that the font of the figures has."""
    with TTFont(SHIPPED_FILE) as font:
        return frozenset(font.getBestCmap())
