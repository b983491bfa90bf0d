"""How much memory do long runs and many replications take?

Each case is a process of its own, so that its peak is its own; called with a number of
replications, stations and weeks, the script is that process.
"""

from __future__ import annotations

import sys

from factory_sim.study.executors import open_backend
from factory_sim.study.tiles import Job, replicate
from lines import HOUR, exponential_line
from measure import Row, peak, table

WEEK = 168 * HOUR
MEAN_WORK = 240.0


def simulate(replications: int, stations: int, weeks: float) -> None:
    """Run a study and keep its accounts, as the command does."""
    end = weeks * WEEK
    job = Job(exponential_line(stations, mean=MEAN_WORK), 1, 0.1 * end, end, "batch")
    with open_backend(1) as compute:
        replicate([job], lambda _: replications, compute)


def measure(many: int = 1000, few: int = 128, stations: int = 60, weeks: float = 1.0) -> list[Row]:
    """Return the peak memory of many replications, and its growth with the horizon."""
    whole, note = peak(__file__, many, stations, weeks)
    short, _ = peak(__file__, few, stations, weeks)
    long, _ = peak(__file__, few, stations, 4 * weeks)
    return [
        Row(
            f"peak memory: {many:,} replications of a {stations}-station week",
            whole,
            "GiB",
            "<= 1",
            note,
        ),
        Row(
            f"peak memory: four weeks against one, {few} replications",
            long / short,
            "x",
            "<= 1.1",
            f"{short:.3f} and {long:.3f} GiB",
        ),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        simulate(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    else:
        print(table(measure()))
