"""Does the cost of the batch engine grow in proportion to parts, stations, replications?"""

from __future__ import annotations

import numpy as np

from lines import exponential_line, run_batch
from measure import RUNS, Row, interleaved, table

DOUBLINGS = 4


def exponent(visits: list[int], seconds: list[float]) -> float:
    """Return the slope of log seconds over log visits, by least squares."""
    return float(np.polyfit(np.log(visits), np.log(seconds), 1)[0])


def measure(seconds: float = 1000.0, runs: int = RUNS) -> list[Row]:
    """Return the exponent of the cost in each of the three directions.

    Args:
        seconds: Horizon of the smallest case. A short one would measure how far the
            engine runs beyond its end, a slab at most.
        runs: Of each case.
    """
    sizes = [2**n for n in range(DOUBLINGS)]
    cases = {
        "parts": [(5, 512, seconds * n) for n in sizes],
        "stations": [(5 * n, 512, seconds) for n in sizes],
        "replications": [(5, 1024 * n, seconds) for n in sizes],
    }
    rows = []
    for direction, points in cases.items():
        plants = [(exponential_line(stations), reps, until) for stations, reps, until in points]
        visits = [run_batch(*point) for point in plants]
        tasks = {str(n): lambda point=point: run_batch(*point) for n, point in enumerate(plants)}
        times = [time.cpu for time in interleaved(tasks, runs).values()]
        note = f"{visits[0]:,} to {visits[-1]:,} visits, {times[0]:.3f} to {times[-1]:.3f} s"
        rows.append(
            Row(f"cost exponent in {direction}", exponent(visits, times), "", "<= 1.05", note)
        )
    return rows


if __name__ == "__main__":
    print(table(measure()))
