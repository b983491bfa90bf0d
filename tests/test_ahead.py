"""What is made ahead for a section is what its draws say, read part by part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from factory_sim.engines.batch.ahead import Ahead
from factory_sim.engines.batch.kinds import kinds_of
from factory_sim.line.conditions import Learning
from factory_sim.line.draws import Draws
from factory_sim.line.pace import draw_factor
from factory_sim.line.plant import Orders, Station
from plants import Constant, experience

if TYPE_CHECKING:
    from collections.abc import Sequence

REPLICATIONS = range(62, 67)  # across a block of draws
CHUNKS = 3

hands = st.builds(
    Station,
    st.just("any"),
    st.just((Constant(1.0),)),
    defect_rate=st.sampled_from([0.0, 0.02, 0.3]),
    defect_learning=st.one_of(st.none(), experience),
)


def defects(station: Station, parts: int, seed: int) -> np.ndarray:
    """Return which parts a station makes defective, (parts, R), by definition."""
    draw = Draws(seed, REPLICATIONS).stream(station.name, "defect").take(parts)
    if station.defect_learning is not None:
        draw *= draw_factor(station.defect_learning, np.arange(parts))[:, None]
    return draw < station.defect_rate


def assert_defects(variants: Sequence[Sequence[Station]], seed: int) -> int:
    """Compare the defects computed ahead in plants side by side with the definition.

    Returns:
        Their number.
    """
    draws = Draws(seed, REPLICATIONS)
    ahead = Ahead(kinds_of(variants), Orders(), draws, ordered=True, breakdowns=False, defects=True)
    many, found = 0, []
    for _ in range(CHUNKS):
        chunk = ahead()
        assert chunk.defects is not None
        rows = len(chunk.work)
        here = np.zeros((rows, len(variants[0]), len(variants) * len(REPLICATIONS)), dtype=bool)
        cycle = np.repeat(np.arange(rows), np.diff(chunk.defects.bounds))
        here[cycle, chunk.defects.position, chunk.defects.replication] = True
        many += cycle.size
        found.append(here)
    cycles = np.concatenate(found)
    expected = np.zeros_like(cycles)
    for position in range(len(variants[0])):
        parts = len(cycles) - position
        some = [defects(stations[position], parts, seed) for stations in variants]
        expected[position:, position] = np.concatenate(some, axis=1)
    np.testing.assert_array_equal(cycles, expected)
    assert many == np.count_nonzero(expected)  # none is there twice
    return many


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 3).flatmap(
        lambda plants: st.lists(
            st.lists(hands, min_size=plants, max_size=plants), min_size=1, max_size=4
        )
    ),
    seed=st.integers(0, 2**32),
)
def test_a_defect_arises_where_the_draw_is_below_the_rate_of_who_works_there(
    rows: list[list[Station]], seed: int
) -> None:
    named = [[replace(s, name=f"s{n}") for s in row] for n, row in enumerate(rows)]
    assert_defects([*zip(*named, strict=True)], seed)


def test_beginners_make_more_defects_than_the_rate_says() -> None:
    """Draws are candidates up to the rate of the first part, which is above the stated rate."""
    beginner = Learning(exponent=-0.6, reference=30.0)
    plain = Station("s", (Constant(1.0),), defect_rate=0.1)
    learning = replace(plain, defect_learning=beginner)
    usual, more, both = (
        assert_defects(variants, 3) for variants in ([[plain]], [[learning]], [[plain], [learning]])
    )
    assert usual + more == both
    first = defects(learning, 10, 3).sum()
    assert first > 2 * defects(plain, 10, 3).sum() > 0
