"""Replicas of a service: autoscaling by utilisation, restarts, and faults that fix their number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.times import SECOND, law, nanoseconds
from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.fleet.base.plan import Plan
    from factory_sim.line.arrays import Ints
    from factory_sim.scenario.digital_base import Service

NEVER = np.iinfo(np.int64).max
"""A moment that never comes, ns."""


class Replicas:
    """The replicas of one service over time.

    Decisions follow the Horizontal Pod Autoscaler of Kubernetes: wanted are
    ``ceil(replicas * utilisation / target)``, unless the ratio is within the tolerance
    of 1; new replicas work after a delay; some are taken away once the highest number
    wanted in the settling time is lower. A replica that is taken away, or restarted,
    is the one that is free first, and it finishes what it works on.

    Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details.

    Attributes:
        count: Replicas that work.
    """

    def __init__(self, plan: Plan, service: Service) -> None:
        self._plan, self._service = plan, service
        self.count = service.replicas
        self._chosen = service.replicas
        self._rising: list[tuple[int, int]] = []
        # before the first decision, the initial number counts as wanted
        self._wanted = [(plan.begin, service.replicas)]
        self._busy = self._capacity = 0
        scale = service.autoscale
        self._decision = plan.begin + nanoseconds(scale.every) if scale else NEVER
        self._restart = NEVER
        if service.restarts is not None:
            self._laws = law(service.restarts.every), law(service.restarts.takes)
            purposes = "restart every", "restart takes"
            self._streams = [generator(plan.seed, 0, service.name, p) for p in purposes]
            self._restart = plan.begin + self._until_restart()

    def _drawn(self, which: int) -> int:
        return int(self._laws[which].times(self._streams[which].random(1))[0])

    def _until_restart(self) -> int:
        """Return the time to the next restart, ns; a shorter one would stop time."""
        return max(self._drawn(0), SECOND // 1000)

    @property
    def next_change(self) -> int:
        """The next moment at which something may change, faults apart, ns."""
        ready = min((moment for moment, _ in self._rising), default=NEVER)
        return min(self._decision, ready, self._restart)

    def observe(self, busy: int, capacity: int) -> None:
        """Note how long the servers worked, and how long they were there, ns."""
        self._busy += busy
        self._capacity += capacity

    def turn(self, now: int, free: Ints) -> Ints:
        """Return when the servers are free after all changes of a moment.

        Args:
            now: The moment, ns; not after ``next_change``.
            free: When they are free before, ascending, ns.
        """
        fixed = [
            f.fault.replicas
            for f in self._plan.holding("service", now)
            if f.fault.service == self._service.name and f.fault.replicas is not None
        ]
        if now >= self._decision:
            self._decide(now, is_fixed=bool(fixed))
        self._chosen += sum(more for moment, more in self._rising if moment <= now)
        self._rising = [(moment, more) for moment, more in self._rising if moment > now]
        self.count = fixed[-1] if fixed else self._chosen
        free = _resized(free, self.count * self._service.workers, now)
        if now >= self._restart:
            free = self._restarted(free, now)
        return free

    def _decide(self, now: int, *, is_fixed: bool) -> None:
        scale = self._service.autoscale
        assert scale is not None
        self._decision = now + nanoseconds(scale.every)
        ratio = self._busy / max(self._capacity, 1) / scale.target
        self._busy = self._capacity = 0
        coming = self._chosen + sum(more for _, more in self._rising)
        wanted = coming
        if not is_fixed and abs(ratio - 1) > scale.tolerance:
            wanted = min(max(math.ceil(self.count * ratio), scale.fewest), scale.most)
        since = now - nanoseconds(scale.settle)
        self._wanted = [(at, n) for at, n in self._wanted if at > since] + [(now, wanted)]
        if wanted > coming:
            self._rising.append((now + nanoseconds(scale.delay), wanted - coming))
        elif (highest := max(n for _, n in self._wanted)) < self._chosen and not self._rising:
            self._chosen = highest

    def _restarted(self, free: Ints, now: int) -> Ints:
        while self._restart <= now:
            self._restart += self._until_restart()
            gone = min(self._service.workers, free.size)
            free = free.copy()
            free[:gone] = np.maximum(free[:gone], now) + self._drawn(1)
            free.sort()
        return free


def _resized(free: Ints, servers: int, now: int) -> Ints:
    """Return so many servers: new ones are free now; those free first are removed."""
    more = servers - free.size
    if more > 0:
        return np.sort(np.concatenate([free, np.full(more, now)]))
    return free[-more:]
