"""What the processing of a part consists of: work content, set-up, repair in place.

Records give the sum. The set-up follows from the models that a server had, the content
from its draw, which is found by its address; what remains is the repair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from factory_sim.analysis.path.trajectory import mends

if TYPE_CHECKING:
    from factory_sim.analysis.path.trajectory import Trajectory, Visits
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Station


class Processing(NamedTuple):
    """The seconds of some visits, (n,) each."""

    content: Floats
    setup: Floats
    repair: Floats


class Contents:
    """Tells content, set-up and repair of the visits of a run apart.

    Args:
        trajectory: The run.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory
        self._setups: dict[str, Floats] = {}
        self._drawn: dict[str, Floats] = {}

    def of(self, visits: Visits, row: Ints, column: Ints) -> Processing:
        """Return what the processing of visits (n,) consists of."""
        station, work = visits.station, visits.work[row, column]
        none = np.zeros_like(work)
        setup = none
        if station.setup is not None:
            if station.name not in self._setups:
                self._setups[station.name] = _setups(visits)
            setup = self._setups[station.name][row, column]
        if not mends(station):
            return Processing(work - setup, setup, none)
        if station.name not in self._drawn:
            self._drawn[station.name] = _drawn(visits, self._trajectory.draws)
        content = np.minimum(self._drawn[station.name][row, column], work - setup)
        return Processing(content, setup, work - setup - content)


def mean_content(station: Station, shares: Floats) -> float:
    """Return the mean work content over the mix of models, s."""
    return float(sum(share * work.mean for share, work in zip(shares, station.work, strict=True)))


def _drawn(visits: Visits, draws: Draws) -> Floats:
    """Return the work content of every visit, (n, R), s, drawn again."""
    work, rows = visits.station.work, len(visits.work)
    uniform = draws.stream(visits.station.name, "work").take(rows)
    if visits.model is None:
        return work[0].quantile(uniform)
    content = np.zeros_like(uniform)
    for model, distribution in enumerate(work):
        here = visits.model == model
        content[here] = distribution.quantile(uniform)[here]
    return content


def _setups(visits: Visits) -> Floats:
    """Return the set-up of every visit, (n, R), s; none for the first part on a server."""
    assert visits.model is not None
    assert visits.server is not None
    models, rows, columns = len(visits.station.work), *visits.model.shape
    table = np.zeros((models + 1, models))
    table[:-1] = visits.station.setup
    before = np.full((rows, columns), models)
    if visits.station.servers == 1:
        before[1:] = visits.model[:-1]
    else:
        last, column = np.full((visits.station.servers, columns), models), np.arange(columns)
        for row in range(rows):
            before[row] = last[visits.server[row], column]
            last[visits.server[row], column] = visits.model[row]
    setups: Floats = table[before, visits.model]
    return setups
