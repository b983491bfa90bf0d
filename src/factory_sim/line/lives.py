"""How long things live from one failure to the next, at an age and after minimal repair.

Of a life with the cumulative hazard H, the chance to live longer than t is exp(-H(t)).
Seen from the age a, the next failure comes at the age where H has grown by a standard
exponential variable, ``H(age) = H(a) - log(1 - u)``. A repair that makes the thing new
begins again at age 0. After minimal repair the age goes on, and the failures are those of
a Poisson process with the hazard as its rate.

Source: Barlow and Hunter (1960), "Optimum preventive maintenance policies", Operations
Research 8(1), 90-100.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats
    from factory_sim.line.conditions import Growth
    from factory_sim.line.distributions import Lifetime
    from factory_sim.line.draws import Draws, Stream
    from factory_sim.line.failures import Failure


class Lives:
    """The times from the end of each repair to the next failure, in R replications.

    Args:
        station: Name of the station, part of the address of the draws.
        failure: The failure mode.
        draws: The randomness; gives the replications.

    Attributes:
        age: (R,) age at time 0, s.
    """

    def __init__(self, station: str, failure: Failure, draws: Draws) -> None:
        self._failure = failure
        self._stream: Stream = draws.stream(station, f"{failure.drawn_as}/up")
        self.age = np.zeros(len(draws.replications))
        if failure.age is not None:
            stream = draws.stream(station, f"{failure.drawn_as}/age")
            self.age = failure.age.quantile(stream.take(1)[0])
        self._hazard: Floats | None = None
        # What a law cannot be asked for is not needed where every life begins at age 0.
        self._aged = failure.minimal or failure.age is not None

    def next(self, lives: int) -> Floats:
        """Return the next ``lives`` times, (lives, R), s; the caller's to change."""
        if not self._aged:
            return self._stream.times([self._failure.up], lives)[0].copy()
        law = cast("Lifetime", self._failure.up)
        endured = -np.log1p(-self._stream.take(lives))
        if self._failure.minimal:
            return self._carried_on(law, endured)
        ages = law.age(endured)
        ages[0] = law.age(law.hazard(self.age) + endured[0]) - self.age
        self._aged = False
        return ages

    def _carried_on(self, law: Lifetime, endured: Floats) -> Floats:
        """Return the times between failures of a thing that no repair makes younger."""
        so_far = law.hazard(self.age) if self._hazard is None else self._hazard
        # One after the other, so that the sums do not depend on how many are asked for.
        hazard = np.cumsum(np.concatenate([so_far[None], endured]), axis=0)
        self._hazard = hazard[-1]
        times: Floats = np.diff(law.age(hazard), axis=0)
        return times


def grown(growth: Growth, clock: Floats | float) -> Floats:
    """Return the factor on times to failure that begin at ``clock``, s, shaped like it."""
    factor: Floats = np.minimum(growth.first + (1.0 - growth.first) * (clock / growth.over), 1.0)
    return factor


def repairs(station: str, failure: Failure, draws: Draws) -> Stream:
    """Return the draws of the repair times of a failure mode."""
    return draws.stream(station, f"{failure.drawn_as}/down")
