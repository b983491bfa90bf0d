"""The figures of one point of a sweep: what each is called, and its value per replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.economics import annuity_factor, energy
from factory_sim.analysis.labour import people_on_shift
from factory_sim.scenario.automation import units
from factory_sim.study.measures import SECONDS_PER_HOUR, SECONDS_PER_MINUTE, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.economics import Economics
    from factory_sim.study.result import Result

    Samples = Mapping[str, Floats]

OFF = STATES.index("off")
CAUSES = ("down", "blocked", "waiting", "starved")
"""States in which a station on shift loses time."""


@dataclass(frozen=True)
class PointFigure:
    """A figure that every replication of a point yields once.

    Attributes:
        name: Its key in records and tables.
        label: What a report calls it.
        unit: Of each sample; ``{}`` stands for the currency.
        better: Whether more of it is better, or less; None if neither by itself.
    """

    name: str
    label: str
    unit: str
    better: Literal["more", "less"] | None = None


FIGURES = (
    PointFigure("fastest_takt", "fastest takt", "s", "less"),
    PointFigure("output", "JPH at that takt", "parts/h", "more"),
    PointFigure("throughput", "throughput", "parts/h", "more"),
    PointFigure("jph", "JPH on shift", "parts/h", "more"),
    PointFigure("lead_time", "lead time", "s", "less"),
    PointFigure("wip", "WIP", "parts"),
    PointFigure("stops", "line stops", "stops/h", "less"),
    PointFigure("held", "line held", "min/h", "less"),
    PointFigure("down", "down", "min/h", "less"),
    PointFigure("blocked", "blocked", "min/h", "less"),
    PointFigure("waiting", "waiting", "min/h", "less"),
    PointFigure("starved", "starved", "min/h", "less"),
    PointFigure("labour", "labour", "h/part", "less"),
    PointFigure("first_time_through", "first time through", "", "more"),
    PointFigure("scrapped", "scrapped", "parts/h", "less"),
    PointFigure("energy", "energy", "kWh/part", "less"),
    PointFigure("co2", "CO\N{SUBSCRIPT TWO}", "kg/part", "less"),
    PointFigure("cost", "cost", "{}/part", "less"),
    PointFigure("saved_per_part", "saved", "{}/part", "more"),
    PointFigure("gain", "gain", "{}/year", "more"),
    PointFigure("npv", "net present value", "{}", "more"),
)
"""Everything a sweep estimates at a point, in the order of reports."""


@dataclass(frozen=True)
class Equipment:
    """What the stations of a plant at one level take, in the order of station arrays.

    Attributes:
        busy: (S,) power at work, kW.
        idle: (S,) power on shift without work, kW.
        capital: Of all stations, in the currency.
        states_power: Whether a station states its power.
        states_capital: Whether a station states its capital.
        operators: People on shift; see ``analysis.labour``.
    """

    busy: Floats
    idle: Floats
    capital: float
    operators: float
    states_power: bool
    states_capital: bool


def equipment(scenario: Scenario, plant: Plant) -> Equipment:
    """Return what the stations of a plant take, by the scenario that it was compiled from."""
    stations = [
        unit.station.resolved(unit.name, automated=compiled.automated)
        for unit, compiled in zip(units(scenario), plant.stations(), strict=True)
    ]
    power = [station.power for station in stations]
    return Equipment(
        busy=np.array([p.busy if p else 0.0 for p in power]),
        idle=np.array([p.idle if p else 0.0 for p in power]),
        capital=sum(station.capital or 0.0 for station in stations),
        operators=people_on_shift(plant),
        states_power=any(power),
        states_capital=any(station.capital is not None for station in stations),
    )


def on_shift(result: Result) -> Floats:
    """Return the hours of the window in which the end of the main line is on shift, (R,)."""
    accounts = result.accounts
    last = len(list(result.plant.main.stations())) - 1
    hours = (accounts.end - accounts.begin) / SECONDS_PER_HOUR
    scheduled: Floats = hours * (1.0 - accounts.states[:, last, OFF])
    return scheduled


def measured(
    result: Result, has: Equipment, economics: Economics | None, *, powered: bool
) -> dict[str, Floats]:
    """Return the figures of a plant, (R,) each; NaN where one is not defined.

    Line stops and the minutes the line was held (beyond the takt, by its stations, summed
    over paced sections) are per hour of the clock, as in a run. ``down``, ``blocked``,
    ``waiting`` and ``starved`` are what a station loses on average, minutes per hour on
    shift.

    Args:
        result: The run of the plant.
        has: What its stations take.
        economics: Prices; None leaves out the costs.
        powered: Whether there is an energy to show.
    """
    accounts = result.accounts
    scheduled = on_shift(result)
    names = ("throughput", "jph", "lead_time", "wip", "first_time_through", "scrapped", "stops")
    found = {name: measure(name).samples(accounts) for name in names}
    found |= {
        "labour": measure("labour_hours_per_part").samples(accounts),
        "held": measure("stopped_time").samples(accounts) / SECONDS_PER_MINUTE,
    }
    on = (1.0 - accounts.states[:, :, OFF]).sum(axis=1)
    for cause in CAUSES:
        lost = accounts.states[:, :, STATES.index(cause)].sum(axis=1)
        found[cause] = 60.0 * _over(lost, on)
    if powered:
        base = economics.base_power if economics else 0.0
        hours = (accounts.end - accounts.begin) / SECONDS_PER_HOUR
        used = energy(accounts.states, has.busy, has.idle, base, hours, scheduled)
        found["energy"] = _over(used, accounts.delivered)
    return found | _costs(economics, found, has.capital) if economics else found


def _costs(economics: Economics, samples: Samples, capital: float) -> dict[str, Floats]:
    """Return what a part costs and emits at a point, (R,) each.

        variable = wage * labour + price * energy
        cost     = variable + (fixed + capital / annuity) / (JPH * hours per year)

    Capital counts where its lifetime is stated.

    Args:
        economics: Prices and hours.
        samples: What the plant did.
        capital: Of all stations.
    """
    variable = economics.wage * samples["labour"]
    found: dict[str, Floats] = {}
    if "energy" in samples:
        variable = variable + (economics.electricity or 0.0) * samples["energy"]
        if economics.co2 is not None:
            found["co2"] = economics.co2 * samples["energy"]
    yearly = economics.fixed_cost
    if economics.lifetime is not None:
        yearly += capital / annuity_factor(economics.interest, economics.lifetime)
    found["variable_cost"] = variable
    found["cost"] = variable + _over(np.full_like(variable, yearly), volume(economics, samples))
    return found


def volume(economics: Economics, samples: Samples) -> Floats:
    """Return the parts that a year at this pace makes, (R,)."""
    parts: Floats = samples["jph"] * economics.hours_per_year
    return parts


def gains(
    economics: Economics, samples: Samples, baseline: Samples, invested: float
) -> dict[str, Floats]:
    """Return what a point gains over the baseline, replication by replication, (R,) each.

    Without a margin both make what the baseline makes in a year, the slower one in
    longer hours, so that the gain is what that volume costs less. With a margin m, both
    sell what they make in the hours of a year:

        gain = V_0 (v_0 - v)  or  V (m - v) - V_0 (m - v_0)

    with V parts per year and v the variable cost of a part. What is saved per part is the
    gain over the parts that bring it, V_0 without a margin and V with one.

    Args:
        economics: Prices and hours.
        samples: Of the point, costs included.
        baseline: Of the baseline at the same prices, costs included.
        invested: Capital of the point less that of the baseline.
    """
    before, after = baseline["variable_cost"], samples["variable_cost"]
    at_first = volume(economics, baseline)
    if economics.margin is None:
        per_part = before - after
        gain = at_first * per_part
    else:
        now = volume(economics, samples)
        gain = now * (economics.margin - after) - at_first * (economics.margin - before)
        per_part = _over(gain, now)
    found = {"saved_per_part": per_part, "gain": gain}
    if economics.lifetime is not None:
        found["npv"] = gain * annuity_factor(economics.interest, economics.lifetime) - invested
    return found


def _over(part: Floats, whole: Floats) -> Floats:
    """Return a ratio per replication; NaN where there is nothing to divide by."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
