"""Closed forms for queues of messages: finite queues, redundancy, and the age of information.

They stand beside those of ``theory`` (M/M/1, M/D/1, M/M/c, M/G/1, machine repair). Times are
seconds, rates are per second; rho is the rate times the mean service time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


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


def mm1k(rate: float, service: float, capacity: int) -> Finite:
    """Return the queue M/M/1/K.

    The number in the system is n with probability proportional to rho**n, n = 0, ..., K.

    Args:
        rate: Arrivals, 1/s.
        service: Mean service time, s.
        capacity: K, the one in service included, at least 1.

    Source: Gross, Shortle, Thompson and Harris (2008), "Fundamentals of Queueing Theory",
    section 2.5.
    """
    weights = [(rate * service) ** n for n in range(capacity + 1)]
    total = math.fsum(weights)
    loss = weights[-1] / total
    number = math.fsum(n * w for n, w in enumerate(weights)) / total
    return Finite(loss, number, number / (rate * (1 - loss)))


def k_out_of_n(availability: float, needed: int, installed: int) -> float:
    """Return the availability of n independent units of which k must work.

    Args:
        availability: Of one unit.
        needed: k.
        installed: n, at least k.
    """
    return math.fsum(
        math.comb(installed, up) * availability**up * (1 - availability) ** (installed - up)
        for up in range(needed, installed + 1)
    )


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
    ``beta = exp(-(1 - beta) / rho)``, found by iteration.

    Source: Kaul, Yates and Gruteser (2012), IEEE INFOCOM.
    """
    rho = _stable(rate, service)
    beta, before = 0.0, -1.0
    while beta - before > 1e-15:
        beta, before = math.exp(-(1 - beta) / rho), beta
    return service * (0.5 / rho + 1 / (1 - beta))


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
