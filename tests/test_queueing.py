"""The closed forms of queues of messages, and the batch queues against them.

The forms are verified by a second route: a numeric solution of the chain, enumeration, or
a simulation of single messages; then the kernels of the digital base must reproduce them.
"""

from __future__ import annotations

import math
import re
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from factory_sim.analysis.theory.messages import (
    Finite,
    age_dm1,
    age_md1,
    age_mm1,
    dm1,
    gg1_bounds,
    k_out_of_n,
    md1k,
    mm1k,
    mmck,
)
from factory_sim.analysis.theory.queues import erlang_c, md1, mg1, mm1, mmc
from factory_sim.fleet.base.pool import pool
from factory_sim.fleet.base.queues import serve, single_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.line.arrays import Floats, Ints

MESSAGES, QUEUES = 40_000, 20
SERVICE = 1_000_000
"""Mean service time, ns: 1 ms."""

STANDARD_ERRORS = 4.0


def times(mean: float, count: int, rng: np.random.Generator) -> Ints:
    return np.rint(rng.exponential(mean, count)).astype(np.int64)


def within(samples: list[float], truth: float, sharp: float) -> None:
    """Assert that independent samples have a mean, to a share that means something."""
    mean, error = np.mean(samples), np.std(samples, ddof=1) / np.sqrt(len(samples))
    assert STANDARD_ERRORS * error < sharp * truth
    assert abs(mean - truth) <= STANDARD_ERRORS * error + 1e-12 * truth


# --- the forms, by a second route


@pytest.mark.parametrize("servers", [1, 3])
@pytest.mark.parametrize("rate", [1e-3, 0.5, 1.0, 3.0, 40.0])
@pytest.mark.parametrize("places", [0, 1, 5])
def test_a_finite_queue_solves_its_balance_equations(
    rate: float, servers: int, places: int
) -> None:
    capacity = servers + places
    generator = np.zeros((capacity + 1, capacity + 1))
    for n in range(capacity):
        generator[n, n + 1], generator[n + 1, n] = rate, min(n + 1, servers)
    generator -= np.diag(generator.sum(axis=1))
    system = np.vstack([generator.T, np.ones(capacity + 1)])
    shares = np.linalg.lstsq(system, np.array([*[0.0] * (capacity + 1), 1.0]), rcond=None)[0]
    number = float(shares @ np.arange(capacity + 1))
    expected = Finite(shares[-1], number, number / (rate * (1 - shares[-1])))
    found = mmck(rate, 1.0, servers, capacity)
    assert vars(found) == pytest.approx(vars(expected), rel=1e-9, abs=1e-15)
    if servers == 1:
        assert mm1k(rate, 1.0, capacity) == found


def brun_and_garcia(rho: float, capacity: int) -> tuple[float, float]:
    """Return loss and mean number of M/D/1/K by their explicit sums, s.

    Source: Brun and Garcia (2000), "Analytical solution of finite capacity M/D/1 queues",
    Journal of Applied Probability 37(4).
    """
    sums = [
        sum(
            (-rho * (n - k)) ** k / math.factorial(k) * math.exp((n - k) * rho)
            for k in range(n + 1)
        )
        for n in range(capacity)
    ]
    busy = 1 + rho * sums[-1]
    return 1 - sums[-1] / busy, capacity - sum(sums) / busy


