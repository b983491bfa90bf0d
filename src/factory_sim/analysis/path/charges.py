"""What the steps of a critical path are charged to: a station or section, and a cause.

Causes:

    work        processing at an asynchronous station
    over takt   what a paced station needed beyond the takt, when it held its section
    takt        cycles of a section that nothing held, and the takt of those held
    set-up      changes between models
    tool change changes of worn tools
    repair      repairs of parts in place
    down        breakdowns, on either clock, waits for a repair crew included
    off shift   shifts, breaks and planned maintenance
    transport   to the station; of a feeder's unit, after the feeder's last stage
    no order    until the order arrived
    people      waits for shared operators

A paced station that worked on for several cycles without a break (work left over, see
``held.worked_since``) held its section in the last of them for what it did in all of
them. What they took beyond their takts is charged to its breakdowns first, as far as they
go, then to set-up, tool change and repair in place, then to its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.path.held import Held, breakdowns, worked_since
from factory_sim.analysis.path.nodes import TIES

if TYPE_CHECKING:
    from factory_sim.analysis.path.contents import Contents
    from factory_sim.analysis.path.ledger import Ledger, Steps
    from factory_sim.analysis.path.nodes import Binding, Block
    from factory_sim.analysis.path.trajectory import Cycles, Visits
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line


def charge(
    binding: Binding, steps: Steps, ledger: Ledger, contents: Contents, first: Floats
) -> None:
    """Charge steps that start at the nodes of one block.

    Args:
        binding: The run.
        steps: Which steps.
        ledger: Where they are charged.
        contents: Tells set-ups and repairs from work.
        first: (R,) first start of all, s.
    """
    charger = _Charger(binding, steps, ledger, contents, first)
    if steps.block.kind == "departure":
        charger.departures()
    elif steps.block.kind == "ready":
        charger.begins_of_work()
    else:
        charger.moves()
    charger.follow_lines()


class _Charger:
    """The steps of one block on their way into the ledger."""

    def __init__(
        self, binding: Binding, steps: Steps, ledger: Ledger, contents: Contents, first: Floats
    ) -> None:
        self._binding, self._trajectory = binding, binding.trajectory
        self._plant = binding.trajectory.plant
        self._steps, self._ledger, self._contents = steps, ledger, contents
        self._first = first
        self._block = steps.block
        bases = [block.base for block in binding.blocks]
        self._to = np.searchsorted(bases, steps.before, side="right") - 1
        self._base = np.array([*bases, 0])[self._to]

    def departures(self) -> None:
        """Charge departures from an asynchronous station."""
        steps, visits = self._steps, self._visits(self._block.name)
        row = steps.row
        if visits.leaver is not None:
            row = visits.leaver[steps.row, steps.column]
        assert visits.finish is not None
        finish = visits.finish[row, steps.column]
        own = steps.time <= finish * TIES
        if (steps.time * TIES < finish).any():
            name = self._block.name
            raise AssertionError(f"the records do not add up: a part leaves {name} unfinished")
        self._release(~own, finish)
        self._processing(visits, row, own)
        if visits.ready is None:
            self._entries(own, row, visits.start[row, steps.column])

    def begins_of_work(self) -> None:
        """Charge the time before work that needs components or people."""
        steps, visits = self._steps, self._visits(self._block.name)
        start = visits.start[steps.row, steps.column]
        own = np.ones(start.size, dtype=bool)
        for feeder in self._plant.feeders(self._block.name):
            units = self._before(feeder)
            own &= ~units
            last = feeder.stages[-1].name
            transport = np.full(np.count_nonzero(units), feeder.transport)
            self._ledger.charge(last, "transport", transport, units)
        if self._block.position is not None:
            return
        self._entries(own, steps.row, start)
        if visits.station.operators is not None:
            waited = (steps.time - start)[own]
            self._ledger.charge(self._block.name, "people", waited, own)

    def moves(self) -> None:
        """Charge moves of a paced section."""
        steps, cycles = self._steps, self._trajectory.cycles[self._block.name]
        cycle = steps.row - 1
        begun = cycle >= 0
        none = np.full(begun.size, -np.inf)
        paced, held = none.copy(), none
        paced[begun] = cycles.paced[cycle[begun], steps.column[begun]]
        held[begun] = cycles.held[cycle[begun], steps.column[begun]]
        on_takt = steps.time <= paced * TIES
        on_hold = ~on_takt & (steps.time <= held * TIES)
        self._takt(cycles, on_takt)
        for position in np.unique(cycles.holder[cycle[on_hold], steps.column[on_hold]]):
            mine = on_hold.copy()
            mine[on_hold] = cycles.holder[cycle[on_hold], steps.column[on_hold]] == position
            self._hold(cycles, int(position), mine)
        rest = ~(on_takt | on_hold)
        entering = rest & self._is_upstream()
        self._entries(entering, steps.row, steps.time)
        self._release(rest & ~entering, np.maximum(paced, held))

    def follow_lines(self) -> None:
        """Note where the path passes from one line to another, and where it began."""
        steps, here = self._steps, self._block.line
        crossing = self._ledger.crosses(steps)
        for number in np.unique(self._to):
            some = self._to == number
            if number < 0:
                # Before the first unit there was none.
                at = some & crossing
                self._ledger.enters_window(here, np.full(np.count_nonzero(at), -1), at)
                continue
            block = self._binding.blocks[number]
            row = steps.before - block.base
            if block.line is not here:
                # At the join both lines count the same unit.
                unit = steps.row if self._block.kind == "ready" else row
                self._ledger.pass_on(here, block.line, unit[some], some)
            at = some & crossing
            if at.any():
                filling = self._filling(block)
                self._ledger.enters_window(block.line, (row - filling)[at], at)

    def _filling(self, block: Block) -> int:
        """Return how many moves a section makes before its first part leaves."""
        if block.kind != "move":
            return 0
        return len(self._trajectory.cycles[block.name].section.stations)

    def _visits(self, name: str) -> Visits:
        return self._trajectory.visits[name]

    def _before(self, line: Line) -> Bools:
        """Return which steps lead into a line."""
        inside = [block.line is line for block in self._binding.blocks]
        found: Bools = np.array([*inside, False])[self._to]
        return found

    def _is_upstream(self) -> Bools:
        """Return which steps lead to the stage before, or to the origin."""
        stages = self._block.line.stages
        number = [stage.name for stage in stages].index(self._block.name)
        upstream = stages[number - 1].name if number else None
        inside = [block.name == upstream for block in self._binding.blocks]
        found: Bools = np.array([*inside, True])[self._to]
        return found

    def _entries(self, some: Bools, row: Ints, start: Floats) -> None:
        """Charge the time before the start (n,) of parts, given by row: transport or order."""
        steps, block = self._steps, self._block
        stages = [stage.name for stage in block.line.stages]
        number = stages.index(block.name)
        here = [other.name == block.name for other in self._binding.blocks]
        origin = some & (steps.before < 0)
        if number == 0 and block.line is self._plant.main and self._plant.arrivals is not None:
            waited = (start - self._first[steps.column])[origin]
            self._ledger.charge(block.name, "no order", waited, origin)
            inside = origin & (start > self._ledger.window)
            self._ledger.comes_to_order(row[inside], inside)
        came = some & ~origin & ~np.array([*here, False])[self._to]
        if number:
            transport = np.full(np.count_nonzero(came), block.line.stages[number].transport)
            self._ledger.charge(block.name, "transport", transport, came)

    def _processing(self, visits: Visits, row: Ints, some: Bools) -> None:
        """Charge the time that parts (n,) take at an asynchronous station."""
        name, ledger = visits.station.name, self._ledger
        at = row[some], self._steps.column[some]
        did = self._contents.of(visits, *at)
        ledger.charge(name, "work", did.content, some)
        ledger.charge(name, "set-up", did.setup, some)
        ledger.charge(name, "tool change", did.tool, some)
        ledger.charge(name, "repair", did.repair, some)
        down = breakdowns(visits, *at)
        if down is not None:
            ledger.charge(name, "down", down, some)
            ledger.note(ledger.repairs, name, down, some)
        if visits.off is not None:
            ledger.charge(name, "off shift", visits.off[at], some)
        ledger.note(ledger.content, name, did.content, some)
        ledger.note(ledger.processing, name, visits.work[at], some)

    def _release(self, some: Bools, done: Floats) -> None:
        """Note how much waiting for a place one more place would have saved.

        Args:
            some: (n,) steps that lead to the place that freed.
            done: (n,) when the part could have left, s.
        """
        steps = self._steps
        for number in np.unique(self._to[some]):
            ahead = self._binding.blocks[number]
            here = some & (self._to == number)
            row, column = steps.before[here] - ahead.base - 1, steps.column[here]
            freed = np.where(row >= 0, ahead.time[np.maximum(row, 0), column], 0.0)
            gained = steps.time[here] - np.maximum(freed, done[here])
            ends = ahead.kind == "ready"
            self._ledger.relieve(self._block.line.name if ends else ahead.name, gained, here)

    def _takt(self, cycles: Cycles, some: Bools) -> None:
        """Charge cycles that lasted exactly the takt."""
        name, ledger = cycles.section.name, self._ledger
        at = self._steps.row[some] - 1, self._steps.column[some]
        takt = np.full(at[0].size, cycles.section.takt)
        ledger.charge(name, "takt", takt, some)
        ledger.note(ledger.pace, name, takt, some)
        if cycles.off_takt is not None:
            ledger.charge(name, "off shift", cycles.off_takt[at], some)

    def _hold(self, cycles: Cycles, position: int, some: Bools) -> None:
        """Charge cycles that the station at a position held."""
        ledger, column = self._ledger, self._steps.column[some]
        visits = self._visits(cycles.section.stations[position].name)
        last, section, station = self._steps.row[some] - 1, cycles.section.name, visits.station
        since = worked_since(cycles, visits, position, last, column)
        held = Held(cycles, visits, position, self._contents, column)
        held.begin(since, self._steps.since[some])
        active = np.arange(column.size)
        cycle = since.copy()
        while active.size:
            held.add(active, cycle[active])
            active = active[cycle[active] < last[active]]
            cycle[active] += 1
        held.close(self._steps.time[some])
        ledger.charge(section, "takt", held.takt, some)
        ledger.charge(section, "off shift", held.off, some)
        left = held.late
        for cause, seconds in (
            ("down", held.down),
            ("set-up", held.setup),
            ("tool change", held.tool),
            ("repair", held.repair),
        ):
            ledger.charge(station.name, cause, np.minimum(left, seconds), some)
            left = np.maximum(left - seconds, 0.0)
        ledger.charge(station.name, "over takt", left, some)
        ledger.note(ledger.content, station.name, held.content, some)
        ledger.note(ledger.processing, station.name, held.work, some)
        ledger.note(ledger.repairs, station.name, held.down, some)
