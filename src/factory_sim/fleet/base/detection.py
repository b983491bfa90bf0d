"""How long the twin takes to detect a failure: a law for each class and each part of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.fleet.base.histogram import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.line.arrays import Floats, Ints

SHARES = np.concatenate(
    [np.arange(256) / 256, 1 - 2.0 ** -np.arange(8.25, 20.25, 0.25), np.ones(1)]
)
"""Shares of a quantile table: denser towards 1, where failures just before an outage lie."""

NORMAL, FAULT, RECOVERING = "normal", "fault", "recovering"
"""Phases of a window."""


@dataclass(frozen=True)
class DetectionLaw:
    """Time from the failure of a device of a class until the twin sees it.

    A device that fails reports it in its next message. The delay is the time to the first
    message made after the failure that is not lost, plus its latency through the base. It
    depends on the moment of the failure: during a fault, each step of the window has a law of
    its own.

    Attributes:
        name: The class.
        begins: (P,) start of each piece of the window, s from its start; the first is 0.
        end: End of the window, s.
        phases: (P,) ``normal``, ``fault`` or ``recovering``.
        delays: (P, len(SHARES)) quantiles of the delay at ``SHARES``, s.
        seen: (P,) share of the failures that are seen before the simulation ends; a
            share below 1 makes the delays too short.
    """

    name: str
    begins: Floats
    end: float
    phases: tuple[str, ...]
    delays: Floats
    seen: Floats

    @property
    def normal(self) -> int:
        """The piece that represents times without a fault."""
        return self.phases.index(NORMAL) if NORMAL in self.phases else 0

    def piece(self, at: Floats) -> Ints:
        """Return the piece for each moment, s from the start of the window; normal outside."""
        at = np.asarray(at, float)
        inside = (at >= 0) & (at < self.end)
        return np.where(inside, np.searchsorted(self.begins, at, "right") - 1, self.normal)

    def delay(self, at: Floats, u: Floats) -> Floats:
        """Return the delays of failures, s.

        Args:
            at: Moments of the failures, s from the start of the window.
            u: A uniform draw in [0, 1) for each.
        """
        pieces = self.piece(at)
        low = np.searchsorted(SHARES, u, "right") - 1
        left, right = self.delays[pieces, low], self.delays[pieces, low + 1]
        part: Floats = (u - SHARES[low]) / (SHARES[low + 1] - SHARES[low])
        return left + part * (right - left)

    def mean(self, piece: int) -> float:
        """Return the mean delay of a piece, s."""
        table = self.delays[piece]
        return float(np.diff(SHARES) @ (table[1:] + table[:-1]) / 2)

    def record(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "begins": self.begins.tolist(),
            "end": self.end,
            "phases": list(self.phases),
            "seen": self.seen.tolist(),
            "shares": SHARES.tolist(),
            "delays": self.delays.tolist(),
        }


def recorded_law(name: str, record: Mapping[str, Any]) -> DetectionLaw:
    """Return the law of a class from its record, to the bit; null is what was not finite.

    Raises:
        KeyError, ValueError, TypeError: If it is not such a record.
    """
    delays = np.array(record["delays"], float)
    if record["shares"] != SHARES.tolist():
        raise ValueError("shares are not those of this version")
    return DetectionLaw(
        name=name,
        begins=np.array(record["begins"], float),
        end=float(record["end"]),
        phases=tuple(record["phases"]),
        delays=delays.reshape(len(record["begins"]), SHARES.size),
        seen=np.array(record["seen"], float),
    )


def detection_law(
    name: str, devices: int, steps: Floats, phases: Sequence[str], below: Floats
) -> DetectionLaw:
    """Return the law of one class from what was counted in each step.

    Neighbouring normal steps are one piece, all others a piece each.

    Args:
        name: The class.
        devices: Number of its devices.
        steps: (S + 1,) edges of the steps, s from the start of the window.
        phases: (S,) phase of each step.
        below: (S, bins + 1) time of failures with a delay below each edge of a histogram, ns.
    """
    firsts = [
        k for k in range(len(phases)) if k == 0 or phases[k] != NORMAL or phases[k - 1] != NORMAL
    ]
    ends = [*firsts[1:], len(phases)]
    tables, seen = [], []
    for first, end in zip(firsts, ends, strict=True):
        total = below[first:end].sum(axis=0)
        seen.append(total[-1] / 1e9 / (devices * (steps[end] - steps[first])))
        tables.append(quantiles(total, SHARES))
    delays = np.array(tables)
    known = ~np.isnan(delays[:, 0])
    if known.any():
        # without failures in a piece, the last one before that has some is the best estimate
        nearest = np.maximum.accumulate(np.where(known, np.arange(known.size), -1))
        delays = delays[np.where(nearest < 0, int(np.argmax(known)), nearest)]
    return DetectionLaw(
        name,
        steps[firsts],
        float(steps[-1]),
        tuple(phases[k] for k in firsts),
        delays,
        np.minimum(np.array(seen), 1.0),
    )
