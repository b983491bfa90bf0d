"""What the visits to a paced section bring and nothing that happens can change.

Work content, slips, checks and, where the time at a station depends on nothing else, the
breakdowns of its busy clock are functions of the draws. They are made for many cycles at a
time. Plants that are simulated side by side may differ in what stands at a position, and
levels of automation know two kinds of each station: they are made kind by kind, however many
plants there are. Row n of a chunk is cycle n: it holds, for a station at position s, what
part n - s meets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from factory_sim.engines.batch.events import Breakdowns, Chances, Events, Slips
from factory_sim.engines.batch.flow import Models
from factory_sim.engines.batch.process import NoTime, distinct_models
from factory_sim.engines.batch.rows import Transform, positions, without_part
from factory_sim.line.pace import learned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.kinds import Kind
    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Orders

CHUNK_ELEMENTS = 1 << 19
"""Values of a chunk, about: enough to hide the calls."""

FIRST_ROWS, MOST_ROWS = 16, 128
"""Cycles of the first chunk, and of the longest."""


@dataclass(frozen=True)
class Chunk:
    """What consecutive cycles bring.

    Attributes:
        work: (rows, K, R) work content of the K kinds, s; 0 where there is no part yet.
            (rows, M, K, R) for each of M models if it is open which model a part is.
        slips: Where the work makes a defect; None if people tire, so that it depends on
            the moment where ``draws`` (rows, K, R) are less than ``rates`` (K, 1).
        breakdowns: On the busy clock; None where they depend on more than the draws.
        seen: (rows, Q, R) draws of the Q inspections.
        repair: (rows, Q, R) what a repair would take, s.
    """

    work: Floats
    slips: Events | None
    draws: Floats
    rates: Floats
    breakdowns: Events | None
    seen: Floats
    repair: Floats


class WhatAhead(TypedDict):
    """What ``Ahead`` can make of a section."""

    ordered: bool
    breakdowns: bool
    slips: bool


class Ahead:
    """Makes the chunks of a section whose replications are in step.

    Args:
        kinds: The K kinds.
        orders: Which model each part is.
        draws: The randomness of one plant; gives the replications, R.
        ordered: Whether parts come in the order in which their line was given them.
        breakdowns: Whether to make them: nothing but work content takes time where a busy
            clock runs.
        slips: Whether to make them: nobody tires.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        orders: Orders,
        draws: Draws,
        *,
        ordered: bool,
        breakdowns: bool,
        slips: bool,
    ) -> None:
        self._kinds = kinds
        self._replications = len(draws.replications)
        stations = [kind.station for kind in kinds]
        models = distinct_models(stations)
        self._models: _Recent | None = None
        self._open: tuple[int, ...] = ()
        if models > 1 and ordered:
            self._models = _Recent(Models(orders, draws), 1 + kinds[-1].position)
        elif models > 1:
            self._open = (models,)
        self._contents = [Transform(s.work if models > 1 else s.work[:1]) for s in stations]
        self._work = [draws.stream(s.name, "work") for s in stations]
        self._slips = Slips(kinds, draws) if slips else None
        self._chances = None if slips else Chances(kinds, draws)
        self._rates = np.array([[station.defect_rate] for station in stations])
        self._breakdowns = Breakdowns(kinds, draws) if breakdowns else None
        checked = {k.position: k.station for k in kinds if k.station.inspection}
        places, names = list(checked), [s.name for s in checked.values()]
        checks = [s.inspection for s in checked.values() if s.inspection]
        repairs = [[check.repair or NoTime()] for check in checks] or None
        self._seen = positions(draws, names, "inspection", places=places)
        self._repair = positions(draws, names, "repair", repairs, places=places)
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
        self._made += rows
        self._rows = min(2 * rows, self._most)
        return Chunk(
            work=work,
            slips=None if self._slips is None else self._slips.next(made, rows),
            draws=self._none if self._chances is None else self._chances.next(made, rows),
            rates=self._rates,
            breakdowns=None if self._breakdowns is None else self._breakdowns.next(work),
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


class _Recent:
    """The models of the parts that are in a section or about to enter, (parts, R or 1)."""

    def __init__(self, models: Models, positions: int) -> None:
        self._models, self._positions = models, positions
        self._first = 0
        self._known = models.next(0, 0).astype(np.int64)

    def reach(self, part: int, parts: int) -> None:
        """Know the models of some more parts from ``part`` on, forget those that have left."""
        more = self._models.next(part, parts).astype(np.int64)
        keep = max(part - self._positions, 0) - self._first
        self._known = np.concatenate([self._known[keep:], more])
        self._first += keep

    def of(self, part: int, parts: int) -> Ints:
        """Return the models of parts from ``part`` on."""
        return self._known[part - self._first : part - self._first + parts]
