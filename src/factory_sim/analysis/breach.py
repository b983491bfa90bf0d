"""Where a law of the audit is broken, and to what tolerance it must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.renewals import FAR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from factory_sim.line.arrays import Bools, Floats

TOLERANCE = 1e-9
"""Tolerance relative to the clock."""


def breach(later: Floats, earlier: Floats) -> list[tuple[int, float]]:
    """Return where and when ``later`` precedes ``earlier``: columns and times, earliest first.

    Args:
        later: (n, R) s.
        earlier: (m, R) s; only as many rows as both have are compared.
    """
    rows = min(len(later), len(earlier))
    later, earlier = later[:rows], earlier[:rows]
    wrong = later < earlier
    if not wrong.any():
        return []
    wrong &= later < earlier - TOLERANCE * (1 + np.minimum(earlier, FAR))
    wrong &= earlier < np.inf
    return in_order(wrong, later)


def broken_laws(checks: Iterable[tuple[str, Floats, Floats]]) -> list[tuple[str, int, float]]:
    """Return which laws are broken, in which column, and when, s.

    Args:
        checks: Each a law and two arrays of times; the first must not precede the second.
    """
    return [(law, *where) for law, later, earlier in checks for where in breach(later, earlier)]


def in_order(wrong: Bools, times: Floats) -> list[tuple[int, float]]:
    """Return the columns in which something is wrong and when, s, earliest first."""
    row, column = np.nonzero(wrong)
    found = times[row, column]
    order = np.argsort(found, kind="stable")
    return list(zip(column[order].tolist(), found[order].tolist(), strict=True))
