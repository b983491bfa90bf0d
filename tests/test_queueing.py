"""The closed forms of queues of messages, and the batch queues against them.

The forms are verified by a second route: a numeric solution of the chain, enumeration, or
a simulation of single messages; then the kernels of the digital base must reproduce them.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from factory_sim.analysis.queueing import Finite, age_dm1, age_md1, age_mm1, k_out_of_n, mm1k
from factory_sim.analysis.theory import md1, mg1, mm1, mmc
from factory_sim.fleet.base.queues import pool, serve, single_server

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
    assert abs(mean - truth) < STANDARD_ERRORS * error


@pytest.mark.parametrize(("rate", "capacity"), [(0.5, 1), (0.9, 4), (1.0, 3), (2.0, 6)])
def test_the_finite_queue_solves_its_balance_equations(rate: float, capacity: int) -> None:
    generator = np.zeros((capacity + 1, capacity + 1))
    for n in range(capacity):
        generator[n, n + 1], generator[n + 1, n] = rate, 1.0
    generator -= np.diag(generator.sum(axis=1))
    system = np.vstack([generator.T, np.ones(capacity + 1)])
    shares = np.linalg.lstsq(system, np.array([*[0.0] * (capacity + 1), 1.0]), rcond=None)[0]
    number = float(shares @ np.arange(capacity + 1))
    expected = Finite(shares[-1], number, number / (rate * (1 - shares[-1])))
    assert vars(mm1k(rate, 1.0, capacity)) == pytest.approx(vars(expected))


def test_k_out_of_n_counts_the_states_that_work() -> None:
    for needed in range(5):
        enumerated = sum(
            np.prod([0.9 if up else 0.1 for up in state])
            for state in product((True, False), repeat=4)
            if sum(state) >= needed
        )
        assert k_out_of_n(0.9, needed, 4) == pytest.approx(enumerated)


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


def waits(
    rate: float, servers: int, work: Callable[[int, np.random.Generator], Ints]
) -> list[float]:
    """Return mean waits of batch queues, in service times."""
    found = []
    for k in range(QUEUES):
        rng = np.random.default_rng([3, k, servers])
        arrive = np.cumsum(times(SERVICE / rate, MESSAGES, rng))
        works = work(MESSAGES, rng)
        if servers == 1:
            start = single_server(arrive, works, 0)
        else:
            start, _ = pool(arrive, works, np.zeros(servers, np.int64), 1 << 62)
        found.append(float((start - arrive)[MESSAGES // 10 :].mean()) / SERVICE)
    return found


def test_the_batch_queue_is_the_queue_mm1() -> None:
    within(waits(0.7, 1, lambda n, rng: times(SERVICE, n, rng)), mm1(0.7, 1.0), 0.05)


def test_the_batch_queue_is_the_queue_md1() -> None:
    within(waits(0.7, 1, lambda n, _: np.full(n, SERVICE)), md1(0.7, 1.0), 0.05)


def test_the_batch_queue_obeys_pollaczek_and_khinchine() -> None:
    def gamma(n: int, rng: np.random.Generator) -> Ints:
        return np.rint(rng.gamma(0.5, 2 * SERVICE, n)).astype(np.int64)

    within(waits(0.6, 1, gamma), mg1(0.6, 1.0, np.sqrt(2.0)), 0.08)


@pytest.mark.parametrize(("rate", "servers"), [(2.4, 3), (17.0, 20)])
def test_the_batch_pool_is_the_queue_mmc(rate: float, servers: int) -> None:
    found = waits(rate, servers, lambda n, rng: times(SERVICE, n, rng))
    within(found, mmc(rate, 1.0, servers), 0.2)


@pytest.mark.parametrize("places", [0, 3])
def test_the_full_batch_queue_loses_as_the_queue_mm1k(places: int) -> None:
    lost, number = [], []
    for k in range(QUEUES):
        rng = np.random.default_rng([5, k])
        arrive = np.cumsum(times(SERVICE / 0.9, 10_000, rng))
        works = times(SERVICE, 10_000, rng)
        free = np.zeros(1, np.int64)
        result = serve(arrive, works, free, 1 << 62, places=places, drop="newest")
        assert result.served is not None
        lost.append(result.lost.size / 10_000)
        sojourn = result.start + works[result.served] - arrive[result.served]
        number.append(float(sojourn.sum() / arrive[-1]))
    expected = mm1k(0.9, 1.0, places + 1)
    within(lost, expected.loss, 0.1)
    within(number, expected.number, 0.1)
