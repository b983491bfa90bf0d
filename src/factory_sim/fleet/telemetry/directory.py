"""A directory that appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from factory_sim.fleet.telemetry.plan import TelemetryError

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_free(directory: Path) -> None:
    """Check that a directory may be written: there is nothing, or nothing in it.

    Raises:
        TelemetryError: If it is a file, or holds something.
    """
    if directory.exists() and not directory.is_dir():
        raise TelemetryError(f"{directory}: is a file; give a directory")
    if directory.is_dir() and any(directory.iterdir()):
        raise TelemetryError(f"{directory}: is not empty; choose another, or empty it first")


@contextmanager
def whole(directory: Path) -> Iterator[Path]:
    """Yield a directory to write to, which gets its name when all is written.

    If anything ends it early, such as Ctrl-C or a full disk, nothing is left behind.

    Args:
        directory: Where the files go in the end.

    Raises:
        TelemetryError: If something is there already.
        OSError: If it cannot be written.
    """
    check_free(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, on the same file system, so that the last step is a rename.
    making = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        yield making
        making.chmod(0o777 & ~_umask())
        if directory.is_dir():
            directory.rmdir()
        making.rename(directory)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _umask() -> int:
    """Return which permissions new files lack; it can only be read by setting it."""
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask
