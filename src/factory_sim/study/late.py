"""Failures that a fault of the network lets be detected late, and their expected cost.

    extra downtime = sum over failure modes of rate x integral of (delay - usual delay)

This follows from the distributions of detection delays and the rates of failures alone, as
long as failures are so rare that one does not delay another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import STATES
from factory_sim.line.detection import excess
from factory_sim.study.rates import Window, rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from factory_sim.line.distributions import DetectionDelay
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Plant, Station
    from factory_sim.study.result import Result

NOTICEABLE = 0.1
"""Smallest relative difference from the usual delay that is not taken for rounding."""

OWN = "stations"
"""In place of a class of devices: the failures of the stations themselves."""


@dataclass(frozen=True)
class Late:
    """A class of devices whose failures are detected late because of a fault.

    Attributes:
        of: Name of the class.
        devices: Number of its devices whose failures stop or slow a station.
        begin: Begin of the span in which its failures are detected late, s.
        end: End of this span, s.
        failures: Failures expected in it, at the average load of the stations.
        delay: Mean extra delay of their detection, s.
        downtime: Expected extra downtime of all of them, s.
        lost: Messages lost because of the fault; None if that is not known.
    """

    of: str
    devices: int
    begin: float
    end: float
    failures: float
    delay: float
    downtime: float
    lost: float | None = None


def modes(plant: Plant) -> Iterator[tuple[Station, Failure]]:
    """Yield every failure mode that must be detected, with its station."""
    for station in plant.stations():
        slowing = (failure for one in station.slowing for failure in one.failures)
        for failure in (*station.failures, *slowing):
            if failure.seen is not None:
                yield station, failure


def _pairs(
    usual: Plant, faulty: Plant
) -> Iterator[tuple[Station, Failure, DetectionDelay, DetectionDelay]]:
    """Yield station, mode, and delays without and with the fault, where these differ."""
    for (station, before), (_, after) in zip(modes(usual), modes(faulty), strict=True):
        if before.seen is not None and after.seen is not None and before.seen != after.seen:
            yield station, before, before.seen, after.seen


def spells_of(usual: Plant, faulty: Plant, until: float) -> dict[str, tuple[float, float]]:
    """Return by class the begin and end, s, of the span in which failures are detected late."""
    found: dict[str, tuple[float, float]] = {}
    for _, failure, before, after in _pairs(usual, faulty):
        kind = failure.of or OWN
        if kind not in found and (spell := spell_of(after, before, until)) is not None:
            found[kind] = spell
    return found


def spell_of(
    law: DetectionDelay, usual: DetectionDelay, until: float
) -> tuple[float, float] | None:
    """Return the shortest span, s, outside of which two delays are equal; None if everywhere."""
    edges = sorted({0.0, until, *law.edges(0.0, until), *usual.edges(0.0, until)})
    middle = np.array([(a + b) / 2 for a, b in pairwise(edges)])
    normal = usual.mean(middle)
    differs = np.flatnonzero(np.abs(law.mean(middle) - normal) > NOTICEABLE * normal)
    return (edges[differs[0]], edges[differs[-1] + 1]) if differs.size else None


def late_classes(
    usual: Result,
    faulty: Result,
    spells: Mapping[str, tuple[float, float]],
    lost: Mapping[str, float],
    lost_before: Mapping[str, float],
) -> tuple[Late, ...]:
    """Return the expected cost of each class whose failures are detected late.

    Args:
        usual: A run without the fault, for the loads of the stations.
        faulty: A run with it.
        spells: Spans of late detection by class, s, from :func:`spells_of`.
        lost: Messages lost with the fault by class, where that is known.
        lost_before: The same without the fault.

    Returns:
        The classes, the one with the most extra downtime first.
    """
    loads, window = _loads(usual), Window(usual.accounts.begin, usual.accounts.end)
    devices: dict[str, set[str]] = {kind: set() for kind in spells}
    failures, downtime = dict.fromkeys(spells, 0.0), dict.fromkeys(spells, 0.0)
    for station, failure, before, after in _pairs(usual.plant, faulty.plant):
        kind = failure.of or OWN
        if kind not in spells:
            continue
        begin, end = spells[kind]
        rate = rate_of(failure, loads[station.name], station.calendar, window)
        devices[kind].add(f"{station.name}/{failure.name.rpartition('/')[0]}")
        failures[kind] += rate * (end - begin)
        downtime[kind] += rate * excess(after, before, begin, end)
    found = [
        Late(
            of=kind,
            devices=len(devices[kind]),
            begin=spells[kind][0],
            end=spells[kind][1],
            failures=failures[kind],
            delay=downtime[kind] / failures[kind] if failures[kind] else 0.0,
            downtime=downtime[kind],
            lost=lost[kind] - lost_before.get(kind, 0.0) if kind in lost else None,
        )
        for kind in spells
    ]
    return tuple(sorted(found, key=lambda one: -one.downtime))


def _loads(result: Result) -> dict[str, float]:
    """Return the mean number of busy servers of each station, by name."""
    busy = result.accounts.states[:, :, STATES.index("busy")].mean(axis=0)
    stations = result.plant.stations()
    return {s.name: s.servers * float(share) for s, share in zip(stations, busy, strict=True)}
