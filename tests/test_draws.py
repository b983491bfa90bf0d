"""Addressed randomness: what moves a draw, and what must not.

A draw depends on the seed, the replication, the names of object and purpose, and the
count of the part; on nothing else. Bits are compared, not values within a tolerance.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import account
from factory_sim.engines import batch
from factory_sim.line.draws import BLOCK, Draws
from factory_sim.line.plant import UNLIMITED, Inspection, Line, Plant, Station
from factory_sim.study.tiles import Job, Outcome, compute_accounts
from plants import Constant, Exponential, costly, plants, thoroughly
from slabs import everywhere, kept
from test_engines import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from factory_sim.study.tiles import Task

UNTIL = 40.0
REPLICATIONS = range(62, 66)  # across a block of draws
RANDOM_PLANTS = costly(3)

seeds = st.integers(0, 2**64)
names = st.text(max_size=12)

OPTIONAL = ("down", "setup", "failures", "verdict", "seen", "planned")
"""Kinds of events that a record leaves out where they cannot be."""


@st.composite
def ranges(draw: st.DrawFn) -> range:
    """A range of replications that may begin and end anywhere in a block."""
    first = draw(st.integers(0, 3 * BLOCK))
    return range(first, first + draw(st.integers(1, 2 * BLOCK)))


def drawn(seed: int, name: str, purpose: str, replications: range, parts: int) -> np.ndarray:
    """Return the draws of some parts at one address, (parts, replications)."""
    return Draws(seed, replications).stream(name, purpose).take(parts)


def traced(plant: Plant, seed: int, replications: range = REPLICATIONS) -> list[dict]:
    """Return every event of a plant before ``UNTIL``, per replication."""
    run = batch.run(plant, Draws(seed, replications), UNTIL, detailed=everywhere(plant))
    slabs = kept(run)
    return [events(slabs, column, UNTIL) for column in range(len(replications))]


def assert_same_bits(ours: list[dict], theirs: list[dict]) -> None:
    """Compare the events of the second trace with those of the first.

    Optional columns are recorded for a station alone, or for all stations of its chain. Where
    the first trace leaves one out, that of the second must be all zeros.
    """
    for mine, expected in zip(ours, theirs, strict=True):
        for event, times in expected.items():
            none = np.zeros_like(times) if event.endswith(OPTIONAL) else None
            np.testing.assert_array_equal(mine.get(event, none), times, err_msg=event)


@given(seed=seeds, name=names, purpose=names, replications=ranges(), data=st.data())
def test_a_draw_does_not_depend_on_how_many_parts_are_drawn_at_a_time(
    seed: int, name: str, purpose: str, replications: range, data: st.DataObject
) -> None:
    chunks = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=6))
    stream = Draws(seed, replications).stream(name, purpose)
    pieces = np.concatenate([stream.take(parts) for parts in chunks])
    np.testing.assert_array_equal(
        pieces, drawn(seed, name, purpose, replications, parts=sum(chunks))
    )


@given(seed=seeds, replications=ranges(), data=st.data())
def test_a_draw_does_not_depend_on_which_replications_are_drawn_with_it(
    seed: int, replications: range, data: st.DataObject
) -> None:
    """More replications, other tiles and other workers all read other ranges."""
    first = data.draw(st.integers(replications.start, replications.stop - 1))
    some = range(first, data.draw(st.integers(first + 1, replications.stop)))
    offset = first - replications.start
    np.testing.assert_array_equal(
        drawn(seed, "press", "work", some, parts=5),
        drawn(seed, "press", "work", replications, parts=5)[:, offset : offset + len(some)],
    )


@given(seed=seeds, order=st.permutations(["press", "weld", "pack", "test"]))
def test_a_draw_does_not_depend_on_what_else_is_drawn_before_it(
    seed: int, order: list[str]
) -> None:
    alone = drawn(seed, "weld", "work", range(3), parts=4)
    draws = Draws(seed, range(3))
    together = {name: draws.stream(name, "work").take(4) for name in order}
    np.testing.assert_array_equal(together["weld"], alone)


@given(seed=seeds, name=names, purpose=names, replications=ranges())
def test_the_same_address_gives_the_same_bytes(
    seed: int, name: str, purpose: str, replications: range
) -> None:
    once = drawn(seed, name, purpose, replications, parts=7)
    again = drawn(seed, name, purpose, replications, parts=7)
    assert once.tobytes() == again.tobytes()
    assert once.min() >= 0.0
    assert once.max() < 1.0


@given(seed=st.integers(0, 2**63), name=names, purpose=names)
def test_each_part_of_an_address_moves_the_draws(seed: int, name: str, purpose: str) -> None:
    here = drawn(seed, name, purpose, range(2), parts=3)
    elsewhere = [
        drawn(seed + 1, name, purpose, range(2), parts=3),
        drawn(seed, name + "x", purpose, range(2), parts=3),
        drawn(seed, name, purpose + "x", range(2), parts=3),
        drawn(seed, name, purpose, range(BLOCK, BLOCK + 2), parts=3),
    ]
    # Two draws of 53 bits are equal once in 10^16; six of six never are.
    assert not any(np.array_equal(here, other) for other in elsewhere)
    assert here[0, 0] != here[0, 1]


def test_zero_is_a_seed_like_any_other() -> None:
    zero, one = (drawn(seed, "press", "work", range(BLOCK), parts=2) for seed in (0, 1))
    assert np.ptp(zero) > 0
    assert not np.any(zero == one)


def test_a_name_and_a_purpose_do_not_run_into_each_other() -> None:
    assert not np.any(
        drawn(1, "ab", "c", range(2), parts=3) == drawn(1, "a", "bc", range(2), parts=3)
    )


def largest_correlation(samples: list[np.ndarray]) -> tuple[float, float]:
    """Return the largest correlation of any two samples, and what chance allows, 4 s.e.

    The correlation of n independent pairs has the standard error 1 / sqrt(n).
    """
    largest = max(abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in combinations(samples, 2))
    return largest, 4 / np.sqrt(samples[0].size)


def addresses() -> list[np.ndarray]:
    """Return 20,000 draws each of addresses that differ in one point only."""
    here = range(2 * BLOCK)
    return [
        drawn(seed, name, purpose, replications, parts=157)
        for seed, name, purpose, replications in (
            (0, "s1", "work", here),
            (1, "s1", "work", here),
            (0, "s2", "work", here),
            (0, "s1", "defect", here),
            (0, "s1", "work", range(2 * BLOCK, 4 * BLOCK)),
        )
    ]


def test_draws_of_different_addresses_are_uncorrelated() -> None:
    largest, chance = largest_correlation(addresses())
    assert largest < chance
    assert chance < 0.03  # sharp enough to mean something


def test_correlated_draws_would_be_seen() -> None:
    """Negative control: a stream that shares 5 % with another fails the same check."""
    samples = addresses()
    samples[1] = 0.95 * samples[1] + 0.05 * samples[0]
    largest, chance = largest_correlation(samples)
    assert largest > chance


def test_successive_parts_and_neighbouring_replications_are_uncorrelated() -> None:
    sample = addresses()[0]
    for a, b in ((sample[1:], sample[:-1]), (sample[:, 1:], sample[:, :-1])):
        largest, chance = largest_correlation([a, b])
        assert largest < chance


def test_draws_are_uniform() -> None:
    """Kolmogorov's distance of n draws exceeds 1.95 / sqrt(n) once in a thousand times."""
    sample = np.sort(np.concatenate([a.ravel() for a in addresses()]))
    distance = np.abs(sample - (np.arange(sample.size) + 0.5) / sample.size).max()
    assert distance < 1.95 / np.sqrt(sample.size)
    squeezed = 0.01 + 0.99 * sample  # negative control
    assert np.abs(squeezed - sample).max() > 1.95 / np.sqrt(sample.size)


