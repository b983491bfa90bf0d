"""Parallel servers of an asynchronous station, and the order in which parts leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from factory_sim.engines.batch.flow import FATE, ONWARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from factory_sim.engines.batch.rows import Columns, Count
    from factory_sim.line.arrays import Floats, Ints

T = TypeVar("T", bound=np.generic)


class Servers:
    """The parts on c > 1 parallel servers, and which of them departs next.

    Servers of all replications are kept in one flat array, so that a single index reaches
    them, which is several times faster than two.
    """

    def __init__(self, servers: int, replications: int, cargo: int) -> None:
        self._servers = servers
        self._finish = np.full(servers * replications, np.inf)
        self._began = np.zeros(servers * replications, dtype=np.int64)
        self._cargo = np.zeros((cargo, servers * replications))
        self._vacant = np.zeros(replications, dtype=np.int64)
        self._all = np.arange(replications)

    def vacant(self, part: Count, at: Columns) -> Ints:
        """Return the server that the next part takes: an unused one, else the last one freed."""
        if isinstance(part, int) and part >= self._servers:
            return self._vacant[at]
        vacant: Ints = np.where(part < self._servers, part, self._vacant[at])
        return vacant

    def occupy(self, part: Count, at: Columns, server: Ints, finish: Floats, cargo: Floats) -> None:
        """Put parts (n,) on their servers."""
        here = self._place(server, at)
        self._finish[here], self._began[here], self._cargo[:, here] = finish, part, cargo

    def release(
        self, at: Columns, place: Floats | float, *, diverts: bool
    ) -> tuple[Floats, Floats, Ints]:
        """Free the server of the next part to leave.

        The good parts leave in order of finish, when there is a place; a part that
        leaves the line leaves at its finish, past those that are blocked.
        """
        finish, began = self._by_server(self._finish, at), self._by_server(self._began, at)
        leaves = np.maximum(finish, place)
        keys = [finish, began]
        if diverts:
            leaves = np.where(self._by_server(self._cargo[FATE], at) == ONWARD, leaves, finish)
            keys.insert(0, leaves)
        server = _first(keys)
        self._vacant[at] = server
        here = self._place(server, at)
        leave: Floats = leaves[server, self._all[: server.size]]
        return leave, self._cargo.take(here, axis=1), self._began.take(here)

    def _place(self, server: Ints, at: Columns) -> Ints:
        """Return where what is on a server of n replications is kept, (n,)."""
        place: Ints = server * self._all.size + self._all[at]
        return place

    def _by_server(self, kept: NDArray[T], at: Columns) -> NDArray[T]:
        """Return what is on the servers of n replications, (c, n)."""
        return kept.reshape(self._servers, -1)[:, at]


def _first(keys: Sequence[Floats | Ints]) -> Ints:
    """Return the row that comes first in each column (n,), by the first key (c, n) that differs."""
    first = keys[0] == keys[0].min(axis=0)
    for key in keys[1:]:
        if np.count_nonzero(first) == first.shape[1]:
            break
        rest = np.where(first, key, np.inf)
        first = rest == rest.min(axis=0)
    row: Ints = first.argmax(axis=0)
    return row
