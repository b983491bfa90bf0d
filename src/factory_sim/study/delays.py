"""How soon the failures of each class of devices are seen, as a plant has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.study.late import OWN, modes

if TYPE_CHECKING:
    from factory_sim.line.plant import Plant


@dataclass(frozen=True)
class Delay:
    """How soon the failures of a class are seen.

    Attributes:
        devices: How many there are whose failures stop or slow a station; of the class
            ``OWN``, stations.
        mean: Expected time until a failure is seen while the network is as usual, s.
    """

    devices: int
    mean: float


def usual_delays(plant: Plant) -> dict[str, Delay]:
    """Return how soon the failures of each class are seen; empty where all are at once.

    Args:
        plant: With a law for each failure mode that somebody must see. A fault of the
            network comes to an end, so that far from now every law is as usual.
    """
    far = np.array([math.inf])
    devices: dict[str, set[str]] = {}
    means: dict[str, float] = {}
    for station, failure in modes(plant):
        kind = failure.of or OWN
        devices.setdefault(kind, set()).add(f"{station.name}/{failure.name.rpartition('/')[0]}")
        if failure.seen is not None:
            means.setdefault(kind, float(failure.seen.mean(far)[0]))
    return {kind: Delay(len(devices[kind]), mean) for kind, mean in means.items()}
