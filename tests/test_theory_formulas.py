"""The classical results, each verified by a second, independent route.

The routes are published values, closed forms, limits, numeric solutions of the same model
in other coordinates, and simulation of single parts.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from factory_sim.analysis.theory.failures import (
    machine_repair,
    two_station_efficiency,
    unbuffered_efficiency,
)
from factory_sim.analysis.theory.mixes import mean_setup
from factory_sim.analysis.theory.paced import paced_line_rate
from factory_sim.analysis.theory.queues import erlang_c, md1, mg1, mm1, mmc
from test_chains import EXACT, fits, solved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def equilibrium(flow: Floats) -> Floats:
    """Return the shares of time (n,) of a small chain with flows (n, n) from row to column."""
    balance = (flow - np.diag(flow.sum(axis=1))).T
    balance[0] = 1.0
    return np.linalg.solve(balance, np.eye(len(flow))[0])


# --- failing stations


def failing_line_cycles(
    mtbf: Sequence[float], mttr: Sequence[float], buffer: int, cycle: float
) -> Floats:
    """Return the mean time between departures (R,) with failures on the busy clock."""
    runs, parts, cut = 1_600, 5_000, 800
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


@given(times=st.lists(st.floats(1, 100), min_size=1, max_size=20), takt=st.floats(1, 100))
@solved
def test_work_from_a_list_has_the_mean_of_the_list(times: list[float], takt: float) -> None:
    rate = paced_line_rate(takt, lambda w: float(np.mean(np.array(times) <= w)), 1)
    assert 1 / rate == pytest.approx(float(np.mean(np.maximum(takt, times))), rel=EXACT)


def test_different_positions_are_one_with_the_product_of_their_functions() -> None:
    fast, slow = stats.uniform(40, 20), stats.uniform(50, 20)
    # max(60, fast, slow) exceeds 60 where slow does, in [60, 70] with density 1/20.
    rate = paced_line_rate(60.0, lambda w: float(fast.cdf(w) * slow.cdf(w)), 1)
    assert 1 / rate == pytest.approx(60.0 + 10.0**2 / 2 / 20, rel=EXACT)


@pytest.mark.parametrize(("takt", "positions"), [(-1.0, 1), (math.inf, 1), (1.0, 0)])
def test_a_section_has_a_takt_and_positions(takt: float, positions: int) -> None:
    with pytest.raises(ValueError, match="a section needs a takt of 0 or more and a position"):
        paced_line_rate(takt, stats.expon.cdf, positions)


def test_a_section_that_takes_no_time_has_no_rate() -> None:
    with pytest.raises(ValueError, match="without takt and without work has no rate"):
        paced_line_rate(0.0, lambda _: 1.0, 3)


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
