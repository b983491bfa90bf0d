"""The draws of several runs side by side: made once, seen by each through its own plant.

Plants that differ in levels of automation or in settings draw the same uniforms at the
same addresses. When they advance in turns, a few parts at a time, what one of them drew
is kept until all have read it, and so is what a distribution made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.line.draws import Draws, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.plant import Distribution


class SharedDraws:
    """The randomness of some replications of one run, for several plants.

    Args:
        seed: The scenario's seed.
        replications: Which replications the streams cover.
    """

    def __init__(self, seed: int, replications: range) -> None:
        self.seed, self.replications = seed, replications
        self._pools: dict[tuple[str, str], _Pool] = {}

    def reader(self) -> Draws:
        """Return the draws for one more plant."""
        return _Reader(self)

    def pool(self, name: str, purpose: str) -> _Pool:
        """Return what is kept of the draws of an object and purpose."""
        if (name, purpose) not in self._pools:
            self._pools[name, purpose] = _Pool(self.seed, name, purpose, self.replications)
        return self._pools[name, purpose]

    def seal(self) -> None:
        """Say that every plant has opened its streams: what all have read may go."""
        for pool in self._pools.values():
            pool.seal()


class _Reader(Draws):
    """The shared draws as one plant sees them."""

    def __init__(self, shared: SharedDraws) -> None:
        super().__init__(shared.seed, shared.replications)
        self._shared = shared

    def stream(self, name: str, purpose: str) -> Stream:
        """Return the draws of an object and purpose, from its first part on."""
        return _SharedStream(self._shared.pool(name, purpose))


class _Chunk:
    """The draws of consecutive parts, and what distributions make of them."""

    def __init__(self, uniform: Floats) -> None:
        self.uniform = uniform
        self.seen_by: set[int] = set()
        self._times: list[tuple[Distribution, Floats]] = []

    def times(self, distribution: Distribution) -> Floats:
        """Return the quantiles of the draws, shaped like them."""
        for known, times in self._times:
            if known == distribution:
                return times
        self._times.append((distribution, distribution.quantile(self.uniform)))
        return self._times[-1][1]


class _Pool:
    """The chunks of one stream that some reader still needs."""

    def __init__(self, seed: int, name: str, purpose: str, replications: range) -> None:
        self._address = (seed, name, purpose, replications)
        self._stream = self.afresh()
        self._readers: set[int] = set()
        self._chunks: dict[int, _Chunk] = {}
        self._drawn = 0
        self._sealed = False

    def afresh(self) -> Stream:
        """Return the stream from its first part on, shared with nobody."""
        return Stream(*self._address)

    def enter(self, reader: int) -> None:
        """Keep chunks for one more reader."""
        self._readers.add(reader)

    def leave(self, reader: int) -> None:
        """Keep no more chunks for a reader."""
        self._readers.discard(reader)
        self._drop()

    def seal(self) -> None:
        """Say that no more readers will enter."""
        self._sealed = True
        self._drop()

    def chunk(self, start: int, parts: int, reader: int) -> _Chunk | None:
        """Return the draws from a part on; None if they are not kept in that length."""
        if start == self._drawn:
            self._chunks[start] = _Chunk(self._stream.take(parts))
            self._drawn += parts
        chunk = self._chunks.get(start)
        if chunk is None or len(chunk.uniform) != parts:
            return None
        chunk.seen_by.add(reader)
        if self._sealed and chunk.seen_by >= self._readers:
            del self._chunks[start]
        return chunk

    def _drop(self) -> None:
        if self._sealed:
            kept = {s: c for s, c in self._chunks.items() if not c.seen_by >= self._readers}
            self._chunks = kept


class _SharedStream(Stream):
    """One reader's place in a pool. A reader that asks in other portions leaves it."""

    def __init__(self, pool: _Pool) -> None:
        self._pool, self._place = pool, 0
        self._own: Stream | None = None
        pool.enter(id(self))

    def take(self, parts: int) -> Floats:
        """Return the next ``(parts, replications)`` draws; not to be changed."""
        chunk = self._next(parts)
        return chunk.uniform if isinstance(chunk, _Chunk) else chunk.take(parts)

    def times(self, distributions: Sequence[Distribution], parts: int) -> list[Floats]:
        """Return the next draws through each of some distributions; not to be changed."""
        chunk = self._next(parts)
        if isinstance(chunk, _Chunk):
            return [chunk.times(distribution) for distribution in distributions]
        return chunk.times(distributions, parts)

    def _next(self, parts: int) -> _Chunk | Stream:
        """Move on by some parts; return their chunk, or the stream to take them from."""
        if self._own is not None:
            return self._own
        chunk = self._pool.chunk(self._place, parts, id(self))
        if chunk is not None:
            self._place += parts
            return chunk
        self._own = self._pool.afresh()
        self._own.skip(self._place)
        self._pool.leave(id(self))
        return self._own
