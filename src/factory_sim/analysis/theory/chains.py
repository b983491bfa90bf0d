"""Exact throughput of small lines with exponential work times, from their Markov chains.

Under blocking after service, the parts that are finished upstream and not yet here say
everything. Let q_s be the parts that station s - 1 has finished and station s has not,
those blocked upstream included. From the end of the line backwards, with B_s the blocked
parts on the servers of station s, c_s its servers and b_s the buffer in front of it,

    B_{s-1} = max(0, q_s + B_s - (c_s + b_s)),  B_last = 0,
    busy_s  = min(q_s, c_s - B_s),

because a blocked part upstream means that all places here are taken. So the counts q are
a Markov chain by themselves, and which server holds which part is not in it.

The chains are solved for their equilibrium without fixing any state, since a state that
is as good as never seen spoils the equations of all others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats, Ints

MOST_STATES = 1_000_000
"""A chain of this size takes some 20 s and 1.6 GiB."""

IMBALANCE = 1e-13
"""Largest sum of flows left over in the states, as a share of all flow."""

ROUNDS = 60
"""Restarts of the solver; two or three are usual."""


def markov_line_throughput(
    rates: Sequence[float], buffers: Sequence[int], servers: Sequence[int] | None = None
) -> float:
    """Return the exact throughput of a saturated serial line with exponential work times.

    Stations work first come, first served and block after service; nothing fails, and
    transport takes no time. Unit rates without buffers give 2/3 for two stations, 22/39
    for three.

    Args:
        rates: (S,) mean work rate of one server of each station, 1/s.
        buffers: (S - 1,) places in front of stations 1 to S - 1.
        servers: (S,) parallel servers of each station; one each if not given.

    Returns:
        Parts per second that leave the last station.

    Raises:
        ValueError: If the lengths do not fit, a rate is not positive, a buffer is
            negative, a station has no server, or the chain exceeds ``MOST_STATES``.
        ArithmeticError: If the equations do not converge.

    Source: Hunt (1956), Oper. Res. 4, for one server and up to four stations; Hillier &
    Boling (1967), Oper. Res. 15, for the numerical solution.
    """
    stations = len(rates)
    places = [1] * stations if servers is None else list(servers)
    _check_line(rates, buffers, places)
    capacity = [c + b for c, b in zip(places[1:], buffers, strict=True)]
    if not capacity:
        return float(rates[0] * places[0])
    queues = _grid([k + c for k, c in zip(capacity, places, strict=False)])
    blocked = np.zeros((stations, queues.shape[1]), dtype=np.int64)
    for s in range(stations - 1, 0, -1):
        blocked[s - 1] = np.maximum(0, queues[s - 1] + blocked[s] - capacity[s - 1])
    free = np.array(places)[:, None] - blocked
    possible = (free >= 0).all(axis=0)
    queues, free = queues[:, possible], free[:, possible]
    busy = np.concatenate([free[:1], np.minimum(queues, free[1:])])
    flows = np.array(rates, dtype=np.float64)[:, None] * busy
    # A part that station s finishes leaves the count q_s and enters q_{s+1}.
    ahead = np.eye(stations, stations - 1, dtype=np.int64)
    behind = np.eye(stations, stations - 1, k=-1, dtype=np.int64)
    share = _equilibrium(queues, ahead - behind, flows)
    return float(share @ flows[-1])


def assembly_throughput(
    rate: float,
    feeder_rates: Sequence[float],
    feeder_buffers: Sequence[int],
    *,
    upstream: tuple[float, int] | None = None,
) -> float:
    """Return the exact throughput of an assembly station with exponential work times.

    The station has one server. The main part sits on it until one unit of every feeder
    is there; then all units leave their buffers and work begins. Each feeder is one
    saturated station that blocks after service. With x_f the units that feeder f has
    finished and the assembly has not, the station is busy if and only if all x_f >= 1,
    and the feeder works while x_f - busy <= buffer.

    Args:
        rate: Mean rate of the assembly work, 1/s.
        feeder_rates: (F,) mean work rate of each feeder, 1/s.
        feeder_buffers: (F,) places for finished units of each feeder, at least 1.
        upstream: Mean work rate of a saturated station before the assembly on the main
            line, and the buffer between; the main part is always there if None.

    Returns:
        Assemblies per second.

    Raises:
        ValueError: If the lengths do not fit, a rate is not positive, a buffer is too
            small, or the chain exceeds ``MOST_STATES``.
        ArithmeticError: If the equations do not converge.

    Source: Harrison (1973), J. Appl. Prob. 10, assembly-like queues; here with finite
    buffers, the main part on the server, and blocking after service.
    """
    _check_feeders(feeder_rates, feeder_buffers)
    main = [] if upstream is None else [upstream]
    rates = [*feeder_rates, *(r for r, _ in main)]
    _check_rates([rate, *rates])
    if main and main[0][1] < 0:
        raise ValueError(f"the upstream buffer must not be negative (got {main[0][1]})")
    buffers = [*feeder_buffers, *(b for _, b in main)]
    units = _grid([b + 2 for b in buffers])
    busy = units.min(axis=0) >= 1
    # What is on the server has left a feeder's buffer, but only when the work began. A
    # main part frees its place when it moves onto the server, where it may yet wait.
    is_feeder = np.arange(len(rates)) < len(feeder_rates)
    on_server = np.where(is_feeder[:, None], busy, 1)
    room = np.array(buffers)[:, None] - (units - on_server)
    possible = (room >= -1).all(axis=0)
    units, busy, room = units[:, possible], busy[possible], room[:, possible]
    flows = np.vstack([np.array(rates, dtype=np.float64)[:, None] * (room >= 0), rate * busy])
    steps = np.vstack([np.eye(len(rates), dtype=np.int64), np.full(len(rates), -1)])
    share = _equilibrium(units, steps, flows)
    return float(share @ flows[-1])


def _check_rates(rates: Sequence[float]) -> None:
    if not all(0.0 < rate < math.inf for rate in rates):
        raise ValueError(f"every rate must be positive and finite (got {list(rates)})")


def _check_line(rates: Sequence[float], buffers: Sequence[int], servers: Sequence[int]) -> None:
    if not rates or len(buffers) != len(rates) - 1 or len(servers) != len(rates):
        raise ValueError(
            f"{len(rates)} stations need {max(0, len(rates) - 1)} buffers and {len(rates)} "
            f"counts of servers (got {len(buffers)} and {len(servers)})"
        )
    _check_rates(rates)
    if min(servers) < 1:
        raise ValueError(f"every station needs a server (got {list(servers)})")
    if min(buffers, default=0) < 0:
        raise ValueError(f"buffers must be 0 or more, and finite (got {list(buffers)})")


def _check_feeders(rates: Sequence[float], buffers: Sequence[int]) -> None:
    if not rates or len(rates) != len(buffers):
        raise ValueError(
            "an assembly needs at least one feeder and a buffer for each "
            f"(got {len(rates)} rates and {len(buffers)} buffers)"
        )
    if min(buffers) < 1:
        raise ValueError(f"a feeder needs at least one place (got {list(buffers)})")


def _grid(largest: Sequence[int]) -> Ints:
    """Return all counts (d, n) from 0 to the largest (d,), in lexicographic order."""
    sizes = [most + 1 for most in largest]
    if math.prod(sizes) > MOST_STATES:
        raise ValueError(
            f"the chain may have {math.prod(sizes):,} states, and at most {MOST_STATES:,} "
            "are solved; shorten the line or its buffers"
        )
    return np.indices(sizes, dtype=np.int64).reshape(len(sizes), -1)


def _equilibrium(states: Ints, steps: Ints, flows: Floats) -> Floats:
    """Return the long-run share of time in each of the states (d, n), as (n,).

    Move m changes the counts by ``steps[m]`` (M, d) at the rate ``flows[m]`` (M, n).

    The flow into each state equals the flow out of it: Q p = 0 with Q singular. Starting
    from equal shares, a Krylov method on Q, with its upper triangle as preconditioner
    (a backward Gauss-Seidel sweep), finds the correction within the range of Q. It is
    restarted from the corrected shares, which takes the loss of digits away.

    Source: Saad (2003), Iterative Methods for Sparse Linear Systems, chapter 9; de Sturler
    (1999), SIAM J. Numer. Anal. 36, for GCROT.
    """
    balance = _balance(states, steps, flows)
    out = balance.diagonal()
    # No pivot and no fill: the factor of a triangle is the triangle.
    sweep = linalg.splu(
        sparse.csc_array(sparse.triu(balance)),
        permc_spec="NATURAL",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    preconditioner = linalg.LinearOperator(balance.shape, sweep.solve, dtype=np.float64)
    share = np.full(out.size, 1.0 / out.size)
    for _ in range(ROUNDS):
        net = balance @ share
        allowed = IMBALANCE * float(out @ np.abs(share))
        left = float(np.abs(net).sum())
        if left <= allowed:
            return share
        # No step asks for more digits than count: below rounding, Q p = 0 has no solution.
        change, _status = linalg.gcrotmk(
            balance,
            -net,
            M=preconditioner,
            m=20,
            rtol=1e-5,
            atol=allowed / math.sqrt(out.size),
            maxiter=50,
        )
        share = share + change
        share /= share.sum()
    raise ArithmeticError(f"the chain of {out.size:,} states did not converge")


def _balance(states: Ints, steps: Ints, flows: Floats) -> sparse.csr_array[np.float64]:
    """Return the matrix Q (n, n) that maps shares of time to net flows out of the states."""
    sizes = states.max(axis=1) + 1
    strides = np.append(np.cumprod(sizes[:0:-1])[::-1], 1)
    keys = strides @ states
    move, source = np.nonzero(flows)
    target = _positions(keys, keys[source] + (steps @ strides)[move])
    flow = flows[move, source]
    inflow = sparse.csr_array((flow, (target, source)), shape=(keys.size, keys.size))
    return sparse.csr_array(sparse.diags_array(flows.sum(axis=0)) - inflow)


def _positions(keys: Ints, wanted: Ints) -> Ints:
    """Return where the wanted keys are among the keys, which ascend."""
    found = np.searchsorted(keys, wanted)
    if not np.array_equal(keys[np.minimum(found, keys.size - 1)], wanted):
        raise AssertionError("a move leads out of the chain")
    return found