bystanders = st.sampled_from(
    [
        Station("extra", (Exponential(2.0),) * 3, servers=2, buffer=UNLIMITED, transport=1.0),
        Station(
            "extra",
            (Exponential(0.5),) * 3,
            buffer=UNLIMITED,
            inspection=Inspection(0.9, 0.3, "scrap"),
        ),
    ]
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), extra=bystanders)
def test_a_station_that_never_blocks_changes_nothing_before_it(
    plant: Plant, seed: int, extra: Station
) -> None:
    models = len(plant.orders.models)
    main = replace(
        plant.main, stages=(*plant.main.stages, replace(extra, work=extra.work[:models]))
    )
    before, after = (
        traced(plant, seed),
        traced(replace(plant, lines=(main, *plant.lines[1:])), seed),
    )
    for trace in before:
        for kind in ("delivered", "born", "touched", "scrapped"):
            del trace[kind]
    assert_same_bits(after, before)


test_a_station_that_never_blocks_changes_nothing_before_it_thoroughly = thoroughly(
    test_a_station_that_never_blocks_changes_nothing_before_it,
    given(plant=plants(), seed=st.integers(0, 2**32), extra=bystanders),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), data=st.data())
def test_a_feeder_that_is_never_waited_for_changes_nothing(
    plant: Plant, seed: int, data: st.DataObject
) -> None:
    station = data.draw(st.sampled_from([s.name for s in plant.stations()]))
    work = (Constant(0.0),) * len(plant.orders.models)
    feeder = Line("extra", (Station("extra0", work),), joins=station)
    assert_same_bits(
        traced(replace(plant, lines=(*plant.lines, feeder)), seed), traced(plant, seed)
    )


