"""What a result depends on besides its scenario: programs, their source, the processor."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import factory_sim

LIBRARIES = ("factory-sim", "numpy", "scipy", "simpy")


def versions() -> dict[str, str]:
    """Return the programs that a result may depend on, with their versions."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    return found | {name: version(name) for name in LIBRARIES}


def surroundings() -> dict[str, str]:
    """Return all that two processes must share to agree to the last bit.

    The versions, and two things that no version tells: the source of this package, which
    may have been edited, and the processor's instructions that NumPy uses, since its
    logarithms and exponentials may differ in the last bit between them.
    """
    # NumPy's type of this changes with its version; what is in it does not.
    built: Any = np.show_config(mode="dicts")
    found = built.get("SIMD Extensions", {}).get("found", ())
    return versions() | {
        "source of factory-sim": source_digest()[:16],
        "instructions": " ".join(found) or "basic",
    }


@cache
def source_digest() -> str:
    """Return the SHA-256 of the package's modules, names and texts."""
    total = hashlib.sha256()
    folder = Path(factory_sim.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{path.relative_to(folder).as_posix()}\0{len(text)}\0".encode() + text)
    return total.hexdigest()
