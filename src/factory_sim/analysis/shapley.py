"""The Shapley value: a total split over its causes, whatever order they are put in.

Of n changes made one after the other each adds what it adds at its turn. That depends on
the order, so the share of a change is its mean over all n! orders:

    share_i = sum over sets S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))

with v(S) the figure once the changes in S are made. The shares add up to v(all) - v(none),
a change that never moves the figure has the share 0, changes that do the same have the
same share, and shares of several figures add as the figures do; no other split does all
that. A change's share of what two changes do only together is half of it.

Many changes are split over random orders, each with its reverse (a change that comes
early in one comes late in the other). The shares still add up, order by order.

Source: Shapley (1953), "A value for n-person games"; Castro, Gomez & Tejada (2009), Comput.
Oper. Res. 36(5), for sampling; Mitchell, Cooper, Frank & Holmes (2022), J. Mach. Learn.
Res. 23, for reversed orders.
"""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from factory_sim.line.arrays import Floats

    Order = Sequence[int]

Made = frozenset[int]
"""Which changes are made, by their number from 0."""


def every_set(changes: int) -> list[Made]:
    """Return all sets of a number of changes, the smallest first."""
    return [
        frozenset(some)
        for size in range(changes + 1)
        for some in combinations(range(changes), size)
    ]


def exact(changes: int, value: Mapping[Made, Floats]) -> Floats:
    """Return the share of each change, (n, R).

    Args:
        changes: n.
        value: v of every set, (R,).
    """
    everything = frozenset(range(changes))
    shares = np.zeros((changes, *value[everything].shape))
    for made in every_set(changes):
        for new in everything - made:
            orders = factorial(len(made)) * factorial(changes - len(made) - 1)
            step = value[made | {new}] - value[made]
            shares[new] += orders / factorial(changes) * step
    return shares


def orders(changes: int, pairs: int, seed: int) -> list[Order]:
    """Return random orders of a number of changes, each followed by its reverse.

    Args:
        changes: n.
        pairs: Half the number of orders.
        seed: Of the draws; the orders of few pairs are the first of those of many.
    """
    random = np.random.default_rng(seed)
    drawn = [tuple(random.permutation(changes).tolist()) for _ in range(pairs)]
    return [order for one in drawn for order in (one, one[::-1])]


def sets_on_the_way(some: Iterable[Order]) -> list[Made]:
    """Return the sets that orders pass through, each once, the smallest first."""
    found = {frozenset(order[:size]) for order in some for size in range(len(order) + 1)}
    return sorted(found, key=lambda made: (len(made), sorted(made)))


def sampled(some: Sequence[Order], value: Mapping[Made, Floats]) -> Floats:
    """Return the share of each change in each pair of orders, (pairs, n, R).

    Their mean over pairs is the estimate, their spread tells its error.

    Args:
        some: From ``orders``.
        value: v of every set on the way, (R,).
    """
    changes = len(some[0])
    steps = np.zeros((len(some), changes, *value[frozenset(range(changes))].shape))
    for step, order in zip(steps, some, strict=True):
        for size, new in enumerate(order):
            step[new] = value[frozenset(order[: size + 1])] - value[frozenset(order[:size])]
    pairs: Floats = steps.reshape(-1, 2, *steps.shape[1:]).mean(axis=1)
    return pairs
