"""Replications of plants side by side, as columns: whose they are, and that they do not mix."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from factory_sim.analysis.layout import Layout
from factory_sim.line.arrays import sum_of_rows

counts = st.integers(1, 5)


@given(plants=counts, replications=counts, most=st.integers(1, 6))
def test_a_sample_holds_the_first_replications_of_each_plant(
    plants: int, replications: int, most: int
) -> None:
    layout = Layout(plants, replications)
    every = np.arange(layout.columns)
    sample = layout.sample(most)
    first = np.concatenate([every[layout.of(plant)][:most] for plant in range(plants)])
    np.testing.assert_array_equal(every[sample.columns], first)
    np.testing.assert_array_equal(sample.of(np.stack([every, -every])), [first, -first])
    assert sample.layout.columns == first.size
    position = np.full(every.size, -1)
    position[first] = np.arange(first.size)
    np.testing.assert_array_equal(sample.position(every), position)


@given(rows=st.integers(0, 40), columns=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_a_sum_over_rows_does_not_depend_on_the_columns_beside_it(
    rows: int, columns: int, seed: int
) -> None:
    """To the bit: numbers of all sizes, as many as NumPy would add in another order."""
    values = np.exp(10 * np.random.default_rng(seed).standard_normal((rows, columns)))
    one_after_the_other = np.zeros(columns)
    for row in values:
        one_after_the_other += row
    for some in (values, np.asfortranarray(values), np.repeat(values, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(sum_of_rows(some), one_after_the_other)
    for column in range(columns):
        alone = sum_of_rows(values[:, column : column + 1])
        np.testing.assert_array_equal(alone, one_after_the_other[column : column + 1])
