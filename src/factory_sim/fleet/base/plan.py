"""The input of a run of the digital base: classes of messages, and faults at their times."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from factory_sim.fleet.base.times import nanoseconds

if TYPE_CHECKING:
    from factory_sim.scenario.base_faults import Fault
    from factory_sim.scenario.digital_base import DigitalBase


@dataclass(frozen=True)
class MessageClass:
    """Devices of one kind and what each of them sends.

    Attributes:
        name: Unique; part of the address of its draws.
        count: Number of devices.
        period: Time from one message of a device to the next, s.
        jitter: Most that this time strays from the period, as a share of it, in [0, 1].
        size: Length of a message, bytes.
        uplink: Class of radio service that carries it.
        mobile: Whether its devices are handed over between cells.
        fresh_within: Age that information on a device should not exceed, s; None if
            there is no such aim.
    """

    name: str
    count: int
    period: float
    size: float
    uplink: str
    jitter: float = 0.0
    mobile: bool = False
    fresh_within: float | None = None


@dataclass(frozen=True)
class TimedFault:
    """A fault with its span in ns from the start of the window."""

    fault: Fault
    begin: int
    end: int

    def holds(self, now: int) -> bool:
        """Return whether it holds from ``now`` on."""
        return self.begin <= now < self.end


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run.

    Attributes:
        base: The digital base.
        classes: What is sent.
        seed: Of all draws.
        faults: Those of the base, timed.
        begin: When the warm-up begins, ns from the start of the window; not positive.
        steps: Start of each step of figures over time and the end of the last, ns.
        end: When the last message is sent, ns: after the window goes on until failures in
            it have been seen.
    """

    base: DigitalBase
    classes: tuple[MessageClass, ...]
    seed: int
    faults: tuple[TimedFault, ...]
    begin: int
    steps: tuple[int, ...]
    end: int

    @property
    def devices(self) -> int:
        """Number of devices of all classes."""
        return sum(each.count for each in self.classes)

    def holding(self, target: str, now: int) -> list[TimedFault]:
        """Return the faults of a target that hold from ``now`` on."""
        return [f for f in self.faults if f.fault.target == target and f.holds(now)]

    def highest_rate(self, now: int) -> float:
        """Return the messages sent per second from ``now`` on, at most."""
        usual = sum(each.count / each.period for each in self.classes)
        factors = [fault.fault.telemetry or 1.0 for fault in self.holding("telemetry", now)]
        return usual * prod(max(factor, 1.0) for factor in factors)


STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Resolutions of figures over time to choose from, s."""

MOST_STEPS = 300
"""Most steps in a window where the scenario sets none, which bounds the memory."""


def plan(base: DigitalBase, classes: tuple[MessageClass, ...], seed: int) -> Plan:
    """Return the plan of a run of the messages of some classes through a digital base.

    After the window messages go on for one and a half of the longest period, at most as
    long as the window: so the failures of the last devices to report are seen, too.
    """
    window = base.window
    usual = next((s for s in STEPS if window.length / s <= MOST_STEPS), window.length / MOST_STEPS)
    step = window.step or usual
    faults = tuple(TimedFault(f, *map(nanoseconds, base.span(f))) for f in base.faults)
    length = nanoseconds(window.length)
    regular = range(0, length, max(nanoseconds(step), 1))
    cuts = {moment for f in faults for moment in (f.begin, f.end) if 0 < moment < length}
    longest = max(each.period for each in classes)
    return Plan(
        base=base,
        classes=classes,
        seed=seed,
        faults=faults,
        begin=-nanoseconds(window.warm_up),
        steps=(*sorted({*regular, *cuts}), length),
        end=length + nanoseconds(min(1.5 * longest + 1.0, window.length)),
    )
