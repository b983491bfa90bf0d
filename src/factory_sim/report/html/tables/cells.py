"""The cells of tables: what is read, and the values that they are sorted by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.report.numbers import percent_text, plus_minus

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue


SHARES = ("work_content", "operations", "stations")
"""What may be automated a share of."""


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number that it is sorted by; text sorts by itself."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        title: Above it.
        heads: Of the columns; the first names the row.
        rows: As many cells each.
        texts: Columns that hold text, flush left.
        note: What to know of it, below it.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: frozenset[int] = frozenset({0})
    note: str = ""


def of_part(title: str, part: str, contents: Contents, say: Catalogue) -> str:
    """Return a title that says whose table it is, where there are several runs."""
    if contents.kind in ("run", "explain"):
        return title
    return title + say("caption.of", part=contents.name_of(part, say))


def estimate_cell(
    estimate: Estimate, scale: float = 1.0, *, signed: bool = False, finest: int | None = None
) -> Cell:
    """Return an estimate as a cell; see :func:`plus_minus`."""
    return Cell(plus_minus(estimate, scale, signed=signed, finest=finest), known(estimate.mean))


def known(value: float | None) -> float | None:
    """Return a value that cells can be sorted by; None if it is not defined."""
    return value if value is not None and math.isfinite(value) else None


def share_head(name: str, say: Catalogue) -> str:
    """Return what a share of automation is a share of."""
    return say(f"automated.{name}")


def share_cell(value: float) -> Cell:
    """Return a share as a cell."""
    return Cell(percent_text(value), value)
