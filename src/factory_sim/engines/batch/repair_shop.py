"""Off-line repair of parts that an inspection takes out of the line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.outages import Outages

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class RepairShop:
    """Off-line repair: parallel places, an unlimited queue, first come first served."""

    def __init__(self, station: Station, draws: Draws) -> None:
        assert station.inspection is not None
        self._free = np.zeros((station.inspection.servers, len(draws.replications)))
        # The shop keeps the shifts of the station but has none of its breakdowns.
        self._outages = Outages(replace(station, failures=()), draws)

    def repair(self, at: Ints, time: Floats, need: Floats) -> Floats:
        """Return when parts (n,) that come in at ``time`` are repaired, s."""
        place = self._free[:, at].argmin(axis=0)
        start = np.maximum(time, self._free[place, at])
        finish = self._outages.finish(start, need, at, start)
        self._free[place, at] = finish
        return finish


def has_repair_shop(station: Station) -> bool:
    """Return whether an inspection of a station sends parts to off-line repair."""
    return station.inspection is not None and station.inspection.then == "off_line"
