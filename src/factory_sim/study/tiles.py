"""Replications are computed in tiles, each by whoever has time.

A tile is a contiguous range of replications, simulated and accounted in one call.
Tiles are cut at the same places whoever computes them, and merged in order of
replication, so the result of a study does not depend on who computed what, or when.
Where they are computed is said in ``study/executors.py``.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from factory_sim.analysis.accounts import Accounts, account, account_together
from factory_sim.line.draws import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from factory_sim.engines import Engine
    from factory_sim.line.plant import Plant

    Task = tuple[int, range]
    Finished = Generator[tuple[Task, Accounts], None, None]
    Play = Callable[[Mapping[Task, "Job"]], Finished]
    Wanted = Callable[[tuple[Accounts, ...]], int]
    Progress = Callable[[int, int], None]


LARGEST_TILE = 512
"""Replications of a tile on the batch engine: longer vectors fall out of the caches."""

STATIONS_IN_TILE = 16_384
"""Stations times replications of a tile, which its memory grows with: about 0.5 GB."""

SMALL_TILE = 8
"""Replications of a tile on the reference engine, where they run one by one: few, so
that workers share them evenly and an interruption loses little."""


SIDE_BY_SIDE = 2
"""Tiles of a large plant that are simulated at a time when they share draws."""


class WorkersError(RuntimeError):
    """Tiles cannot be computed where they were to be; the text says what to do."""


@dataclass(frozen=True)
class Job:
    """A plant, its draws, and the window in which it is watched.

    Attributes:
        plant: What is simulated, from time 0.
        seed: Of its draws.
        begin: Where the accounts begin, s.
        end: Where they end, s.
        engine: Which engine simulates it.
    """

    plant: Plant
    seed: int
    begin: float
    end: float
    engine: Engine


@dataclass(frozen=True)
class Replicated:
    """What became of some jobs, all with the same replications.

    Attributes:
        accounts: One per job; empty if not one tile was finished.
        tiles: The replications that are in them, ascending.
        interrupted: Stopped before all that was wanted was done.
    """

    accounts: tuple[Accounts, ...]
    tiles: tuple[range, ...]
    interrupted: bool = False


def cut(replications: range, size: int) -> list[range]:
    """Return a range of replications cut at the multiples of a tile's size."""
    inner = range((replications.start // size + 1) * size, replications.stop, size)
    edges = [replications.start, *inner, replications.stop]
    return [range(a, b) for a, b in pairwise(edges) if b > a]


def tile_size(plant: Plant, engine: Engine) -> int:
    """Return how many replications of a plant make a tile: whole blocks on the batch engine."""
    if engine == "reference":
        return SMALL_TILE
    affordable = STATIONS_IN_TILE // len(plant.stations()) // BLOCK * BLOCK
    return min(max(affordable, BLOCK), LARGEST_TILE)


def replicate(jobs: Sequence[Job], wanted: Wanted, play: Play, progress: Progress) -> Replicated:
    """Play all jobs, round after round, until they have as many replications as wanted.

    Args:
        jobs: Each gets the same replications, so that they can be compared.
        wanted: Says, from the accounts so far (one per job, none at first), how many
            replications there must be; what there is already means enough.
        play: From :func:`study.executors.players`.
        progress: Told after each tile how many replications are done, and of how many;
            those of every job count.

    Returns:
        The accounts. After an interruption (``KeyboardInterrupt``), those of the tiles
        that every job has finished.
    """
    done: dict[Task, Accounts] = {}
    tiles: list[range] = []
    reached, interrupted = 0, False
    while not interrupted and (target := wanted(_merged(done, tiles, jobs))) > reached:
        fresh = cut(range(reached, target), min(tile_size(job.plant, job.engine) for job in jobs))
        try:
            tasks = {(number, tile): job for tile in fresh for number, job in enumerate(jobs)}
            with closing(play(tasks)) as finished:
                for task, accounts in finished:
                    done[task] = accounts
                    progress(sum(len(tile) for _, tile in done), target * len(jobs))
        except KeyboardInterrupt:
            interrupted = True
        tiles += [tile for tile in fresh if all((n, tile) in done for n in range(len(jobs)))]
        reached = target
    return Replicated(_merged(done, tiles, jobs), tuple(tiles), interrupted)


def played(jobs: Sequence[Job], tiles: Sequence[range], play: Play) -> tuple[Accounts, ...]:
    """Play jobs over given tiles and return their accounts, one per job."""
    tasks = {(number, tile): job for tile in tiles for number, job in enumerate(jobs)}
    return _merged(dict(play(tasks)), tiles, jobs)


def _merged(
    done: Mapping[Task, Accounts], tiles: Sequence[range], jobs: Sequence[Job]
) -> tuple[Accounts, ...]:
    if not tiles:
        return ()
    return tuple(Accounts.merge([done[n, tile] for tile in tiles]) for n in range(len(jobs)))


def account_tile(job: Job, tile: range) -> Accounts:
    """Compute one tile of a job: the task that executors are given."""
    return account(job.plant, job.seed, tile, job.begin, job.end, job.engine)


def bundles(tasks: Mapping[Task, Job], workers: int = 1) -> Iterator[dict[Task, Job]]:
    """Yield tasks in bundles that can share their draws; most often one plant at many levels.

    The plants of a bundle are simulated side by side, so together they must not need
    much more memory than one tile of a large plant, and none is so large that a worker
    gets nothing.
    """
    fair = -(-len(tasks) // workers)
    together: dict[tuple[object, ...], dict[Task, Job]] = {}
    for task, job in tasks.items():
        key = (task[1], job.seed, job.begin, job.end)
        if job.engine != "batch":
            yield {task: job}
            continue
        bundle = together.setdefault(key, {})
        bundle[task] = job
        if len(bundle) >= min(_side_by_side(job.plant, task[1]), fair):
            yield together.pop(key)
    yield from together.values()


def _side_by_side(plant: Plant, tile: range) -> int:
    """Return how many tiles of such a plant may be simulated at a time."""
    return max(SIDE_BY_SIDE * STATIONS_IN_TILE // (len(plant.stations()) * len(tile)), 1)


def account_bundle(tasks: Mapping[Task, Job]) -> list[Accounts]:
    """Compute the tasks of a bundle, to the bit what each gives alone."""
    ((_, tile), job), *others = tasks.items()
    if not others:
        return [account_tile(job, tile)]
    plants = [one.plant for one in tasks.values()]
    return account_together(plants, job.seed, tile, job.begin, job.end)
