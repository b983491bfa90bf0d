"""What an engine hands on: slabs with starts, finishes and departures, station by station.

Rows are parts, columns are replications. A row that has no part in a replication
holds +inf, which every account clips to the end of the window and so ignores.
Both engines fill the same records; everything after them is common.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Bools, Codes, Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section, Station

DEFECTIVE, CAUGHT = 1, 2
"""Flags of a visit: its work made a defect; its inspection stopped the part."""


@dataclass(frozen=True)
class Detail:
    """Which part a row of a record is about; -1 where there is none.

    Attributes:
        server: (n, R) the server it takes, from 0; in order of start.
        part: (n, R) its order number in its line, from 0; in order of start.
        model: (n, R) index of its model; in order of start.
        leaver: (m, R) count of the departing part in order of start, from 0; in
            order of departure.
    """

    server: Ints
    part: Ints
    model: Ints
    leaver: Ints


@dataclass(frozen=True)
class Strikes:
    """Failures on the busy clock at one station, one entry each, (k,) in any order.

    Attributes:
        mode: Which of the failures of the station.
        row: Count of the part that it hits, in order of start since time 0.
        replication: The column.
        after: Seconds of processing of that part before it strikes.
        down: Its repair, s: available seconds, and those in which it waits for a crew.
        planned: Whether it is no failure but a planned repair that made the thing new; ``down``
            is then what the break did not take of it.
    """

    mode: Ints
    row: Ints
    replication: Ints
    after: Floats
    down: Floats
    planned: Bools

    def chosen(self, some: Bools | Ints) -> Strikes:
        """Return some of them."""
        return Strikes(*(getattr(self, field.name)[some] for field in fields(self)))


@dataclass(frozen=True)
class StationRecord:
    """The parts of one station during a slab, n rows, R replications.

    ``leave`` is in order of departure, everything else in order of start. With one
    server the two orders are the same; with c servers the first c - 1 parts of a
    run start before any departs, so ``leave`` may have fewer rows, m. In a divergent
    plant (parts are scrapped on the way) a row may be empty in some replications.

    Attributes:
        station: Which station.
        start: (n, R) when the part moves onto its server, s.
        ready: (n, R) when all components are there (``start`` if none are needed), s.
        finish: (n, R) when its work is done, s.
        leave: (m, R) when a departing part frees its server, s.
        work: (n, R) seconds of processing: work content, set-up, repair in place.
        down: (n, R) seconds of repair on the busy clock that hit this part; None if
            there is no such failure.
        outages: When the station was not available, for the accounts.
        detail: Which part it was; None unless asked for.
        setup: (n, R) seconds of ``work`` that are set-up; None if it has no set-ups.
        failures: (n, R) failures on the busy clock that hit this part; None as ``down``.
        verdict: (n, R) the sum of ``DEFECTIVE`` where the work here made a defect and
            ``CAUGHT`` where the inspection here stopped the part; None if neither can be.
        strikes: Which failures on the busy clock hit which parts; None if none did.
        summed: Whether its visits are summed up in the record of its section instead.
        seen: (n, R) seconds of ``down`` that passed until failures were seen; None if all
            are seen at once.
        planned: (n, R) planned repairs on the busy clock; None likewise.
    """

    station: Station
    start: Floats
    ready: Floats
    finish: Floats
    leave: Floats
    work: Floats
    down: Floats | None
    outages: Outages
    detail: Detail | None = None
    setup: Floats | None = None
    failures: Ints | None = None
    verdict: Ints | None = None
    seen: Floats | None = None
    planned: Ints | None = None
    strikes: Strikes | None = None
    summed: bool = False


@dataclass(frozen=True)
class SectionSums:
    """Sums over consecutive cycles of S positions; each (S, R) unless stated otherwise.

    Attributes:
        parts: How many were there.
        begin: (S or 1, R) when the first came, s.
        end: Likewise, when the last cycle ended, s.
        busy: Seconds of work.
        waiting: Available seconds in which components were missing.
        repairs: Seconds of repair on the busy clock.
        setup: Seconds of set-up.
        failures: Failures on the busy clock.
        defective: Parts in which the work made a defect.
        caught: Parts that the inspection stopped.
    """

    parts: Floats
    begin: Floats
    end: Floats
    busy: Floats
    waiting: Floats
    repairs: Floats
    setup: Floats
    failures: Floats
    defective: Floats
    caught: Floats


@dataclass(frozen=True)
class SectionEdges:
    """The visits to S positions in cycles that an edge of the window of the accounts cuts.

    Attributes:
        replication: (n,) in which, each once.
        begin: (n,) when the cycle begins, s.
        end: (n,) when it ends, s.
        present: (S, n) whether the position has a part.
        ready: (S, n) when work begins, s.
        finish: (S, n) when it is done or the cycle ends, s.
        work: (S, n) seconds of processing.
        down: (S, n) seconds of repair on the busy clock; None as in ``StationRecord``.
        setup: (S, n) seconds of ``work`` that are set-up; likewise.
        failures: (S, n) failures on the busy clock; likewise.
        verdict: (S, n) likewise.
    """

    replication: Ints
    begin: Floats
    end: Floats
    present: Bools
    ready: Floats
    finish: Floats
    work: Floats
    down: Floats | None
    setup: Floats | None
    failures: Ints | None
    verdict: Codes | None

    def chosen(self, some: Ints) -> SectionEdges:
        """Return some of the n."""
        values: list[Any] = [v if v is None else v[..., some] for v in vars(self).values()]
        return SectionEdges(*values)

    @classmethod
    def joined(cls, parts: Sequence[SectionEdges]) -> SectionEdges:
        """Return those of several records with no replication in common."""
        columns: list[Any] = [
            values[0] if values[0] is None else np.concatenate(values, axis=-1)
            for values in zip(*(vars(part).values() for part in parts), strict=True)
        ]
        return cls(*columns)


@dataclass(frozen=True)
class SectionTrace:
    """The content of n cycles at S positions of a section, for the critical path.

    Rows are cycles: in cycle i, position s has part i - s, and what a row says of a position
    that no part has come to is without meaning.

    Attributes:
        work: (n, S, R) seconds of processing.
        carried: (n, S, R) whether work is left over at the end of the cycle, or done just
            then.
        setup: (n, S, R) seconds of ``work`` that are set-up; None if there are no set-ups.
        caught: For each position that has an inspection: (n, R) whether it stopped the part.
        struck: Repairs on the busy clock, (m,) each: row, position, replication, seconds.
    """

    work: Floats
    carried: Bools
    setup: Floats | None
    caught: tuple[tuple[int, Bools], ...]
    struck: tuple[Ints, Ints, Ints, Floats]


@dataclass(frozen=True)
class SectionRecord:
    """The cycles of one paced section during a slab, n rows.

    Attributes:
        section: Which section.
        begin: (n, R) when each cycle begins, s.
        end: (n, R) when it ends and all parts index, s.
        paced: (n, R) when the takt alone would have ended it, s.
        held: (n, R) when the slowest station would have let it end, s; where the takt alone
            ended the cycle and visits are summed up, that or any time before.
        holder: (n, R) index of that station within the section; any where the takt alone
            ended the cycle and visits are summed up.
        joined: For each position that feeders join, where visits are summed up: (n, R)
            when work there began, s; inf where it had no part.
        first: Number of the first cycle, from 0, where visits are summed up.
        summed: Whether visits are summed up where cycles lie within the window of the
            accounts. Visits in cycles that an edge of it cuts are in ``edges``, all others are
            left out. If not, every visit is a row of the station records.
        sums: Those sums, once all replications are past the window; else None.
        edges: The visits that cross an edge of the window.
        trace: What the cycles brought, where visits are summed up and it was asked for.
    """

    section: Section
    begin: Floats
    end: Floats
    paced: Floats
    held: Floats
    holder: Ints
    joined: tuple[tuple[int, Floats], ...] = ()
    first: int = 0
    summed: bool = False
    sums: SectionSums | None = None
    edges: tuple[SectionEdges, ...] = ()
    trace: SectionTrace | None = None


@dataclass(frozen=True)
class Slab:
    """A stretch of a run: all that happened at every station, in step with each other.

    Attributes:
        stations: One record per station, in the order of ``Plant.stations()``.
        sections: One record per paced section, main line first.
        entered: (n, R) when parts enter the main line (their order's arrival, or the
            start at the first station of a saturated line), s.
        delivered: (m, R) when good parts leave the plant, s.
        born: (m, R) when those parts entered, s.
        touched: (m, R) whether they were repaired or reworked on the way.
        scrapped: (m, R) when parts of the main line were scrapped, s.
    """

    stations: tuple[StationRecord, ...]
    sections: tuple[SectionRecord, ...]
    entered: Floats
    delivered: Floats
    born: Floats
    touched: Bools
    scrapped: Floats
