"""How much faster is the batch engine than the reference engine, on the same draws?"""

from __future__ import annotations

from lines import HOUR, exponential_line, full_line, run_batch, run_reference
from measure import RUNS, Row, interleaved, table

MANY = 1000


def measure(
    many: int = MANY, seconds: float = 2000.0, hours: float = 8.0, runs: int = RUNS
) -> list[Row]:
    """Return the ratio of processor time per replication, at many replications and at one."""
    cases = {
        "exponential line": (exponential_line(10), seconds),
        "full-feature line": (full_line(), hours * HOUR),
    }
    rows = []
    for name, (plant, until) in cases.items():
        times = interleaved(
            {
                "many": lambda p=plant, t=until: run_batch(p, many, t),
                "one": lambda p=plant, t=until: run_batch(p, 1, t),
                "reference": lambda p=plant, t=until: run_reference(p, t),
            },
            runs,
        )
        reference = times["reference"].cpu
        for number, target in ((many, ">= 500"), (1, ">= 1")):
            cpu = times["one" if number == 1 else "many"].cpu
            note = f"reference {reference:.4f} s, batch {cpu / number:.2g} s per replication"
            what = f"{name}: batch against reference, {number:,} at a time"
            rows.append(Row(what, reference / (cpu / number), "x", target, note))
    return rows


if __name__ == "__main__":
    print(table(measure()))
