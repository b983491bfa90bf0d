"""A run as read from its files: what figures are drawn from, without simulating it again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.trace import observe
from factory_sim.engines import choose
from factory_sim.fleet.base.detection import recorded_law
from factory_sim.fleet.bases import Bases, detection_in_run, is_seen_by_base
from factory_sim.line.compile import compile_plant
from factory_sim.report.base_files import BASE_RECORD, own_bases
from factory_sim.report.directory import read_record
from factory_sim.report.figures import based
from factory_sim.report.manifest import (
    BASE_FILE,
    MANIFEST,
    ManifestError,
    read,
    recorded_scenario,
    replayable,
)
from factory_sim.study.measures import MEASURES, estimated
from factory_sim.study.ramp import recorded_ramp
from factory_sim.study.tables import deliveries_table, replications_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.analysis.trace import Observation
    from factory_sim.engines import Engine
    from factory_sim.fleet.base.result import BaseResult
    from factory_sim.line.arrays import Floats
    from factory_sim.line.detection import Detection
    from factory_sim.line.plant import Plant
    from factory_sim.scenario import Scenario
    from factory_sim.study.ramp import Ramp
    from factory_sim.study.result import Result

GAINS = ("scenario", "confidence", "replications", "levers", "together", "base", "warnings")
"""What the record of a twin's gains must have."""


