"""What to do first about the bottleneck of a run, by what it loses most time to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.report.html.amounts import amount
from factory_sim.report.numbers import percent, significant
from factory_sim.report.rows import bottlenecks, of_station, shifts
from factory_sim.study.measures import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

MUCH = 0.1
"""Share of the time on shift from which on a state of the bottleneck is what to look at first."""

MOST = 0.5
"""Share of the time for which a station holds its section from which on a cause explains it."""

CLOSE = 0.05
"""Half-width of an output, a share of the orders, up to which it tells whether all are made."""


def advice(run: Recorded, say: Catalogue) -> str:
    """Return what to do first, as a sentence."""
    stage, _ = run.bottleneck
    stations = np.flatnonzero(np.array(run.columns["stage"]) == stage)
    orders = _about_orders(run, stage, stations, say)
    if orders:
        return orders
    if shifts(bottlenecks(run)):
        return say("answer.todo_explain")
    if stage in {section.name for section in run.plant.sections()}:
        return _about_section(run, stage, stations, say)
    return _about_station(run, stage, int(stations[0]), say)


def _about_orders(run: Recorded, stage: str, stations: Ints, say: Catalogue) -> str:
    """Return what is said of a line that has too few orders; empty if it has enough."""
    if run.plant.arrivals is None:
        return ""
    starved = of_station(run, "starved", int(stations[0]))
    held = max(run.columns[state][station] for state in ("down", "waiting") for station in stations)
    if starved.mean > max(MUCH, held):
        return say("answer.todo_orders", stage=stage, starved=percent(starved))
    if _keeps_up(run):
        orders = significant(SECONDS_PER_HOUR / run.plant.arrivals.mean, 3)
        return say("answer.todo_keeps_up", stage=stage, orders=orders)
    return ""


def _about_section(run: Recorded, stage: str, stations: Ints, say: Catalogue) -> str:
    """Return what to do about the station that holds a section longest, by why it does so."""
    worst = int(max(stations, key=run.columns["lost"].__getitem__))
    lost = of_station(run, "lost", worst, "s/h")
    if not lost.mean:
        return say("answer.todo_takt", stage=stage)
    why = "overruns"
    for state in ("down", "waiting"):
        if run.columns[state][worst] * SECONDS_PER_HOUR > MOST * lost.mean:
            why = state
    station = run.columns["name"][worst]
    return say(f"answer.todo_section_{why}", stage=stage, station=station, lost=amount(lost, say))


def _about_station(run: Recorded, stage: str, station: int, say: Catalogue) -> str:
    """Return what to do about a station of its own, by shares of its time on shift."""
    # A station that is never on shift does nothing that could be divided by its time there.
    on_shift = 1.0 - run.columns["off"][station] or 1.0
    busy, down, waiting = (
        replace(share, mean=share.mean / on_shift, half_width=share.half_width / on_shift)
        for share in (of_station(run, name, station) for name in ("busy", "down", "waiting"))
    )
    if max(down.mean, waiting.mean) < MUCH:
        return say("answer.todo_work", stage=stage, busy=percent(busy))
    if down.mean >= waiting.mean:
        return say("answer.todo_down", stage=stage, down=percent(down))
    return say("answer.todo_waiting", stage=stage, waiting=percent(waiting))


def _keeps_up(run: Recorded) -> bool:
    """Return whether all orders are made, as far as that can be told: scrap is an order, too."""
    assert run.plant.arrivals is not None
    ordered = SECONDS_PER_HOUR / run.plant.arrivals.mean
    made, scrapped = run.estimates["throughput"], run.estimates["scrapped"]
    return made.half_width < CLOSE * ordered and made.high + scrapped.mean >= ordered
