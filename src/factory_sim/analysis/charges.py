"""What the steps of a critical path are charged to: a station or section, and a cause.

Causes:

    work        processing at an asynchronous station
    over takt   what a paced station needed beyond the takt, when it held its section
    takt        cycles of a section that nothing held, and the takt of those held
    set-up      changes between models
    repair      repairs of parts in place
    down        breakdowns, on either clock, waits for a repair crew included
    off shift   shifts, breaks and planned maintenance
    transport   to the station; of a feeder's unit, after the feeder's last stage
    no order    until the order arrived
    people      waits for shared operators

A paced station that worked on for several cycles without a break (work left over, see
``binding.worked_since``) held its section in the last of them for what it did in all of
them. What they took beyond their takts is charged to its breakdowns first, as far as they
go, then to set-up and repair in place, then to its work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.binding import TIES, Block, worked_since
from factory_sim.line.plant import Section

if TYPE_CHECKING:
    from factory_sim.analysis.binding import Binding, Nodes
    from factory_sim.analysis.contents import Contents
    from factory_sim.analysis.trajectory import Cycles, Visits
    from factory_sim.line.arrays import Bools, Floats, Ints
    from factory_sim.line.plant import Line, Plant

ROUNDING = 1e-9
"""Relative to the clock: what misses by more is no rounding."""

CAUSES = (
    "work",
    "over takt",
    "takt",
    "set-up",
    "repair",
    "down",
    "off shift",
    "transport",
    "no order",
    "people",
)


@dataclass(frozen=True)
class Steps:
    """Steps of paths that start at nodes of one block, (n,) each.

    Attributes:
        block: The nodes they start at.
        row: Which of them.
        column: In which replication.
        time: When the node happened, s.
        before: The node that bound it, a step further back; ``ORIGIN`` at last.
        since: When that happened; the first start of all at last, s.
    """

    block: Block
    row: Ints
    column: Ints
    time: Floats
    before: Nodes
    since: Floats

    def among(self, some: Bools) -> Steps:
        """Return some of the steps."""
        return Steps(
            self.block,
            self.row[some],
            self.column[some],
            self.time[some],
            self.before[some],
            self.since[some],
        )


class Ledger:
    """Charges of R paths, and what else the steps tell of a change.

    Args:
        plant: Gives the P places and F lines.
        replications: R.
        begin: Where charges begin, s; a step across it counts by its share.

    Attributes:
        seconds: (R, P, C) charged.
        parts: (R, F), ordered: (R,) and release: (R, P + F), as in ``CriticalPath``.
        content, processing, repairs, pace: (R, P), likewise, but of the whole path.
        charged: (n,) of the steps under way, whatever their share.
    """

    def __init__(self, plant: Plant, replications: int, begin: float) -> None:
        stages = [stage for line in plant.lines for stage in line.stages]
        names = [s.name for s in plant.stations()]
        names += [stage.name for stage in stages if isinstance(stage, Section)]
        self._place = {name: number for number, name in enumerate(names)}
        self._line = {line.name: number for number, line in enumerate(plant.lines)}
        self.window, self._replications = begin, replications
        self.seconds = np.zeros((replications, len(names), len(CAUSES)))
        self.parts = np.zeros((replications, len(plant.lines)))
        self.ordered = np.zeros(replications)
        self.release = np.zeros((replications, len(names) + len(plant.lines)))
        shape = (4, replications, len(names))
        self.content, self.processing, self.repairs, self.pace = np.zeros(shape)
        self.charged = np.zeros(0)

    def begin(self, steps: Steps) -> None:
        """Begin with some steps."""
        self._column, length = steps.column, steps.time - steps.since
        inside = np.clip(steps.time - self.window, 0.0, length)
        self._share = np.divide(inside, length, out=np.zeros_like(length), where=length > 0)
        self._inside = steps.time > self.window
        self.charged = np.zeros_like(length)

    def charge(self, place: str, cause: str, seconds: Floats, some: Bools | None = None) -> None:
        """Charge the steps, or some of them (n,), with seconds, one for each of those."""
        here = slice(None) if some is None else some
        self.charged[here] += seconds
        column = self._column[here]
        self.seconds[:, self._place[place], CAUSES.index(cause)] += np.bincount(
            column, seconds * self._share[here], self._replications
        )

    def note(self, what: Floats, place: str, seconds: Floats, some: Bools) -> None:
        """Add seconds, one for each of some steps, to one of the (R, P) arrays."""
        what[:, self._place[place]] += np.bincount(self._column[some], seconds, self._replications)

    def pass_on(self, away: Line, to: Line, unit: Ints, some: Bools) -> None:
        """Note that the path goes from one line to another, at units of both (n of some)."""
        moved = np.bincount(self._column[some], unit * self._inside[some], self._replications)
        self.parts[:, self._line[away.name]] -= moved
        self.parts[:, self._line[to.name]] += moved

    def enters_window(self, line: Line, unit: Ints, some: Bools) -> None:
        """Note that the path comes to the begin of the window in a line, at a unit."""
        self.parts[:, self._line[line.name]] -= np.bincount(
            self._column[some], unit, self._replications
        )

    def crosses(self, steps: Steps) -> Bools:
        """Return which steps (n,) lead across the begin of the window."""
        crossing: Bools = self._inside & (steps.since <= self.window)
        return crossing

    def comes_to_order(self, unit: Ints, some: Bools) -> None:
        """Note the order (n,) whose arrival some steps came to within the window."""
        self.ordered += np.bincount(self._column[some], unit, self._replications)

    def relieve(self, buffer: str, seconds: Floats, some: Bools) -> None:
        """Note what one more place would release of the waits of some steps.

        Args:
            buffer: Station or section in front of which, or feeder after which it is.
            seconds: One for each of those steps.
            some: (n,) which.
        """
        number = self._place.get(buffer)
        if number is None:
            number = len(self._place) + self._line[buffer]
        self.release[:, number] += np.bincount(
            self._column[some], seconds * self._inside[some], self._replications
        )


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
        """Charge what came before work that needs components or people."""
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
        """Note where the path goes over from one line to another, and where it began."""
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
        """Charge the way of parts, given by row, to their start (n,): transport or order."""
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
        content, setup, repair = self._contents.of(visits, *at)
        ledger.charge(name, "work", content, some)
        if visits.station.setup is not None:
            ledger.charge(name, "set-up", setup, some)
        if visits.station.inspection is not None:
            ledger.charge(name, "repair", repair, some)
        down = _down(visits, *at)
        if down is not None:
            ledger.charge(name, "down", down, some)
            ledger.note(ledger.repairs, name, down, some)
        if visits.off is not None:
            ledger.charge(name, "off shift", visits.off[at], some)
        ledger.note(ledger.content, name, content, some)
        ledger.note(ledger.processing, name, visits.work[at], some)

    def _release(self, some: Bools, done: Floats) -> None:
        """Note what one more place would have released of waits for a place.

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
        """Charge cycles that lasted the takt."""
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
        held = _Held(cycles, visits, position, self._contents, column)
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
            ("repair", held.repair),
        ):
            ledger.charge(station.name, cause, np.minimum(left, seconds), some)
            left = np.maximum(left - seconds, 0.0)
        ledger.charge(station.name, "over takt", left, some)
        ledger.note(ledger.content, station.name, held.content, some)
        ledger.note(ledger.processing, station.name, held.work, some)
        ledger.note(ledger.repairs, station.name, held.down, some)


