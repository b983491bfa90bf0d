"""When the devices of a class send: once a period, each at a phase of its own, with jitter.

Message p of a class of n devices is that of the device of rank p mod n by phase, in turn
p // n. It is sent at

    begin + (turn + phase + jitter (u_p - 1/2)) period

so that the time from one message of a device to the next strays from the period by at most
the share ``jitter``. Each message keeps its u_p, whichever span of time is asked for: the
digital base draws those from its start on one after the other, and turn 0 is where it begins;
those before and after are drawn in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.draws import generator

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats, Ints

MESSAGES = 1 << 17
"""Messages of a block; to change it would change every draw."""

TICKS = 1000
"""Devices stamp messages in whole ms: so many a second."""


def by_phase(seed: int, name: str, count: int) -> tuple[Ints, Floats]:
    """Return which device has each rank, and the phases of the ranks, ascending in [0, 1).

    Args:
        seed: Of the scenario.
        name: Of the class.
        count: Its devices.
    """
    phases = generator(seed, 0, name, "phase").random(count)
    order = np.argsort(phases, kind="stable")
    return order, phases[order]


def jitters(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the u_p of a class, in order from message 0 on."""
    return generator(seed, 0, name, "jitter")


@dataclass(frozen=True)
class Pattern:
    """How the devices of one class send.

    Attributes:
        name: Of the class, the address of its draws.
        count: Its devices, n.
        period: Time from one message of a device to the next, s.
        jitter: Most that this strays, as a share of the period, in [0, 1].
        seed: Of the scenario.
        begin: When turn 0 begins, s.
        drawn: So many turns from that one on are sent through a simulated digital base.
    """

    name: str
    count: int
    period: float
    jitter: float
    seed: int
    begin: float = 0.0
    drawn: int = 0

    @cached_property
    def _by_device(self) -> tuple[Ints, Floats]:
        """Rank and phase of each device, by its number within the class."""
        order, phases = by_phase(self.seed, self.name, self.count)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(self.count)
        return ranks, phases[ranks]

    @cached_property
    def _in_base(self) -> _Stream:
        return _Stream(self.seed, self.name)

    def turns(self, begin: float, end: float) -> range:
        """Return the turns of which messages may be sent in a span of time, s."""
        tick = 1.0 / TICKS  # a rounding may move a message by half of it
        early = (begin - tick - self.begin) / self.period - 1.0 - self.jitter / 2
        late = (end + tick - self.begin) / self.period + self.jitter / 2
        return range(int(np.floor(early)), int(np.ceil(late)) + 1)

    def draws(self, turns: range) -> Floats:
        """Return the u_p of some turns, (turns, n) by rank.

        Args:
            turns: None of which is over before time 0.
        """
        first, last = turns.start * self.count, turns.stop * self.count
        begin, end = max(first, 0), min(last, self.drawn * self.count)
        if begin >= end:
            u = self._apart(first, last)
        elif (begin, end) == (first, last):
            u = self._in_base.between(first, last)
        else:
            u = self._apart(first, last)
            u[begin - first : end - first] = self._in_base.between(begin, end)
        return u.reshape(len(turns), self.count)

    def _apart(self, first: int, last: int) -> Floats:
        """Return the draws of messages that go through no base, from one to before another."""
        # Numbered from a turn before time 0, so that no number is negative.
        since = (int(np.ceil(max(self.begin, 0.0) / self.period)) + 2) * self.count
        blocks = range((first + since) // MESSAGES, -(-(last + since) // MESSAGES))
        u = np.empty((len(blocks), MESSAGES))
        for row, block in zip(u, blocks, strict=True):
            generator(self.seed, 1 + block, self.name, "jitter").random(out=row)
        begin = first + since - blocks.start * MESSAGES
        return u.ravel()[begin : begin + last - first]

    def ticks(self, turns: range, devices: Ints, draws: Floats | None = None) -> Floats:
        """Return when devices send, ms after time 0.

        Args:
            turns: In which turns.
            devices: (d,) which devices, numbered within the class.
            draws: Those of the turns, if they are known already.

        Returns:
            (d, turns) whole numbers, ascending along a row.
        """
        ranks, phases = (values[devices] for values in self._by_device)
        scale = self.period * TICKS
        moments = np.arange(turns.start, turns.stop) * scale + self.begin * TICKS
        early = (phases - self.jitter / 2) * scale if self.jitter else phases * scale
        if self.jitter:
            u = self.draws(turns) if draws is None else draws
            due = np.multiply(u[:, ranks].T, self.jitter * scale, order="C")
            due += early[:, np.newaxis]
            due += moments
        else:
            due = early[:, np.newaxis] + moments
        return np.rint(due, out=due)

    def first_from(self, moment: float, device: int) -> float:
        """Return when a device first sends from a moment on, s."""
        turns = self.turns(moment, moment + 2 * self.period)
        ticks = self.ticks(turns, np.array([device]))[0]
        return float(ticks[np.searchsorted(ticks, moment * TICKS)]) / TICKS


class _Stream:
    """The draws of a generator by their place; it continues where it was left.

    Args:
        seed: Of the scenario.
        name: Of the class.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._address = seed, name
        self._rewind()

    def _rewind(self) -> None:
        self._generator = jitters(*self._address)
        self._first, self._values = 0, np.empty(0)

    def between(self, first: int, last: int) -> Floats:
        """Return the draws from one place to before another."""
        if first < self._first:
            self._rewind()
        known = self._first + self._values.size
        while known < first:
            passed = min(first - known, MESSAGES)
            self._generator.random(passed)
            known += passed
        kept = self._values[max(first - self._first, 0) :]
        self._values = np.concatenate([kept, self._generator.random(max(last - known, 0))])
        self._first = first
        return self._values[: last - first]
