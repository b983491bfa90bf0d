"""The records that a stage writes while it fires, in rows that are handed over in bulk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from factory_sim.engines.record import Detail, StationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from factory_sim.engines.batch.rows import Columns
    from factory_sim.engines.record import Strikes
    from factory_sim.line.arrays import Bools, Codes, Floats, Ints
    from factory_sim.line.outages import Outages
    from factory_sim.line.plant import Station


class OptionalValues(Protocol):
    """Values of parts (n,) for the optional columns of a record; None where one is left out."""

    @property
    def setup(self) -> Floats | None:
        """Set-up, s."""

    @property
    def failures(self) -> Ints | None:
        """Failures on the busy clock."""

    @property
    def verdict(self) -> Codes | None:
        """What ``StationRecord.verdict`` says."""

    @property
    def seen(self) -> Floats | None:
        """Time until failures are seen, s."""

    @property
    def planned(self) -> Ints | None:
        """Planned repairs."""


class StationLog:
    """The record of a station, one row per firing.

    A stage either writes through ``begin`` and ``end`` or fills the rows of the columns
    itself.

    Args:
        station: Whose records they are.
        rows: Firings in a slab, at most.
        shape: Of one firing; replications last.
        detail: Whether to record which part took which server.
    """

    def __init__(
        self,
        station: Station,
        rows: int,
        shape: tuple[int, ...],
        *,
        detail: bool,
    ) -> None:
        self._station = station
        column = partial(Column, rows, shape)
        self.start, self.finish, self.ready, self.leave = (column() for _ in range(4))
        self.work, self.down, self._setup, self._seen = (column(0.0) for _ in range(4))
        self._failures, self._verdict, self._planned = (column(0, np.int16) for _ in range(3))
        self._detail = [column(-1, np.int64) for _ in range(4)] if detail else None

    def begin(
        self,
        at: Columns,
        start: Floats,
        ready: Floats,
        finish: Floats,
        work: Floats,
        down: Floats | None,
    ) -> None:
        """Record parts (n,) that start."""
        self.start.write(at, start)
        self.finish.write(at, finish)
        self.work.write(at, work)
        if ready is not start:
            self.ready.write(at, ready)
        if down is not None:
            self.down.write(at, down)

    def write_optional(self, at: Columns, visit: OptionalValues) -> None:
        """Record the optional values of those parts (n,)."""
        for column, values in (
            (self._setup, visit.setup),
            (self._failures, visit.failures),
            (self._verdict, visit.verdict),
            (self._seen, visit.seen),
            (self._planned, visit.planned),
        ):
            if values is not None:
                column.write(at, values)

    def identify(self, at: Columns, server: Ints, part: Floats, model: Ints) -> None:
        """Record which parts (n,) those are, if that is asked for."""
        if self._detail is not None:
            for column, value in zip(self._detail, (server, part, model), strict=False):
                column.write(at, value)

    def end(self, at: Columns, leave: Floats, leaver: Ints | int) -> None:
        """Record parts (n,) that depart."""
        self.leave.write(at, leave)
        self.leavers(at, leaver)

    def leavers(self, at: Columns, leaver: Ints | int) -> None:
        """Record which parts (n,) depart, if that is asked for."""
        if self._detail is not None:
            self._detail[3].write(at, leaver)

    def hand_over(self, outages: Outages, strikes: Strikes | None = None) -> StationRecord:
        """Return the record since the last call, and begin a new one."""
        start = self.start.hand_over()
        ready, down = self.ready.hand_over(), self.down.hand_over()
        setup, failures, verdict, seen, planned = (
            rows if len(rows := column.hand_over()) else None
            for column in (
                self._setup, self._failures, self._verdict, self._seen, self._planned
            )
        )  # fmt: skip
        detail = self._detail and Detail(*(column.hand_over() for column in self._detail))
        return StationRecord(
            self._station,
            start=start,
            ready=ready if len(ready) else start,
            finish=self.finish.hand_over(),
            leave=self.leave.hand_over(),
            work=self.work.hand_over(),
            down=down if len(down) else None,
            outages=outages,
            detail=detail or None,
            setup=setup,
            failures=failures,
            verdict=verdict,
            seen=seen,
            planned=planned,
            strikes=strikes,
        )

    def split(
        self,
        stations: Sequence[Station],
        outages: Sequence[Outages],
        strikes: Sequence[Strikes | None],
    ) -> tuple[StationRecord, ...]:
        """Return the record since the last call of each of P stations logged together.

        Here the shape of a firing is (P, R). Rows of a station that are empty in all
        replications, as while a section fills, are left out.
        """
        whole = self.hand_over(outages[0])
        some: Bools = np.asarray(np.isfinite(whole.start[:, :, 0]))
        if not some.all():
            some = np.asarray(np.isfinite(whole.start.min(axis=2)))
        full: Bools = np.asarray(some.all(axis=0))

        def of(values: NDArray[Any], position: int) -> NDArray[Any]:
            rows: NDArray[Any] = values[:, position]
            return rows if full[position] else rows[some[:, position]]

        def where_any(values: NDArray[Any] | None, position: int) -> NDArray[Any] | None:
            return None if values is None else of(values, position)

        return tuple(
            StationRecord(
                station,
                start=of(whole.start, position),
                ready=of(whole.ready, position),
                finish=of(whole.finish, position),
                leave=of(whole.leave, position),
                work=of(whole.work, position),
                down=where_any(whole.down, position),
                outages=outages[position],
                setup=where_any(whole.setup, position),
                failures=where_any(whole.failures, position),
                verdict=where_any(whole.verdict, position),
                seen=where_any(whole.seen, position),
                planned=where_any(whole.planned, position),
                strikes=strikes[position],
                detail=whole.detail
                and Detail(
                    server=of(whole.detail.server, position),
                    part=of(whole.detail.part, position),
                    model=of(whole.detail.model, position),
                    leaver=of(whole.detail.leaver, position),
                ),
            )
            for position, station in enumerate(stations)
        )


class Column:
    """One quantity of a stage, a row per firing.

    Args:
        rows: Firings in a slab, at most.
        shape: Of one row; replications last.
        empty: What a replication without a part holds.
        dtype: Of the values.
    """

    def __init__(
        self,
        rows: int,
        shape: tuple[int, ...],
        empty: float = np.inf,
        dtype: type = np.float64,
    ) -> None:
        self._shape, self._rows, self._empty, self._dtype = shape, rows, empty, dtype
        self._filled = 0
        self._values: NDArray[Any] | None = None

    def next(self) -> NDArray[Any]:
        """Append a row and return it to be filled."""
        if self._values is None:
            self._values = np.empty((self._rows, *self._shape), self._dtype)
        row: NDArray[Any] = self._values[self._filled]
        self._filled += 1
        return row

    def last(self) -> NDArray[Any]:
        """Return the row appended last."""
        assert self._values is not None
        row: NDArray[Any] = self._values[self._filled - 1]
        return row

    def write(self, at: Columns, value: NDArray[Any] | float) -> None:
        """Append a row; replications beside the n concerned stay empty."""
        if not isinstance(at, slice):
            row = self.next()
            row[...] = self._empty
            row[..., at] = value
        elif self._values is None:
            self.next()[...] = value
        else:
            # Inlined: with few replications this is the most frequent call of a run.
            self._values[self._filled] = value
            self._filled += 1

    def hand_over(self) -> NDArray[Any]:
        """Return the rows written, valid until the next is written, and begin anew."""
        filled, self._filled = self._filled, 0
        if self._values is None:
            return np.empty((0, *self._shape), self._dtype)
        return self._values[:filled]