test_a_feeder_that_is_never_waited_for_changes_nothing_thoroughly = thoroughly(
    test_a_feeder_that_is_never_waited_for_changes_nothing,
    given(plant=plants(), seed=st.integers(0, 2**32), data=st.data()),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), data=st.data())
def test_the_order_of_feeders_changes_nothing(plant: Plant, seed: int, data: st.DataObject) -> None:
    feeders = data.draw(st.permutations(plant.lines[1:]))
    reordered = replace(plant, lines=(plant.main, *feeders))
    assert_same_bits(traced(reordered, seed), traced(plant, seed))


test_the_order_of_feeders_changes_nothing_thoroughly = thoroughly(
    test_the_order_of_feeders_changes_nothing,
    given(plant=plants(), seed=st.integers(0, 2**32), data=st.data()),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), size=st.integers(1, 3))
def test_an_event_does_not_depend_on_the_replications_run_with_it(
    plant: Plant, seed: int, size: int
) -> None:
    apart = [
        trace
        for first in REPLICATIONS[::size]
        for trace in traced(plant, seed, range(first, min(first + size, REPLICATIONS.stop)))
    ]
    assert_same_bits(apart, traced(plant, seed))


test_an_event_does_not_depend_on_the_replications_run_with_it_thoroughly = thoroughly(
    test_an_event_does_not_depend_on_the_replications_run_with_it,
    given(plant=plants(), seed=st.integers(0, 2**32), size=st.integers(1, 3)),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), cut=st.integers(1, 7))
def test_accounts_of_any_tiles_merge_into_the_accounts_of_the_whole(
    plant: Plant, seed: int, cut: int
) -> None:
    """Counts and times of parts to the bit; sums over parts may be rounded otherwise."""
    whole = account(plant, seed, range(60, 68), 10.0, UNTIL, "batch")
    tiles = (range(60, 60 + cut), range(60 + cut, 68))
    merged = Accounts.merge([account(plant, seed, t, 10.0, UNTIL, "batch") for t in tiles])
    assert merged.findings == whole.findings == ()
    for name in ("delivered", "scrapped", "processed", "stops", "series", "lead_time_p50"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name), err_msg=name)
    for field in fields(Accounts):
        ours, theirs = getattr(merged, field.name), getattr(whole, field.name)
        if isinstance(theirs, np.ndarray):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10, err_msg=field.name)


test_accounts_of_any_tiles_merge_into_the_accounts_of_the_whole_thoroughly = thoroughly(
    test_accounts_of_any_tiles_merge_into_the_accounts_of_the_whole,
    given(plant=plants(), seed=st.integers(0, 2**32), cut=st.integers(1, 7)),
    examples=60,
)


@RANDOM_PLANTS
@given(plant=plants(), seed=st.integers(0, 2**32), order=st.permutations(range(4)))
def test_accounts_do_not_depend_on_which_worker_finishes_first(
    plant: Plant, seed: int, order: list[int]
) -> None:
    tiles = tuple(range(first, first + 2) for first in range(60, 68, 2))
    job = Job(plant, seed, 10.0, UNTIL, "batch")
    found = {tile: Outcome(account(plant, seed, tile, 10.0, UNTIL, "batch")) for tile in tiles}

    def compute(order: Sequence[int], tasks: Mapping[Task, Job]) -> Iterator[tuple[Task, Outcome]]:
        for number in order:
            task = list(tasks)[number]
            yield task, found[task[1]]

    (ours,), (theirs,) = (
        compute_accounts([job], tiles, partial(compute, o)) for o in (order, range(4))
    )
    for field in fields(Accounts):
        a, b = getattr(ours, field.name), getattr(theirs, field.name)
        if isinstance(a, np.ndarray):
            assert a.tobytes() == b.tobytes()


test_accounts_do_not_depend_on_which_worker_finishes_first_thoroughly = thoroughly(
    test_accounts_do_not_depend_on_which_worker_finishes_first,
    given(plant=plants(), seed=st.integers(0, 2**32), order=st.permutations(range(4))),
    examples=60,
)


def test_two_variants_of_a_station_are_transforms_of_the_same_draws() -> None:
    """With times in proportion, so are the events: the difference is without noise."""

    def line(mean: float) -> Plant:
        return Plant("line", (Line("main", (Station("only", (Exponential(mean),)),)),))

    (slow,), (fast,) = (traced(line(mean), 1, range(1)) for mean in (2.0, 1.0))
    pairs = len(slow["only work"])
    assert pairs > 10
    np.testing.assert_allclose(slow["only work"], 2.0 * fast["only work"][:pairs], rtol=1e-12)


@pytest.mark.parametrize("replications", [range(5, 5), range(0)])
def test_no_replications_draw_nothing(replications: range) -> None:
    assert drawn(0, "press", "work", replications, parts=3).shape == (3, 0)
