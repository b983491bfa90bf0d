"""What failures cost a line, and what repair crews and maintenance save of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def unbuffered_efficiency(mtbf: ArrayLike, mttr: ArrayLike) -> float:
    """Return the share of its speed that a line without buffers keeps when stations fail.

        E = 1 / (1 + sum_s mttr_s / mtbf_s)

    All stations have the same constant cycle time. They fail on the busy clock, so that
    none fails while another stops the line, and any repair stops all. Exact in the limit
    of small parts: in a line of S stations the hole that a stop leaves behind travels
    downstream for up to S cycles, and a second failure may hide in it, the share of which
    vanishes with S * cycle_time / mtbf. Up and repair times may have any distribution.

    Args:
        mtbf: (S,) mean busy time between failures, s; inf for a station that never fails.
        mttr: (S,) mean repair time, s.

    Raises:
        ValueError: If lengths differ, an mtbf is not positive or an mttr is negative.

    Source: Buzacott (1967), Int. J. Prod. Res. 5; Buzacott & Shanthikumar (1993),
    Stochastic Models of Manufacturing Systems.
    """
    up, down = np.asarray(mtbf, dtype=np.float64), np.asarray(mttr, dtype=np.float64)
    if up.shape != down.shape:
        raise ValueError(f"mtbf has shape {up.shape} and mttr has {down.shape}; they must agree")
    if not ((up > 0.0) & (down >= 0.0)).all():
        raise ValueError(
            f"mtbf must be positive and mttr 0 or more (got {up.tolist()} and {down.tolist()})"
        )
    return float(1.0 / (1.0 + (down / up).sum()))


def two_station_efficiency(
    mtbf: tuple[float, float], mttr: tuple[float, float], storage: float
) -> float:
    """Return the share of their speed that two failing stations with a buffer keep.

    Material flows at one constant speed through both stations, which fail on the busy
    clock: a starved or blocked station does not age. With rates p = 1/mtbf, r = 1/mttr,
    P = p_1 + p_2, R = r_1 + r_2 and the content x of the buffer in seconds of work, the
    density of x is the same when one station is down, whichever it is, namely

        g(x) ~ exp(a x),  a = (p_2 r_1 - p_1 r_2) (1/P + 1/R),

    it is (R/P) g when both are up and (P/R) g when both are down. The empty buffer has
    probability B_0 = g(0)/p_2 with both up and B_0 P/r_1 with station 1 down; the full one
    has B_N = g(N)/p_1 with both up and B_N P/r_2 with station 2 down. Then

        E = (R/P + 1) int_0^N g dx + B_0 + B_N

    after dividing by the sum of all probabilities. No storage gives
    ``unbuffered_efficiency``; a very large one gives the smaller of r/(p + r).

    A line of single parts with constant cycle times and exponential up and repair times
    tends to it as the cycle time falls, with ``storage = buffer * cycle_time``.

    Args:
        mtbf: Mean busy time between failures of the two stations, s, exponential.
        mttr: Mean repair times, s, exponential.
        storage: Seconds of work that the buffer between them holds.

    Raises:
        ValueError: If a time is not positive and finite, or the storage is negative.

    Source: Zimmern (1956), Rev. Stat. Appl. 4; Gershwin & Schick (1980), MIT LIDS-R-1039;
    Gershwin (1994), Manufacturing Systems Engineering, chapter 3, continuous material.
    """
    if not all(0.0 < t < math.inf for t in (*mtbf, *mttr)) or not 0.0 <= storage < math.inf:
        raise ValueError(
            "mtbf and mttr must be positive and the storage 0 or more, all finite "
            f"(got {mtbf}, {mttr} and {storage})"
        )
    (p1, p2), (r1, r2) = (1.0 / t for t in mtbf), (1.0 / t for t in mttr)
    p, r = p1 + p2, r1 + r2
    growth = (p2 * r1 - p1 * r2) * (1.0 / p + 1.0 / r) * storage
    # The larger end of g is 1, so that no exponential overflows.
    least = math.exp(-abs(growth))
    area = storage * (-math.expm1(-abs(growth)) / abs(growth) if growth else 1.0)
    at_empty, at_full = (least, 1.0) if growth > 0.0 else (1.0, least)
    empty, full = at_empty / p2, at_full / p1
    works = area * (r / p + 1.0) + empty + full
    total = area * (r / p + p / r + 2.0) + empty * (1.0 + p / r1) + full * (1.0 + p / r2)
    return works / total


def machine_repair(machines: int, crew: int, mtbf: float, mttr: float) -> float:
    """Return the availability of machines that share a repair crew.

    With n of N machines down, the next fails at the rate (N - n)/mtbf and the next is
    repaired at the rate min(n, crew)/mttr. This birth and death process has

        P(n) ~ product_{i=1..n} (N - i + 1) mttr / (min(i, crew) mtbf),  A = 1 - E[n]/N.

    Exponential up and repair times on the calendar clock, one person per repair, first
    come first served. With as many people as machines, A = mtbf / (mtbf + mttr).

    Args:
        machines: N.
        crew: People.
        mtbf: Mean time from the end of a repair to the next failure, s.
        mttr: Mean repair time without the wait for a person, s.

    Raises:
        ValueError: If there is no machine or nobody to repair it, or a time is not
            positive and finite.

    Source: Palm (1947); Feller (1957), An Introduction to Probability Theory I, chapter XVII.
    """
    if machines < 1 or crew < 1:
        raise ValueError(f"there must be machines and a crew (got {machines} and {crew})")
    if not (0.0 < mtbf < math.inf and 0.0 < mttr < math.inf):
        raise ValueError(f"mtbf and mttr must be positive and finite (got {mtbf} and {mttr})")
    down = np.arange(machines + 1)
    ratio = (machines - down[:-1]) * (mttr / mtbf) / np.minimum(down[1:], crew)
    log_weight = np.concatenate([[0.0], np.cumsum(np.log(ratio))])
    weight = np.exp(log_weight - log_weight.max())
    return float(1.0 - (weight @ down) / weight.sum() / machines)


def prevented_share(mean_warning: float, between_breaks: float, seen: float) -> float:
    """Return the share of failures that repairs in breaks prevent.

    Wear shows for an exponential time before each failure and is seen with a probability;
    breaks come at a constant distance. One falls into a warning of length w with the
    probability min(1, w / T), so the share is seen x m / T x (1 - exp(-T / m)).

    Args:
        mean_warning: m, mean of the P-F interval, s.
        between_breaks: T, from the start of one break to the next, s.
        seen: Share of the things that are measured times the probability of detection.
    """
    ratio = between_breaks / mean_warning
    return seen * -math.expm1(-ratio) / ratio
