"""How much sooner are two processes done than one, their start included?

Judged by the wall clock, since that is the point of two. It says little while others use
the machine, so the load stands beside it, and below it what the processors spent: half of
that of two, in which their start is, is the least time that two can take.
"""

from __future__ import annotations

import os
from time import perf_counter

from factory_sim.study.executors import open_backend
from factory_sim.study.tiles import LARGEST_TILE, Job, compute_accounts, cut
from lines import HOUR, full_line
from measure import Row, interleaved, table

TILES = 8
HOURS = 40.0
"""Long enough that one process takes half a minute or so: two are for work that is waited for."""


def first_answers(job: Job, workers: int) -> float:
    """Return how long it takes until every worker has answered once, s."""
    begun = perf_counter()
    with open_backend(workers) as compute:
        compute_accounts([job], [range(one, one + 1) for one in range(workers)], compute)
    return perf_counter() - begun


def spent() -> float:
    """Return the processor time of this process and of those that it has ended, s."""
    return sum(os.times()[:4])


def measure(
    tiles: int = TILES, size: int = LARGEST_TILE, hours: float = HOURS, runs: int = 2
) -> list[Row]:
    """Return the ratio of the times of one process and of two, and what their start takes."""
    job = Job(full_line(), 1, 0.1 * hours * HOUR, hours * HOUR, "batch")
    portions = cut(range(tiles * size), size)

    processor = dict.fromkeys((1, 2), 0.0)

    def on(workers: int) -> None:
        before = spent()
        with open_backend(workers) as compute:
            compute_accounts([job], portions, compute)
        processor[workers] = spent() - before

    times = interleaved({"one": lambda: on(1), "two": lambda: on(2)}, runs)
    one, two = times["one"].wall, times["two"].wall
    start = first_answers(job, 2)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    note = f"{tiles} tiles of {size} replications: {one:.1f} and {two:.1f} s; {load}"
    return [
        Row("two processes against one", one / two, "x", ">= 1.7", note),
        Row(
            "two processes against one, by processor time",
            2 * processor[1] / processor[2],
            "x",
            "",
            f"{processor[1]:.1f} s of one, {processor[2]:.1f} s of two in all",
        ),
        Row("start of two processes until both have answered", start, "s", "", load),
    ]


if __name__ == "__main__":
    print(table(measure()))
