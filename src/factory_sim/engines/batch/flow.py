"""Parts between stages: mailboxes, joins, sources, and the ledger of the plant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.rows import ALL, Columns, Count, Rows, positions, row
from factory_sim.engines.record import SectionRecord, Slab, StationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.distributions import Distribution
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Line, Orders, Plant

# What a part carries with it, one row each. Where nothing tells parts apart but their age,
# they carry the first row alone.
BORN, ORDER, MODEL, DEFECT, TOUCHED, FATE, REPAIR = range(7)
CARGO = 7

# Where a part goes after the station it is on.
ONWARD, SHOP, SCRAP = range(3)


def columns(able: bool | Bools) -> Columns | None:
    """Return the replications in which something can be done; None if in none."""
    if isinstance(able, bool):
        return ALL if able else None
    some: Ints = np.flatnonzero(able)
    return some if some.size else None


def cargo_rows(plant: Plant, *, detail: bool) -> int:
    """Return how many rows of cargo the parts of a plant need."""
    checked = any(s.defect_rate or s.inspection for s in plant.stations())
    return CARGO if detail or checked or len(plant.orders.models) > 1 else 1


class Mailbox:
    """Holds at most one part per replication on its way to the next stage.

    Attributes:
        full: Where a part waits; one truth for all replications in step.
        time: (R,) when it left the stage before, s.
        cargo: (rows, R) what it carries.
    """

    def __init__(self, replications: int, *, in_step: bool, cargo: int) -> None:
        self.full: bool | Bools = False if in_step else np.zeros(replications, dtype=bool)
        self.time: Floats = np.zeros(replications)
        self.cargo: Floats = np.zeros((cargo, replications))

    def vacant(self) -> bool | Bools:
        """Return where it holds no part."""
        return not self.full if isinstance(self.full, bool) else ~self.full

    def put(self, at: Columns, time: Floats, cargo: Floats) -> None:
        """Lay a part in, n replications; without a copy when all are in step."""
        if isinstance(at, slice):
            self.full, self.time, self.cargo = True, time, cargo
        else:
            assert not isinstance(self.full, bool)
            self.full[at] = True
            self.time[at] = time
            self.cargo[:, at] = cargo

    def take(self, at: Columns) -> tuple[Floats, Floats]:
        """Take the parts out: when they left the stage before (n,), what they carry.

        Both belong to the taker, which may change what they carry.
        """
        if isinstance(at, slice):
            self.full = False
            return self.time, self.cargo
        assert not isinstance(self.full, bool)
        self.full[at] = False
        return self.time[at], self.cargo[:, at]


class Join:
    """Where the units of a feeder wait for the part they go into.

    Args:
        line: The feeder.
        replications: R.
        in_step: Whether all replications move together.
        cargo: Rows of what a unit carries.
    """

    def __init__(self, line: Line, replications: int, *, in_step: bool, cargo: int) -> None:
        self.mailbox = Mailbox(replications, in_step=in_step, cargo=cargo)
        self._transport = line.transport
        self._ready = np.zeros((line.buffer, replications))
        self._taken: Count = 0 if in_step else np.zeros(replications, dtype=np.int64)

    def knows_place(self) -> bool:
        """Return True: it depends on departures of the past alone."""
        return True

    def place(self, at: Columns) -> Floats:
        """Return when a place becomes free for the next unit, (n,), s."""
        taken = self._taken if isinstance(self._taken, int) else self._taken[at]
        return row(self._ready, taken % len(self._ready), at)

    def arrival(self, at: Columns) -> Floats:
        """Return when the waiting unit is there, (n,), s."""
        return self.mailbox.time[at] + self._transport

    def take(self, at: Columns, ready: Floats) -> None:
        """Take the unit out at the moment the work with it begins, (n,), s."""
        if isinstance(self._taken, int):
            self._ready[self._taken % len(self._ready)] = ready
            self._taken += 1
        else:
            self._ready[self._taken[at] % len(self._ready), at] = ready
            self._taken[at] += 1
        self.mailbox.take(at)


class Models:
    """Which model each part is: the same in every line.

    Args:
        orders: What is built.
        draws: The randomness; gives the replications, R.
    """

    def __init__(self, orders: Orders, draws: Draws) -> None:
        several = len(orders.models) > 1
        self._sequence = np.array(orders.sequence if several else (), dtype=float)
        self._shares = np.cumsum(orders.weights) / np.sum(orders.weights)
        drawn = several and not orders.sequence
        self._draws = positions(draws, ["orders"], "model") if drawn else None
        self.fixed = not drawn

    def next(self, part: int, parts: int) -> Floats:
        """Return the models of the next parts from ``part`` on, (parts, R) or (parts, 1)."""
        if self._draws is not None:
            return self._of(self._draws(parts)[:, 0, 0])
        if not self._sequence.size:
            return np.zeros((parts, 1))
        sequence: Floats = self._sequence[np.arange(part, part + parts) % self._sequence.size]
        return sequence[:, None]

    def _of(self, draw: Floats) -> Floats:
        model = np.searchsorted(self._shares, draw, side="right")
        last: Floats = np.minimum(model, self._shares.size - 1).astype(float)
        return last


class Source:
    """Starts the parts of a line: orders in sequence, at once or as they arrive."""

    def __init__(
        self, orders: Orders, arrivals: Distribution | None, draws: Draws, outlet: Mailbox
    ) -> None:
        replications = len(draws.replications)
        self._outlet = outlet
        self._rows = len(outlet.cargo)
        # The place in the sequence matters only where there are several models.
        sequence = orders.sequence if len(orders.models) > 1 else ()
        self._sequence = np.array(sequence, dtype=float)
        self._shares = np.cumsum(orders.weights) / np.sum(orders.weights)
        self._started: Ints = np.zeros(replications, dtype=np.int64)
        self._clock = np.zeros(replications)
        drawn = not orders.sequence and len(orders.models) > 1
        self._model = Rows(positions(draws, ["orders"], "model"), replications) if drawn else None
        self._interval = None
        if arrivals is not None:
            maker = positions(draws, ["arrivals"], "interval", [[arrivals]])
            self._interval = Rows(maker, replications)

    def queue(self, until: float, ledger: Ledger) -> None:
        """Note the orders that arrive before a time, s, and are not begun by then."""
        if self._interval is None:
            return
        while True:
            at = columns(self._outlet.full)
            if at is not None:
                time, _ = self._outlet.take(at)
                ledger.enter(at, time)
            if self._clock.min() >= until:
                break
            self.fire()

    def fire(self) -> None:
        """Lay the next part into the outlet wherever it is empty."""
        at = columns(self._outlet.vacant())
        if at is None:
            return
        part: Count = int(self._started[0]) if isinstance(at, slice) else self._started[at]
        cargo = np.zeros((self._rows, self._clock[at].size))
        if self._rows > 1:
            cargo[ORDER] = part
        if self._sequence.size:
            cargo[MODEL] = self._sequence[part % self._sequence.size]
        elif self._model is not None:
            draw = self._model.row(part, at, self._started)[0, 0]
            model = np.searchsorted(self._shares, draw, side="right")
            cargo[MODEL] = np.minimum(model, self._shares.size - 1)
        if self._interval is not None:
            self._clock[at] += self._interval.row(part, at, self._started)[0, 0]
            cargo[BORN] = self._clock[at]
        self._started[at] += 1
        self._outlet.put(at, cargo[BORN], cargo)


class Ledger:
    """What entered and left the main line during a slab; R replications, inf for none."""

    def __init__(self, replications: int) -> None:
        self._replications = replications
        self._untouched = np.zeros(replications)
        self._entered: list[Floats] = []
        self._delivered: list[tuple[Floats, Floats, Floats]] = []
        self._scrapped: list[Floats] = []

    def enter(self, at: Columns, born: Floats) -> None:
        """Note parts that enter the main line, n replications."""
        self._entered.append(self._spread(at, born))

    def deliver(self, at: Columns, time: Floats, cargo: Floats) -> None:
        """Note good parts that leave the plant, n replications."""
        touched = cargo[TOUCHED] if len(cargo) > 1 else self._untouched[at]
        born, touched = self._spread(at, cargo[BORN]), self._spread(at, touched)
        self._delivered.append((self._spread(at, time), born, touched))

    def scrap(self, at: Columns, time: Floats) -> None:
        """Note parts that are thrown away, n replications."""
        self._scrapped.append(self._spread(at, time))

    def hand_over(
        self, stations: tuple[StationRecord, ...], sections: tuple[SectionRecord, ...]
    ) -> Slab:
        """Return the slab of these records with what was noted, and begin anew."""
        times, born, touched = zip(*self._delivered, strict=True) if self._delivered else ((),) * 3
        slab = Slab(
            stations,
            sections,
            entered=self._stack(self._entered),
            delivered=self._stack(times),
            born=self._stack(born),
            touched=self._stack(touched) == 1,
            scrapped=self._stack(self._scrapped),
        )
        self._entered, self._delivered, self._scrapped = [], [], []
        return slab

    def _stack(self, rows: Sequence[Floats]) -> Floats:
        return np.stack(rows) if rows else np.empty((0, self._replications))

    def _spread(self, at: Columns, values: Floats) -> Floats:
        if isinstance(at, slice):
            return values
        row = np.full(self._replications, np.inf)
        row[at] = values
        return row
