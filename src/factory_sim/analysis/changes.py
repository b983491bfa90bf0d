"""Plants with one parameter changed, for the prices of ``sensitivity.py``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path.contents import mean_content
from factory_sim.line.plant import Section
from factory_sim.scenario.distributions import Scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.sensitivity import Kind
    from factory_sim.line.arrays import Floats
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Line, Plant, Stage, Station

LOW_BITS = 2.0**20
"""The bits after the first 20 of a draw decide whether a breakdown happens: they are uniform
and say next to nothing about the repair time, which the leading bits determine."""


@dataclass(frozen=True)
class Thinned:
    """Repair times of which a share is 0, for breakdowns that do not happen; the others stay.

    With exponential times between failures that is equivalent to a longer MTBF, and every
    breakdown that still happens stays as it was.

    Attributes:
        of: The distribution of the repair time.
        share: Share of the breakdowns that do not happen.
    """

    of: Distribution
    share: float

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return (1.0 - self.share) * self.of.mean

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        squares = self.of.sd**2 + self.of.mean**2
        return sqrt((1.0 - self.share) * squares - self.mean**2)

    def quantile(self, u: Floats) -> Floats:
        """Return the repair times of uniform draws, s, shaped like ``u``."""
        happens = np.mod(u * LOW_BITS, 1.0) >= self.share
        times: Floats = np.where(happens, self.of.quantile(u), 0.0)
        return times


def can_change(plant: Plant, kind: Kind, place: str) -> bool:
    """Return whether ``changed`` makes what a price is of.

    Fewer breakdowns of things that are not renewed and have to be seen are out of its reach:
    their lives have no longer mean, and without repairs they would still be seen.
    """
    return kind != "mtbf" or not any(
        _responds(failure) and (failure.minimal or failure.age is not None)
        for station in plant.stations()
        if station.name == place
        for failure in station.failures
    )


def changed(plant: Plant, kind: Kind, place: str, amount: float) -> Plant:
    """Return a plant with one parameter improved.

    Args:
        plant: The plant.
        kind: What is changed; see ``sensitivity``.
        place: Where.
        amount: How much; a negative amount makes it worse.
    """
    if kind == "takt":

        def shorter(stage: Stage) -> Stage:
            assert isinstance(stage, Section)
            return replace(stage, takt=stage.takt - amount)

        return _stage(plant, place, shorter)
    if kind == "place":
        more = round(amount)
        if place in [line.name for line in plant.lines[1:]]:
            return _lines(plant, lambda line: _roomier(line, place, more))
        return _stage(plant, place, lambda stage: replace(stage, buffer=stage.buffer + more))

    def better(station: Station) -> Station:
        if kind == "cycle":
            factor = 1.0 - amount / mean_content(plant, station)
            return replace(station, work=tuple(Scaled(w, factor) for w in station.work))
        failures = tuple(_better(failure, kind, amount) for failure in station.failures)
        return replace(station, failures=failures)

    return _station(plant, place, better)


def _better(failure: Failure, kind: Kind, amount: float) -> Failure:
    """Return a failure mode with shorter repairs or fewer breakdowns; false alarms stay."""
    if failure.visits:
        return failure
    if kind == "repairs":
        return replace(failure, down=Scaled(failure.down, 1.0 - amount))
    if kind == "mttr":
        return replace(failure, down=Scaled(failure.down, 1.0 - amount / failure.down.mean))
    if _responds(failure):
        # A breakdown that takes no time to repair would still have to be seen.
        return replace(failure, up=Scaled(failure.up, 1.0 / (1.0 - amount)))
    return replace(failure, down=Thinned(failure.down, amount))


def _responds(failure: Failure) -> bool:
    """Return whether time passes until the repair of a failure begins."""
    return failure.seen is not None or failure.dispatch is not None


def _roomier(line: Line, name: str, more: int) -> Line:
    return replace(line, buffer=line.buffer + more) if line.name == name else line


def _lines(plant: Plant, change: Callable[[Line], Line]) -> Plant:
    return replace(plant, lines=tuple(change(line) for line in plant.lines))


def _stage(plant: Plant, name: str, change: Callable[[Stage], Stage]) -> Plant:
    """Return the plant with the stage of that name changed."""

    def stages(line: Line) -> Line:
        return replace(line, stages=tuple(change(s) if s.name == name else s for s in line.stages))

    return _lines(plant, stages)


def _station(plant: Plant, name: str, change: Callable[[Station], Station]) -> Plant:
    """Return the plant with the station of that name changed, in a section or not."""

    def stage(one: Stage) -> Stage:
        if isinstance(one, Section):
            return replace(
                one, stations=tuple(change(s) if s.name == name else s for s in one.stations)
            )
        return change(one) if one.name == name else one

    return _lines(plant, lambda line: replace(line, stages=tuple(map(stage, line.stages))))
