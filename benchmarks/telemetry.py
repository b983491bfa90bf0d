"""How fast is telemetry written, how small is it, and how much memory does it take?

Rows are messages; each holds all signals of its class. Speed counts from the simulated
replication to the closed file. Beside it the same columns, held in memory, are written by
pyarrow with its defaults. Called with a length in minutes, the script writes that much of
the whole fleet, so that its peak memory is its own.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from factory_sim import loads
from factory_sim.fleet.telemetry import write
from factory_sim.fleet.telemetry.messages import DEVICE, TIME, messages
from factory_sim.fleet.telemetry.parquet import TableWriter
from factory_sim.fleet.telemetry.plan import plan
from factory_sim.fleet.telemetry.sources import message_source, repairs_of, simulated
from factory_sim.fleet.telemetry.write import message_columns
from measure import Row, interleaved, peak, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from factory_sim.fleet.telemetry.messages import Talk
    from factory_sim.fleet.telemetry.parquet import Column
    from factory_sim.scenario import Scenario

PLANT = """
name: telemetry
horizon: 24 h
warm_up: 0
replications: 1
seed: 1
stations:
  - {{name: cell, count: {stations}, buffer: 3, cycle_time: {{dist: gamma, mean: 55 s, cv: 0.1}}}}
fleet:
  devices: {devices}
  classes:
"""

SLOW = """
    slow:
      {fields}
      signals:
        state: {{kind: state}}
        parts: {{kind: counter}}
        temperature: {{kind: temperature, unit: C, working: 55, lag: 10 min, resolution: 0.5}}
"""
"""Signals that change slowly."""

USUAL = """
    usual:
      {fields}
      criticality: stops
      failures: {{mtbf: {{dist: weibull, mean: 5000 h, shape: 3}}, mttr: 12 min, clock: busy}}
      wear: {{begins: 80 %}}
"""
"""What messages carry by default, with noise: state, parts, current, vibration."""


def plant(period: float, stations: int, **classes: int) -> Scenario:
    """Return a line whose devices send once a period, s; how many of each class."""
    texts = {"slow": SLOW, "usual": USUAL}
    text = PLANT.format(stations=stations, devices=sum(classes.values()))
    for name, count in classes.items():
        fields = f"{{count: {count}, attach: '*', period: {period} s, jitter: 5 %, size: 300}}"
        text += texts[name].format(fields="\n      ".join(fields.strip("{}").split(", ")))
    return loads(text)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def record(one: Talk, columns: list[Column], span: tuple[float, float], path: Path) -> int:
    """Write the messages of a class in a span, s, and return how many there are."""
    with TableWriter(path, columns, origin=0, sorted_by=(DEVICE, TIME)) as file:
        for slab in messages(one, *span):
            file.write(*slab)
    return file.rows


def plain(path: Path) -> pa.Table:
    """Return the columns of a file as plain arrays: numbers, and names as codes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = pq.read_table(path)
    arrays = [
        pa.concat_arrays(
            [chunk.indices if pa.types.is_dictionary(c.type) else chunk for chunk in c.chunks]
        )
        for c in read.columns
    ]
    return pa.table(arrays, names=read.column_names)


def speed(name: str, devices: int, stations: int, minutes: float, runs: int) -> list[Row]:
    """Return rows a second and bytes a row of one class, and how plain pyarrow compares."""
    import pyarrow.parquet as pq

    begin = 3600.0
    span = begin, begin + 60.0 * minutes
    scenario = plant(0.5, stations, **{name: devices})
    happened = simulated(plan(scenario, "1 h", f"{span[1]} s"))
    (kind,) = happened.plan.classes
    one = message_source(happened, kind, repairs_of(happened, kind))
    columns = message_columns(kind)
    with scratch() as folder:
        ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
        rows = record(one, columns, span, ours)
        arrays = plain(ours)
        times = interleaved(
            {
                "ours": lambda: record(one, columns, span, ours),
                "theirs": lambda: pq.write_table(arrays, theirs),
            },
            runs,
        )
        size = ours.stat().st_size / rows
        other = theirs.stat().st_size / rows
    signals = len(kind.written.carried)
    ratio = times["ours"].cpu / times["theirs"].cpu
    what = f"telemetry of {signals} {name} signals"
    slow = name == "slow"
    return [
        Row(
            f"{what}: made and written",
            rows / times["ours"].cpu / 1e6,
            "M rows/s",
            ">= 5",
            f"{rows:,} rows, wall {times['ours'].wall:.1f} s; {signals} values a row",
        ),
        Row(f"{what}: against writing the arrays", ratio, "x", "", "plain pyarrow, its defaults"),
        Row(f"{what}: size", size, "bytes/row", "<= 4" if slow else "", f"plain {other:.1f}"),
    ]


def whole(minutes: float, devices: int, stations: int) -> None:
    """Write some minutes of a whole fleet, 14,400 messages a second of 12,000 devices."""
    classes = {"slow": devices // 2, "usual": devices - devices // 2}
    scenario = plant(12_000 / 14_400, stations, **classes)
    with scratch() as folder:
        write(scenario, folder / "out", "1 h", f"{3600 + 60 * minutes} s")


def measure(
    devices: int = 1400,
    stations: int = 100,
    minutes: float = 20.0,
    runs: int = 3,
    fleet: int = 12_000,
    lengths: tuple[float, float] = (5.0, 20.0),
) -> list[Row]:
    """Return speed and size by kind of signal, and the memory of a whole fleet."""
    rows = [
        row for name in ("slow", "usual") for row in speed(name, devices, stations, minutes, runs)
    ]
    short, _ = peak(__file__, lengths[0], fleet, stations)
    long, note = peak(__file__, lengths[1], fleet, stations)
    messages_ = f"{60 * lengths[1] * 1.2 * fleet / 1e6:.2g} million messages"
    return [
        *rows,
        Row(f"peak memory: {fleet:,} devices, {lengths[1]:g} min", long, "GiB", "<= 1", note),
        Row(
            f"peak memory: {lengths[1]:g} min against {lengths[0]:g}",
            long / short,
            "x",
            "<= 1.1",
            messages_,
        ),
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        whole(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    else:
        print(table(measure()))
