"""Visits to a paced section computed ahead of time, as far as they follow from the draws.

Work content, defects and inspections do not depend on when parts arrive; nor do breakdowns
on the busy clock where processing is work content alone. They are computed in chunks of
many cycles. Plants side by side may have different stations at a position (two, for levels
of automation); each *kind* of station is computed once, however many plants have it.
Row n of a chunk is cycle n, in which the station at position s works on part n - s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from factory_sim.engines.batch.events import Breakdowns, DefectDraws, Defects, Events, KindEvents
from factory_sim.engines.batch.flow import Models
from factory_sim.engines.batch.kinds import Expander
from factory_sim.engines.batch.process import NoTime, distinct_models
from factory_sim.engines.batch.rows import Transform, positions, without_part
from factory_sim.line.pace import learned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.engines.batch.kinds import Kind
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Orders

    Rows = Callable[[int], Floats]
    """Returns the next so many rows."""

CHUNK_ELEMENTS = 1 << 19
"""Values in a chunk, about: enough that the cost of NumPy calls does not matter."""

FIRST_ROWS, MOST_ROWS = 16, 128
"""Cycles of the first chunk, and of the longest."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive cycles as far as they can be computed ahead.

    Attributes:
        work: (rows, K, R) work content of the K kinds, s; 0 where there is no part yet.
            (rows, M, K, R), one value for each of M models, if the model of a part is not
            known ahead.
        defects: Defects made by the work; None if defect rates vary with fatigue.
        draws: (rows, K, R) draws to be compared with the defect rates in that case; else
            no rows.
        rates: (K, 1) defect rates without fatigue.
        breakdowns: On the busy clock; None where they do not follow from the draws alone.
        struck: The same at kinds of stations.
        seen: (rows, Q, R) draws of the Q inspections.
        repair: (rows, Q, R) times that repairs in place would take, s.
    """

    work: Floats
    defects: Events | None
    draws: Floats
    rates: Floats
    breakdowns: Events | None
    struck: KindEvents | None
    seen: Floats
    repair: Floats


class AheadOptions(TypedDict):
    """The keyword arguments of ``Ahead``, which depend on the section."""

    ordered: bool
    breakdowns: bool
    defects: bool


class Ahead:
    """Computes chunk after chunk of a section whose replications are in step.

    Args:
        kinds: The K kinds of stations.
        orders: Which model each part is.
        draws: The randomness of one plant; gives the replications, R.
        ordered: Whether parts arrive in the order in which they entered their line.
        breakdowns: Whether breakdowns on the busy clock can be computed ahead.
        defects: Whether defects can: nobody tires.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        orders: Orders,
        draws: Draws,
        *,
        ordered: bool,
        breakdowns: bool,
        defects: bool,
    ) -> None:
        self._kinds = kinds
        self._replications = len(draws.replications)
        stations = [kind.station for kind in kinds]
        models = distinct_models(stations)
        self._models: _RecentModels | None = None
        self._open: tuple[int, ...] = ()
        if models > 1 and ordered:
            self._models = _RecentModels(Models(orders, draws), 1 + kinds[-1].position)
        elif models > 1:
            self._open = (models,)
        self._contents = [Transform(s.work if models > 1 else s.work[:1]) for s in stations]
        self._work = [draws.stream(s.name, "work") for s in stations]
        self._defects = Defects(kinds, draws) if defects else None
        self._defect_draws = None if defects else DefectDraws(kinds, draws)
        self._rates = np.array([[station.defect_rate] for station in stations])
        self._breakdowns = Breakdowns(kinds, draws) if breakdowns else None
        self._expander = Expander(kinds, self._replications)
        self._seen, self._repair = _inspections(kinds, draws)
        self._none = np.empty((0, len(kinds), self._replications))
        self._made, self._rows = 0, FIRST_ROWS
        width = len(kinds) * self._replications
        self._most = int(np.clip(CHUNK_ELEMENTS // width, FIRST_ROWS, MOST_ROWS))

    def __call__(self) -> Chunk:
        """Return the next chunk."""
        made, rows = self._made, self._rows
        if self._models is not None:
            self._models.reach(made, rows)
        work = np.empty((rows, *self._open, len(self._kinds), self._replications))
        for index, kind in enumerate(self._kinds):
            empty = without_part(kind.position, made, rows)
            work[:empty, ..., index, :] = 0.0
            if empty < rows:
                self._fill(work[empty:, ..., index, :], index, made + empty - kind.position)
        defects = None if self._defects is None else self._defects.next(made, rows)
        struck = None if self._breakdowns is None else self._breakdowns.next(work)
        self._made += rows
        self._rows = min(2 * rows, self._most)
        return Chunk(
            work=work,
            defects=None if defects is None else defects.of_plants(self._expander),
            draws=self._none if self._defect_draws is None else self._defect_draws.next(made, rows),
            rates=self._rates,
            breakdowns=None if struck is None else struck.of_plants(self._expander),
            struck=struck,
            seen=self._seen(rows)[:, 0],
            repair=self._repair(rows)[:, 0],
        )

    def _fill(self, out: Floats, kind: int, part: int) -> None:
        """Write the work content of the parts from ``part`` on for a kind, (rows, .., R)."""
        stream, content = self._work[kind], self._contents[kind]
        if self._models is not None:
            content.pick(out, stream, self._models.of(part, len(out)))
        else:
            content.fill(out if self._open else out[:, None], stream)
        curve = self._kinds[kind].station.learning
        if curve is not None:
            factor = learned(curve, np.arange(part, part + len(out)))
            out *= factor.reshape(-1, *[1] * (out.ndim - 1))


def _inspections(kinds: Sequence[Kind], draws: Draws) -> tuple[Rows, Rows]:
    """Return what makes the draws of inspections, and of their repairs, for some rows."""
    checked = {kind.position: kind.station for kind in kinds if kind.station.inspection}
    places, names = list(checked), [station.name for station in checked.values()]
    checks = [station.inspection for station in checked.values() if station.inspection]
    repairs = [[check.repair or NoTime()] for check in checks] or None
    return (
        positions(draws, names, "inspection", places=places),
        positions(draws, names, "repair", repairs, places=places),
    )


class _RecentModels:
    """The models of the parts in a section and of those about to enter, (parts, R or 1)."""

    def __init__(self, models: Models, positions: int) -> None:
        self._models, self._positions = models, positions
        self._first = 0
        self._known = models.next(0, 0).astype(np.int64)

    def reach(self, part: int, parts: int) -> None:
        """Add the models of the next ``parts`` parts; drop those of parts that have left."""
        more = self._models.next(part, parts).astype(np.int64)
        keep = max(part - self._positions, 0) - self._first
        self._known = np.concatenate([self._known[keep:], more])
        self._first += keep

    def of(self, part: int, parts: int) -> Ints:
        """Return the models of parts from ``part`` on."""
        return self._known[part - self._first : part - self._first + parts]
