"""The terminal: a console that prints names as they are, and lines that fit its width."""

from __future__ import annotations

import os
import re
import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from factory_sim.study.phrases import Phrase

DOT = " · "
"""Stands between the facts of a line."""

_GLUE = "\N{NO-BREAK SPACE}"

_TOGETHER = re.compile(r"`[^`]*`|(?<=[\d±]) (?=\S)")
"""What stays on one line: the words in backticks; a number, its interval and its unit."""

NARROWEST_NAME = 12
"""Columns a name keeps, whatever else the table must show."""


class _Console(Console):
    """A console whose reader may leave: files are still to be written then."""

    def on_broken_pipe(self) -> None:
        """Print no more, and nothing into the pipe at exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints names as they are: no markup, no emoji codes."""
    return _Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def aligned(table: Sequence[Sequence[str]], sides: str, gap: str = "  ") -> list[str]:
    """Return the rows of a table as lines, each column flush left (<) or right (>)."""
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]

    def cell(text: str, width: int, side: str) -> str:
        padding = " " * (width - cell_len(text))
        return text + padding if side == "<" else padding + text

    return [gap.join(map(cell, row, widths, sides)).rstrip() for row in table]


def shortened(text: str, width: int) -> str:
    """Return a text cut to a width, with a mark where something is missing."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def blocks(
    front: Sequence[Sequence[str]], columns: Sequence[Sequence[str]], width: int
) -> list[list[str]]:
    """Return a table as lines, cut into as many blocks as its width asks for.

    Args:
        front: Columns that every block begins with, flush left: what its rows are.
        columns: The others, flush right.
        width: Columns of the terminal.
    """
    gap = 2
    room = width + gap - sum(_width(column) + gap for column in front)
    cut: list[list[Sequence[str]]] = [[]]
    left = room
    for column in columns:
        needed = gap + _width(column)
        if cut[-1] and needed > left:
            cut.append([])
            left = room
        cut[-1].append(column)
        left -= needed
    return [
        aligned([*zip(*front, *block, strict=True)], "<" * len(front) + ">" * len(block))
        for block in cut
    ]


def _width(column: Sequence[str]) -> int:
    return max(map(cell_len, column))


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of a width, indented as it is; none of an empty one.

    All but the first have two blanks more. A number keeps its unit, and what stands in
    backticks its words.
    """
    indent = " " * (len(text) - len(text.lstrip()))
    together = _TOGETHER.sub(lambda found: found[0].replace(" ", _GLUE), text.strip())
    lines = textwrap.wrap(
        together,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines]


def facts(text: str, width: int) -> list[str]:
    """Return a line of facts with dots between them; one that is too long is cut at the dots."""
    if cell_len(text) <= width:
        return [text]
    first, *others = text.split(DOT)
    lines = [first]
    for fact in others:
        longer = f"{lines[-1]}{DOT}{fact}"
        if cell_len(longer) + cell_len(DOT) <= width:
            lines[-1] = longer
        else:
            lines[-1] += DOT.rstrip()
            lines.append(f"  {fact}")
    return [part for line in lines for part in wrapped(line, width)]


def print_lines(lines: Iterable[str], on: Console) -> None:
    """Print lines as they are, however wide the console."""
    for line in lines:
        on.print(line, soft_wrap=True)


def show_warnings(warnings: Iterable[Phrase | str], on: Console) -> None:
    """Print doubts, marked as such."""
    show_notes("warning", warnings, on, style="yellow")


def show_notes(kind: str, notes: Iterable[Phrase | str], on: Console, style: str = "") -> None:
    """Print sentences, each behind what kind of sentence it is."""
    head = f"{kind}: "
    for note in notes:
        first, *others = wrapped(f"{head}{note}", on.width)
        on.print(Text.assemble((head, style), first.removeprefix(head)), soft_wrap=True)
        print_lines(others, on)
