"""``factory-sim report``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from factory_sim.exits import DONE, complain

NAME = "report.html"
"""Of the page within the directory of its study."""


class Language(StrEnum):
    """What a report is written in."""

    en = "en"
    zh = "zh"


def report(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="What run, compare, sweep, explain, diff, base or twin --out wrote."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="The page; DIR/report.html if left out."
        ),
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="Language of the page: English or Chinese.")
    ] = Language.en,
) -> int:
    """Write a study as one HTML page: answer, figures, tables, sources, how to repeat it.

    The page opens from disk, prints, fits a phone and asks nothing of any network.

    Example: factory-sim report results -o report.html --lang zh
    """
    import warnings

    from factory_sim.report.figures.fonts import MissingGlyphs
    from factory_sim.report.html.page import page
    from factory_sim.report.writable import check_file

    path = output or directory / NAME
    if output is not None:
        check_file(output)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MissingGlyphs)
        text = page(directory, language.value)
    for said in dict.fromkeys(str(warning.message) for warning in caught):
        complain(f"warning: {said}")
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")
    return DONE
