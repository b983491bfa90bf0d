"""The draws of several runs side by side: made once, seen by each through its own plant.

Plants that differ in levels of automation or in settings draw the same uniforms at the
same addresses. When they advance in turns, a few parts at a time, what one of them drew
is kept until all have read it, and so is what a distribution made of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeGuard

from factory_sim.line.distributions import Scored
from factory_sim.line.draws import Draws, Stream, T

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from factory_sim.line.arrays import Floats
    from factory_sim.line.distributions import Distribution


class SharedDraws:
    """The randomness of some replications of one run, for several plants.

    Args:
        seed: The scenario's seed.
        replications: Which replications the streams cover.
    """

    def __init__(self, seed: int, replications: range) -> None:
        self.seed, self.replications = seed, replications
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._series: list[tuple[object, _Series[Any]]] = []

    def reader(self) -> Reader:
        """Return the draws for one more plant."""
        return Reader(self)

    def pool(self, name: str, purpose: str) -> _Pool:
        """Return what is kept of the draws of an object and purpose."""
        if (name, purpose) not in self._pools:
            self._pools[name, purpose] = _Pool(self.seed, name, purpose, self.replications)
        return self._pools[name, purpose]

    def seal(self) -> None:
        """Declare that every plant has opened its streams: what all have read may be dropped."""
        for pool in self._pools.values():
            pool.seal()
        for _, series in self._series:
            series.seal()

    def series(self, key: object, begin: Callable[[Draws], Callable[[], T]]) -> _Series[T]:
        """Return the series that plants with an equal key share."""
        for known, series in self._series:
            if known == key:
                return series
        own = self.reader()
        self._series.append((key, _Series(begin(own), own)))
        return self._series[-1][1]


class Reader(Draws):
    """The shared draws as one plant sees them."""

    def __init__(self, shared: SharedDraws) -> None:
        super().__init__(shared.seed, shared.replications)
        self._shared = shared
        self._open: list[Callable[[], None]] = []

    def stream(self, name: str, purpose: str) -> Stream:
        """Return the draws of an object and purpose, from its first part on."""
        stream = _SharedStream(self._shared.pool(name, purpose))
        self._open.append(stream.leave)
        return stream

    def series(self, key: object, begin: Callable[[Draws], Callable[[], T]]) -> Callable[[], T]:
        """Return a function that yields the items of a series, made once for all with that key."""
        series = self._shared.series(key, begin)
        reader = series.enter()
        self._open.append(lambda: series.leave(reader))
        return lambda: series.next(reader)

    def retire(self) -> None:
        """Declare that this plant reads no more: nothing is kept for it."""
        for leave in self._open:
            leave()
        self._open = []


class _Series(Generic[T]):
    """A series of items, each made once and kept until all readers have had it.

    Args:
        make: Returns the next.
        draws: What it makes them from.
    """

    def __init__(self, make: Callable[[], T], draws: Reader) -> None:
        self._make, self._draws = make, draws
        self._kept: dict[int, T] = {}
        self._places: dict[int, int] = {}
        self._made = 0
        self._sealed = False

    def enter(self) -> int:
        """Keep items for one more reader; return its number."""
        self._places[len(self._places)] = 0
        return len(self._places) - 1

    def leave(self, reader: int) -> None:
        """Keep no more items for a reader; nobody enters after the first has left."""
        del self._places[reader]
        self._drop()
        if not self._places:
            self._draws.retire()

    def seal(self) -> None:
        """Declare that no more readers will enter."""
        self._sealed = True
        self._drop()

    def next(self, reader: int) -> T:
        """Return the next item for a reader."""
        place = self._places[reader]
        if place == self._made:
            self._kept[place] = self._make()
            self._made += 1
        self._places[reader] += 1
        found = self._kept[place]
        self._drop()
        return found

    def _drop(self) -> None:
        if self._sealed:
            oldest = min(self._places.values(), default=self._made)
            for place in [place for place in self._kept if place < oldest]:
                del self._kept[place]


def _is_scored(distribution: object) -> TypeGuard[Scored]:
    """Return whether a distribution is a function of the score of its draw.

    Python looks through a class for what a protocol asks once, and through an instance
    every time, which takes as long as a hundred draws.
    """
    return issubclass(type(distribution), Scored)


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
        # Levels of one station differ in a scale and a spread; their scores are the same.
        if _is_scored(distribution):
            times = distribution.of_score(self._score)
        else:
            times = distribution.quantile(self.uniform)
        self._times.append((distribution, times))
        return times

    @cached_property
    def _score(self) -> Floats:
        """The standard normal scores of the draws."""
        from scipy.special import ndtri

        score: Floats = ndtri(self.uniform)
        return score


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
        """Declare that no more readers will enter."""
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

    def leave(self) -> None:
        """Read no more."""
        self._pool.leave(id(self))

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
