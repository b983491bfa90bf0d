"""A Dask cluster as an executor, checked before it is relied on.

Dask computes the tiles of a worker that dies on the others, up to its setting
``distributed.scheduler.allowed-failures``. What is checked here is that the workers
are there and would compute what this process computes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from factory_sim.study.tiles import WorkersError
from factory_sim.study.versions import surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

PATIENCE = 10.0
"""Default time limit for an answer of the scheduler and for a first worker, s."""

PROCESSOR = ("machine", "instructions")
"""Properties that may differ on a cluster: they change only the last bits of a result."""

UNHEARD_OF = "no factory-sim, or one without clusters"

log = logging.getLogger(__name__)


@contextmanager
def cluster(address: str, *, patience: float = PATIENCE) -> Iterator[Executor]:
    """Yield an executor on the workers of a Dask cluster.

    Args:
        address: Of its scheduler, for example ``tcp://host:8786``.
        patience: Time limit for an answer of the scheduler and for a first worker, s.

    Raises:
        WorkersError: If Dask is not installed here, nobody answers, the workers have other
            programs than this process, or the cluster is lost while it is used.
    """
    client = _connected(address, patience)
    with client:
        _await_workers(client, address, patience)
        _check(client)
        threads = client.nthreads()
        if (most := max(threads.values())) > 1:
            log.warning(
                "%s: tiles gain nothing from threads, of which workers have up to %d; "
                "start them with `dask worker --nthreads 1 --nworkers %d`",
                *(address, most, most),
            )
        with _loss_explained(address):
            yield client.get_executor(pure=False)
        if lost := threads.keys() - client.nthreads().keys():
            log.warning(
                "%s: %d of %d workers died; what they were computing was computed by others",
                *(address, len(lost), len(threads)),
            )


def _dask() -> Any:
    """Return the module of Dask, imported only when a cluster is used."""
    try:
        import distributed
    except ImportError as error:
        message = "a cluster needs Dask; install it with: pip install 'factory-sim[cluster]'"
        raise WorkersError(message) from error
    return distributed


def _connected(address: str, patience: float) -> Any:
    """Return a client of the scheduler."""
    dask = _dask()
    try:
        # A client that cannot read its address is left half made to the garbage collector. If
        # that comes while another one starts, closing it waits for ever for the start to end.
        dask.comm.get_address_host(address)
    except ValueError as error:
        message = f"{address}: is not the address of a Dask scheduler; write tcp://host:8786"
        raise WorkersError(message) from error
    try:
        return dask.Client(address, timeout=patience, set_as_default=False)
    except OSError as error:
        message = (
            f"{address}: no Dask scheduler answers within {patience:g} s; "
            f"start one there with `dask scheduler`, or correct the address"
        )
        raise WorkersError(message) from error


def _await_workers(client: Any, address: str, patience: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience)
    except _dask().TimeoutError as error:
        message = f"{address}: has no workers; start some with `dask worker {address}`"
        raise WorkersError(message) from error


def _check(client: Any) -> None:
    """Check that the workers compute what this process computes.

    Raises:
        WorkersError: If their programs are others.
    """
    theirs = client.run(surroundings, on_error="return")
    other: dict[str, set[str]] = defaultdict(set)
    for worker, text in _differences(surroundings(), theirs):
        other[text].add(worker)
    for text, workers in other.items():
        where = f"{len(workers)} of {len(theirs)} workers, such as {min(workers)}"
        if text.startswith(PROCESSOR):
            log.warning("%s on %s: a result may differ in its last bits", text, where)
            continue
        message = (
            f"{text} on {where}: results would not be the same; "
            f"install there what is installed here"
        )
        raise WorkersError(message)


def _differences(
    ours: Mapping[str, str], theirs: Mapping[str, Mapping[str, str] | Exception]
) -> Iterator[tuple[str, str]]:
    """Yield each worker and a clause on each property in which it differs."""
    for worker, found in theirs.items():
        if isinstance(found, Exception):
            yield worker, f"factory-sim: {ours['factory-sim']} here, but {UNHEARD_OF}"
            continue
        for name, here in ours.items():
            # Another Python is for Dask to judge, which sends objects from one to the other.
            if name != "python" and found.get(name) != here:
                yield worker, f"{name}: {here} here, but {found.get(name)}"


@contextmanager
def _loss_explained(address: str) -> Iterator[None]:
    """Turn what Dask raises when it gives up into an error that says what to do."""
    try:
        yield
    except _dask().KilledWorker as error:
        message = (
            f"{address}: workers died again and again over the same tile (the last was "
            f"{error.last_worker.address}); give them more memory, or look into their logs"
        )
        raise WorkersError(message) from error
    except CancelledError as error:
        message = f"{address}: the scheduler was lost; start it again and repeat the command"
        raise WorkersError(message) from error
