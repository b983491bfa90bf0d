"""Pages of studies for tests that are not about their figures: to draw those takes most time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from factory_sim.report.html import pictures
from factory_sim.report.html.page import page

if TYPE_CHECKING:
    from pathlib import Path

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
