"""A serial line as one would write it in Ciw; blocking after service."""

from __future__ import annotations

import ciw


def last_departure(stations: int, buffer: int, parts: int, seed: int) -> float:
    """Return when the last of some parts leaves a saturated line, mean work 1 s each."""
    once = ciw.dists.Sequential([0.0, float("inf")])
    routing = [[float(b == a + 1) for b in range(stations)] for a in range(stations)]
    network = ciw.create_network(
        arrival_distributions=[once] + [None] * (stations - 1),
        batching_distributions=[ciw.dists.Deterministic(parts)]
        + [ciw.dists.Deterministic(1)] * (stations - 1),
        service_distributions=[ciw.dists.Exponential(1.0)] * stations,
        number_of_servers=[1] * stations,
        queue_capacities=[float("inf")] + [buffer] * (stations - 1),
        routing=routing,
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(parts, method="Finish")
    records = simulation.get_all_records()
    return max(record.exit_date for record in records if record.node == stations)
