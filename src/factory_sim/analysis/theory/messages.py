"""Closed forms for queues of messages: finite queues, bounds, redundancy, age of information.

They stand beside those of ``queues`` (M/M/1, M/D/1, M/M/c, M/G/1). Times are seconds, rates
are per second; rho is the rate times the mean service time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats

RAREST = 1e-300
"""Smallest probability of no arrival during a service that is distinguished from 0: its
inverse is finite."""


@dataclass(frozen=True)
class Finite:
    """A queue with a limited number of places.

    Attributes:
        loss: Share of arrivals that find it full.
        number: Mean number in the system.
        sojourn: Mean time in the system of those that are served, s.
    """

    loss: float
    number: float
    sojourn: float


def mmck(rate: float, service: float, servers: int, capacity: int) -> Finite:
    """Return the queue M/M/c/K.

        P(n) ~ product_{i=1..n} rho / min(i, c),  loss = P(K)

    With K = c nobody waits, and the loss is that of Erlang B. An arrival that finds n in the
    system, c <= n < K, waits until n - c + 1 services are done, each after service / c.

    Args:
        rate: Arrivals, 1/s.
        service: Mean service time, s.
        servers: c.
        capacity: K, those in service included, at least c.

    Raises:
        ValueError: If there is no server or no place for what it works on, the rate is
            negative or the service time not positive, or one of them is not finite.

    Source: Gross, Shortle, Thompson and Harris (2008), "Fundamentals of Queueing Theory",
    section 2.5; Erlang (1917).
    """
    _check(rate, service, servers, capacity)
    if not rate:
        return Finite(0.0, 0.0, service)
    number = np.arange(capacity + 1)
    log_weight = np.log(rate * service / np.minimum(number[1:], servers)).cumsum()
    log_weight = np.concatenate([[0.0], log_weight])
    # found by those that get in, and by all
    inside = np.exp(log_weight[:-1] - log_weight[:-1].max())
    share = np.exp(log_weight - log_weight.max())
    ahead = np.maximum(number[:-1] - servers + 1, 0)
    sojourn = service * (1.0 + float(inside @ ahead / inside.sum()) / servers)
    return Finite(float(share[-1] / share.sum()), float(share @ number / share.sum()), sojourn)


def mm1k(rate: float, service: float, capacity: int) -> Finite:
    """Return the queue M/M/1/K: ``P(n) ~ rho**n``, n = 0, ..., K; as ``mmck`` with c = 1."""
    return mmck(rate, service, 1, capacity)


def md1k(rate: float, service: float, capacity: int) -> Finite:
    """Return the queue M/D/1/K.

    A departure leaves j < K behind with probability d(j). Between two departures the
    number falls by at most one, so that, with A the arrivals in a service, which are Poisson
    with mean rho, and as many falls from j + 1 to j as rises above j,

        d(j + 1) P(A = 0) = d(0) P(A > j) + sum_{i=1..j} d(i) P(A > j - i + 1).

    Per departure there are rho + d(0) arrivals, since from an empty system the next
    departure waits for one, and those lost that find K. At any time, n < K are there with
    probability d(n) / (rho + d(0)). No sum has terms of both signs, so it holds its digits.

    Args:
        rate: Arrivals, 1/s.
        service: Service time, s.
        capacity: K, the one in service included, at least 1.

    Raises:
        ValueError: As ``mmck``.

    Source: Gross, Shortle, Thompson and Harris (2008), section 5.1.8 (M/G/1/K).
    """
    _check(rate, service, 1, capacity)
    if not rate:
        return Finite(0.0, 0.0, service)
    rho = rate * service
    rarest = capacity + int(rho + 40 * math.sqrt(rho) + 40)
    more = stats.poisson.sf(np.arange(rarest), rho)
    left = _left_behind(more, max(math.exp(-rho), RAREST), capacity)
    # arrivals beyond m in a service, on average
    beyond = np.append(more[::-1].cumsum()[::-1], 0.0)
    places = capacity - np.maximum(np.arange(capacity), 1)
    arrivals = rho + float(left[0])
    loss = float(left @ beyond[places] / arrivals)
    number = float(left @ np.arange(capacity) / arrivals) + capacity * loss
    return Finite(loss, number, number * service * arrivals / rho)


def _left_behind(more: Floats, none: float, capacity: int) -> Floats:
    """Return the probabilities of the numbers that a departure leaves behind.

    Args:
        more: Probabilities of more than 0, 1, ... arrivals in a service.
        none: Probability of no arrival in it.
        capacity: K; they are 0, ..., K - 1.
    """
    left = np.zeros(capacity)
    left[0] = 1.0
    for j in range(capacity - 1):
        left[j + 1] = (left[0] * more[j] + left[1 : j + 1] @ more[j:0:-1]) / none
        left /= max(left[j + 1], 1.0)
    shares: Floats = left / left.sum()
    return shares


def gg1_bounds(
    rate: float, service: float, cv_between: float, cv_service: float
) -> tuple[float, float]:
    """Return bounds of the mean wait in a queue with one server, s, whatever the laws.

        rate (sd_between^2 + sd_service^2) / (2 (1 - rho))  from above,
        (rate^2 sd_service^2 - rho (2 - rho)) / (2 rate (1 - rho))  from below, at least 0.

    Times between arrivals are independent of each other and of service times, these, too.

    Args:
        rate: Arrivals, 1/s.
        service: Mean service time, s.
        cv_between: Coefficient of variation of the time between arrivals.
        cv_service: That of the service time.

    Raises:
        ValueError: If rho is not between 0 and 1.

    Source: Kingman (1962), "Some inequalities for the queue GI/G/1", Biometrika 49;
    Marchal (1978), "Some simpler bounds on the mean queuing time", Operations Research 26.
    """
    rho = _stable(rate, service)
    spread = (rho * cv_service) ** 2
    above = (cv_between**2 + spread) / (2 * rate * (1 - rho))
    below = (spread - rho * (2 - rho)) / (2 * rate * (1 - rho))
    return max(below, 0.0), above


def dm1(rate: float, service: float) -> float:
    """Return the mean wait before exponential service in the queue D/M/1, s.

    ``beta / (1 - beta) / mu``; beta, the probability to wait, as in ``age_dm1``. It is the
    queue of one device that sends periodically.

    Source: Kleinrock (1975), "Queueing Systems I", section 6.4 (G/M/1).
    """
    rho = _stable(rate, service)
    idle = _finds_idle(rho)
    return service * (1 - idle) / idle


def k_out_of_n(availability: float, needed: int, installed: int) -> float:
    """Return the availability of n independent units of which k must work.

    ``sum_{i=k..n} C(n, i) A**i (1 - A)**(n - i)``, which is the incomplete beta function
    ``I_A(k, n - k + 1)``.

    Args:
        availability: Of one unit.
        needed: k.
        installed: n, at least k.

    Raises:
        ValueError: If the availability is not a probability, or k not between 0 and n.

    Source: Barlow and Proschan (1975), "Statistical Theory of Reliability and Life Testing".
    """
    if not 0.0 <= availability <= 1.0:
        raise ValueError(f"the availability must lie between 0 and 1 (got {availability:g})")
    if not 0 <= needed <= installed:
        raise ValueError(f"needed must lie between 0 and installed (got {needed} of {installed})")
    if not needed:
        return 1.0
    return float(special.betainc(needed, installed - needed + 1, availability))


def age_mm1(rate: float, service: float) -> float:
    """Return the mean age of information behind a queue M/M/1, first come first served, s.

    ``(1 + 1/rho + rho**2 / (1 - rho)) / mu``

    Source: Kaul, Yates and Gruteser (2012), "Real-time status: how often should one update?",
    IEEE INFOCOM, equation 17.
    """
    rho = _stable(rate, service)
    return service * (1 + 1 / rho + rho**2 / (1 - rho))


def age_md1(rate: float, service: float) -> float:
    """Return the mean age of information behind a queue M/D/1, first come first served, s.

    ``(1 / (2 (1 - rho)) + 1/2 + (1 - rho) exp(rho) / rho) / mu``

    Source: Kaul, Yates and Gruteser (2012), IEEE INFOCOM.
    """
    rho = _stable(rate, service)
    return service * (0.5 / (1 - rho) + 0.5 + (1 - rho) * math.exp(rho) / rho)


def age_dm1(rate: float, service: float) -> float:
    """Return the mean age of information behind a queue D/M/1, first come first served, s.

    ``(1 / (2 rho) + 1 / (1 - beta)) / mu`` with beta the root in (0, 1) of
    ``beta = exp(-(1 - beta) / rho)``.

    Source: Kaul, Yates and Gruteser (2012), IEEE INFOCOM.
    """
    rho = _stable(rate, service)
    return service * (0.5 / rho + 1 / _finds_idle(rho))


def _finds_idle(rho: float) -> float:
    """Return the probability d = 1 - beta that a message of D/M/1 finds the server idle.

    It is the positive root of ``d = 1 - exp(-d / rho)``. The right-hand side is concave, so
    that Newton's method falls to it from 1 without passing it.
    """
    idle, before = 1.0, math.inf
    while idle < before:
        before = idle
        excess = idle + math.expm1(-idle / rho)
        idle -= excess / (1 - math.exp(-idle / rho) / rho)
    return before


def _stable(rate: float, service: float) -> float:
    """Return rho.

    Raises:
        ValueError: If it is not between 0 and 1, where there is no steady state.
    """
    rho = rate * service
    if not 0 < rho < 1:
        message = f"rate times service must lie between 0 and 1 (got {rho:g})"
        raise ValueError(message)
    return rho


def _check(rate: float, service: float, servers: int, capacity: int) -> None:
    """Raise a ValueError unless there is such a finite queue."""
    if servers < 1 or capacity < servers:
        raise ValueError(
            f"there must be a server and a place for what each works on (got {servers} servers "
            f"and {capacity} places)"
        )
    if not (0.0 <= rate < math.inf and 0.0 < service < math.inf):
        raise ValueError(
            f"the rate must be 0 or more and the service time positive, both finite (got {rate} "
            f"and {service})"
        )
