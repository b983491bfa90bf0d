"""Checks that files may be written where they are asked for, before any time is spent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("png", "svg", "pdf")
"""Of figures, by the end of the name of their file."""


class OutputError(OSError):
    """A directory cannot take the files of a run; the text says what to do."""


def check_writable(directory: Path) -> None:
    """Check that files may be written to a directory, which need not be there.

    Raises:
        OutputError: If it is a file, or the user may not write where it is or would be.
    """
    there = directory.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        message = f"{directory if directory.exists() else there}: is a file; give a directory"
        raise OutputError(message)
    if not os.access(there, os.W_OK | os.X_OK):
        message = f"{directory}: you may not write in {there}; choose another directory"
        raise OutputError(message)


def check_figure(path: Path) -> None:
    """Check that a figure may be written to a file, before any time is spent on it.

    Raises:
        OutputError: If its name ends in no format, or its directory is not there or cannot
            be written.
    """
    if path.suffix.removeprefix(".").lower() not in FORMATS:
        message = f"{path}: the name ends in no format of figures; write .svg, .png or .pdf"
        raise OutputError(message)
    check_file(path)


def check_file(path: Path) -> None:
    """Check that a file may be written, before any time is spent on it.

    Raises:
        OutputError: If it is a directory, or its directory is not there or cannot be written.
    """
    if path.is_dir():
        message = f"{path}: is a directory; name a file in it"
        raise OutputError(message)
    if not path.parent.is_dir():
        message = f"{path}: there is no directory {path.parent}; make it, or choose another"
        raise OutputError(message)
    check_writable(path.parent)
