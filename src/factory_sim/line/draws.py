"""Addressed randomness: a draw is found by its name, not by the order of asking.

A draw has an address (seed, block of 64 replications, object, purpose) and a
position (part, replication). The address seeds a generator of its own, through
a hash of the names; the position is the place in that generator's sequence. So
editing one station, adding replications, or computing in other chunks moves no
draw of any other station, part or replication.

All draws are uniform on [0, 1): every distribution is a monotone transform of
one uniform, so two variants of a station differ by the transform alone and
their difference is as sharp as it can be (common random numbers).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.distributions import Distribution

T = TypeVar("T")

BLOCK = 64
"""Replications that share one generator; part of the address, never to be changed."""


def generator(seed: int, block: int, name: str, purpose: str) -> np.random.Generator:
    """Return the generator at an address: seed, block, object and purpose.

    Args:
        seed: The scenario's seed, >= 0.
        block: Number of the block of ``BLOCK`` replications, from 0.
        name: The object that draws, for example a station.
        purpose: What it draws, for example ``"work"``.
    """
    digest = hashlib.blake2b(f"{name}\0{purpose}".encode(), digest_size=16).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, block, *words])))


class Stream:
    """The uniform draws of one object and purpose, read part after part.

    Args:
        seed: The scenario's seed, >= 0.
        name: The object that draws, for example a station.
        purpose: What it draws, for example ``"work"``.
        replications: Which replications are read, a contiguous range.
    """

    def __init__(self, seed: int, name: str, purpose: str, replications: range) -> None:
        self._width = len(replications)
        self._blocks: list[tuple[np.random.Generator, slice, slice]] = []
        for block in range(replications.start // BLOCK, -(-replications.stop // BLOCK)):
            first = max(block * BLOCK, replications.start)
            stop = min((block + 1) * BLOCK, replications.stop)
            here = slice(first - replications.start, stop - replications.start)
            there = slice(first - block * BLOCK, stop - block * BLOCK)
            self._blocks.append((generator(seed, block, name, purpose), there, here))

    def take(self, parts: int) -> Floats:
        """Return the next ``(parts, replications)`` draws, parts first for the engines."""
        draws, block = np.empty((parts, self._width)), np.empty((parts, BLOCK))
        for generator, there, here in self._blocks:
            generator.random(out=block)
            draws[:, here] = block[:, there]
        return draws

    def times(self, distributions: Sequence[Distribution], parts: int) -> list[Floats]:
        """Return the next draws through each of some distributions, each like ``take``."""
        uniform = self.take(parts)
        return [distribution.quantile(uniform) for distribution in distributions]

    def skip(self, parts: int) -> None:
        """Pass over draws."""
        for _ in range(0, parts, BLOCK):
            self.take(min(BLOCK, parts))
            parts -= BLOCK


class Draws:
    """All randomness of some replications of one run.

    Attributes:
        seed: The scenario's seed.
        replications: Which replications the streams cover.
    """

    def __init__(self, seed: int, replications: range) -> None:
        self.seed = seed
        self.replications = replications

    @property
    def one(self) -> Draws:
        """The randomness of one plant; it is that of several where they run side by side."""
        return self

    def stream(self, name: str, purpose: str) -> Stream:
        """Return the draws of an object and purpose, from its first part on."""
        return Stream(self.seed, name, purpose, self.replications)

    def series(self, key: object, begin: Callable[[Draws], Callable[[], T]]) -> Callable[[], T]:
        """Return a function that yields item after item of a series made from draws.

        Args:
            key: Identifies the series: plants that share their draws share the items of
                equal keys, which nobody may change.
            begin: Returns the maker on some draws; opens all its streams at once.
        """
        return begin(self)
