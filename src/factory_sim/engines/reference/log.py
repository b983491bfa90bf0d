"""What one replication writes down, as lists, and the records made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.engines.record import Detail, SectionRecord, StationRecord, Strikes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.reference.wear import Breakdown
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Section, Station


@dataclass
class StationLog:
    """The parts of one station: ``leave`` and ``leaver`` in order of departure, else of start.

    What has not happened yet is +inf. The fields are those of ``StationRecord`` and
    its ``Detail``.
    """

    start: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    finish: list[float] = field(default_factory=list)
    leave: list[float] = field(default_factory=list)
    leaver: list[int] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    server: list[int] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    model: list[int] = field(default_factory=list)
    setup: list[float] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    verdict: list[int] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    planned: list[int] = field(default_factory=list)
    struck: list[tuple[int, int, bool]] = field(default_factory=list)
    lasted: list[tuple[float, float]] = field(default_factory=list)

    def begin(self, *, start: float, server: int, part: int, model: int) -> int:
        """Write down that a part starts and return its count in order of start.

        What it takes is known when the work begins, and 0 until then.
        """
        self.start.append(start)
        self.ready.append(math.inf)
        self.finish.append(math.inf)
        self.work.append(0.0)
        self.down.append(0.0)
        self.failures.append(0)
        self.seen.append(0.0)
        self.planned.append(0)
        self.server.append(server)
        self.part.append(part)
        self.model.append(model)
        self.verdict.append(0)
        return len(self.start) - 1

    def strike(self, breakdown: Breakdown, row: int, down: float) -> None:
        """Write down which failure hit a part, and for how long it was down."""
        self.struck.append((breakdown.mode, row, breakdown.planned))
        self.lasted.append((breakdown.after, down))

    def respond(self, breakdown: Breakdown, row: int) -> None:
        """Write down whether it is a failure and, if so, how late it is seen."""
        (self.planned if breakdown.planned else self.failures)[row] += 1
        self.seen[row] += breakdown.seen

    def depart(self, row: int, leave: float) -> None:
        """Write down that a part frees its server."""
        self.leave.append(leave)
        self.leaver.append(row)

    def under_way(self) -> list[int]:
        """Return which parts are being worked."""
        times = zip(self.ready, self.finish, strict=True)
        return [row for row, (ready, finish) in enumerate(times) if ready < finish == math.inf]

    def record(self, station: Station, outages: Outages) -> StationRecord:
        """Return the record of all that started; parts still here leave at +inf."""
        staying = sorted(set(range(len(self.start))) - set(self.leaver))
        ages = any(failure.clock == "busy" for failure in station.failures)
        maintained = any(f.clock == "busy" and f.maintained for f in station.failures)
        judges = station.defect_rate > 0 or station.inspection is not None
        return StationRecord(
            station=station,
            start=column(self.start),
            ready=column(self.ready),
            finish=column(self.finish),
            leave=column(self.leave + [math.inf] * len(staying)),
            work=column(self.work),
            down=column(self.down) if ages else None,
            outages=outages,
            detail=Detail(
                server=_counts(self.server),
                part=_counts(self.part),
                model=_counts(self.model),
                leaver=_counts(self.leaver + staying),
            ),
            setup=column(self.setup) if station.setup is not None else None,
            failures=_counts(self.failures) if ages else None,
            verdict=_counts(self.verdict) if judges else None,
            seen=column(self.seen) if maintained else None,
            planned=_counts(self.planned) if maintained else None,
            strikes=self._strikes(),
        )

    def _strikes(self) -> Strikes | None:
        """Return the failures on the busy clock, None if there were none."""
        if not self.struck:
            return None
        mode, row, planned = np.array(self.struck, dtype=np.int64).T
        after, down = np.array(self.lasted).T
        return Strikes(mode, row, np.zeros_like(row), after, down, planned > 0)


@dataclass
class SectionLog:
    """The cycles of one paced section; +inf where the event is still to come."""

    begin: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)
    paced: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    holder: list[int] = field(default_factory=list)

    def open(self, begin: float) -> None:
        """Write down that a cycle begins."""
        self.begin.append(begin)
        self.end.append(math.inf)
        self.paced.append(math.inf)
        self.held.append(math.inf)
        self.holder.append(0)

    def record(self, section: Section) -> SectionRecord:
        """Return the record of all cycles that began."""
        return SectionRecord(
            section=section,
            begin=column(self.begin),
            end=column(self.end),
            paced=column(self.paced),
            held=column(self.held),
            holder=_counts(self.holder),
        )


@dataclass
class Ledger:
    """What enters and leaves the main line, in order of time, s."""

    entered: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)
    born: list[float] = field(default_factory=list)
    touched: list[bool] = field(default_factory=list)
    scrapped: list[float] = field(default_factory=list)


def column(values: Sequence[float]) -> Floats:
    """Return values as the (n, 1) array of one replication."""
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def _counts(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64).reshape(-1, 1)
