"""What the points of a sweep differ in: keys and their values, as a reader wants them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BEFORE_STATION = re.compile(r"(^|, )(?:[^=,]*\.)?stations\.")
BETWEEN = " | "
"""Stands between keys, and between their values in the same order."""


def short(text: str) -> str:
    """Return a label or a key without what stands before the name of a station, which is its own.

    ``stations.weld.buffer=6`` and ``lines.main.stations.weld.buffer=6`` are ``weld.buffer=6``.
    """
    return BEFORE_STATION.sub(r"\1", text)


def value(point: Mapping[str, Any], key: str) -> str:
    """Return what a point, as plain data, has for a key that was varied."""
    if key == AUTOMATION and point["level"] is not None:
        return f"{100 * point['level']:.4g} %"
    return str(point["settings"][key])


def values(point: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return what a point has for every key: what a row is called whose head names the keys."""
    return BETWEEN.join(value(point, key) for key in keys)


def names(keys: Iterable[str], level: str) -> str:
    """Return the head of such rows; ``level`` is what the level of automation is called."""
    return BETWEEN.join(level if key == AUTOMATION else short(key) for key in keys)
