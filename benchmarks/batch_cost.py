"""What does one part at one station cost the batch engine, draws included?"""

from __future__ import annotations

from factory_sim.analysis.books import account
from factory_sim.engines import batch
from factory_sim.line.draws import Draws
from lines import HOUR, exponential_line, full_line, run_batch
from measure import RUNS, Row, interleaved, table

REPLICATIONS = 1024


def measure(
    replications: int = REPLICATIONS, seconds: float = 1500.0, hours: float = 8.0, runs: int = RUNS
) -> list[Row]:
    """Return ns per part, station and replication: engine alone, and with accounts.

    Only visits that begin before the end count; what the engine does beyond is overhead.
    """
    cases = {
        "exponential line": (exponential_line(10), seconds, "<= 30"),
        "full-feature line": (full_line(), hours * HOUR, "<= 200"),
    }
    rows = []
    for name, (plant, until, target) in cases.items():
        visits = run_batch(plant, replications, until)

        def engine(plant=plant, until=until) -> None:
            for _ in batch.run(plant, Draws(1, range(replications)), until):
                pass

        def accounted(plant=plant, until=until) -> None:
            account(plant, 1, range(replications), 0.1 * until, until, "batch")

        times = interleaved({"engine": engine, "engine, accounts and audit": accounted}, runs)
        for what, time in times.items():
            note = f"{visits:,} visits in {time.cpu:.2f} s (wall {time.wall:.2f} s)"
            cost = time.cpu / visits * 1e9
            rows.append(
                Row(f"{name}: {what}", cost, "ns", target if what == "engine" else "", note)
            )
    return rows


if __name__ == "__main__":
    print(table(measure()))
