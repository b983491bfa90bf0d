"""A serial line as one would write it in SimPy; blocking after service."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import simpy

if TYPE_CHECKING:
    from collections.abc import Iterator


def last_departure(stations: int, buffer: int, parts: int, seed: int) -> float:
    """Return when the last of some parts leaves a saturated line, mean work 1 s each."""
    env, random = simpy.Environment(), Random(seed)
    places = [simpy.Resource(env, buffer + 1) for _ in range(stations)]
    servers = [simpy.Resource(env, 1) for _ in range(stations)]

    def part(place: simpy.Event, server: simpy.Event) -> Iterator[simpy.Event]:
        for station in range(stations):
            yield env.timeout(random.expovariate(1.0))
            if station + 1 < stations:
                next_place = places[station + 1].request()
                yield next_place
            servers[station].release(server)
            places[station].release(place)
            if station + 1 < stations:
                place, server = next_place, servers[station + 1].request()
                yield server

    def source() -> Iterator[simpy.Event]:
        for _ in range(parts):
            place, server = places[0].request(), servers[0].request()
            yield place & server
            env.process(part(place, server))

    env.process(source())
    env.run()
    return float(env.now)
