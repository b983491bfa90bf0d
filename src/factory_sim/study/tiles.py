"""Replications are computed in tiles, the unit of work of every backend.

A tile is a contiguous range of replications, simulated and accounted in one call; where
a job asks for it, their critical paths are traced as well. Tile boundaries do not depend on
the backend, and tiles are merged in order of replication, so the result of a study does
not depend on what computed which tile, or when. The backends are in ``study/executors.py``.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from factory_sim.analysis.accounts import Accounts
from factory_sim.analysis.books import account, account_together
from factory_sim.analysis.path import CriticalPath
from factory_sim.engines.batch import summed_stations
from factory_sim.line.draws import BLOCK
from factory_sim.study.traced import affordable, traced

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from factory_sim.engines import Engine
    from factory_sim.line.plant import Plant

    Task = tuple[int, range]
    Finished = Generator[tuple[Task, "Outcome"], None, None]
    Compute = Callable[[Mapping[Task, "Job"]], Finished]
    StoppingRule = Callable[[tuple[Accounts, ...]], int]
    Progress = Callable[[int, int], None]


LARGEST_TILE = 512
"""Replications of a tile on the batch engine: longer vectors fall out of the caches."""

STATIONS_IN_TILE = 16_384
"""Stations times replications of a tile, which its memory grows with: about 0.5 GB."""

SUMMED = 1 / 32
"""Memory of a station whose visits are summed up, as a share of one that keeps them."""

SMALL_TILE = 8
"""Replications of a tile on the reference engine, where they run one by one: few, so
that workers share them evenly and an interruption loses little."""


SIDE_BY_SIDE = 4
"""Tiles of a large plant that are simulated at a time when they share draws."""


class WorkersError(RuntimeError):
    """The workers or the cluster cannot compute the tiles; the message says what to do."""


@dataclass(frozen=True)
class Job:
    """A plant, its draws, and the window in which it is watched.

    Attributes:
        plant: What is simulated, from time 0.
        seed: Of its draws.
        begin: Where the accounts begin, s.
        end: Where they end, s.
        engine: Which engine simulates it.
        paths: Whether the critical paths are traced.
    """

    plant: Plant
    seed: int
    begin: float
    end: float
    engine: Engine
    paths: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of one tile of a job.

    Attributes:
        accounts: Of its replications.
        path: Their critical paths; None unless the job asks for them.
    """

    accounts: Accounts
    path: CriticalPath | None = None

    @classmethod
    def merge(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return the outcome of all replications of a job, in the order given."""
        paths = [part.path for part in parts if part.path is not None]
        return cls(
            Accounts.merge([part.accounts for part in parts]),
            CriticalPath.merge(paths) if paths else None,
        )


@dataclass(frozen=True)
class Replicated:
    """The outcomes of several jobs, all with the same replications.

    Attributes:
        outcomes: One per job; empty if not one tile was finished.
        tiles: The replications they cover, ascending.
        interrupted: Whether it stopped before the stopping rule was met.
    """

    outcomes: tuple[Outcome, ...]
    tiles: tuple[range, ...]
    interrupted: bool = False

    @property
    def accounts(self) -> tuple[Accounts, ...]:
        """The accounts of each job."""
        return tuple(outcome.accounts for outcome in self.outcomes)


def cut(replications: range, size: int) -> list[range]:
    """Return a range of replications, split at the multiples of a tile's size."""
    inner = range((replications.start // size + 1) * size, replications.stop, size)
    edges = [replications.start, *inner, replications.stop]
    return [range(a, b) for a, b in pairwise(edges) if b > a]


def tile_size(job: Job) -> int:
    """Return the number of replications per tile of a job: whole blocks on the batch engine.

    Fewer where critical paths are traced and whole trajectories would need too much memory.
    """
    if job.engine == "reference":
        return SMALL_TILE
    stations = len(job.plant.stations()) if job.paths else weighted_stations(job.plant)
    fitting = int(STATIONS_IN_TILE / stations) // BLOCK * BLOCK
    size = min(max(fitting, BLOCK), LARGEST_TILE)
    return min(size, affordable(job.plant, job.end)) if job.paths else size


def replicate(
    jobs: Sequence[Job], rule: StoppingRule, compute: Compute, progress: Progress | None = None
) -> Replicated:
    """Compute all jobs, round after round, until the stopping rule is met.

    Args:
        jobs: Each gets the same replications, so that they can be compared.
        rule: Returns the number of replications required, given the accounts so far (one
            per job; none before the first round). It is met when there are as many.
        compute: From :func:`study.executors.open_backend`.
        progress: Called after each tile with the replications done and their total, summed
            over jobs.

    Returns:
        The outcomes. After an interruption (``KeyboardInterrupt``) they cover the tiles that
        every job has finished.
    """
    done: dict[Task, Outcome] = {}
    tiles: list[range] = []
    reached, interrupted = 0, False
    while not interrupted and (target := rule(_accounts(done, tiles, jobs))) > reached:
        fresh = cut(range(reached, target), min(map(tile_size, jobs)))
        try:
            tasks = {(number, tile): job for tile in fresh for number, job in enumerate(jobs)}
            with closing(compute(tasks)) as finished:
                for task, outcome in finished:
                    done[task] = outcome
                    if progress is not None:
                        progress(sum(len(tile) for _, tile in done), target * len(jobs))
        except KeyboardInterrupt:
            interrupted = True
        tiles += [tile for tile in fresh if all((n, tile) in done for n in range(len(jobs)))]
        reached = target
    return Replicated(_merged(done, tiles, jobs), tuple(tiles), interrupted)


def compute_accounts(
    jobs: Sequence[Job], tiles: Sequence[range], compute: Compute
) -> tuple[Accounts, ...]:
    """Compute given tiles of all jobs and return the accounts, one per job."""
    tasks = {(number, tile): job for tile in tiles for number, job in enumerate(jobs)}
    return _accounts(dict(compute(tasks)), tiles, jobs)


def _merged(
    done: Mapping[Task, Outcome], tiles: Sequence[range], jobs: Sequence[Job]
) -> tuple[Outcome, ...]:
    if not tiles:
        return ()
    return tuple(Outcome.merge([done[n, tile] for tile in tiles]) for n in range(len(jobs)))


def _accounts(
    done: Mapping[Task, Outcome], tiles: Sequence[range], jobs: Sequence[Job]
) -> tuple[Accounts, ...]:
    return tuple(outcome.accounts for outcome in _merged(done, tiles, jobs))


def compute_tile(job: Job, tile: range) -> Outcome:
    """Compute one tile of a job; this is the task submitted to executors."""
    window = (job.begin, job.end, job.engine)
    if job.paths:
        return Outcome(*traced(job.plant, job.seed, tile, *window))
    return Outcome(account(job.plant, job.seed, tile, *window))


def bundles(tasks: Mapping[Task, Job], workers: int = 1) -> Iterator[dict[Task, Job]]:
    """Yield tasks in bundles that share their random draws, such as one plant at many levels.

    The plants of a bundle are simulated side by side. A bundle is small enough to need not
    much more memory than one tile of a large plant, and to leave work for every worker.
    """
    fair = -(-len(tasks) // workers)
    together: dict[tuple[object, ...], dict[Task, Job]] = {}
    for task, job in tasks.items():
        key = (task[1], job.seed, job.begin, job.end)
        if job.engine != "batch" or job.paths:
            yield {task: job}
            continue
        bundle = together.setdefault(key, {})
        bundle[task] = job
        if len(bundle) >= min(_side_by_side(job.plant, task[1]), fair):
            yield together.pop(key)
    yield from together.values()


def _side_by_side(plant: Plant, tile: range) -> int:
    """Return how many tiles of a plant of this size may be simulated at a time."""
    return max(int(SIDE_BY_SIDE * STATIONS_IN_TILE / (weighted_stations(plant) * len(tile))), 1)


def weighted_stations(plant: Plant) -> float:
    """Return the number of stations, weighted by memory: less where visits are summed up."""
    summed = summed_stations(plant)
    return len(plant.stations()) - summed + summed * SUMMED


def compute_bundle(tasks: Mapping[Task, Job]) -> list[Outcome]:
    """Compute the tasks of a bundle; each outcome equals that of its task alone, to the bit."""
    ((_, tile), job), *others = tasks.items()
    if not others:
        return [compute_tile(job, tile)]
    plants = [one.plant for one in tasks.values()]
    together = account_together(plants, job.seed, tile, job.begin, job.end)
    return [Outcome(accounts) for accounts in together]
