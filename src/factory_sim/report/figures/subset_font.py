"""Cut the font that figures ship with out of the full Noto Sans SC.

    python -m pip install fonttools
    npm pack @expo-google-fonts/noto-sans-sc      # or Noto Sans SC from Google Fonts
    python -m factory_sim.report.figures.subset_font NotoSansSC_400Regular.ttf

The subset holds all of GB 2312: its 6,763 Chinese characters, which are nearly all that
current simplified text needs, and its punctuation, Greek and kana. Level 1 alone would
halve the file, but misses characters of place names, such as the one that stands for
Chongqing. Hints and layout rules, which figures do not use, are left out.

The licence of the font (SIL Open Font License 1.1, beside the subset) allows to ship a
part of it. The part gets a name of its own, so that it is never taken for the whole,
which a reader may have installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NAME = "Factory Sim Sans SC"
TARGET = Path(__file__).parent / "fonts" / "FactorySimSansSC.ttf"

COPYRIGHT, FAMILY, STYLE, UNIQUE, FULL, VERSION, POSTSCRIPT = range(7)
LICENCE, LICENCE_ADDRESS = 13, 14
KEPT = (COPYRIGHT, FAMILY, STYLE, UNIQUE, FULL, VERSION, POSTSCRIPT, LICENCE, LICENCE_ADDRESS)


def gb2312() -> set[int]:
    """Return the code points of GB 2312, in which rows 16 to 87 are Chinese characters."""
    found = set(range(0x20, 0x7F))
    for row in range(1, 95):
        for cell in range(1, 95):
            try:
                found.add(ord(bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def main(source: str) -> None:
    """Write the subset of a font into the package."""
    font = TTFont(source)
    options = subset.Options(
        hinting=False, layout_features=[], notdef_outline=True, drop_tables=["vhea", "vmtx"]
    )
    options.name_IDs = list(KEPT)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=gb2312())
    cutter.subset(font)
    names = {FAMILY: NAME, UNIQUE: f"{NAME} subset", FULL: NAME, POSTSCRIPT: NAME.replace(" ", "")}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    font.save(TARGET)


if __name__ == "__main__":
    main(sys.argv[1])