class _Held:
    """Sums over the cycles in which a paced station worked without a break, (n,) each.

    Attributes:
        takt, late: On shift, until the takt was over and from then on, s.
        off: Off shift, s.
        down: Breakdowns of the station, s.
        content, setup, repair, work: Its processing and the sum of it, s.
    """

    def __init__(
        self, cycles: Cycles, visits: Visits, position: int, contents: Contents, column: Ints
    ) -> None:
        self._cycles, self._visits, self._position = cycles, visits, position
        self._contents, self._column = contents, column
        self.takt, self.late, self.off, self.down = np.zeros((4, column.size))
        self.content, self.setup, self.repair, self.work = np.zeros((4, column.size))
        self._owes = np.zeros(column.size, dtype=bool)

    def begin(self, cycle: Ints, ready: Floats) -> None:
        """Leave out of the first cycles (n,) what lies before the work was ready (n,), s."""
        cycles, column = self._cycles, self._column
        begin, paced = cycles.moves[cycle, column], cycles.paced[cycle, column]
        row = cycle - self._position
        if self._visits.carried is not None:
            # Work left over from the cycle before, which the wait for components cut off.
            self._owes = (ready > begin) & (row > 0) & self._visits.carried[row - 1, column]
        before, after = np.minimum(paced, ready) - begin, np.maximum(ready - paced, 0.0)
        if self._visits.off_wait is not None and cycles.off_takt is not None:
            off = self._visits.off_wait[row, column]
            off_before = np.where(ready <= paced, off, cycles.off_takt[cycle, column])
            before, after = before - off_before, after - (off - off_before)
            self.off -= off
        self.takt -= before
        self.late -= after

    def add(self, some: Ints, cycle: Ints) -> None:
        """Add a cycle of some of the steps."""
        cycles, visits, column = self._cycles, self._visits, self._column[some]
        at, row = (cycle, column), cycle - self._position
        begin, end = cycles.moves[at], cycles.moves[cycle + 1, column]
        paced = cycles.paced[at]
        self.takt[some] += paced - begin
        self.late[some] += end - paced
        if cycles.off_takt is not None and cycles.off_late is not None:
            off_takt, off_late = cycles.off_takt[at], cycles.off_late[at]
            self.takt[some] -= off_takt
            self.late[some] -= off_late
            self.off[some] += off_takt + off_late
        down = _down(visits, row, column)
        if down is not None:
            self.down[some] += down
        content, setup, repair = self._contents.of(visits, row, column)
        self.content[some] += content
        self.setup[some] += setup
        self.repair[some] += repair
        self.work[some] += visits.work[row, column]

    def close(self, time: Floats) -> None:
        """Add work left over before the first cycle, and check the sums.

        A station holds its section for its breakdowns, and for its work but for what it
        may leave to the next cycle.

        Args:
            time: (n,) when it let the section go, s.
        """
        station, needed = self._visits.station, self.takt + self.late - self.down
        owed = np.maximum(needed - self.work + station.window, 0.0)
        owed = np.where(self._owes & (needed > ROUNDING * time), owed, 0.0)
        self.work += owed
        self.content += owed
        off = np.abs(np.maximum(self.work - station.window, 0.0) - needed)
        if (off > ROUNDING * np.maximum(time, 1.0)).any():
            worst = int(off.argmax())
            raise AssertionError(
                f"the records do not add up: {station.name} lets its section go at "
                f"{time[worst]} s, {off[worst]:.3g} s off"
            )


def _down(visits: Visits, row: Ints, column: Ints) -> Floats | None:
    """Return the breakdowns of visits, (n,), s; None if the station has none."""
    parts = [x[row, column] for x in (visits.down, visits.failed) if x is not None]
    if not parts:
        return None
    total: Floats = np.sum(parts, axis=0)
    return total
