"""Detection delays of the failures of each class of devices, in normal operation."""

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
    """Detection delay of the failures of a class.

    Attributes:
        devices: Number of devices whose failures stop or slow a station; of stations for the
            class ``OWN``.
        mean: Expected time until a failure is detected without a fault of the network, s.
    """

    devices: int
    mean: float


def usual_delays(plant: Plant) -> dict[str, Delay]:
    """Return the detection delay of each class; empty if all failures are known at once.

    Args:
        plant: Has a distribution of delays for each failure mode that must be detected. Every
            fault of the network ends, so the delays at infinity are the usual ones.
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
