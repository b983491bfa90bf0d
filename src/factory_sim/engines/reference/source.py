"""Where parts come from: what is built in which order, at once or as orders arrive."""

from __future__ import annotations

from itertools import count, cycle, repeat
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.reference.flow import Part, journey
from factory_sim.engines.reference.readings import Quantities, Uniforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.engines.reference.clock import Clock, Flow
    from factory_sim.engines.reference.flow import Stage
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Orders


def saturate(clock: Clock, models: Iterator[int], first: Stage, entered: list[float]) -> Flow[None]:
    """Have a part wait in front of a line at all times; it is born when it starts.

    Args:
        clock: Simulated time.
        models: Of the parts in order.
        first: The first stage of the line.
        entered: Gets the time of each start, s.
    """
    for order, model in enumerate(models):
        part = Part(order, model, clock.event())
        clock.process(journey(part, first))
        yield part.begun
        part.born = clock.now
        entered.append(clock.now)


def follow_orders(
    clock: Clock, models: Iterator[int], first: Stage, entered: list[float], intervals: Quantities
) -> Flow[None]:
    """Send each part to a line when its order arrives: that is when it is born.

    Args:
        clock: Simulated time.
        models: Of the parts in order.
        first: The first stage of the line.
        entered: Gets the time of each arrival, s.
        intervals: Time from one arrival to the next, s; the first counts from 0.
    """
    for order, model in enumerate(models):
        yield clock.at(clock.now + intervals.next())
        entered.append(clock.now)
        clock.process(journey(Part(order, model, clock.event(), born=clock.now), first))


def intervals(draws: Draws, arrivals: Distribution) -> Quantities:
    """Return the times between orders."""
    return Quantities(draws, "arrivals", "interval", [arrivals])


def models(orders: Orders, draws: Draws) -> Iterator[int]:
    """Yield the model of each part of a line, for ever; all lines see the same."""
    if orders.sequence:
        yield from cycle(orders.sequence)
    if len(orders.models) == 1:
        yield from repeat(0)
    shares = np.cumsum(orders.weights) / np.sum(orders.weights)
    uniforms = Uniforms(draws, "orders", "model")
    for _ in count():
        model = int(np.searchsorted(shares, uniforms.next(), side="right"))
        # The shares may sum to a little less than 1, and a draw may lie above.
        yield min(model, len(orders.models) - 1)
