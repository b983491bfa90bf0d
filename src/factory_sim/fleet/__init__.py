"""The devices of a plant over time: when each worked, failed and was repaired, and its health.

Everything here follows from one replication of the line and the addresses of the draws, so it
is the same whoever asks for it, and costs nothing unless asked for.
"""

from __future__ import annotations

from factory_sim.fleet.health import health
from factory_sim.fleet.history import History, history
from factory_sim.fleet.states import DEVICE_STATES, DeviceSpans, device_spans, fleet_spans

__all__ = [
    "DEVICE_STATES",
    "DeviceSpans",
    "History",
    "device_spans",
    "fleet_spans",
    "health",
    "history",
]
