"""Exact and classical results on lines and queues, which the engines must reproduce.

Each function states the formula, what it assumes and who found it. They are also the
first estimate of an engineer: if a plant is close to the assumptions, its simulation must
be close to the formula. Times are seconds, rates are per second.

The chains of lines with exponential work times are solved in ``chains`` and offered here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.chains import assembly_throughput, markov_line_throughput

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

__all__ = [
    "assembly_throughput",
    "erlang_c",
    "machine_repair",
    "markov_line_throughput",
    "md1",
    "mean_setup",
    "mg1",
    "mm1",
    "mmc",
    "paced_line_rate",
    "two_station_efficiency",
    "unbuffered_efficiency",
]

RAREST = 1e-15
"""Probability below which a cycle of a paced section is left out; 1 - F loses its digits."""

STEP = 0.01
"""Probability of a single length of the cycle that is sure to be noticed."""


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


def paced_line_rate(takt: float, cdf: Callable[[float], float], positions: int) -> float:
    """Return the parts per second of a stop-and-go section with independent work times.

    The section has no Andon window, never waits for parts and never fails: it indexes
    when the takt has passed and all positions are done,

        E[cycle] = E[max(takt, W_1, ..., W_S)] = takt + int_takt^inf (1 - F(w)^S) dw.

    The product of the distribution functions of different positions is the F of one
    position. Cycles rarer than ``RAREST`` are left out. Steps of F, as for constant work,
    are met exactly where F^S rises by ``STEP`` or more.

    Args:
        takt: Shortest cycle, s.
        cdf: Distribution function F of the work time at one position, s to probability.
        positions: S.

    Raises:
        ValueError: If the takt is negative, there is no position, F does not reach 1, or
            there is neither takt nor work.

    Source: David & Nagaraja (2003), Order Statistics, 2.1 and 3.1.
    """
    if not 0.0 <= takt < math.inf or positions < 1:
        raise ValueError(
            f"a section needs a takt of 0 or more and a position (got {takt} s, {positions})"
        )

    def late(cycle: float) -> float:
        return 1.0 - float(cdf(cycle)) ** positions

    scale = max(takt, _falls_to(late, 0.5))
    end = max(takt, _falls_to(late, RAREST))
    ends = late(takt), late(0.5 * (takt + end)), late(end)
    cycle = takt + _area(late, takt, end, ends, 1e-13 * scale)
    if cycle == 0.0:
        raise ValueError("a section without takt and without work has no rate")
    return 1.0 / cycle


def erlang_c(load: float, servers: int) -> float:
    """Return the probability that an arrival waits, with c servers and an unlimited queue.

        B_0 = 1,  B_k = load B_{k-1} / (k + load B_{k-1}),  C = B_c / (1 - rho (1 - B_c))

    with rho = load / c. Poisson arrivals, exponential work, first come first served.

    Args:
        load: Arrival rate times mean work time, the mean number of busy servers.
        servers: c.

    Raises:
        ValueError: If the load is negative or not less than the number of servers.

    Source: Erlang (1917); Kleinrock (1975), Queueing Systems I, 3.5.
    """
    utilisation = _utilisation(load, servers)
    lost = 1.0
    for k in range(1, servers + 1):
        lost = load * lost / (k + load * lost)
    return lost / (1.0 - utilisation * (1.0 - lost))


def mmc(arrival_rate: float, work: float, servers: int) -> float:
    """Return the mean wait before work begins, s, with Poisson arrivals and c servers.

        W = C(c, load) work / (c - load),  load = arrival_rate * work

    Work times are exponential, the queue is unlimited, first come first served.

    Args:
        arrival_rate: 1/s.
        work: Mean work time, s.
        servers: c.

    Raises:
        ValueError: If the servers cannot carry the load.

    Source: Erlang (1917); Kleinrock (1975), Queueing Systems I, 3.5.
    """
    load = arrival_rate * work
    return erlang_c(load, servers) * work / (servers - load)


def mg1(arrival_rate: float, work: float, cv: float) -> float:
    """Return the mean wait before work begins, s, for any work times and one server.

        W = rho work (1 + cv^2) / (2 (1 - rho)),  rho = arrival_rate * work

    Poisson arrivals, an unlimited queue; the Pollaczek-Khinchine formula.

    Args:
        arrival_rate: 1/s.
        work: Mean work time, s.
        cv: Coefficient of variation of the work time, 0 if it is constant.

    Raises:
        ValueError: If the server cannot carry the load.

    Source: Pollaczek (1930); Khinchine (1932); Kleinrock (1975), Queueing Systems I, chapter 5.
    """
    utilisation = _utilisation(arrival_rate * work, 1)
    return utilisation * work * (1.0 + cv**2) / (2.0 * (1.0 - utilisation))


def mm1(arrival_rate: float, work: float) -> float:
    """Return the mean wait before exponential work begins, s: rho work / (1 - rho).

    As ``mg1`` with cv = 1.
    """
    return mg1(arrival_rate, work, 1.0)


def md1(arrival_rate: float, work: float) -> float:
    """Return the mean wait before constant work begins, s: rho work / (2 (1 - rho)).

    As ``mg1`` with cv = 0.
    """
    return mg1(arrival_rate, work, 0.0)


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


def mean_setup(weights: ArrayLike, setup: ArrayLike) -> float:
    """Return the expected set-up per part, s, when orders are drawn independently.

        E[setup] = sum_ij w_i w_j setup_ij / (sum_i w_i)^2

    The part before on the same server is an independent draw whatever the number of
    servers, so it holds for each of them.

    Args:
        weights: (M,) shares of the models.
        setup: (M, M) time to change from model i to model j, s.

    Raises:
        ValueError: If the shapes do not fit or the weights are no shares.
    """
    share, matrix = np.asarray(weights, dtype=np.float64), np.asarray(setup, dtype=np.float64)
    if share.ndim != 1 or matrix.shape != (share.size, share.size):
        raise ValueError(
            f"{share.size} weights need a square of {share.size} set-ups "
            f"(got shapes {share.shape} and {matrix.shape})"
        )
    if not (share >= 0.0).all() or not 0.0 < share.sum() < math.inf:
        raise ValueError(f"weights must be 0 or more with a positive sum (got {share.tolist()})")
    share = share / share.sum()
    return float(share @ matrix @ share)


def _utilisation(load: float, servers: int) -> float:
    """Return the busy share of each server, or say that the queue would grow for ever."""
    if servers < 1 or not 0.0 <= load < servers:
        raise ValueError(
            f"the load must be less than the servers, or the queue grows for ever "
            f"(got {load} on {servers})"
        )
    return load / servers


def _falls_to(survival: Callable[[float], float], level: float) -> float:
    """Return the first power of two at which a falling function is down to a level."""
    t = 1.0
    while survival(t) > level:
        t *= 2.0
        if t == math.inf:
            raise ValueError("cdf does not reach 1: every work time must end")
    while t > math.ulp(0.0) and survival(0.5 * t) <= level:
        t *= 0.5
    return t


def _area(
    falling: Callable[[float], float],
    begin: float,
    end: float,
    values: tuple[float, float, float],
    tolerance: float,
) -> float:
    """Return the integral of a falling function with its values at begin, middle and end.

    Adaptive Simpson rule, to a tolerance for each panel. As the function falls, its
    values at the ends betray whatever lies between: a panel in which it falls by ``STEP``
    is always halved, down to the digits of its place, so larger steps are met exactly.
    """
    first, middle, last = values
    centre = 0.5 * (begin + end)
    left, right = falling(0.5 * (begin + centre)), falling(0.5 * (centre + end))
    coarse = (end - begin) / 6.0 * (first + 4.0 * middle + last)
    fine = (end - begin) / 12.0 * (first + 4.0 * left + 2.0 * middle + 4.0 * right + last)
    agree = abs(fine - coarse) <= 15.0 * tolerance and first - last < STEP
    if agree or end - begin <= max(tolerance, 2.0 * math.ulp(end)):
        return fine
    before, after = (first, left, middle), (middle, right, last)
    return _area(falling, begin, centre, before, tolerance) + _area(
        falling, centre, end, after, tolerance
    )


def predictive_value(prevalence: float, detects: float, false_alarm: float) -> float:
    """Return the share of the parts found defective that are: the positive predictive value.

    By Bayes: d p / (d p + f (1 - p)). Of 1 % of defects a camera that finds 98 % and
    rejects 1 % of the good rejects as many good as bad.

    Args:
        prevalence: Share p of the parts that are defective.
        detects: Share d of these that the inspection finds.
        false_alarm: Share f of the good ones that it finds, too.
    """
    found = detects * prevalence
    alarms = false_alarm * (1.0 - prevalence)
    return found / (found + alarms) if found + alarms > 0 else float("nan")


def prevented_share(mean_warning: float, between_breaks: float, seen: float) -> float:
    """Return the share of failures that repairs in breaks prevent.

    Wear shows for an exponential time before each failure and is seen with a probability;
    breaks come at a constant distance. One falls into a warning of length w with the
    probability min(1, w / T), so the share is seen x m / T x (1 - exp(-T / m)).

    Args:
        mean_warning: m, mean of the P-F interval, s.
        between_breaks: T, from the begin of one break to the next, s.
        seen: Share of the things that are measured times the probability of detection.
    """
    ratio = between_breaks / mean_warning
    return seen * -math.expm1(-ratio) / ratio