@dataclass(frozen=True)
class Recorded:
    """A run of R replications; tables and figures read from it what they read from a ``Result``.

    Attributes:
        scenario: What was asked, overrides included.
        level: The level of automation, a share; None without an automation plan.
        plant: What was simulated.
        engine: Which engine ran it.
        seed: Of the draws.
        begin: Start of the window, s: the warm-up that was cut.
        end: End of the window, s: the horizon.
        replications: (R,) their numbers.
        samples: (R,) of every figure, by name.
        columns: What each station did; see ``study.tables``.
        deliveries: (B,) mean deliveries in equal spans of [0, end], parts; None where the
            files do not hold them.
        daily: The output of each day, as columns; None of less than a day.
        ramp: How the plant came up to rate; None of a run that was not watched from time 0
            for some days.
        devices: What the devices of each class have cost, the worst class first; see
            ``study.devices``.
        base: What its digital base does, as ``base.json`` tells it; None without one, and
            where it is that of a run before.
    """

    scenario: Scenario
    level: float | None
    plant: Plant
    engine: Engine
    seed: int
    begin: float
    end: float
    replications: tuple[int, ...]
    samples: Mapping[str, Floats]
    columns: Mapping[str, list[Any]]
    deliveries: Floats | None
    daily: Mapping[str, list[Any]] | None = None
    ramp: Ramp | None = None
    devices: Sequence[Mapping[str, Any]] = ()
    base: Mapping[str, Any] | None = None

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Mean and interval of every figure, by name."""
        confidence = self.scenario.confidence
        return {
            m.name: estimated(self.samples[m.name], confidence, m.unit)
            for m in MEASURES
            if m.name in self.samples
        }

    @property
    def bottleneck(self) -> tuple[str, float]:
        """The stage that was the bottleneck longest, and its share of the window."""
        shares = self.columns["bottleneck"]
        first = int(np.argmax(shares))
        return str(self.columns["stage"][first]), float(shares[first])

    def stations(self) -> Mapping[str, list[Any]]:
        """Return what each station did, as columns."""
        return self.columns

    def observe(self, replication: int) -> Observation:
        """Simulate one replication once more and return all that is known of it."""
        return observe(self.plant, self.seed, replication, self.end, self.engine)


def recorded_runs(runs: Mapping[str, Result]) -> dict[str, Recorded]:
    """Return results as they would be read back from files that they share."""
    bases = own_bases(runs)
    return {part: recorded(result, bases.get(part)) for part, result in runs.items()}


def recorded(result: Result, base: BaseResult | None = None) -> Recorded:
    """Return a result, and the digital base that is to be shown with it, as files tell them."""
    accounts = result.accounts
    numbers = [number for tile in result.tiles for number in tile]
    return Recorded(
        scenario=result.scenario,
        level=result.level,
        plant=result.plant,
        engine=result.choice.engine,
        seed=result.scenario.seed,
        begin=accounts.begin,
        end=accounts.end,
        replications=tuple(numbers),
        samples=_samples(replications_table(accounts, numbers)),
        columns=result.stations(),
        deliveries=_column(deliveries_table(accounts), "deliveries"),
        daily=result.daily() if accounts.daily.shape[1] else None,
        ramp=result.ramp,
        devices=[cost.record() for cost in result.devices],
        base=base.record() if base else None,
    )


def read_runs(directory: Path, bases: Bases | None = None) -> dict[str, Recorded]:
    """Return the runs that a directory holds, by the part they play, first the main one.

    What the twin saw is read from the files of the digital base, and simulated again where
    there are none.

    Args:
        directory: What ``--out`` wrote.
        bases: Where to simulate a base then.

    Raises:
        ManifestError: If it holds no run, or a file of the run is missing or spoilt.
    """
    manifest = read(directory)
    bases = bases or Bases()
    return {
        part: _read_run(directory, part, f"{part}-" if number else "", manifest, bases)
        for number, part in enumerate(manifest["runs"])
    }


def _read_run(
    directory: Path, part: str, prefix: str, manifest: Mapping[str, Any], bases: Bases
) -> Recorded:
    """Return one run; its files begin with the prefix."""
    path, entry = directory / MANIFEST, manifest["runs"][part]
    scenario = recorded_scenario(path, part, entry)
    table = read_table(directory / f"{prefix}replications.parquet")
    stations = read_table(directory / f"{prefix}stations.parquet")
    name = f"{prefix}deliveries.parquet"
    deliveries = None
    if name in manifest["files"]:
        deliveries = _column(read_table(directory / name), "deliveries")
    name = f"{prefix}daily.parquet"
    daily = read_table(directory / name).to_pydict() if name in manifest["files"] else None
    name = f"{prefix}devices.parquet"
    devices = read_table(directory / name).to_pylist() if name in manifest["files"] else ()
    file = entry.get(BASE_FILE)
    base = read_record(directory / file, based.KEYS) if file else None
    seen = _detection(directory / str(file), base, scenario, bases)
    with replayable(path, part):
        plant = compile_plant(scenario, level=entry["level"], detection=seen)
        begin, end = (float(edge) for edge in entry["window"])
        return Recorded(
            scenario=scenario,
            level=entry["level"],
            plant=plant,
            engine=choose(plant, entry["engine"]).engine,
            seed=int(entry["seed"]),
            begin=begin,
            end=end,
            replications=tuple(table.column("replication").to_pylist()),
            samples=_samples(table),
            columns=stations.to_pydict(),
            deliveries=deliveries,
            daily=daily,
            ramp=_read_ramp(directory, part, scenario.confidence, len(table)) if daily else None,
            devices=devices,
            base=base if file == f"{prefix}{BASE_RECORD}" else None,
        )


def _detection(
    path: Path, base: Mapping[str, Any] | None, scenario: Scenario, bases: Bases
) -> Detection | None:
    """Return how late the twin saw failures: from the record of a base, if there is one."""
    if base is None or not is_seen_by_base(scenario):
        return bases.detection(scenario)
    try:
        classes = base["classes"]
        return detection_in_run(
            scenario, [recorded_law(each["name"], each["detection"]) for each in classes]
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: is spoilt ({error!r}); run the scenario again with --out"
        raise ManifestError(message) from error


def read_gains(directory: Path) -> dict[str, Any]:
    """Return the record of a twin's gains with its digital base, which has a file of its own.

    Raises:
        ManifestError: If a file of it is missing or spoilt.
    """
    record = read_record(directory / "estimates.json", GAINS)
    if file := record["base"]:
        record["base"] = read_record(directory / str(file), based.KEYS)
    return record


def _read_ramp(directory: Path, part: str, confidence: float, replications: int) -> Ramp | None:
    """Return the ramp-up of a run, if it has one."""
    record = read_record(directory / "estimates.json", ())
    found = (record if part == "run" else record.get(part, {})).get("ramp")
    return found and recorded_ramp(found, confidence, replications)


def read_table(path: Path) -> pa.Table:
    """Return a table of a run.

    Raises:
        ManifestError: If it is missing or spoilt.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        why = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        message = f"{path}: {why}; run the scenario again with --out"
        raise ManifestError(message) from error


def _samples(table: pa.Table) -> dict[str, Floats]:
    return {m.name: _column(table, m.name) for m in MEASURES if m.name in table.column_names}


def _column(table: pa.Table, name: str) -> Floats:
    column: Floats = table.column(name).to_numpy()
    return column
