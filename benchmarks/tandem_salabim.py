"""A serial line as one would write it in salabim; blocking after service."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import salabim as sim

if TYPE_CHECKING:
    from collections.abc import Iterator


def last_departure(stations: int, buffer: int, parts: int, seed: int) -> float:
    """Return when the last of some parts leaves a saturated line, mean work 1 s each."""
    env = sim.Environment(yieldless=False, trace=False)
    random = Random(seed)
    places = [sim.Resource(capacity=buffer + 1, env=env) for _ in range(stations)]
    servers = [sim.Resource(capacity=1, env=env) for _ in range(stations)]

    class Part(sim.Component):
        def setup(self, number: int) -> None:
            self.number = number

        def process(self) -> Iterator[None]:
            yield self.request(places[0])
            for station in range(stations):
                yield self.request(servers[station])
                yield self.hold(random.expovariate(1.0))
                if station + 1 < stations:
                    yield self.request(places[station + 1])
                self.release(servers[station], places[station])
                if station == 0 and self.number + 1 < parts:
                    Part(number=self.number + 1, env=env)

    Part(number=0, env=env)
    env.run()
    return float(env.now())
