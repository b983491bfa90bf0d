"""The wait for work at stations with Poisson arrivals and an unlimited queue."""

from __future__ import annotations


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


def _utilisation(load: float, servers: int) -> float:
    """Return the busy share of each server, or say that the queue would grow for ever."""
    if servers < 1 or not 0.0 <= load < servers:
        raise ValueError(
            f"the load must be less than the servers, or the queue grows for ever "
            f"(got {load} on {servers})"
        )
    return load / servers
