"""Where a part's way through its line ends: delivered, thrown away, or built in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.engines.reference.clock import Pool

if TYPE_CHECKING:
    from factory_sim.engines.reference.clock import Clock, Flow
    from factory_sim.engines.reference.flow import Part, Stage
    from factory_sim.engines.reference.log import Ledger


class Delivery:
    """The end of the main line: good parts leave the plant."""

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self.places = Pool(clock, math.inf)
        self._clock = clock
        self._ledger = ledger

    def visit(self, part: Part) -> Flow[Stage | None]:
        """Write the delivery down."""
        self._ledger.delivered.append(self._clock.now)
        self._ledger.born.append(part.born)
        self._ledger.touched.append(part.touched)
        yield from ()
        return None


class Scrap:
    """Where parts go that are thrown away.

    Args:
        clock: Simulated time.
        ledger: What enters and leaves the main line.
    """

    def __init__(self, clock: Clock, ledger: Ledger) -> None:
        self.places = Pool(clock, math.inf)
        self._clock = clock
        self._ledger = ledger

    def visit(self, _part: Part) -> Flow[Stage | None]:
        """Write the loss down."""
        self._ledger.scrapped.append(self._clock.now)
        yield from ()
        return None


class Join:
    """The end of a feeder: its places in front of the station that builds its units in.

    Args:
        clock: Simulated time.
        places: How many units can wait or be on their way.
        transport: Time on the way, s.

    Attributes:
        places: Free from when a unit is built in.
        units: Those that have arrived.
    """

    def __init__(self, clock: Clock, places: int, transport: float) -> None:
        self.places = Pool(clock, places)
        self.units = Pool(clock, 0)
        self._clock = clock
        self._transport = transport

    def visit(self, _part: Part) -> Flow[Stage | None]:
        """Arrive and be one of the units that wait."""
        if self._transport > 0:
            yield self._clock.at(self._clock.now + self._transport)
        self.units.give()
        return None
