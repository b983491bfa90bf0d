"""Which failures are seen late because of a fault of the network, and what that should cost.

    extra downtime = sum over failure modes of rate x integral of (delay - usual delay)

It follows from the laws of detection and the rates of failures alone, as long as failures are
so rare that one does not delay another.
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
"""Share of the usual delay by which a delay differs that is told from a rounding."""

OWN = "stations"
"""Stands for the class of failures of the stations themselves."""


@dataclass(frozen=True)
class Late:
    """A class of devices whose failures are seen late because of a fault.

    Attributes:
        of: Its name.
        devices: How many there are whose failures stop or slow a station.
        begin: When its failures begin to be seen late, s.
        end: From when on they are seen as usual, s.
        failures: Failures expected in that time, at the average load of the stations.
        delay: How much later they are seen on average, s.
        downtime: Seconds that they are expected to last longer, all together.
        lost: Messages lost; None if that is not known.
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
    """Yield every failure mode that somebody must see, with its station."""
    for station in plant.stations():
        slowing = (failure for one in station.slowing for failure in one.failures)
        for failure in (*station.failures, *slowing):
            if failure.seen is not None:
                yield station, failure


def _pairs(
    usual: Plant, faulty: Plant
) -> Iterator[tuple[Station, Failure, DetectionDelay, DetectionDelay]]:
    """Yield station, failure, usual law and law with the fault where the two differ."""
    for (station, before), (_, after) in zip(modes(usual), modes(faulty), strict=True):
        if before.seen is not None and after.seen is not None and before.seen != after.seen:
            yield station, before, before.seen, after.seen


def spells_of(usual: Plant, faulty: Plant, until: float) -> dict[str, tuple[float, float]]:
    """Return from when until when the failures of each class are seen late, s."""
    found: dict[str, tuple[float, float]] = {}
    for _, failure, before, after in _pairs(usual, faulty):
        kind = failure.of or OWN
        if kind not in found and (spell := spell_of(after, before, until)) is not None:
            found[kind] = spell
    return found


def spell_of(
    law: DetectionDelay, usual: DetectionDelay, until: float
) -> tuple[float, float] | None:
    """Return the span, s, outside of which two laws say the same; None if they never differ."""
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
    """Return what is expected of each class whose failures a fault lets be seen late.

    Args:
        usual: A run without the fault, for the loads of the stations.
        faulty: One with it.
        spells: From when until when the failures of each class are seen late, s.
        lost: Messages of each class that are lost with the fault, where that is known.
        lost_before: The same without it.

    Returns:
        The classes, the one with most downtime first.
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
    """Return how many servers of each station work on average, by its name."""
    busy = result.accounts.states[:, :, STATES.index("busy")].mean(axis=0)
    stations = result.plant.stations()
    return {s.name: s.servers * float(share) for s, share in zip(stations, busy, strict=True)}
