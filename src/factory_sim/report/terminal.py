"""The terminal: a console that prints names as they are, and lines that fit its width."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from factory_sim.study.phrases import Phrase

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


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of a width, all of them indented; none of an empty one."""
    return textwrap.wrap(text.strip(), width, initial_indent="  ", subsequent_indent="    ")


def print_lines(lines: Iterable[str], on: Console) -> None:
    """Print lines as they are, however wide the console."""
    for line in lines:
        on.print(line, soft_wrap=True)


def show_warnings(warnings: Iterable[Phrase | str], on: Console) -> None:
    """Print doubts, marked as such."""
    for warning in warnings:
        on.print(Text.assemble(("warning: ", "yellow"), str(warning)))