@pytest.mark.parametrize("rho", [0.05, 0.5, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("capacity", [1, 2, 7])
def test_constant_work_in_a_finite_queue_has_its_explicit_sums(rho: float, capacity: int) -> None:
    found = md1k(rho / 0.2, 0.2, capacity)
    loss, number = brun_and_garcia(rho, capacity)
    assert (found.loss, found.number) == pytest.approx((loss, number), rel=1e-6, abs=1e-13)
    assert found.sojourn == pytest.approx(number / (rho / 0.2 * (1 - loss)), rel=1e-9)


@pytest.mark.parametrize(("form", "wait"), [(mm1k, mm1), (md1k, md1)])
def test_a_finite_queue_with_room_enough_is_an_endless_one_or_a_full_one(
    form: Callable[[float, float, int], Finite], wait: Callable[[float, float], float]
) -> None:
    roomy = form(0.8, 1.0, 400)
    assert roomy.loss < 1e-30
    assert roomy.sojourn == pytest.approx(wait(0.8, 1.0) + 1.0, rel=1e-12)
    full = form(2.0, 1.0, 3_000)
    assert full.loss == pytest.approx(0.5, rel=1e-12)
    assert full.number > 2_998
    hopeless = form(5_000.0, 1.0, 7)
    assert hopeless.loss == pytest.approx(1 - 1 / 5_000, rel=1e-9)
    assert hopeless.number == pytest.approx(7.0, rel=1e-3)
    assert form(0.0, 0.3, 4) == Finite(0.0, 0.0, 0.3)
    assert form(1e-9, 0.3, 1).loss == pytest.approx(3e-10, rel=1e-6)


def test_a_balanced_queue_is_as_often_in_each_of_its_states() -> None:
    assert vars(mm1k(1.0, 1.0, 9_999)) == pytest.approx(vars(Finite(1e-4, 4999.5, 5000.0)))


def test_a_queue_without_places_to_wait_loses_as_erlang_says() -> None:
    assert round(mmck(5.0, 1.0, 10, 10).loss, 6) == 0.018385
    # and whatever the law of the service time
    assert md1k(0.7, 1.0, 1).loss == pytest.approx(0.7 / 1.7)
    assert mmck(11_000.0, 1.0, 12_000, 12_000).sojourn == 1.0


@pytest.mark.parametrize("form", [mm1k, md1k])
def test_a_finite_queue_needs_a_place_and_times(
    form: Callable[[float, float, int], Finite],
) -> None:
    with pytest.raises(ValueError, match="a place for what each works on"):
        form(0.5, 1.0, 0)
    with pytest.raises(ValueError, match="the rate must be 0 or more"):
        form(-0.5, 1.0, 1)


def test_k_out_of_n_counts_the_states_that_work() -> None:
    for needed in range(5):
        enumerated = sum(
            np.prod([0.9 if up else 0.1 for up in state])
            for state in product((True, False), repeat=4)
            if sum(state) >= needed
        )
        assert k_out_of_n(0.9, needed, 4) == pytest.approx(enumerated)


@given(st.floats(0.0, 1.0), st.integers(1, 12_000))
def test_k_out_of_n_lies_between_series_and_parallel(availability: float, installed: int) -> None:
    series, parallel = (k_out_of_n(availability, k, installed) for k in (installed, 1))
    assert series == pytest.approx(availability**installed, rel=1e-9, abs=1e-300)
    assert parallel == pytest.approx(1 - (1 - availability) ** installed, rel=1e-9)
    half = k_out_of_n(availability, (installed + 1) // 2, installed)
    assert series <= half * (1 + 1e-9)
    assert half <= parallel * (1 + 1e-9)
    assert k_out_of_n(availability, 0, installed) == 1.0


def test_k_out_of_n_holds_for_as_many_as_a_plant_has() -> None:
    # 12 of 12,000 are down on average: a Poisson number, nearly
    few = math.fsum(math.exp(-12) * 12**n / math.factorial(n) for n in range(21))
    assert k_out_of_n(0.999, 11_980, 12_000) == pytest.approx(few, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.1, 1, 2), "the availability must lie between 0 and 1 (got 1.1)"),
        ((0.9, 3, 2), "needed must lie between 0 and installed (got 3 of 2)"),
    ],
)
def test_k_out_of_n_needs_a_probability_and_no_more_than_there_are(
    arguments: tuple[float, int, int], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        k_out_of_n(*arguments)


# --- the age of information


# Per message the area under the sawtooth is E[X**2] / 2 + E[X T], and a message that comes X
# after the one before, which stays T', stays T = max(T' - X, 0) + S; T' does not depend on X. So
# age = rate (E[X**2] / 2 + E[X] E[S] + E[X max(T' - X, 0)]).


def age_of_poisson_messages(
    rate: float, service: Callable[[complex], complex], stay: float
) -> float:
    """Return the mean age of M/G/1 from the transform of the time in the system.

    With G(s) = (1 - T*(s)) / s, the transform of P(T > t), where T* is that of Pollaczek and
    Khinchine, E[X max(T' - X, 0)] = (E[T] - G(rate)) / rate + G'(rate).

    Args:
        rate: Messages, 1/s.
        service: Laplace transform of the service time, mean 1 s.
        stay: E[T].
    """

    def tail(s: complex) -> complex:
        stays = (1 - rate) * s * service(s) / (s - rate + rate * service(s))
        return (1 - stays) / s

    tiny = 1e-20
    slope = tail(complex(rate, tiny)).imag / tiny
    waited = (stay - tail(rate).real) / rate + slope
    return rate * (1 / rate**2 + 1 / rate + waited)


def age_of_regular_messages(rate: float) -> float:
    """Return the mean age of D/M/1, mean service 1 s, where T is exponential: G/M/1.

    Its rate is 1 - beta, so that E[X max(T' - X, 0)] = X exp(-(1 - beta) X) / (1 - beta).
    """
    beta = brentq(lambda b: math.log(b) + (1 - b) / rate, 1e-300, rate**2)
    leaves, between = 1 - beta, 1 / rate
    waited = between * math.exp(-leaves * between) / leaves
    return rate * (between**2 / 2 + between + waited)


@pytest.mark.parametrize("rho", [0.02, 0.3, 0.53, 0.9, 0.99])
def test_the_age_of_information_follows_from_the_time_in_the_system(rho: float) -> None:
    unit = 0.2
    for form, expected in (
        (age_mm1, age_of_poisson_messages(rho, lambda s: 1 / (1 + s), mm1(rho, 1.0) + 1)),
        (age_md1, age_of_poisson_messages(rho, lambda s: np.exp(-s), md1(rho, 1.0) + 1)),
        (age_dm1, age_of_regular_messages(rho)),
    ):
        assert form(rho / unit, unit) == pytest.approx(unit * expected, rel=1e-9)


def test_the_age_has_its_published_best_rates() -> None:
    """A little over half the capacity is best: Kaul, Yates and Gruteser, section IV."""
    rho = np.linspace(0.3, 0.8, 5_001)
    for form, best in ((age_mm1, 0.53), (age_dm1, 0.515), (age_md1, 0.625)):
        ages = [form(each, 1.0) for each in rho.tolist()]
        assert rho[int(np.argmin(ages))] == pytest.approx(best, abs=0.006)


@pytest.mark.parametrize("form", [age_mm1, age_md1, age_dm1])
def test_the_age_of_rare_messages_is_the_wait_for_the_next(
    form: Callable[[float, float], float],
) -> None:
    between = 0.5 if form is age_dm1 else 1.0
    assert form(1e-7, 1.0) == pytest.approx(between / 1e-7 + 1.0, rel=1e-9)
    assert form(1 - 1e-7, 1.0) == pytest.approx((1.0 if form is age_mm1 else 0.5) / 1e-7, rel=1e-5)


def age_in_words(created: Floats, seen: Floats) -> float:
    """Return the mean age by the definition: areas under the sawtooth, message by message."""
    area = youngest = 0.0
    begin = now = float(seen[0])
    youngest = float(created[0])
    for made, at in zip(created[1:].tolist(), seen[1:].tolist(), strict=True):
        area += ((at - youngest) ** 2 - (now - youngest) ** 2) / 2
        youngest, now = max(youngest, made), at
    return area / (now - begin)


def kept_waiting(created: Floats, work: Floats) -> Floats:
    """Return departures of one server by Lindley's recursion, message by message."""
    done, result = 0.0, []
    for arrives, works in zip(created.tolist(), work.tolist(), strict=True):
        done = max(done, arrives) + works
        result.append(done)
    return np.array(result)


def poisson(n: int, rng: np.random.Generator) -> Floats:
    return np.cumsum(rng.exponential(1 / 0.6, n))


def regular(n: int, rng: np.random.Generator) -> Floats:
    return np.arange(n) / 0.6 + rng.random()


@pytest.mark.parametrize(
    ("form", "arrive", "exponential"),
    [(age_mm1, poisson, True), (age_md1, poisson, False), (age_dm1, regular, True)],
)
def test_the_age_of_information_is_the_area_under_its_sawtooth(
    form: Callable[[float, float], float],
    arrive: Callable[[int, np.random.Generator], Floats],
    exponential: bool,
) -> None:
    ages = []
    for k in range(20):
        rng = np.random.default_rng([7, k])
        created = arrive(6_000, rng)
        work = rng.exponential(1.0, 6_000) if exponential else np.ones(6_000)
        ages.append(age_in_words(created, kept_waiting(created, work)))
    within(ages, form(0.6, 1.0), 0.05)


@pytest.mark.parametrize("form", [age_mm1, age_md1, age_dm1])
def test_the_age_has_no_steady_state_in_an_overloaded_queue(
    form: Callable[[float, float], float],
) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1 \(got 1.2\)"):
        form(1.2, 1.0)


# --- the batch queues


def waits(
    rate: float,
    servers: int = 1,
    *,
    between: Callable[[float, int, np.random.Generator], Ints] = times,
    work: Callable[[float, int, np.random.Generator], Ints] = times,
) -> list[Floats]:
    """Return the waits of messages in batch queues, in service times."""
    found = []
    for k in range(QUEUES):
        rng = np.random.default_rng([3, k, servers])
        arrive = np.cumsum(between(SERVICE / rate, MESSAGES, rng))
        works = work(SERVICE, MESSAGES, rng)
        if servers == 1:
            start = single_server(arrive, works, 0)
        else:
            start, _, _ = pool(arrive, np.maximum(works, 1), np.zeros(servers, np.int64), 1 << 62)
        found.append((start - arrive)[MESSAGES // 10 :] / SERVICE)
    return found


def mean(samples: list[Floats]) -> list[float]:
    return [float(each.mean()) for each in samples]


def constant(mean: float, count: int, _: np.random.Generator) -> Ints:
    return np.full(count, round(mean))


def gamma(cv: float) -> Callable[[float, int, np.random.Generator], Ints]:
    def drawn(mean: float, count: int, rng: np.random.Generator) -> Ints:
        return np.rint(rng.gamma(1 / cv**2, mean * cv**2, count)).astype(np.int64)

    return drawn


def test_the_batch_queue_is_the_queue_mm1() -> None:
    found = waits(0.7)
    within(mean(found), mm1(0.7, 1.0), 0.05)
    for long in (0.0, 2.0, 8.0):
        # who waits does so for an exponential time
        longer = [float((each > long).mean()) for each in found]
        within(longer, 0.7 * math.exp(-0.3 * long), 0.15)


def test_the_batch_queue_is_the_queue_md1() -> None:
    within(mean(waits(0.7, work=constant)), md1(0.7, 1.0), 0.05)


def test_the_batch_queue_is_the_queue_dm1() -> None:
    within(mean(waits(0.7, between=constant)), dm1(0.7, 1.0), 0.05)


def test_the_batch_queue_obeys_pollaczek_and_khinchine() -> None:
    found = waits(0.6, work=gamma(math.sqrt(2.0)))
    within(mean(found), mg1(0.6, 1.0, math.sqrt(2.0)), 0.08)


@pytest.mark.parametrize(("between", "work"), [(0.5, 0.5), (0.5, 2.0), (1.5, 0.7)])
def test_the_batch_queue_lies_within_the_bounds_for_any_law(between: float, work: float) -> None:
    found = mean(waits(0.9, between=gamma(between), work=gamma(work)))
    below, above = gg1_bounds(0.9, 1.0, between, work)
    error = STANDARD_ERRORS * np.std(found, ddof=1) / math.sqrt(len(found))
    assert below - error < np.mean(found) < above + error
    # heavy traffic comes near the bound from above
    assert np.mean(found) > 0.5 * above


def test_the_bounds_hold_the_exact_waits() -> None:
    for rate in (0.05, 0.5, 0.95):
        for exact, cvs in ((mm1, (1, 1)), (md1, (1, 0)), (dm1, (0, 1))):
            below, above = gg1_bounds(rate, 1.0, *cvs)
            assert below <= exact(rate, 1.0) <= above
        irregular = gg1_bounds(rate, 1.0, 1.0, 9.0)
        assert irregular[0] <= mg1(rate, 1.0, 9.0) <= irregular[1]
    # without chance nobody waits
    assert gg1_bounds(0.9, 1.0, 0.0, 0.0) == (0.0, 0.0)
    assert dm1(0.01, 1.0) == pytest.approx(math.exp(-100.0), rel=1e-6)


@pytest.mark.parametrize(("rate", "servers"), [(2.4, 3), (16.0, 20)])
def test_the_batch_pool_is_the_queue_mmc(rate: float, servers: int) -> None:
    found = waits(rate, servers)
    within(mean(found), mmc(rate, 1.0, servers), 0.15)
    within([float((each > 0).mean()) for each in found], erlang_c(rate, servers), 0.1)


@pytest.mark.parametrize("drop", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("rate", "servers", "places", "work"),
    [
        (0.9, 1, 0, times),
        (0.9, 1, 3, times),
        (1.0, 1, 2, times),
        (2.5, 1, 4, times),
        (0.9, 1, 0, constant),
        (0.9, 1, 3, constant),
        (1.8, 1, 1, constant),
        (2.7, 3, 0, times),
        (2.7, 3, 2, times),
    ],
)
def test_the_full_batch_queue_loses_as_its_closed_form(
    rate: float,
    servers: int,
    places: int,
    work: Callable[[float, int, np.random.Generator], Ints],
    drop: str,
) -> None:
    """Whichever message is dropped, as many are lost, and as many are in the system."""
    form = md1k if work is constant else None
    capacity = servers + places
    expected = form(rate, 1.0, capacity) if form else mmck(rate, 1.0, servers, capacity)
    count, lost, number, stays = 4_000, [], [], []
    for k in range(QUEUES):
        rng = np.random.default_rng([5, k])
        arrive = np.cumsum(times(SERVICE / rate, count, rng))
        works = np.maximum(work(SERVICE, count, rng), 1)
        free = np.zeros(servers, np.int64)
        result = serve(arrive, works, free, 1 << 62, places=places, drop=drop)
        assert result.served is not None
        lost.append(result.lost.size / count)
        stay = result.start + works[result.served] - arrive[result.served]
        dropped = result.lost_at - arrive[result.lost]
        number.append(float((stay.sum() + dropped.sum()) / arrive[-1]))
        stays.append(float(stay.mean()) / SERVICE)
    within(lost, expected.loss, 0.12)
    within(number, expected.number, 0.12)
    if drop == "newest":
        within(stays, expected.sojourn, 0.1)
