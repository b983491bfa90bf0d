"""The kernels of the digital base, message for message against queues written out in words."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.fleet.base.batch import Slab
from factory_sim.fleet.base.order import ascending, by_group, with_places
from factory_sim.fleet.base.pool import LARGEST_CHUNK, _in_turn, pool
from factory_sim.fleet.base.queues import serve, single_server, single_servers
from factory_sim.fleet.base.record import highest
from factory_sim.fleet.base.times import CELLS, SECOND, law
from factory_sim.scenario.bounded import Constant, Uniform
from factory_sim.scenario.unbounded import Exponential, Lognormal

gaps = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=60)


def in_words(
    arrive: list[int], work: list[int], servers: int, places: int | None, oldest: bool
) -> tuple[dict[int, int], dict[int, int]]:
    """Return starts and moments of loss by message: events in time order, departures first."""
    starts: dict[int, int] = {}
    lost: dict[int, int] = {}
    waiting: list[int] = []
    busy: list[int] = []
    events = list(enumerate(arrive))
    while events or waiting:
        while busy and (not events or busy[0] <= events[0][1]):
            now = heappop(busy)
            if waiting:
                starts[k := waiting.pop(0)] = now
                heappush(busy, now + work[k])
        if not events:
            continue
        k, now = events.pop(0)
        if len(busy) < servers:
            starts[k] = now
            heappush(busy, now + work[k])
        elif places is None or len(waiting) < places:
            waiting.append(k)
        elif oldest and places:
            lost[waiting.pop(0)] = now
            waiting.append(k)
        else:
            lost[k] = now
    return starts, lost


@given(gaps, st.integers(1, 4), st.none() | st.integers(0, 4), st.booleans(), st.integers(1, 70))
def test_queues_serve_and_drop_message_for_message(
    messages: list[tuple[int, int]], servers: int, places: int | None, oldest: bool, cut: int
) -> None:
    arrive = np.cumsum([gap for gap, _ in messages])
    work = np.array([length for _, length in messages])
    starts, lost = in_words(arrive.tolist(), work.tolist(), servers, places, oldest)
    found: dict[int, int] = {}
    dropped: dict[int, int] = {}
    free = np.zeros(servers, np.int64)
    pending = np.empty(0, np.int64)
    for begin in range(0, int(arrive[-1]) + int(work.sum()) + cut, cut):
        new = np.flatnonzero((arrive >= begin) & (arrive < begin + cut))
        here = np.concatenate([pending, new])
        if not here.size:
            continue
        result = serve(
            arrive[here],
            work[here],
            free,
            begin + cut,
            places=places,
            drop="oldest" if oldest else "newest",
        )
        count = result.start.size
        served = here[:count] if result.served is None else here[result.served]
        found |= dict(zip(served.tolist(), result.start.tolist(), strict=True))
        dropped |= dict(zip(here[result.lost].tolist(), result.lost_at.tolist(), strict=True))
        pending = here[count:] if result.waiting is None else here[result.waiting]
        assert places is None or pending.size <= places
        free = result.free
    assert found == starts
    assert dropped == lost


def test_a_pool_is_exact_in_light_and_in_heavy_traffic() -> None:
    rng = np.random.default_rng(1)
    for servers, load in ((2, 0.5), (7, 0.99), (50, 1.2), (300, 0.8)):
        size = 2 * LARGEST_CHUNK + 17
        arrive = np.cumsum(rng.integers(0, 2_000, size))
        work = rng.integers(1, round(2_000 * servers * load), size)
        free = np.sort(rng.integers(0, 9_000, servers))
        expected = _in_turn(arrive, work, free)
        start, order, after = pool(arrive, work, free, 1 << 62)
        np.testing.assert_array_equal(start, expected)
        moments = np.sort(np.concatenate([free, expected + work]))
        np.testing.assert_array_equal(after, moments[size:])
        np.testing.assert_array_equal(np.sort(order), np.arange(size))


def test_a_pool_says_in_which_order_its_messages_are_done() -> None:
    rng = np.random.default_rng(5)
    arrive, work = np.cumsum(rng.integers(0, 2_000, 9_000)), rng.integers(1, 40_000, 9_000)
    start, order, _ = pool(arrive, work, np.zeros(40, np.int64), 1 << 62)
    np.testing.assert_array_equal(start, arrive)
    np.testing.assert_array_equal(order, np.argsort(start + work, kind="stable"))


def test_one_server_is_a_pool_of_one() -> None:
    rng = np.random.default_rng(2)
    arrive, work = np.cumsum(rng.integers(0, 9, 500)), rng.integers(1, 9, 500)
    expected = _in_turn(arrive, work, np.array([40]))
    np.testing.assert_array_equal(single_server(arrive, work, 40), expected)


def test_tabulated_laws_are_the_laws() -> None:
    u = np.random.default_rng(3).random(200_000)
    u[:3] = 0.0, 1 - 2**-53, 0.5 / CELLS
    for distribution in (
        Exponential(mean=0.01),
        Lognormal.model_validate({"median": 0.005, "sigma": 0.99}),
        Uniform.model_validate({"low": 0.05, "high": 0.2}),
        Constant.model_validate({"value": 0.25}),
    ):
        exact = distribution.quantile(u) * SECOND
        np.testing.assert_allclose(law(distribution).times(u), exact, rtol=3e-3, atol=20)
        middle = (u > 0.001) & (u < 0.99)
        np.testing.assert_allclose(
            law(distribution).times(u)[middle], exact[middle], rtol=5e-4, atol=20
        )
    # work of no length would make the order of events ambiguous
    assert law(Exponential(mean=1e-9)).times(u).min() == 1


@given(st.lists(st.tuples(gaps | st.just([]), st.integers(0, 500)), max_size=5), st.booleans())
def test_queues_side_by_side_are_each_as_alone(
    queues: list[tuple[list[tuple[int, int]], int]], is_slow: bool
) -> None:
    # Work of 2**60 ns leaves no room to lift one queue above another.
    unit = 1 << 60 if is_slow else 1
    arrive = [np.cumsum([gap for gap, _ in queue], dtype=np.int64) for queue, _ in queues]
    work = [
        np.array([unit if k == 0 else length for k, (_, length) in enumerate(queue)], np.int64)
        for queue, _ in queues
    ]
    nothing = [np.empty(0, np.int64)]
    edges = np.cumsum([0, *(some.size for some in arrive)])
    free = np.array([idle for _, idle in queues], np.int64)
    found = single_servers(
        np.concatenate(nothing + arrive), np.concatenate(nothing + work), edges, free
    )
    alone = [single_server(*each) for each in zip(arrive, work, free.tolist(), strict=True)]
    assert found.tolist() == np.concatenate(nothing + alone).tolist()


whole = st.lists(st.integers(0, 40) | st.integers(0, (1 << 62) - 1), max_size=80)


@given(whole)
def test_orders_are_those_of_a_stable_sort(numbers: list[int]) -> None:
    keys = np.array(numbers, np.int64)
    bits = int(keys.max(initial=0)).bit_length()
    assert ascending(keys.copy(), bits).tolist() == sorted(numbers)
    times, places = with_places(keys - (1 << 61))
    assert times.tolist() == [n - (1 << 61) for n in sorted(numbers)]
    assert places.tolist() == np.argsort(keys, kind="stable").tolist()
    for count in (41, 1 << 17, 1 << 62):
        groups = keys % count
        assert by_group(groups, count).tolist() == np.argsort(groups, kind="stable").tolist()


@pytest.mark.parametrize("spread", [1, 60, 1 << 20, 1 << 40])
def test_long_arrays_are_put_in_order_however_they_lie(spread: int) -> None:
    rng = np.random.default_rng(6)
    for size in (511, 512, 1_000, 20_011):
        keys = rng.integers(0, spread, size)
        # most have the same leading bits, some are far away, some are in order already
        keys[size // 2] = (1 << 45) + 7
        keys[size // 3 : size // 2].sort()
        assert (ascending(keys.copy(), 46) == np.sort(keys)).all()
        times, places = with_places(keys)
        np.testing.assert_array_equal(times, np.sort(keys))
        np.testing.assert_array_equal(places, np.argsort(keys, kind="stable"))


moments = st.lists(st.integers(0, 60), max_size=40)


@given(moments, moments, st.integers(0, 5), st.integers(0, 9))
def test_the_most_that_wait_are_found_whatever_was_found_before(
    rises: list[int], lasts: list[int], level: int, least: int
) -> None:
    # who begins to wait ceases to, later, or waits at the end
    falls = [at + last for at, last in zip(rises, lasts, strict=False) if at + last < 61]
    slab = Slab(1_000, 1_061, 1)
    up, down = (np.array(sorted(at), np.int64) + slab.begin for at in (rises, falls))
    found = highest(up, down, level, slab, least)
    levels = [level + sum(r <= t for r in rises) - sum(f <= t for f in falls) for t in [-1, *rises]]
    assert found == max(least, *levels)
