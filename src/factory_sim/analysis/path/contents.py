"""Splits the processing of a part into work content, set-up, tool change and repair.

Records give the sum and the set-up, and say which parts an inspection stopped. Tool changes
and repairs in place are drawn again at their addresses; what remains is work content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from factory_sim.analysis.path.trajectory import mends

if TYPE_CHECKING:
    from factory_sim.analysis.path.trajectory import Trajectory, Visits
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Plant, Station


class Processing(NamedTuple):
    """The seconds of some visits, (n,) each."""

    content: Floats
    setup: Floats
    tool: Floats
    repair: Floats


class Contents:
    """Splits the processing of the visits of a run into its contents.

    Args:
        trajectory: The run.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self._draws = trajectory.draws
        self._drawn: dict[tuple[str, str], Floats] = {}

    def of(self, visits: Visits, row: Ints, column: Ints) -> Processing:
        """Return what the processing of visits (n,) consists of."""
        station, work = visits.station, visits.work[row, column]
        setup = tool = repair = np.zeros_like(work)
        if visits.setup is not None:
            setup = visits.setup[row, column]
        if station.tool_change is not None:
            every, takes = station.tool_change.every, station.tool_change.takes
            times = self._times(station, "tool", takes, len(visits.work) // every + 1)
            change, since = np.divmod(row, every)
            due = (since == 0) & (change > 0)
            tool = np.where(due, times[np.maximum(change - 1, 0), column], 0.0)
        if visits.caught is not None and mends(station):
            assert station.inspection is not None
            assert station.inspection.repair is not None
            times = self._times(station, "repair", station.inspection.repair, len(visits.work))
            repair = np.where(visits.caught[row, column], times[row, column], 0.0)
        return Processing(work - setup - tool - repair, setup, tool, repair)

    def _times(
        self, station: Station, purpose: str, distribution: Distribution, many: int
    ) -> Floats:
        """Return the first times of a station's draws, (many, R), s."""
        address = station.name, purpose
        if address not in self._drawn:
            self._drawn[address] = _quantiles(self._draws, *address, distribution, many)
        return self._drawn[address]


def _quantiles(
    draws: Draws, name: str, purpose: str, distribution: Distribution, many: int
) -> Floats:
    return distribution.quantile(draws.stream(name, purpose).take(many))


def mean_content(plant: Plant, station: Station) -> float:
    """Return the mean work content of a station over the mix of models, s."""
    shares = plant.orders.shares
    return sum(share * work.mean for share, work in zip(shares, station.work, strict=True))
