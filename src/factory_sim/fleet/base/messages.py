"""What the devices send: the messages of each class, drawn in the order in which they are due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.fleet.base.handover import Handovers
from factory_sim.fleet.base.times import SECOND, law, nanoseconds
from factory_sim.fleet.sending import by_phase, jitters
from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.fleet.base.plan import MessageClass, Plan
    from factory_sim.fleet.base.times import Law
    from factory_sim.line.arrays import Floats, Ints

LOST = -1
"""Latency of a message that is lost over the air."""

BLOCK = 1 << 14
"""Messages of a class drawn at a time: few enough that the tables of a distribution stay cached."""


@dataclass(frozen=True)
class Messages:
    """Messages on their way, one element each; ascending by class, turn and device.

    Attributes:
        created: When the device made it, ns.
        ready: When it may be sent, ns: later where its device is between two cells.
        device: Number of the device among all.
        cell: Radio cell, before faults.
        airtime: Time that it occupies the cell, ns, all transmissions together.
        latency: Time from there to the gateway, ns, or ``LOST``.
        work: Service time at the gateway, the broker and each service, ns.
    """

    created: Ints
    ready: Ints
    device: Ints
    cell: Ints
    airtime: Ints
    latency: Ints
    work: tuple[Ints, ...]

    def __getitem__(self, some: slice | Ints) -> Messages:
        return _of_columns([column[some] for column in self.columns()])

    def columns(self) -> tuple[Ints, ...]:
        """Return all arrays in a fixed order."""
        return (
            self.created,
            self.ready,
            self.device,
            self.cell,
            self.airtime,
            self.latency,
            *self.work,
        )


def _of_columns(columns: Sequence[Ints]) -> Messages:
    created, ready, device, cell, airtime, latency, *work = columns
    return Messages(created, ready, device, cell, airtime, latency, tuple(work))


def unfilled(count: int, works: int) -> Messages:
    """Return room for so many messages with so many service times each."""
    return _of_columns([np.empty(count, np.int64) for _ in range(6 + works)])


@dataclass(frozen=True)
class Pace:
    """How fast the messages of a class come due: piecewise constant rates.

    Attributes:
        real: Moments at which the rate changes, ns; the first is the start of the run.
        due: Time on the devices' own clock at these, ns: it runs at the factor of the
            faults, so that periods stay whole on it.
        factor: Rate from each moment on.
    """

    real: Floats
    due: Floats
    factor: Floats

    def moments(self, due: Floats) -> Floats:
        """Return the real time at which something is due, ns."""
        if self.real.size == 1:
            alone: Floats = due / self.factor[0]
            alone += self.real[0]
            return alone
        at = np.maximum(np.searchsorted(self.due, due, "right") - 1, 0)
        moments: Floats = self.real[at] + (due - self.due[at]) / self.factor[at]
        return moments

    def due_by(self, moment: float) -> float:
        """Return the devices' own clock at a moment, ns."""
        at = max(int(np.searchsorted(self.real, moment, "right")) - 1, 0)
        return float(self.due[at] + (moment - self.real[at]) * self.factor[at])


def pace(plan: Plan, name: str) -> Pace:
    """Return how fast the messages of a class come due under the faults of a plan."""
    faults = [
        f
        for f in plan.faults
        if f.fault.telemetry is not None and name in (f.fault.classes or (name,))
    ]
    cuts = {cut for f in faults for cut in (f.begin, f.end) if cut > plan.begin}
    real = sorted({plan.begin, *cuts})
    factor = np.array(
        [np.prod([f.fault.telemetry or 1.0 for f in faults if f.holds(t)]) for t in real]
    )
    due = np.concatenate([[0.0], np.cumsum(np.diff(real) * factor[:-1])])
    return Pace(np.array(real, float), due, factor)


