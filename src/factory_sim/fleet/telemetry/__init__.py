"""The messages of the devices of a plant as files, and station states rebuilt from them."""

from __future__ import annotations

from factory_sim.fleet.telemetry.plan import TelemetryError
from factory_sim.fleet.telemetry.rebuild import (
    STATES_TOLD,
    Agreement,
    StationStates,
    agreement,
    states_from,
)
from factory_sim.fleet.telemetry.write import write

__all__ = [
    "STATES_TOLD",
    "Agreement",
    "StationStates",
    "TelemetryError",
    "agreement",
    "states_from",
    "write",
]
