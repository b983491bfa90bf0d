"""How many replicas a service has: autoscaling, faults that fix their number, and restarts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.engines.reference.base.instants import BREAKS, DECIDES, RESTARTS, ROLLS_OUT

if TYPE_CHECKING:
    from factory_sim.engines.reference.base.desk import Desk
    from factory_sim.engines.reference.base.given import Autoscale, Draws, Restarts, Service
    from factory_sim.engines.reference.base.instants import Instants
    from factory_sim.engines.reference.base.log import Log
    from factory_sim.engines.reference.clock import Flow

SHORTEST = 1_000_000
"""Least time from one restart to the next, ns."""


class Replicas:
    """The replicas of one service; each has as many servers as it has workers.

    Replicas are not told apart: one that is taken away or restarted is the one whose
    servers are free first, and these finish what they work on.

    Args:
        clock: Simulated time, ns.
        log: Where changes are written down.
        of: The service.
        desk: Its queue.
        draws: Of the restarts.
    """

    def __init__(self, clock: Instants, log: Log, of: Service, desk: Desk, draws: Draws) -> None:
        self._clock, self._log, self._of, self._desk = clock, log, of, desk
        self._count = self._chosen = of.replicas
        self._rolling_out = 0
        # What autoscaling asked for and when; before the run, what was there.
        self._asked = [(clock.ns, of.replicas)]
        for fixed in of.fixed:
            clock.process(self._set_at(fixed.begin))
            clock.process(self._set_at(fixed.end))
        if of.autoscale is not None:
            clock.process(self._scale(of.autoscale))
        if of.restarts is not None:
            clock.process(self._restart(of.restarts, draws))

    @property
    def _fixed(self) -> int | None:
        """How many replicas a fault leaves now, None if there is no such fault."""
        holding = [fixed.replicas for fixed in self._of.fixed if fixed.holds(self._clock.ns)]
        return holding[-1] if holding else None

    def _set_at(self, moment: int) -> Flow[None]:
        """Have as many replicas as a fault says from a moment on, ns, or else as are chosen."""
        yield self._clock.at(moment, BREAKS)
        count = self._fixed or self._chosen
        if count != self._count:
            self._count = count
            self._desk.resize(count * self._of.workers)
            self._log.replicas.append((self._clock.ns, self._of.stage.name, count))

    def _scale(self, by: Autoscale) -> Flow[None]:
        """Decide again and again; while a fault fixes the number, leave it alone."""
        while True:
            yield self._clock.at(self._clock.ns + by.every, DECIDES)
            ratio = self._desk.utilisation() / by.target
            planned = asked = self._chosen + self._rolling_out
            if self._fixed is None and abs(ratio - 1) > by.tolerance:
                asked = min(max(math.ceil(self._count * ratio), by.fewest), by.most)
            self._asked = [(at, n) for at, n in self._asked if self._clock.ns - at < by.settle]
            self._asked.append((self._clock.ns, asked))
            highest = max(n for _, n in self._asked)
            if asked > planned:
                self._clock.process(self._roll_out(asked - planned, self._clock.ns + by.delay))
            elif highest < self._chosen and not self._rolling_out:
                self._chosen = highest
                self._clock.process(self._set_at(self._clock.ns))

    def _roll_out(self, more: int, ready: int) -> Flow[None]:
        """Begin with new replicas, which work from a moment on, ns."""
        self._rolling_out += more
        yield self._clock.at(ready, ROLLS_OUT)
        self._rolling_out -= more
        self._chosen += more
        self._clock.process(self._set_at(self._clock.ns))

    def _restart(self, of: Restarts, draws: Draws) -> Flow[None]:
        """Restart one replica after the other."""
        every, takes = (
            draws(self._of.stage.name, f"restart {what}") for what in ("every", "takes")
        )
        while True:
            wait = max(of.every(every()), SHORTEST)
            yield self._clock.at(self._clock.ns + wait, RESTARTS)
            self._desk.restart(self._of.workers, of.takes(takes()))