class Sender:
    """The devices of one class; generates their messages in order.

    Each device is due once per period, at a phase of its own. Message number p of the class
    is that of the device of rank p mod n by phase in turn p // n, whatever else there
    is and however the time is cut: that is also its place in every stream of draws.

    Args:
        plan: The run.
        each: The class.
        first: Number of its first device among all.
        laws: Service laws at the gateway, the broker and each service, by name.

    Attributes:
        cells: (n,) cell in which each device begins.
        made: Messages that are made so far.
    """

    def __init__(self, plan: Plan, each: MessageClass, first: int, laws: dict[str, Law]) -> None:
        self._seed, self._each, self._first, self._laws = plan.seed, each, first, laws
        self._order, self._phases = by_phase(plan.seed, each.name, each.count)
        self._pace = pace(plan, each.name)
        self._begin, self.made = plan.begin, 0
        self._period = each.period * SECOND
        uplink = plan.base.uplinks[each.uplink]
        self._uplink, self._latency = uplink, law(uplink.latency)
        capacity = plan.base.cells.capacity
        self._airtime = nanoseconds(8 * each.size / capacity) if capacity else 0
        names = ["latency", "loss", *laws]
        self._streams = {name: generator(plan.seed, 0, each.name, name) for name in names}
        self._streams["jitter"] = jitters(plan.seed, each.name)
        count = plan.base.cells.count
        self.cells = (np.arange(each.count) + int(self._draw("cell", 1)[0] * count)) % count
        moves = plan.base.cells.handover if each.mobile else None
        self._handovers = None
        if moves is not None:
            self._handovers = Handovers(plan, each.name, each.count, moves)

    def _draw(self, purpose: str, count: int) -> Floats:
        return generator(self._seed, 0, self._each.name, purpose).random(count)

    def last_before(self) -> Floats:
        """Return when each device was last due before the run, ns, by its number in the class."""
        before = np.empty(self._each.count)
        before[self._order] = self._pace.moments((self._phases - 1.0) * self._period)
        return before

    def due(self, until: int) -> int:
        """Return the number of the first message that cannot be made before a moment, ns."""
        turns = self._pace.due_by(until) / self._period + self._each.jitter / 2
        turn = max(int(np.floor(turns)), 0)
        rank = int(np.searchsorted(self._phases, turns - turn)) if turns > 0 else 0
        return turn * self._each.count + rank

    def take(self, until: int) -> Messages:
        """Return the next messages: all due before a moment, ns, and with jitter some later."""
        messages = unfilled(max(self.due(until) - self.made, 0), len(self._laws))
        self.fill(messages)
        return messages

    def fill(self, messages: Messages) -> None:
        """Generate the next messages, as many as there is room for."""
        size = messages.created.size
        for begin in range(0, size, BLOCK):
            self._make(messages[begin : min(begin + BLOCK, size)])

    def _make(self, messages: Messages) -> None:
        """Make the next messages, in the order in which they are due."""
        count, size = self._each.count, messages.created.size
        begin, self.made = self.made, self.made + size
        first, last = begin // count, -(-self.made // count)
        here = slice(begin - first * count, self.made - first * count)
        own = np.tile(self._order, last - first)[here]
        due = (np.arange(first, last)[:, np.newaxis] + self._phases).ravel()[here]
        # jitter may bring later messages before these, but none before this one at the earliest
        earliest = (due[:1] - self._each.jitter / 2) * self._period
        if self._each.jitter:
            moved = self._streams["jitter"].random(size)
            moved -= 0.5
            moved *= self._each.jitter
            due += moved
        due *= self._period
        moments = self._pace.moments(due)
        np.maximum(moments, self._begin, out=moments)
        messages.created[:] = np.rint(moments, out=moments)
        np.add(own, self._first, out=messages.device)
        self.cells.take(own, out=messages.cell, mode="clip")
        messages.ready[:] = messages.created
        if self._handovers is not None:
            low = int(np.floor(self._pace.moments(earliest)[0]))
            ready, cell = self._handovers.applied(messages.created, own, messages.cell, low)
            messages.ready[:], messages.cell[:] = ready, cell
        messages.airtime.fill(self._airtime)
        self._draw_times("latency", self._latency, messages.latency)
        self._transmit(messages.airtime, messages.latency)
        for (name, drawn), work in zip(self._laws.items(), messages.work, strict=True):
            self._draw_times(name, drawn, work)

    def _draw_times(self, purpose: str, drawn: Law, times: Ints) -> None:
        if drawn.is_constant:
            times.fill(max(nanoseconds(drawn.of.mean), 1))
        else:
            drawn.times(self._streams[purpose].random(times.size), times)

    def _transmit(self, airtime: Ints, latency: Ints) -> None:
        """Lengthen airtime and latency by failed transmissions; one uniform counts them."""
        loss = self._uplink.loss
        if not loss:
            return
        u = self._streams["loss"].random(latency.size)
        failed = np.flatnonzero(u < loss)
        if failed.size:
            most = self._uplink.attempts
            smallest = np.finfo(float).tiny
            times = np.log(np.maximum(u[failed], smallest)) / np.log(min(loss, 1 - 1e-16))
            fails = np.minimum(np.floor(times), most).astype(np.int64)
            airtime[failed] *= np.minimum(fails + 1, most)
            latency[failed] += fails * nanoseconds(self._uplink.again_after)
            latency[failed[fails == most]] = LOST


def senders(plan: Plan, laws: dict[str, Law]) -> Iterator[Sender]:
    """Yield the sender of each class; devices are numbered across all classes."""
    first = 0
    for each in plan.classes:
        yield Sender(plan, each, first, laws)
        first += each.count
