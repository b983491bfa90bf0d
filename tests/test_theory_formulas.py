"""The exact and classical results, each verified by a second, independent route.

The routes are published tables, closed forms, limits, reversal, numeric solutions of
the same model in other coordinates, and simulation straight from the rules of a line:

    start[k] = max(leave_up[k], leave[k - c]),  leave_up[j] >= leave[j - capacity].
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from factory_sim.analysis import chains
from factory_sim.analysis.theory import (
    assembly_throughput,
    erlang_c,
    machine_repair,
    markov_line_throughput,
    md1,
    mean_setup,
    mg1,
    mm1,
    mmc,
    paced_line_rate,
    two_station_efficiency,
    unbuffered_efficiency,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS, PARTS, CUT = 300, 1_500, 200
rates = st.floats(0.1, 10.0)
solved = settings(deadline=None, max_examples=50)
"""For what solves a chain or an integral: no race against a busy machine."""

EXACT = 1e-9
"""Relative; the chains are solved to 1e-13 of their flow."""


def fits(samples: Floats, truth: float, *, sharp: float = 0.01) -> bool:
    """Return whether the mean of samples (R,) is the truth, within 4 standard errors.

    The test must mean something: 4 standard errors may be ``sharp`` of the truth at most.
    """
    half_width = 4 * samples.std(ddof=1) / math.sqrt(samples.size)
    assert half_width < sharp * truth
    return bool(abs(samples.mean() - truth) < half_width)


def equilibrium(flow: Floats) -> Floats:
    """Return the shares of time (n,) of a small chain with flows (n, n) from row to column."""
    balance = (flow - np.diag(flow.sum(axis=1))).T
    balance[0] = 1.0
    return np.linalg.solve(balance, np.eye(len(flow))[0])


# --- serial lines with exponential work times


def line_cycles(
    work_rates: Sequence[float], buffers: Sequence[int], servers: Sequence[int]
) -> Floats:
    """Return the mean time between departures (RUNS,) of a simulated line."""
    rng = np.random.default_rng(1)
    run = np.arange(RUNS)
    nothing = np.zeros(RUNS)
    leave: list[list[Floats]] = [[] for _ in servers]
    finish = [np.full((c, RUNS), np.inf) for c in servers]
    freed = [run] * len(servers)
    # A station knows its k-th departure once its parts up to k + c - 1 have begun, so it
    # follows the station before it at a distance of c - 1 departures.
    lag = np.cumsum([c - 1 for c in servers])
    for step in range(PARTS + int(lag[-1])):
        for s, c in enumerate(servers):
            k = step - int(lag[s])
            if k < 0:
                continue
            for part in range(c) if k == 0 else [k + c - 1]:
                arrive = leave[s - 1][part] if s else nothing
                begin = np.maximum(arrive, leave[s][part - c] if part >= c else nothing)
                server = part if k == 0 else freed[s]
                finish[s][server, run] = begin + rng.exponential(1 / work_rates[s], RUNS)
            freed[s] = finish[s].argmin(axis=0)
            gone = finish[s].min(axis=0)
            if s < len(buffers) and k >= servers[s + 1] + buffers[s]:
                gone = np.maximum(gone, leave[s + 1][k - servers[s + 1] - buffers[s]])
            leave[s].append(gone)
    return (leave[-1][PARTS - 1] - leave[-1][CUT - 1]) / (PARTS - CUT)


@pytest.mark.parametrize(
    ("stations", "buffer", "throughput"),
    [
        (2, 0, 2 / 3),
        (2, 1, 3 / 4),
        (2, 4, 6 / 7),
        (3, 0, 22 / 39),
    ],
)
def test_balanced_lines_reach_their_exact_throughput(
    stations: int, buffer: int, throughput: float
) -> None:
    found = markov_line_throughput([1.0] * stations, [buffer] * (stations - 1))
    assert found == pytest.approx(throughput, rel=EXACT)


@pytest.mark.parametrize(
    ("stations", "buffer", "throughput"),
    [
        (3, 0, 0.5641),  # Hunt (1956)
        (4, 0, 0.5148),
        (3, 1, 0.6705),  # Hillier & Boling (1967)
        (3, 2, 0.7340),
        (5, 0, 0.4858),
        (6, 0, 0.4667),
    ],
)
def test_balanced_lines_match_published_tables(
    stations: int, buffer: int, throughput: float
) -> None:
    found = markov_line_throughput([1.0] * stations, [buffer] * (stations - 1))
    assert round(found, 4) == throughput


@given(
    first=rates,
    second=rates,
    buffer=st.integers(0, 30),
    before=st.integers(1, 4),
    after=st.integers(1, 4),
)
@solved
def test_two_stations_are_a_birth_and_death_process(
    first: float, second: float, buffer: int, before: int, after: int
) -> None:
    places = buffer + after
    shares = [1.0]
    for q in range(places + before):
        up = first * (before - max(0, q - places))
        shares.append(shares[-1] * up / (second * min(q + 1, after)))
    busy = np.minimum(np.arange(len(shares)), after)
    expected = second * float(np.dot(shares, busy)) / math.fsum(shares)
    found = markov_line_throughput([first, second], [buffer], [before, after])
    assert found == pytest.approx(expected, rel=EXACT)


@given(line=st.lists(st.tuples(rates, st.integers(0, 3)), min_size=2, max_size=4))
@solved
def test_a_line_run_backwards_has_the_same_throughput(line: list[tuple[float, int]]) -> None:
    # Holes travel upstream as parts travel downstream: Yamazaki & Sakasegawa (1975).
    speeds, buffers = [r for r, _ in line], [b for _, b in line[1:]]
    forwards = markov_line_throughput(speeds, buffers)
    backwards = markov_line_throughput(speeds[::-1], buffers[::-1])
    assert forwards == pytest.approx(backwards, rel=EXACT)


def test_a_chain_of_many_states_is_solved_as_exactly() -> None:
    speeds, buffers = [1.0, 1.3, 0.9, 1.1, 1.2], [9, 7, 8, 10]
    forwards = markov_line_throughput(speeds, buffers)  # about 13,000 states
    assert forwards == pytest.approx(markov_line_throughput(speeds[::-1], buffers[::-1]), rel=EXACT)
    assert forwards < min(speeds)


def test_a_slow_station_sets_the_pace_of_a_long_line_with_buffers() -> None:
    # Rates a thousand apart leave most states unseen: 1e-100 and less.
    assert markov_line_throughput([1e3, 1.0, 1e3], [30, 30]) == pytest.approx(1.0, rel=EXACT)


@pytest.mark.parametrize(
    ("speeds", "buffers", "servers"),
    [
        ((1.0, 1.5, 0.8), (1, 2), (1, 1, 1)),
        ((0.5, 1.0, 0.4), (0, 1), (2, 1, 3)),
        ((1.0, 0.3), (0,), (2, 4)),
    ],
)
def test_the_chain_of_a_line_agrees_with_its_rules(
    speeds: tuple[float, ...], buffers: tuple[int, ...], servers: tuple[int, ...]
) -> None:
    cycles = line_cycles(speeds, buffers, servers)
    assert fits(cycles, 1 / markov_line_throughput(speeds, buffers, servers))
    # One more place would be noticed.
    more = [b + 1 for b in buffers]
    assert not fits(cycles, 1 / markov_line_throughput(speeds, more, servers))


@given(rate=rates, servers=st.integers(1, 5))
def test_a_station_alone_works_all_the_time(rate: float, servers: int) -> None:
    assert markov_line_throughput([rate], [], [servers]) == rate * servers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 1.0], []), "2 stations need 1 buffers and 2 counts of servers"),
        (([], []), "0 stations need 0 buffers"),
        (([1.0, 0.0], [1]), "every rate must be positive and finite"),
        (([1.0, math.nan], [1]), "every rate must be positive and finite"),
        (([1.0, 1.0], [-1]), "buffers must be 0 or more"),
        (([1.0, 1.0], [1], [1, 0]), "every station needs a server"),
        (([1.0] * 5, [100] * 4), "may have .* states, and at most 1,000,000 are solved"),
    ],
)
def test_lines_that_have_no_chain_are_refused(
    arguments: tuple[list[float], ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        markov_line_throughput(*arguments)  # type: ignore[arg-type]


def test_a_chain_that_does_not_converge_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "ROUNDS", 1)
    with pytest.raises(ArithmeticError, match="did not converge"):
        markov_line_throughput([1.0, 2.0, 3.0], [5, 5])


# --- assembly


def assembly_cycles(
    rate: float,
    feeder_rates: Sequence[float],
    feeder_buffers: Sequence[int],
    upstream: tuple[float, int] | None,
) -> Floats:
    """Return the mean time between departures (RUNS,) of a simulated assembly station."""
    rng = np.random.default_rng(2)

    def work(speed: float) -> Floats:
        return rng.exponential(1 / speed, (PARTS, RUNS))

    def at(times: list[Floats], k: int) -> Floats | float:
        return times[k] if k >= 0 else 0.0

    main_work, works = work(rate), [work(r) for r in feeder_rates]
    before = work(upstream[0]) if upstream else np.zeros((PARTS, RUNS))
    places = 1 + upstream[1] if upstream else 1
    ready: list[Floats] = []
    leave: list[Floats] = []
    arrive: list[Floats] = []
    fed: list[list[Floats]] = [[] for _ in works]
    for k in range(PARTS):
        arrive.append(np.maximum(at(arrive, k - 1) + before[k], at(leave, k - places)))
        there = np.maximum(arrive[k], at(leave, k - 1))
        for units, times, buffer in zip(fed, works, feeder_buffers, strict=True):
            units.append(np.maximum(at(units, k - 1) + times[k], at(ready, k - buffer)))
            there = np.maximum(there, units[k])
        ready.append(there)
        leave.append(there + main_work[k])
    return (leave[-1] - leave[CUT - 1]) / (PARTS - CUT)


@pytest.mark.parametrize(
    ("rate", "feeder_rates", "feeder_buffers", "upstream"),
    [
        (1.0, (1.0, 1.0), (1, 1), None),
        (2.0, (1.0, 1.4), (2, 1), None),
        (1.2, (1.0, 1.1), (1, 3), (1.0, 0)),
        (1.5, (1.0,), (1,), (1.1, 2)),
    ],
)
def test_the_chain_of_an_assembly_agrees_with_its_rules(
    rate: float,
    feeder_rates: tuple[float, ...],
    feeder_buffers: tuple[int, ...],
    upstream: tuple[float, int] | None,
) -> None:
    cycles = assembly_cycles(rate, feeder_rates, feeder_buffers, upstream)
    found = assembly_throughput(rate, feeder_rates, feeder_buffers, upstream=upstream)
    assert fits(cycles, 1 / found)
    # One more place would be noticed.
    more = [b + 1 for b in feeder_buffers]
    wrong = assembly_throughput(rate, feeder_rates, more, upstream=upstream)
    assert not fits(cycles, 1 / wrong)


@given(rate=rates, feeder=rates, buffer=st.integers(1, 10))
@solved
def test_an_assembly_with_one_feeder_is_a_line_of_two_stations(
    rate: float, feeder: float, buffer: int
) -> None:
    line = markov_line_throughput([feeder, rate], [buffer])
    assert assembly_throughput(rate, [feeder], [buffer]) == pytest.approx(line, rel=EXACT)


@given(first=st.integers(1, 8), second=st.integers(1, 8))
@solved
def test_an_instant_assembly_of_equal_feeders_is_a_random_walk(first: int, second: int) -> None:
    # The lead of one feeder over the other has places + 1 values on each side and 0 between,
    # all equally likely; a feeder rests at its end of the walk.
    values = (first + 1) + (second + 1) + 1
    found = assembly_throughput(1e9, [1.0, 1.0], [first, second])
    assert found == pytest.approx((values - 1) / values, rel=1e-7)


@given(rate=rates, upstream=rates, buffer=st.integers(0, 5))
@solved
def test_a_feeder_that_never_fails_to_deliver_leaves_the_main_line_alone(
    rate: float, upstream: float, buffer: int
) -> None:
    line = markov_line_throughput([upstream, rate], [buffer])
    found = assembly_throughput(rate, [1e9], [1], upstream=(upstream, buffer))
    assert found == pytest.approx(line, rel=1e-7)


@pytest.mark.parametrize(
    ("arguments", "upstream", "message"),
    [
        ((1.0, [], []), None, "an assembly needs at least one feeder"),
        ((1.0, [1.0], [1, 1]), None, "an assembly needs at least one feeder"),
        ((1.0, [1.0], [0]), None, "a feeder needs at least one place"),
        ((0.0, [1.0], [1]), None, "every rate must be positive and finite"),
        ((1.0, [1.0], [1]), (-1.0, 1), "every rate must be positive and finite"),
        ((1.0, [1.0], [1]), (1.0, -1), "the upstream buffer must not be negative"),
    ],
)
def test_assemblies_that_have_no_chain_are_refused(
    arguments: tuple[float, list[float], list[int]],
    upstream: tuple[float, int] | None,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        assembly_throughput(*arguments, upstream=upstream)


# --- failing stations


def failing_line_cycles(
    mtbf: Sequence[float], mttr: Sequence[float], buffer: int, cycle: float
) -> Floats:
    """Return the mean time between departures (R,) with failures on the busy clock."""
    runs, parts, cut = 1_000, 8_000, 800
    rng = np.random.default_rng(4)
    places = buffer + 2  # as many departures as anyone looks back on, in a ring
    leave = np.zeros((len(mtbf), places, runs))
    for k in range(parts):
        gone = np.zeros(runs)
        for s, (up, repair) in enumerate(zip(mtbf, mttr, strict=True)):
            down = repair * rng.standard_gamma(rng.poisson(cycle / up, runs))
            gone = np.maximum(gone, leave[s, (k - 1) % places]) + cycle + down
            if s + 1 < len(mtbf):
                gone = np.maximum(gone, leave[s + 1, (k - 1 - buffer) % places])
            leave[s, k % places] = gone
        if k == cut - 1:
            begin = gone
    return (gone - begin) / (parts - cut)


def fluid_efficiency(
    mtbf: tuple[float, float], mttr: tuple[float, float], storage: float, levels: int
) -> float:
    """Return the efficiency of two stations whose buffer moves in steps of storage/levels.

    The steps are exponential. The error is proportional to 1/levels.
    """
    index = np.arange(4 * (levels + 1)).reshape(levels + 1, 2, 2)  # content, up 1, up 2
    flow = np.zeros((index.size, index.size))
    speed = levels / storage
    for x in range(levels + 1):
        for other in (0, 1):
            if not (x == levels and other == 0):  # blocked, station 1 does not age
                flow[index[x, 1, other], index[x, 0, other]] = 1 / mtbf[0]
            if not (x == 0 and other == 0):  # starved, station 2 does not age
                flow[index[x, other, 1], index[x, other, 0]] = 1 / mtbf[1]
            flow[index[x, 0, other], index[x, 1, other]] = 1 / mttr[0]
            flow[index[x, other, 0], index[x, other, 1]] = 1 / mttr[1]
        if x < levels:
            flow[index[x, 1, 0], index[x + 1, 1, 0]] = speed
            flow[index[x + 1, 0, 1], index[x, 0, 1]] = speed
    share = equilibrium(flow)[index]
    return float(share[:, 1, 1].sum() + share[1:, 0, 1].sum())


@pytest.mark.parametrize(
    ("mtbf", "mttr", "storage"),
    [
        ((100.0, 100.0), (10.0, 10.0), 10.0),
        ((100.0, 60.0), (10.0, 15.0), 30.0),
        ((50.0, 400.0), (5.0, 40.0), 20.0),
    ],
)
def test_two_failing_stations_match_a_numeric_solution(
    mtbf: tuple[float, float], mttr: tuple[float, float], storage: float
) -> None:
    coarse, fine = (fluid_efficiency(mtbf, mttr, storage, levels) for levels in (60, 120))
    extrapolated = 2 * fine - coarse  # Richardson: the error of first order cancels
    found = two_station_efficiency(mtbf, mttr, storage)
    assert abs(found - extrapolated) < 0.05 * abs(fine - coarse)
    assert abs(found - extrapolated) < 1e-4


mtbfs, mttrs = st.floats(10, 1e4), st.floats(0.1, 1e3)


@given(mtbf=st.tuples(mtbfs, mtbfs), mttr=st.tuples(mttrs, mttrs))
def test_two_failing_stations_lie_between_no_buffer_and_an_endless_one(
    mtbf: tuple[float, float], mttr: tuple[float, float]
) -> None:
    none = two_station_efficiency(mtbf, mttr, 0.0)
    assert none == pytest.approx(unbuffered_efficiency(mtbf, mttr), rel=EXACT)
    some = [two_station_efficiency(mtbf, mttr, n) for n in (0.0, 1.0, 1e2, 1e4, 1e6)]
    assert all(a <= b * (1 + EXACT) for a, b in pairwise(some))
    alone = min(up / (up + down) for up, down in zip(mtbf, mttr, strict=True))
    assert two_station_efficiency(mtbf, mttr, 1e15) == pytest.approx(alone, rel=1e-6)


@given(mtbf=st.tuples(mtbfs, mtbfs), mttr=st.tuples(mttrs, mttrs), storage=st.floats(0, 1e4))
def test_two_failing_stations_work_as_well_backwards(
    mtbf: tuple[float, float], mttr: tuple[float, float], storage: float
) -> None:
    forwards = two_station_efficiency(mtbf, mttr, storage)
    backwards = two_station_efficiency(mtbf[::-1], mttr[::-1], storage)
    assert forwards == pytest.approx(backwards, rel=EXACT)


def test_single_parts_tend_to_the_flow_of_two_failing_stations() -> None:
    mtbf, mttr, storage, cycle = (100.0, 150.0), (10.0, 15.0), 20.0, 0.2
    cycles = failing_line_cycles(mtbf, mttr, round(storage / cycle), cycle)
    assert fits(cycles / cycle, 1 / two_station_efficiency(mtbf, mttr, storage))
    assert not fits(cycles / cycle, 1 / two_station_efficiency(mtbf, mttr, 0.0))


def test_single_parts_tend_to_the_efficiency_of_a_line_without_buffers() -> None:
    mtbf, mttr, cycle = (100.0, 150.0, 80.0), (10.0, 15.0, 4.0), 0.2
    cycles = failing_line_cycles(mtbf, mttr, 0, cycle)
    assert fits(cycles / cycle, 1 / unbuffered_efficiency(mtbf, mttr))
    assert not fits(cycles / cycle, 1 / unbuffered_efficiency(mtbf[:2], mttr[:2]))


def test_a_station_that_never_fails_costs_nothing() -> None:
    assert unbuffered_efficiency([math.inf, 100.0], [5.0, 25.0]) == 0.8
    assert unbuffered_efficiency([], []) == 1.0


@pytest.mark.parametrize(
    ("mtbf", "mttr", "message"),
    [
        ([100.0], [1.0, 2.0], "they must agree"),
        ([0.0], [1.0], "mtbf must be positive"),
        ([100.0], [-1.0], "mttr 0 or more"),
    ],
)
def test_failures_that_are_none_are_refused(
    mtbf: list[float], mttr: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        unbuffered_efficiency(mtbf, mttr)


@pytest.mark.parametrize(
    ("mtbf", "storage"), [((0.0, 1.0), 1.0), ((1.0, math.inf), 1.0), ((1.0, 1.0), -1.0)]
)
def test_two_failing_stations_need_times_and_a_storage(
    mtbf: tuple[float, float], storage: float
) -> None:
    with pytest.raises(ValueError, match="mtbf and mttr must be positive"):
        two_station_efficiency(mtbf, (1.0, 1.0), storage)


# --- paced sections


@given(takt=st.floats(0, 5), positions=st.integers(1, 30), scale=st.floats(1e-3, 1e4))
@solved
def test_exponential_positions_are_waited_for_harmonically(
    takt: float, positions: int, scale: float
) -> None:
    # E[max(t, W_1..W_S)] - t = sum_i (1 - F(t)^i) / i, since 1 - F^S = e^-w sum F^(i-1).
    early = -math.expm1(-takt)
    expected = takt + sum((1 - early**i) / i for i in range(1, positions + 1))
    rate = paced_line_rate(takt * scale, lambda w: -math.expm1(-w / scale), positions)
    assert 1 / rate == pytest.approx(expected * scale, rel=EXACT)


def test_the_slowest_of_twenty_positions_sets_the_cycle() -> None:
    work = stats.gamma(a=25, scale=2.0)  # 50 s, cv 0.2
    samples = work.rvs(size=(20_000, 20), random_state=np.random.default_rng(6))
    cycle = 1 / paced_line_rate(60.0, work.cdf, 20)
    assert fits(np.maximum(60.0, samples.max(axis=1)), cycle)
    assert not fits(np.maximum(60.0, samples[:, :19].max(axis=1)), cycle)


@given(takt=st.floats(1, 100), work=st.floats(1, 100), positions=st.integers(1, 10))
@solved
def test_constant_work_is_held_to_the_takt(takt: float, work: float, positions: int) -> None:
    rate = paced_line_rate(takt, lambda w: float(w >= work), positions)
    assert 1 / rate == pytest.approx(max(takt, work), rel=EXACT)


def test_different_positions_are_one_with_the_product_of_their_functions() -> None:
    fast, slow = stats.uniform(40, 20), stats.uniform(50, 20)
    # max(60, fast, slow) exceeds 60 where slow does, in [60, 70] with density 1/20.
    rate = paced_line_rate(60.0, lambda w: float(fast.cdf(w) * slow.cdf(w)), 1)
    assert 1 / rate == pytest.approx(60.0 + 10.0**2 / 2 / 20, rel=EXACT)


@pytest.mark.parametrize(("takt", "positions"), [(-1.0, 1), (math.inf, 1), (1.0, 0)])
def test_a_section_has_a_takt_and_positions(takt: float, positions: int) -> None:
    with pytest.raises(ValueError, match="a section needs a takt of 0 or more and a position"):
        paced_line_rate(takt, stats.expon.cdf, positions)


def test_work_that_may_never_end_is_refused() -> None:
    with pytest.raises(ValueError, match="cdf does not reach 1"):
        paced_line_rate(1.0, lambda _: 0.9, 2)


# --- queues


def embedded_wait(arrival_rate: float, work: float, arrivals: Callable[[Floats], Floats]) -> float:
    """Return the mean wait of an M/G/1 queue from its chain at departures.

    ``arrivals`` is the probability of n arrivals during one work time. The parts left
    behind by a departure are those that came during its stay (Little).
    """
    most = 300
    count = np.arange(most)
    chance = arrivals(count.astype(float))
    steps = np.zeros((most, most))
    for left in range(most):
        begin = max(left, 1) - 1
        steps[left, begin:] = chance[: most - begin]
    share = equilibrium(steps - np.diag(np.diag(steps)))
    return float(share @ count) / arrival_rate - work


@pytest.mark.parametrize("load", [0.1, 0.5, 0.8])
def test_a_queue_waits_as_its_embedded_chain_says(load: float) -> None:
    work, cv = 2.0, 0.6
    arrival_rate, shape = load / work, 1 / cv**2
    constant = embedded_wait(arrival_rate, work, stats.poisson(load).pmf)
    gamma = embedded_wait(arrival_rate, work, stats.nbinom(shape, shape / (shape + load)).pmf)
    exponential = embedded_wait(arrival_rate, work, stats.geom(1 / (1 + load), loc=-1).pmf)
    assert md1(arrival_rate, work) == pytest.approx(constant, rel=EXACT)
    assert mg1(arrival_rate, work, cv) == pytest.approx(gamma, rel=EXACT)
    assert mm1(arrival_rate, work) == pytest.approx(exponential, rel=EXACT)


@given(load=st.floats(0.01, 0.95), servers=st.integers(1, 20))
def test_parallel_servers_wait_as_their_birth_and_death_process_says(
    load: float, servers: int
) -> None:
    offered = load * servers
    parts = np.arange(1, 2_000)
    log_share = np.cumsum(np.log(offered / np.minimum(parts, servers)))
    share = np.exp(np.concatenate([[0.0], log_share]))
    share /= share.sum()
    queue = np.maximum(np.arange(share.size) - servers, 0)
    work = 3.0
    assert erlang_c(offered, servers) == pytest.approx(share[servers:].sum(), rel=EXACT)
    expected = float(share @ queue) / (offered / work)
    assert mmc(offered / work, work, servers) == pytest.approx(expected, rel=1e-8)


@given(load=st.floats(0.0, 0.99), work=st.floats(0.1, 1e3))
def test_one_server_is_the_smallest_number_of_servers(load: float, work: float) -> None:
    one = mmc(load / work, work, 1)
    assert one == pytest.approx(mm1(load / work, work), rel=EXACT)
    assert md1(load / work, work) == pytest.approx(one / 2, rel=EXACT)


def test_erlang_c_matches_published_values() -> None:
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    assert round(erlang_c(4.0, 5), 4) == 0.5541


@pytest.mark.parametrize(("load", "servers"), [(1.0, 1), (3.0, 2), (-0.1, 1), (0.0, 0)])
def test_a_queue_that_grows_for_ever_has_no_mean(load: float, servers: int) -> None:
    with pytest.raises(ValueError, match="the load must be less than the servers"):
        erlang_c(load, servers)
    with pytest.raises(ValueError, match="the load must be less than the servers"):
        mmc(load, 1.0, servers)


# --- repair crews and set-ups


@given(
    machines=st.integers(1, 12),
    crew=st.integers(1, 12),
    mtbf=st.floats(1.0, 1e4),
    mttr=st.floats(0.1, 1e3),
)
def test_a_repair_crew_is_a_chain_of_machines_down(
    machines: int, crew: int, mtbf: float, mttr: float
) -> None:
    flow = np.zeros((machines + 1, machines + 1))
    for down in range(machines):
        flow[down, down + 1] = (machines - down) / mtbf
        flow[down + 1, down] = min(down + 1, crew) / mttr
    expected = 1.0 - equilibrium(flow) @ np.arange(machines + 1) / machines
    assert machine_repair(machines, crew, mtbf, mttr) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("machines", [1, 10, 12_000])
def test_a_crew_as_large_as_the_fleet_makes_nobody_wait(machines: int) -> None:
    found = machine_repair(machines, machines, 1e6, 1e4)
    assert found == pytest.approx(1e6 / (1e6 + 1e4), rel=EXACT)


def test_a_crew_that_is_far_too_small_works_all_the_time() -> None:
    # Repairs at 10/mttr keep as many machines up as fail at that rate.
    assert machine_repair(12_000, 10, 1e6, 1e4) == pytest.approx(10 * 1e6 / 1e4 / 12_000, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1, 1.0, 1.0), "there must be machines and a crew"),
        ((1, 0, 1.0, 1.0), "there must be machines and a crew"),
        ((1, 1, math.inf, 1.0), "mtbf and mttr must be positive and finite"),
    ],
)
def test_repair_needs_machines_people_and_times(
    arguments: tuple[int, int, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        machine_repair(*arguments)


@pytest.mark.parametrize("servers", [1, 3])
def test_independent_orders_cost_the_mean_setup_on_any_number_of_servers(servers: int) -> None:
    weights, work = (0.5, 0.3, 0.2), (10.0, 40.0, 90.0)
    setup = np.array([[0.0, 5.0, 20.0], [1.0, 0.0, 4.0], [30.0, 2.0, 1.0]])
    model = np.random.default_rng(8).choice(3, size=60_000, p=weights)
    free, last = np.zeros(servers), model[:servers].copy()
    paid = []
    for m in model:
        server = free.argmin()  # which server it is depends on the work of the models before
        paid.append(setup[last[server], m])
        free[server] += work[m] + paid[-1]
        last[server] = m
    batches = np.array(paid).reshape(300, -1).mean(axis=1)
    assert fits(batches, mean_setup(weights, setup), sharp=0.05)
    assert not fits(batches, mean_setup((1, 1, 1), setup), sharp=0.05)


@given(scale=st.floats(0.1, 10), row=st.lists(st.floats(0, 100), min_size=4, max_size=4))
def test_a_setup_that_depends_on_the_next_model_only_is_its_mean(
    scale: float, row: list[float]
) -> None:
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    expected = float(weights @ row)
    assert mean_setup(scale * weights, [row] * 4) == pytest.approx(expected, rel=EXACT, abs=EXACT)


@pytest.mark.parametrize(
    ("weights", "setup", "message"),
    [
        ([1.0, 1.0], [[0.0]], "2 weights need a square of 2 set-ups"),
        ([0.0], [[1.0]], "weights must be 0 or more with a positive sum"),
        ([-1.0, 2.0], [[0.0, 0.0], [0.0, 0.0]], "weights must be 0 or more"),
    ],
)
def test_a_mix_has_shares_and_a_square_of_setups(
    weights: list[float], setup: list[list[float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        mean_setup(weights, setup)
