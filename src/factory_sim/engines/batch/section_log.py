"""The records of a paced section: its cycles, and the visits to its positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.batch.log import Column, StationLog
from factory_sim.engines.record import SectionRecord, StationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.record import Strikes
    from factory_sim.line.arrays import Codes, Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section


@dataclass(frozen=True)
class Visits:
    """The visits of one cycle to S positions in n replications.

    Attributes:
        ready: (S, n) when work could begin, s.
        finish: (S, n) when it was done or the cycle ended, s.
        time: (S, n) processing, s.
        down: (S, n) repairs on the busy clock, s; None as in ``StationRecord``.
        setup: (S, n) as in ``StationRecord``; so are the next four.
        failures: (S, n)
        verdict: (S, n)
        seen: (S, n)
        planned: (S, n)
        order: (S, n) which part; None unless asked for.
        model: (S, n) its model; likewise.
    """

    ready: Floats
    finish: Floats
    time: Floats
    down: Floats | None
    setup: Floats | None
    failures: Ints | None
    verdict: Codes | None
    order: Floats | None
    model: Ints | None
    seen: Floats | None = None
    planned: Ints | None = None


class SectionLog:
    """The record of a section: every cycle, and every visit unless visits are summed up.

    Args:
        section: Which section.
        rows: Cycles in a slab, at most.
        replications: R.
        detail: Whether to record which part was where.
        summed: Whether visits are summed up elsewhere, and none is recorded here.
    """

    def __init__(
        self,
        section: Section,
        rows: int,
        replications: int,
        *,
        detail: bool,
        summed: bool = False,
    ) -> None:
        self._section, self._detail = section, detail
        shape = (len(section.stations), replications)
        self._visits = StationLog(section.stations[0], rows, shape, detail=detail)
        self._begin, self._end, self._paced, self._held = (
            Column(rows, (replications,)) for _ in range(4)
        )
        self._holder = Column(rows, (replications,), 0, np.int64)
        self._summed = summed
        self._records: tuple[StationRecord, ...] = ()

    def cycle(
        self, at: Columns, begin: Floats, end: Floats, paced: Floats, held: Floats, holder: Ints
    ) -> None:
        """Record a cycle of n replications."""
        for column, value in (
            (self._begin, begin),
            (self._end, end),
            (self._paced, paced),
            (self._held, held),
            (self._holder, holder),
        ):
            column.write(at, value)

    def visits(self, at: Columns, begin: Floats, end: Floats, number: Ints, visits: Visits) -> None:
        """Record the visits of a cycle of n replications; a position without a part stays empty.

        Args:
            at: The n replications.
            begin: (n,) when the cycle began, s.
            end: (n,) when it ended, s.
            number: (S, 1 or n) count of the part at each position, negative for none.
            visits: What they were.
        """
        ready, finish = visits.ready, visits.finish
        some = number >= 0
        # The last position is filled last.
        if not some[-1].all():
            begin, ready = np.where(some, begin, np.inf), np.where(some, ready, np.inf)
            finish, end = np.where(some, finish, np.inf), np.where(some, end, np.inf)
        self._visits.begin(at, begin, ready, finish, visits.time, visits.down)
        self._visits.write_optional(at, visits)
        self._visits.end(at, end, np.where(some, number, -1) if self._detail else -1)
        if visits.order is not None and visits.model is not None:
            order = np.where(some, visits.order, -1.0)
            self._visits.identify(at, np.zeros(order.shape, np.int64), order, visits.model)

    def positions(
        self, outages: Sequence[Outages], strikes: Sequence[Strikes | None]
    ) -> tuple[StationRecord, ...]:
        """Return the visits to each position since the last call, if visits are recorded."""
        if not self._summed:
            return self._visits.split(self._section.stations, outages, strikes)
        if not self._records:
            nothing = self._visits.split(self._section.stations, outages, strikes)
            self._records = tuple(replace(record, summed=True) for record in nothing)
        return self._records

    def cycles(self) -> SectionRecord:
        """Return the cycles since the last call."""
        return SectionRecord(
            self._section,
            begin=self._begin.hand_over(),
            end=self._end.hand_over(),
            paced=self._paced.hand_over(),
            held=self._held.hand_over(),
            holder=self._holder.hand_over(),
        )
