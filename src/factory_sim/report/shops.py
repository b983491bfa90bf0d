"""A long plant at a glance: what each shop makes, how its stations spend their time, its worst.

A scenario of hundreds of stations names them after their place: ``body framing a``, ``trim
cockpit``. Neighbours in a line whose names begin with the same word are a shop, and so is a
line whose names say no more than its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.accounts import STATES
from factory_sim.report.numbers import rounded, significant
from factory_sim.report.rows import LONG
from factory_sim.study.measures import SECONDS_PER_HOUR, SECONDS_PER_MINUTE
from factory_sim.study.tables import station_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.line.arrays import Floats, Ints
    from factory_sim.line.plant import Line, Stage
    from factory_sim.report.rows import Run
    from factory_sim.study.result import Result

FEWEST, MOST = 3, 12
"""Shops of a plant, at least, and of a line, at most, for a summary to say something."""

OFF = STATES.index("off")

COSTLIEST = 5
"""Stations that are named for what they cost."""

SHOWN = 0.005
"""Share of time below which a shop is said not to limit the plant."""

NOTE = "made, alone: parts per hour on shift; limits: share of time as the bottleneck"
"""What the heads of the table mean."""


@dataclass(frozen=True)
class Shop:
    """Neighbouring stations of a line.

    Attributes:
        name: Of the shop.
        at: Its stations, by their places in flow order.
        made: Parts that leave its last station, per hour in which that is on shift.
        alone: Parts per hour on shift that its slowest stage would make if never starved
            nor blocked.
        limits: Share of the window in which one of its stages is the bottleneck.
        states: Share of the window in each of ``STATES``, mean over its stations.
        lost: Seconds per hour that its paced sections are held beyond their takt.
        worst: The station that limits it, without the words of the shop; empty of only one.
        is_bottleneck: Whether the stage that was the bottleneck longest is in it.
    """

    name: str
    at: Ints
    made: float
    alone: float
    limits: float
    states: tuple[float, ...]
    lost: float
    worst: str
    is_bottleneck: bool

    @property
    def stations(self) -> int:
        """How many there are."""
        return self.at.size


def shops(result: Run) -> list[Shop]:
    """Return the shops of a run in flow order, main line first; empty of a plant without.

    A plant has none that is not long, or whose names do not tell them.
    """
    lines = result.plant.lines
    if sum(len(line.stages) for line in lines) <= LONG:
        return []
    columns = _Columns(result)
    found = [columns.shop(name, stages) for line in lines for name, stages in _parts(line)]
    return found if len(found) >= FEWEST else []


def _parts(line: Line) -> Iterator[tuple[str, Sequence[Stage]]]:
    """Yield the shops of a line, name and stages: several where names tell them, else one."""
    parts = [tuple(some) for _, some in groupby(line.stages, lambda stage: _words(stage.name)[0])]
    if 1 < len(parts) <= MOST and 2 * len(parts) <= sum(1 for _ in line.stations()):
        for stages in parts:
            yield _common([stage.name for stage in stages]), stages
    else:
        yield line.name, line.stages


def _words(name: str) -> list[str]:
    """Return the words of a name without the number of a station among those like it."""
    return re.sub(r"-\d+$", "", name).split() or [name]


def _common(names: Sequence[str]) -> str:
    """Return the words with which all names begin; that of a single one whole."""
    if len(names) == 1:
        return names[0]
    pairs = zip(*map(_words, names), strict=False)
    return " ".join(some[0] for some in takewhile(lambda some: len(set(some)) == 1, pairs))


class _Columns:
    """The station columns of a run, read by shop."""

    def __init__(self, result: Run) -> None:
        columns = result.stations()
        self._names: list[str] = columns["name"]
        self._stages = np.array(columns["stage"])
        self._states: Floats = np.array([columns[state] for state in STATES]).T
        self._lost, self._processed, self._alone, self._share = (
            np.array(columns[key], float) for key in ("lost", "processed", "alone", "bottleneck")
        )
        self._bottleneck = result.bottleneck[0]

    def shop(self, name: str, stages: Sequence[Stage]) -> Shop:
        """Return a shop of some stages."""
        places = [np.flatnonzero(self._stages == stage.name) for stage in stages]
        at = np.concatenate(places)
        heads = np.array([some[0] for some in places])
        on_shift = 1.0 - self._states[at[-1], OFF]
        # Of stages that were the bottleneck as long, most often never, the slowest is worst.
        worst = int(np.lexsort((self._alone[heads], -self._share[heads]))[0])
        name_of_worst = self._worst_in(places[worst], stages[worst])
        return Shop(
            name=name,
            at=at,
            made=float(self._processed[at[-1]] / on_shift) if on_shift > 0 else 0.0,
            alone=float(self._alone[heads].min()),
            limits=float(self._share[heads].sum()),
            states=tuple(self._states[at].mean(axis=0)),
            lost=float(self._lost[at].sum()),
            worst=name_of_worst.removeprefix(f"{name} ") if at.size > 1 else "",
            is_bottleneck=self._bottleneck in {stage.name for stage in stages},
        )

    def _worst_in(self, places: Ints, stage: Stage) -> str:
        """Return the station of a stage that holds it longest; the stage if none does."""
        station = int(places[np.argmax(self._lost[places])])
        return self._names[station] if self._lost[station] > 0 else stage.name


def made(result: Result, found: Sequence[Shop]) -> Floats:
    """Return what shops make in every replication, (R, shops), as ``Shop.made``."""
    last = [shop.at[-1] for shop in found]
    on_shift = 1.0 - result.accounts.states[:, last, OFF]
    hours = (result.accounts.end - result.accounts.begin) / SECONDS_PER_HOUR * on_shift
    parts = result.accounts.processed[:, last]
    rates: Floats = np.divide(parts, hours, out=np.zeros_like(parts), where=hours > 0)
    return rates


def limits(result: Result, found: Sequence[Shop]) -> Floats:
    """Return what shops limit in the replications that were looked at, as ``Shop.limits``."""
    units = {name: place for place, name in enumerate(result.accounts.units)}
    places = [units[stage] for _, stage, _ in station_places(result.plant)]
    owned = [sorted({places[station] for station in shop.at}) for shop in found]
    shares = [result.accounts.bottleneck[:, some].sum(axis=1) for some in owned]
    return np.stack(shares, axis=1)


def cells(found: Sequence[Shop], *, held: bool, counted: bool) -> list[tuple[str, ...]]:
    """Return the table of shops, titles first; its last column names the worst station.

    Args:
        found: The shops.
        held: Whether it says how long paced sections are held, if any is.
        counted: Whether it says how many stations a shop has.
    """
    shown = [number for number, state in enumerate(STATES) if _tells(number, state, found)]
    held = held and any(shop.lost > 0 for shop in found)
    states = [STATES[number] for number in shown]
    table = [("", "made", "alone", "limits", *states, *["held min/h"] * held, "worst station")]
    for shop in found:
        figures = (
            significant(shop.made, 3),
            significant(shop.alone, 3),
            f"{rounded(100 * shop.limits, 0)} %" if shop.limits >= SHOWN else "",
            *(rounded(shop.states[number], 3) for number in shown),
            *[minutes(shop.lost)] * held,
        )
        name = f"{shop.name} ({shop.stations})" if counted else shop.name
        table.append((name, *figures, shop.worst))
    return table


def minutes(lost: float) -> str:
    """Return seconds lost in each hour as minutes; empty if there are none."""
    return rounded(lost / SECONDS_PER_MINUTE, 2) if lost > 0 else ""


def _tells(number: int, state: str, found: Sequence[Shop]) -> bool:
    """Return whether a state has a column: not if it is nowhere, or off shift everywhere alike."""
    shares = {rounded(shop.states[number], 3) for shop in found}
    return len(shares) > 1 if state == "off" else shares != {"0.000"}


def costs(result: Run) -> str:
    """Return which stations cost most, in words; empty if none ever stands still.

    A station costs the seconds that it holds its paced section, or that it is down where it
    has none, as far as its stage limits the plant: they are ranked by these times that share.
    """
    columns = result.stations()
    sections = {section.name for section in result.plant.sections()}
    rows = zip(
        *(columns[key] for key in ("name", "stage", "lost", "down", "bottleneck")), strict=True
    )
    seconds = [
        (lost if stage in sections else SECONDS_PER_HOUR * down, share, name)
        for name, stage, lost, down, share in rows
    ]
    ranked = sorted(seconds, key=lambda one: -one[0] * one[1])[:COSTLIEST]
    named = [f"{name} {minutes(length)}" for length, share, name in ranked if length * share]
    return f"costs most, min/h held or down: {', '.join(named)}" if named else ""
