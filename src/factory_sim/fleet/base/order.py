"""Sorting of integers in a few ns each, whatever their order.

The order of messages is most of the work of a base. General sorts pass over the keys
about log2(n) times, and the vectorised one of numpy is several times slower than that on
some processors (AMD Zen 4, where AVX-512 stores some lanes of a register slowly). But numpy
sorts 16-bit numbers by counting, in two passes; after that only neighbours are out
of place, and they are put right in short rows, which need no branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from factory_sim.line.arrays import Ints

LEADING = 16
"""Bits of the integers that numpy sorts by counting (radix sort), if the sort is to be stable."""

ROW = 64
"""Keys that are sorted at a time once only close neighbours are out of order."""

FEW_RUNS, FEW_ROWS = 4, 8
"""Ascending runs, and rows, that are merged at once."""

MOST_BITS = 63
"""Bits of a key."""


def ascending(keys: Ints, bits: int) -> Ints:
    """Return keys in ascending order; they may be sorted in place.

    Args:
        keys: Not negative.
        bits: Length of the highest of them, in bits. They should be spread evenly below it.
    """
    descents = np.count_nonzero(keys[1:] < keys[:-1])
    if descents >= FEW_RUNS and keys.size >= FEW_ROWS * ROW:
        leading = (keys >> max(bits - LEADING, 0)).astype(np.uint16)
        keys = keys.take(leading.argsort(kind="stable"))
        # half a row of equal leading bits lies within a row at the first or second attempt
        for begin in (0, ROW // 2):
            end = begin + (keys.size - begin) // ROW * ROW
            keys[begin:end].reshape(-1, ROW).sort(axis=1)
            keys[end:].sort()
        descents = np.count_nonzero(keys[1:] < keys[:-1])
    if descents:
        keys.sort(kind="stable")
    return keys


def with_places(times: Ints) -> tuple[Ints, Ints]:
    """Return times in ascending order, and the place where each of them was; ties by place."""
    if not times.size:
        return times, times
    low = int(times.min())
    place_bits = times.size.bit_length()
    bits = (int(times.max()) - low).bit_length() + place_bits
    if bits > MOST_BITS:
        places = times.argsort(kind="stable")
        return times[places], places
    keys = times - low
    keys <<= place_bits
    keys |= np.arange(times.size)
    keys = ascending(keys, bits)
    places = keys & ((1 << place_bits) - 1)
    keys >>= place_bits
    keys += low
    return keys, places


def by_group(groups: Ints, count: int) -> Ints:
    """Return the order of some elements by group; in each they stay in their order.

    Args:
        groups: Of each, from 0.
        count: Number of groups.
    """
    bits = (count - 1).bit_length()
    order = _counted(groups, bits)
    for shift in range(LEADING, bits, LEADING):
        order = order.take(_counted(groups.take(order) >> shift, bits - shift))
    return order


def _counted(numbers: Ints, bits: int) -> Ints:
    """Return the order of some numbers by their last 16 bits, or fewer if they have fewer."""
    return numbers.astype(np.uint8 if bits <= 8 else np.uint16).argsort(kind="stable")
