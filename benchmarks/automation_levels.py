"""What do many levels of automation cost in one sweep, and how does that grow?

What is aimed at is 11 levels x 200 replications x a week of the Seres plant in 60 s, which
is 3.9 ms per level, replication and day. The default measures a day of it; ``full`` as the
argument measures the week. The peak of memory is that of a process of its own; called
with a scenario, levels, replications and days, the script is that process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cost_growth import exponent
from factory_sim import load, loads, sweep
from factory_sim.scenario.automation import reach
from factory_sim.study.case import build_case
from factory_sim.study.replications import run_cases
from factory_sim.study.resources import Resources
from measure import RUNS, Row, interleaved, peak, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from factory_sim import Scenario

SERES = Path(__file__).parents[1] / "scenarios" / "seres.yaml"
DAY = 86_400.0
EACH = 3.9
"""Aim per level, replication and day, ms."""

FULL = {"levels": 11, "replications": 200, "days": 7.0}
GROWTH = {"levels": (3, 6, 12), "replications": (64, 128, 256), "stations": (12, 24, 48)}

STATION = """
  - name: s{number}
    buffer: 3
    by_hand: {{cycle_time: {{dist: exponential, mean: 50 s}}}}
    automated: {{cycle_time: {{dist: exponential, mean: 45 s}}}}"""


def plant(file: str | Path, days: float) -> Scenario:
    """Return a plant over so many days; a short run is cut at a quarter."""
    warm_up = min(0.25 * DAY, 0.25 * days * DAY)
    return load(file, overrides=[f"horizon={days * DAY}", f"warm_up={warm_up}"])


def levels_of(scenario: Scenario, number: int) -> list[float]:
    """Return evenly spaced levels from the plan's baseline to the highest it reaches."""
    lowest = scenario.automation.baseline if scenario.automation else 0.0
    return np.linspace(lowest, reach(scenario), number).tolist()


def serial(stations: int, hours: float) -> Scenario:
    """Return a line of stations that a plan can automate one by one."""
    head = f"name: serial\nhorizon: {hours} h\nwarm_up: 0\nautomation: {{level: 1, order: ['*']}}\n"
    return loads(head + "stations:" + "".join(STATION.format(number=n) for n in range(stations)))


def swept(file: str | Path, levels: int, replications: int, days: float) -> None:
    """Run the sweep and keep its points, as the command does."""
    scenario = plant(file, days)
    sweep(scenario, automation=levels_of(scenario, levels), replications=replications)


def measure(
    levels: int = 11,
    replications: int = 200,
    days: float = 1.0,
    runs: int = 1,
    scenario: Path = SERES,
    growth: Mapping[str, tuple[int, ...]] = GROWTH,
    growth_hours: float = 4.0,
    growth_runs: int = RUNS,
) -> list[Row]:
    """Return the time of a sweep, its ratio to separate runs, its growth and its memory."""
    rows = _against_separate_runs(scenario, levels, replications, days, runs)
    memory, note = peak(__file__, scenario, levels, replications, days)
    rows.append(Row("sweep of the Seres plant: peak memory", memory, "GiB", "<= 1", note))
    return rows + _growth(growth, growth_hours, growth_runs)


def _against_separate_runs(
    file: Path, levels: int, replications: int, days: float, runs: int
) -> list[Row]:
    """Return the time of one sweep and of a run per level, taking turns."""
    scenario = plant(file, days)
    shares = levels_of(scenario, levels)
    given = scenario.model_copy(update={"replications": replications})

    def separate() -> None:
        for level in shares:
            run_cases([build_case(given, level)], Resources())

    tasks = {"sweep": lambda: swept(file, levels, replications, days), "separate": separate}
    times = interleaved(tasks, runs)
    what = f"{levels} levels x {replications} replications x {days:g} days of {file.name}"
    ratio = times["sweep"].cpu / times["separate"].cpu
    note = f"{times['sweep'].cpu:.1f} s against {times['separate'].cpu:.1f} s"
    each = 1000 * times["sweep"].cpu / (levels * replications * days)
    wall = f"{times['sweep'].cpu:.1f} s in all, wall {times['sweep'].wall:.1f} s"
    return [
        Row(f"{what}: processor, each", each, "ms", f"<= {EACH}", wall),
        Row("one sweep against a run per level", ratio, "x", "<= 0.7", note),
    ]


def _growth(sizes: Mapping[str, tuple[int, ...]], hours: float, runs: int) -> list[Row]:
    """Return the exponents by which time grows with levels, replications and stations."""
    rows = []
    for what, steps in sizes.items():
        base = {name: some[len(some) // 2] for name, some in sizes.items()}
        cases = {str(step): _case(hours, **(base | {what: step})) for step in steps}
        times = [time.cpu for time in interleaved(cases, runs).values()]
        note = f"{steps[0]} to {steps[-1]}, {times[0]:.3f} to {times[-1]:.3f} s"
        name = f"sweep of a serial line: exponent of its time in {what}"
        rows.append(Row(name, exponent(list(steps), times), "", "<= 1.05", note))
    return rows


def _case(hours: float, levels: int, replications: int, stations: int) -> Callable[[], object]:
    """Return a sweep of a serial line, to be timed."""
    scenario = serial(stations, hours)
    shares = np.linspace(0.0, 1.0, levels).tolist()
    return lambda: sweep(scenario, automation=shares, replications=replications)


def main(arguments: Sequence[str]) -> None:
    """Be the process whose memory is measured, or print the table."""
    if arguments == ["full"]:
        print(table(measure(**FULL)))
    elif arguments:
        file, levels, replications, days = arguments
        swept(file, int(levels), int(replications), float(days))
    else:
        print(table(measure()))


if __name__ == "__main__":
    main(sys.argv[1:])
