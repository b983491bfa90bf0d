"""Figures and pages for tests that are not about their looks: to draw them takes most time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from factory_sim.report.figures import gallery
from factory_sim.report.html import pictures
from factory_sim.report.html.page import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="518pt" height="200pt"/>'
"""As wide as a figure."""


@cache
def sketched(directory: Path, language: str = "en") -> str:
    """Return the page of a study, made once, with figures that are made but not drawn."""
    with pytest.MonkeyPatch.context() as patch:
        undrawn(patch)
        return page(directory, language)


def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures of all pages empty."""
    monkeypatch.setattr(pictures, "svg", lambda _: EMPTY)


def noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write what figures show instead of what they look like, under the same names."""

    def note(figure: Figure, path: Path) -> None:
        path.write_text("\n".join(shown(figure)), encoding="utf-8")

    monkeypatch.setattr(gallery, "save", note)


def shown(figure: Figure) -> Iterator[str]:
    """Yield the texts of a figure and the numbers of its marks."""
    for artist in figure.findobj():
        if isinstance(artist, Text):
            yield artist.get_text()
        elif isinstance(artist, Line2D):
            yield str(artist.get_xydata().tolist())
        elif isinstance(artist, Patch):
            path = artist.get_path().transformed(artist.get_patch_transform())
            yield f"{path.vertices.tolist()} {artist.get_facecolor()}"
        elif isinstance(artist, Collection):
            yield str([path.vertices.tolist() for path in artist.get_paths()])
            yield str(artist.get_offsets().tolist())
