"""The warnings of a run: what makes its figures doubtful, and what to do about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import is_precise
from factory_sim.study.measures import estimate, measure
from factory_sim.study.warm_up import FEWEST, asked_by_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.analysis.accounts import Accounts
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario

UNITS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0))


def duration(seconds: float) -> str:
    """Return a time in the largest unit that it fills, as a scenario may write it."""
    unit, size = _unit(seconds)
    return f"{seconds / size:.3g} {unit}"


def _enough(seconds: float) -> str:
    """Return a time rounded up to whole units, as a scenario may write it."""
    unit, size = _unit(seconds)
    return f"{math.ceil(seconds / size)} {unit}"


def _unit(seconds: float) -> tuple[str, float]:
    for unit, size in UNITS:
        if seconds >= 2 * size or seconds == size:
            return unit, size
    return "s", 1.0


def doubts(
    scenario: Scenario, plant: Plant, accounts: Accounts, *, rule_is_reliable: bool
) -> tuple[str, ...]:
    """Return the warnings of a run, each a sentence that ends in what to do.

    Args:
        scenario: What was asked.
        plant: What was simulated.
        accounts: What came of it.
        rule_is_reliable: What the rule for the warm-up said of itself, where it was asked.
    """
    return (
        *(f.text for f in accounts.findings if f.level == "warning"),
        *_about_warm_up(scenario, plant, accounts, rule_is_reliable=rule_is_reliable),
        *_about_precision(scenario, accounts),
        *_about_deliveries(accounts),
    )


def _about_warm_up(
    scenario: Scenario, plant: Plant, accounts: Accounts, *, rule_is_reliable: bool
) -> Iterator[str]:
    if scenario.warm_up == "auto":
        if not rule_is_reliable:
            yield (
                f"no steady state was found within {duration(accounts.end)} (MSER-5 would cut "
                f"more than half of it). Set a longer `horizon`, or a `warm_up` you trust."
            )
        return
    if accounts.delivered.size < FEWEST or (scenario.warm_up == 0 and _ramps_up(plant)):
        return
    asked, reliable = asked_by_rule(plant, accounts)
    if not reliable:
        yield (
            f"deliveries still change in the second half of {duration(accounts.end)}. "
            f"Set a longer `horizon`."
        )
    elif asked > accounts.begin:
        yield (
            f"the {duration(accounts.begin)} warm-up may be too short (MSER-5 asks "
            f"{duration(asked)}). Set `warm_up: {_enough(asked)}` or `warm_up: auto`."
        )


def _ramps_up(plant: Plant) -> bool:
    """Return whether people learn or machines mature, so that the start is what is asked about."""
    return any(
        s.learning or s.defect_learning or any(failure.growth for failure in s.failures)
        for s in plant.stations()
    )


def _about_precision(scenario: Scenario, accounts: Accounts) -> Iterator[str]:
    if accounts.delivered.size == 1:
        yield "one replication has no interval. Set `replications: 2` or more."
        return
    asked = scenario.replications
    if isinstance(asked, int):
        return
    samples = measure(asked.of).samples(accounts)
    if math.isnan(samples.sum()) or is_precise(samples, asked.half_width, scenario.confidence):
        return
    reached = estimate(measure(asked.of), accounts, scenario.confidence)
    share = 100 * reached.half_width / abs(reached.mean) if reached.mean else math.inf
    yield (
        f"{measure(asked.of).label} is known to ± {share:.2g} % after {samples.size} replications, "
        f"not to the ± {100 * asked.half_width:.2g} % that were asked. "
        f"Set a higher `replications.max` or a longer `horizon`."
    )


def _about_deliveries(accounts: Accounts) -> Iterator[str]:
    empty = int((accounts.delivered == 0).sum())
    if empty:
        yield (
            f"nothing was delivered in {empty} of {accounts.delivered.size} replications, "
            f"so there is no mean lead time. Set a longer `horizon` or a shorter `warm_up`."
        )
