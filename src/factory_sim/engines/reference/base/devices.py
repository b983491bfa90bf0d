"""What the devices send, and what chance has in store for each message.

The draws of a class are read in the order in which its messages are due without jitter: every
device once per period, at a phase of its own, period after period.
"""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING

from factory_sim.engines.reference.base.given import Device, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.engines.reference.base.given import Base, Class, Draw, Draws, Handover, Uplink


def sent(base: Base, draws: Draws) -> list[Message]:
    """Return all messages that may be made before the end of a run, numbered by class."""
    messages: list[Message] = []
    devices = 0
    for of in base.classes:
        own = _devices(base, of, devices, draws)
        messages += _messages(base, of, own, len(messages), draws)
        devices += of.count
    return messages


def _devices(base: Base, of: Class, first: int, draws: Draws) -> list[Device]:
    """Return the devices of a class.

    Cells and gateways are dealt out in turn, from a drawn one on; partitions by a hash.
    """
    cell = int(draws(of.name, "cell")() * base.cells.queues)
    gateway = int(draws(of.name, "gateway")() * base.gateways.queues)
    hashes, shares = draws(of.name, "partition"), draws(of.name, "resend")
    return [
        Device(
            number=first + k,
            cell=(k + cell) % base.cells.queues,
            gateway=(k + gateway) % base.gateways.queues,
            partition=int(hashes() * base.broker.queues),
            share=shares(),
        )
        for k in range(of.count)
    ]


def _messages(
    base: Base, of: Class, devices: list[Device], first: int, draws: Draws
) -> Iterator[Message]:
    """Yield the messages of a class, numbered from ``first``."""
    phase = draws(of.name, "phase")
    by_phase = sorted((phase(), k) for k in range(of.count))
    jitter, loss, latency = (draws(of.name, what) for what in ("jitter", "loss", "latency"))
    works = [(law, draws(of.name, purpose)) for purpose, law in base.works]
    moves = _Moves(base, of, draws)
    for number in count():
        turn, rank = divmod(number, of.count)
        offset, k = by_phase[rank]
        due = turn + offset
        if _moment(base, of, (due - of.jitter / 2) * of.period) >= base.end:
            return
        if of.jitter:
            due += (jitter() - 0.5) * of.jitter
        created = max(round(_moment(base, of, due * of.period)), base.begin)
        ready, changes = moves.sending(k, created)
        tried, latest = _transmitted(of.uplink, loss)
        air = of.uplink.latency(latency())
        yield Message(
            number=first + number,
            device=devices[k],
            created=created,
            ready=ready,
            cell=(devices[k].cell + changes) % base.cells.queues,
            airtime=tried * of.airtime,
            latency=None if latest is None else air + latest,
            works=tuple(law(draw()) for law, draw in works),
        )


def _moment(base: Base, of: Class, due: float) -> float:
    """Return when the devices' own clock shows a time, ns: it may run faster than ours.

    It shows 0 when the run begins, and every message is due at a fixed time on it.
    """
    changes = {moment for faster in of.faster for moment in (faster.begin, faster.end)}
    shown = 0.0
    edges = [base.begin, *sorted(moment for moment in changes if moment > base.begin)]
    for begin, end in pairwise(edges):
        passes = (end - begin) * _speed(of, begin)
        if due < shown + passes:
            return begin + (due - shown) / _speed(of, begin)
        shown += passes
    return edges[-1] + (due - shown) / _speed(of, edges[-1])


def _speed(of: Class, now: int) -> float:
    """Return how fast the devices' own clock runs from a moment on."""
    speed = 1.0
    for faster in of.faster:
        if faster.holds(now):
            speed *= faster.factor
    return speed


def _transmitted(uplink: Uplink, draw: Draw) -> tuple[int, int | None]:
    """Return how often a message is transmitted, and what the failures add to its latency, ns.

    One draw u decides: the k-th transmission fails, too, if u < loss**k. None if all fail.
    """
    if not uplink.loss:
        return 1, 0
    u, failed = draw(), 0
    while failed < uplink.attempts and u < uplink.loss ** (failed + 1):
        failed += 1
    if failed == uplink.attempts:
        return failed, None
    return failed + 1, failed * uplink.again_after


class _Moves:
    """The handovers of the devices of a class.

    The draws are read handover after handover, in each for all devices. How far a device is
    on its way to the first one when the run begins is random, too.
    """

    def __init__(self, base: Base, of: Class, draws: Draws) -> None:
        self._begin, self._end = base.begin, base.end
        self._count, self._law = of.count, of.handover
        self._draws = [draws(of.name, f"handover {what}") for what in ("every", "gap", "phase")]
        self._known: list[list[tuple[int, int]]] = []

    def sending(self, device: int, created: int) -> tuple[int, int]:
        """Return when a message may be sent, ns, and how often its device has moved by then.

        A device sends nothing in the gap of a handover, and then in its new cell.
        """
        if self._law is None:
            return created, 0
        ready = created
        for moved in count():
            if moved == len(self._known):
                self._known.append(self._next(self._law))
            begin, end = self._known[moved][device]
            if begin > ready or ready >= self._end:
                return ready, moved
            ready = max(ready, end)
        raise AssertionError

    def _next(self, law: Handover) -> list[tuple[int, int]]:
        """Return begin and end of the next handover of each device."""
        every, gap, phase = self._draws
        waits = [law.every(every()) for _ in range(self._count)]
        if self._known:
            begins = [
                before + max(wait, 1)
                for (before, _), wait in zip(self._known[-1], waits, strict=True)
            ]
        else:
            begins = [self._begin + int(wait * phase()) for wait in waits]
        return [(begin, begin + law.gap(gap())) for begin in begins]
