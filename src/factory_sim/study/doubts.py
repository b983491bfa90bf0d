"""The warnings of a run: reasons to doubt its figures, and what to do about them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.analysis.accounts import STATES
from factory_sim.analysis.statistics import is_precise
from factory_sim.study.measures import SECONDS_PER_HOUR, estimate, measure
from factory_sim.study.phrases import Phrase, phrase
from factory_sim.study.ramp import ramps_up
from factory_sim.study.warm_up import FEWEST, mser_warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

NEVER = 0.005
"""Share of the time up to which a station that waits for orders never does."""


def doubts(
    scenario: Scenario, plant: Plant, accounts: Accounts, *, rule_is_reliable: bool
) -> tuple[Phrase, ...]:
    """Return the warnings of a run, each of which ends in what to do.

    Args:
        scenario: The scenario.
        plant: Its plant.
        accounts: The accounts of the run.
        rule_is_reliable: Whether the rule for the warm-up, if it was used, found a steady
            state.
    """
    # Where the queue of orders grows for ever, no warm-up ends in a steady state.
    unsettled = tuple(_about_orders(scenario, plant, accounts)) or tuple(
        _about_warm_up(scenario, plant, accounts, rule_is_reliable=rule_is_reliable)
    )
    return (
        *unsettled,
        *_about_precision(scenario, accounts),
        *_about_deliveries(accounts),
    )


def about_base(base: BaseResult | None) -> tuple[Phrase, ...]:
    """Return the warnings of a digital base about overload; empty without one."""
    return tuple(phrase("doubt.base", text=text) for text in base.doubts) if base else ()


def _about_orders(scenario: Scenario, plant: Plant, accounts: Accounts) -> Iterator[Phrase]:
    """Yield that more orders arrive than are made, if the first station is never without one.

    Fewer parts than orders alone are no sign of it: a window may end before a shift.
    """
    if plant.arrivals is None:
        return
    starved = accounts.states[:, 0, STATES.index("starved")].mean()
    made, scrapped = (
        estimate(measure(name), accounts, scenario.confidence)
        for name in ("throughput", "scrapped")
    )
    ordered = SECONDS_PER_HOUR / plant.arrivals.mean
    if starved < NEVER and made.high + scrapped.mean < ordered:
        values = {"ordered": round(ordered, 1), "made": round(made.mean, 1)}
        yield phrase("doubt.too_many_orders", **values)


def _about_warm_up(
    scenario: Scenario, plant: Plant, accounts: Accounts, *, rule_is_reliable: bool
) -> Iterator[Phrase]:
    if scenario.warm_up == "auto":
        if not rule_is_reliable:
            yield phrase("doubt.no_steady_state", horizon=accounts.end)
        return
    if accounts.delivered.size < FEWEST or (scenario.warm_up == 0 and ramps_up(plant)):
        return
    asked, reliable = mser_warm_up(plant, accounts)
    if not reliable:
        yield phrase("doubt.unsettled", horizon=accounts.end)
    elif asked > accounts.begin:
        yield phrase("doubt.warm_up_short", warm_up=accounts.begin, asked=asked)


def _about_precision(scenario: Scenario, accounts: Accounts) -> Iterator[Phrase]:
    if accounts.delivered.size == 1:
        yield phrase("doubt.one_replication")
        return
    asked = scenario.replications
    if isinstance(asked, int):
        return
    samples = measure(asked.of).samples(accounts)
    if math.isnan(samples.sum()) or is_precise(samples, asked.half_width, scenario.confidence):
        return
    reached = estimate(measure(asked.of), accounts, scenario.confidence)
    values = {"measure": asked.of, "replications": samples.size}
    if reached.mean == 0:
        yield phrase("doubt.precision_of_zero", **values)
        return
    share = reached.half_width / abs(reached.mean)
    yield phrase("doubt.imprecise", reached=share, asked=asked.half_width, **values)


def _about_deliveries(accounts: Accounts) -> Iterator[Phrase]:
    empty = int((accounts.delivered == 0).sum())
    if empty:
        replications = accounts.delivered.size
        yield phrase("doubt.nothing_delivered", empty=empty, replications=replications)
