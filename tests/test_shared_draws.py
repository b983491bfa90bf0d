"""Plants side by side read draws that were made once, and get what they get alone."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import account, account_together, tally
from factory_sim.engines import simulate
from factory_sim.line.draws import Draws, Stream
from factory_sim.line.shared_draws import SharedDraws
from plants import Exponential, Uniform, chained, costly, thoroughly

if TYPE_CHECKING:
    from factory_sim.line.plant import Plant

REPLICATIONS = range(62, 66)
UNTIL = 40.0


def assert_same(ours: Accounts, alone: Accounts) -> None:
    for field in fields(Accounts):
        value = getattr(alone, field.name)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(ours, field.name), value, err_msg=field.name)


def slower(plant: Plant) -> Plant:
    """Return the plant with other work, other failures and one inspection less."""
    stages = [
        replace(stage, work=(Uniform(0.5, 2.0),) * len(stage.work), failures=())
        if hasattr(stage, "servers") and stage.inspection is None
        else stage
        for stage in plant.main.stages
    ]
    lines = (replace(plant.main, stages=tuple(stages)), *plant.lines[1:])
    return replace(plant, lines=lines)


@costly(3)
@given(plant=chained(), seed=st.integers(0, 2**32))
def test_plants_side_by_side_have_the_accounts_they_have_alone(plant: Plant, seed: int) -> None:
    plants = [plant, slower(plant), plant]
    together = account_together(plants, seed, REPLICATIONS, 5.0, UNTIL)
    for one, ours in zip(plants, together, strict=True):
        assert_same(ours, account(one, seed, REPLICATIONS, 5.0, UNTIL, "batch"))


test_plants_side_by_side_have_the_accounts_they_have_alone_thoroughly = thoroughly(
    test_plants_side_by_side_have_the_accounts_they_have_alone,
    given(plant=chained(), seed=st.integers(0, 2**32)),
    examples=60,
)


@costly(3)
@given(plant=chained(), seed=st.integers(0, 2**32), more=st.sampled_from([0.1, 9.0, 70.0]))
def test_what_is_simulated_beyond_the_window_changes_no_account(
    plant: Plant, seed: int, more: float
) -> None:
    on = simulate(plant, Draws(seed, REPLICATIONS), UNTIL + more, "batch", window=(5.0, UNTIL))
    ours = tally(plant, on, 5.0, UNTIL, len(REPLICATIONS))
    assert_same(ours, account(plant, seed, REPLICATIONS, 5.0, UNTIL, "batch"))


def test_a_draw_is_made_once_and_kept_until_all_have_read_it() -> None:
    shared = SharedDraws(1, range(3))
    first, second = (shared.reader().stream("weld", "work") for _ in range(2))
    shared.seal()
    ours = [first.take(4), first.take(4)]
    assert second.take(4) is ours[0]
    assert second.take(4) is ours[1]
    assert not shared.pool("weld", "work")._chunks
    np.testing.assert_array_equal(np.concatenate(ours), Stream(1, "weld", "work", range(3)).take(8))


def test_a_distribution_is_inverted_once_for_all_who_use_it() -> None:
    shared = SharedDraws(1, range(3))
    first, second = (shared.reader().stream("weld", "work") for _ in range(2))
    hand, robot = Exponential(2.0), Uniform(0.0, 1.0)
    both = first.times([hand, robot], 5)
    assert second.times([Exponential(2.0)], 5)[0] is both[0]
    np.testing.assert_array_equal(both[1], Stream(1, "weld", "work", range(3)).take(5))


@given(portions=st.lists(st.integers(1, 90), min_size=1, max_size=6))
@settings(max_examples=30)
def test_who_asks_in_other_portions_still_gets_the_same_draws(portions: list[int]) -> None:
    shared = SharedDraws(7, range(2))
    regular, other = (shared.reader().stream("weld", "work") for _ in range(2))
    shared.seal()
    alone = Stream(7, "weld", "work", range(2)).take(sum(portions))
    for _ in range(3):
        regular.take(70)
    got = np.concatenate([other.take(portion) for portion in portions])
    np.testing.assert_array_equal(got, alone)
    assert len(shared.pool("weld", "work")._chunks) <= 3
