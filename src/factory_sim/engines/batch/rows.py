"""Random values part by part, drawn ahead in chunks of rows and dropped when done with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.arrays import Floats, Ints
from factory_sim.line.distributions import Distribution, Multiple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.line.draws import Draws, Stream

Columns = slice | Ints
"""The replications concerned: all of them, or their indices."""

Count = int | Ints
"""A number of parts: one for all replications, or one for each concerned."""

ALL = slice(None)

CHUNK_ELEMENTS = 1 << 16
"""Values drawn at a time: enough to outweigh the call, few enough for the cache."""


FIRST_ROWS = 16
"""Parts in the first chunk."""


def row(table: Floats, index: Count, at: Columns) -> Floats:
    """Return one row of a table (rows, R), or one per replication, for n replications."""
    found: Floats = table[index] if isinstance(at, slice) else table[index, at]
    return found


def among(some: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Return which of m indices are among some others, and where there, (k,) each.

    Args:
        some: The others, ascending.
        at: The m indices.
    """
    if not some.size:
        return some, some
    where = np.searchsorted(some, at)
    found = np.flatnonzero(some.take(where, mode="clip") == at)
    return found, where[found]


class Rows:
    """Values that belong to consecutive parts, made in chunks.

    Args:
        more: Returns the next ``(parts, ..., R)`` values.
        width: Values per part, over all replications.
    """

    def __init__(self, more: Callable[[int], Floats], width: int) -> None:
        self._more = more
        self._most = int(np.clip(CHUNK_ELEMENTS // width, FIRST_ROWS, 512))
        self._chunk = FIRST_ROWS
        self._base = 0
        self._block = more(self._chunk)

    def row(self, part: Count, at: Columns, oldest: Count) -> Floats:
        """Return the values of one part per replication, (..., n).

        Args:
            part: The part, or one for each of the n replications.
            at: The n replications.
            oldest: A part (or one per replication, all R) that none asked for
                later will precede.
        """
        if isinstance(part, int):
            if part >= self._base + len(self._block):
                self._base += len(self._block)
                self._block = self._ahead()
            view: Floats = self._block[part - self._base]
            return view
        while part.max() >= self._base + len(self._block):
            keep = int(np.min(oldest)) - self._base
            self._base += keep
            self._block = np.concatenate([self._block[keep:], self._ahead()])
        gathered: Floats = self._block[part - self._base, ..., at]
        return gathered.transpose(*range(1, gathered.ndim), 0)

    def _ahead(self) -> Floats:
        """Return the next chunk: longer each time, so that a short run draws little in vain."""
        self._chunk = min(2 * self._chunk, self._most)
        return self._more(self._chunk)


def without_part(place: int, made: int, rows: int) -> int:
    """Return in how many of ``rows`` rows from ``made`` on no part is at a position yet."""
    return min(max(0, place - made), rows)


def positions(
    draws: Draws,
    names: Sequence[str],
    purpose: str,
    quantiles: Sequence[Sequence[Distribution]] | None = None,
    places: Sequence[int] | None = None,
) -> Callable[[int], Floats]:
    """Return a maker of rows for stations that parts pass one step after the other.

    Row n holds, for the station at position s, the value of part n - s: what a
    moving line needs when part n enters. Rows before a station's first part are 0.

    Args:
        draws: The randomness.
        names: The P stations.
        purpose: What is drawn.
        quantiles: Per station the M distributions to transform the draw by, or
            None for the uniform itself (M = 1).
        places: Their positions; None for 0 to P - 1.

    Returns:
        A function from a number of rows to ``(rows, M, P, R)`` values.
    """
    streams = [draws.stream(name, purpose) for name in names]
    at = range(len(names)) if places is None else places
    replications = len(draws.replications)
    kinds = len(quantiles[0]) if quantiles is not None else 1
    transforms = [Transform(q) for q in quantiles] if quantiles is not None else None
    made = 0

    def more(rows: int) -> Floats:
        nonlocal made
        block = np.empty((rows, kinds, len(names), replications))
        for position, (place, stream) in enumerate(zip(at, streams, strict=True)):
            empty = without_part(place, made, rows)
            block[:empty, :, position] = 0.0
            if empty == rows:
                continue
            if transforms is None:
                block[empty:, 0, position] = stream.take(rows - empty)
            else:
                transforms[position].fill(block[empty:, :, position], stream)
        made += rows
        return block

    return more


class Transform:
    """One uniform draw per part, seen through M distributions."""

    def __init__(self, quantiles: Sequence[Distribution]) -> None:
        self._constant = all(quantile.sd == 0 for quantile in quantiles)
        self._means = np.array([quantile.mean for quantile in quantiles])[:, None]
        # Multiples of one distribution are transformed once.
        bases = [(q.of, q.factor) if isinstance(q, Multiple) else (q, 1.0) for q in quantiles]
        self._distinct: list[Distribution] = []
        self._parts: list[tuple[int, float]] = []
        for base, factor in bases:
            if base not in self._distinct:
                self._distinct.append(base)
            self._parts.append((self._distinct.index(base), factor))
        self._which = np.array([which for which, _ in self._parts])
        self._factors = np.array([factor for _, factor in self._parts])
        self._plain = bool((self._factors == 1.0).all())

    def fill(self, out: Floats, stream: Stream) -> None:
        """Fill ``out`` (rows, M, R) with the next draws of a stream."""
        if self._constant:
            out[:] = self._means
            return
        times = stream.times(self._distinct, len(out))
        for kind, (which, factor) in enumerate(self._parts):
            if factor == 1.0:
                out[:, kind] = times[which]
            else:
                np.multiply(times[which], factor, out=out[:, kind])

    def pick(self, out: Floats, stream: Stream, model: Ints) -> None:
        """Fill ``out`` (rows, R) with the next draws, each through one of the distributions.

        Args:
            out: To be filled.
            stream: Whose draws.
            model: (rows, R) or (rows, 1) which distribution.
        """
        if self._constant:
            out[:] = self._means[model, 0]
            return
        times = stream.times(self._distinct, len(out))
        picked = times[0]
        if len(times) > 1:
            which = np.broadcast_to(self._which[model], out.shape)
            picked = np.take_along_axis(np.stack(times), which[None], axis=0)[0]
        if self._plain:
            out[:] = picked
        else:
            np.multiply(picked, self._factors[model], out=out)
