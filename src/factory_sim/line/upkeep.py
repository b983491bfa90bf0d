"""Compiles the ``monitoring:`` and ``maintenance:`` of a scenario into its failure modes.

Without these keys the plant is left as it is, to the bit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from factory_sim.line import plant
from factory_sim.line.detection import Blind, Round, Steady
from factory_sim.line.failures import Failure, Prediction
from factory_sim.scenario import automation
from factory_sim.scenario.realism import MICRO_STOP
from factory_sim.scenario.unbounded import Exponential
from factory_sim.scenario.upkeep import BY_LOAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.line.calendars import Calendar
    from factory_sim.line.detection import Detection
    from factory_sim.line.distributions import DetectionDelay, Distribution
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.upkeep import Blind as Written
    from factory_sim.scenario.upkeep import Dispatch, Predictive

YEAR = 365 * 86_400.0
"""Seconds of a year of the calendar."""

FALSE_ALARM = "predictive/false alarm"
"""Name of the failure mode that stands for false alarms, and of its random draws."""


def maintained(
    scenario: Scenario, lines: tuple[plant.Line, ...], detection: Detection | None
) -> tuple[plant.Line, ...]:
    """Return lines whose failures are detected, dispatched to and prevented as a scenario says.

    Args:
        scenario: The scenario.
        lines: Its lines, with the failures of stations and devices.
        detection: Detection delays of the twin by device class; None for the delay that
            ``monitoring`` states.
    """
    if scenario.monitoring is None and scenario.maintenance is None:
        return lines
    upkeep = _Upkeep(scenario, detection, _ranks(scenario, lines))
    return tuple(plant.changed(line, upkeep.at) for line in lines)


@dataclass(frozen=True)
class _Upkeep:
    """Monitoring and maintenance as a scenario states them, applied to stations.

    Attributes:
        scenario: The scenario.
        detection: Detection delays of the twin, if they were simulated.
        ranks: Rank of each station at the repair crew by name; stations not in it come last.
    """

    scenario: Scenario
    detection: Detection | None
    ranks: Mapping[str, int]

    def at(self, station: plant.Station) -> plant.Station:
        """Return a station with monitoring and maintenance added to its failure modes."""
        failures = tuple(self._maintained(failure, station) for failure in station.failures)
        slowing = tuple(
            replace(one, failures=tuple(self._maintained(f, station) for f in one.failures))
            for one in station.slowing
        )
        alarms = self._false_alarms(failures)
        return replace(station, failures=(*failures, *alarms), slowing=slowing)

    def _maintained(self, failure: Failure, station: plant.Station) -> Failure:
        if failure.name == MICRO_STOP:
            return failure
        dispatch = _dispatch(self.scenario)
        way, rank = None, 0
        if dispatch is not None and (failure.of is not None or dispatch.of == "all"):
            way = dispatch.twin if dispatch.by == "twin" else dispatch.hand
            rank = self.ranks.get(station.name, 1 + max(self.ranks.values(), default=-1))
        return replace(
            failure,
            seen=self._seen(failure),
            dispatch=way,
            rank=rank,
            prediction=self._prediction(failure, station),
        )

    def _seen(self, failure: Failure) -> DetectionDelay | None:
        """Return the law of the detection delay; None if failures are detected at once."""
        monitoring = self.scenario.monitoring
        if monitoring is None or (failure.of is None and monitoring.of == "devices"):
            return None
        if monitoring.by == "twin":
            kind = failure.of or monitoring.stations_by
            if self.detection is not None and kind is not None and kind in self.detection.laws:
                return self.detection.laws[kind]
            if self.detection is None and monitoring.twin is not None:
                return _stated(monitoring.twin, monitoring.blind, kind)
        return Round(monitoring.patrol)

    def _prediction(self, failure: Failure, station: plant.Station) -> Prediction | None:
        """Return the predictive maintenance of a failure mode; None without any."""
        predictive, fleet = self._predictive(), self.scenario.fleet
        if predictive is None or failure.of is None or fleet is None:
            return None
        wear = fleet.classes[failure.of].wear
        if wear is None:
            return None
        return Prediction(
            begins=wear.begins,
            chance=predictive.monitored * predictive.detects,
            repair=predictive.repair,
            breaks=_long(station.calendar, predictive.shortest_break),
        )

    def _predictive(self) -> Predictive | None:
        if self.scenario.maintenance is None:
            return None
        predictive = self.scenario.maintenance.predictive
        return predictive if predictive is not None and predictive.use else None

    def _false_alarms(self, failures: Sequence[Failure]) -> list[Failure]:
        """Return the false alarms of all monitored devices of a station as one failure mode.

        The superposition of their Poisson processes is a Poisson process.
        """
        predictive = self._predictive()
        if predictive is None or not predictive.false_alarms or not predictive.monitored:
            return []
        breaks = {f.prediction.breaks for f in failures if f.prediction is not None}
        devices = {f.name.rpartition("/")[0] for f in failures if f.prediction is not None}
        each = predictive.monitored * predictive.false_alarms / YEAR
        return [
            Failure(
                name=FALSE_ALARM,
                clock="calendar",
                up=Exponential(dist="exponential", mean=1.0 / (len(devices) * each)),
                down=predictive.repair,
                visits=visits,
            )
            for visits in breaks
        ]


def _dispatch(scenario: Scenario) -> Dispatch | None:
    return None if scenario.maintenance is None else scenario.maintenance.dispatch


def _stated(delay: Distribution, spell: Written | None, kind: str | None) -> DetectionDelay:
    """Return the law of the detection delay that the scenario states for a device class."""
    if spell is None or (spell.classes and kind not in spell.classes):
        return Steady(delay)
    return Blind(delay, spell.at, spell.at + spell.length)


def _long(calendar: Calendar, shortest: float) -> Calendar:
    """Return a calendar with those breaks alone that are at least so long, s."""
    off = tuple(span for span in calendar.off if span.end - span.begin >= shortest)
    return replace(calendar, off=off)


def _ranks(scenario: Scenario, lines: Sequence[plant.Line]) -> dict[str, int]:
    """Return the rank of each station under dispatch by the twin, by name; 0 is served first."""
    dispatch = _dispatch(scenario)
    if dispatch is None or dispatch.by != "twin" or not dispatch.first:
        return {}
    if dispatch.first == (BY_LOAD,):
        shares = tuple(scenario.orders.shares.values())
        loads = Counter({s.name: _load(s, shares) for line in lines for s in line.stations()})
        return {name: rank for rank, (name, _) in enumerate(loads.most_common())}
    everything = automation.units(scenario)
    ranks: dict[str, int] = {}
    for rank, pattern in enumerate(dispatch.first):
        for unit in automation.matching(pattern, everything):
            ranks.setdefault(unit.name, rank)
    return ranks


def _load(station: plant.Station, shares: Sequence[float]) -> float:
    """Return the work that a part brings to each server of a station, s."""
    mean = sum(share * w.mean for share, w in zip(shares, station.work, strict=True))
    return mean / station.servers
