"""What a page is made of, read from a directory: runs, the points of a sweep, a split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from factory_sim.report.directory import BASE, DIFFED, EXPLAINED, SPLIT, SWEPT, TWIN, read_record
from factory_sim.report.figures import based, diffed, explained
from factory_sim.report.manifest import MESSAGES, ManifestError, read, recorded_figures
from factory_sim.report.recorded import read_gains, read_runs, read_table
from factory_sim.report.settings import labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue
    from factory_sim.scenario import Figure

Kind = Literal["run", "planned", "compare", "sweep", "explain", "diff", "base", "twin"]

ALIASES = {"planned": "comparison", "twin": "together"}
"""Keys of records with paired differences, where it is not ``differences``."""

PARTS: dict[tuple[str, ...], Kind] = {
    ("run",): "run",
    ("run", "baseline"): "planned",
    ("a", "b"): "compare",
}


@dataclass(frozen=True)
class Contents:
    """A study as read from its files.

    Attributes:
        directory: Where the files are.
        kind: ``run`` alone, ``planned`` with its baseline, or what the command is called.
        manifest: What it takes to repeat the study.
        record: What ``--json`` printed.
        runs: By the part they play; empty for a sweep, an explanation or a digital base.
        samples: Every replication of every point of a sweep; None for runs.
        figures: The numbers of the scenarios with their sources, by run; see
            :func:`factory_sim.report.manifest.recorded_figures`.
        split: Of a diff: what each change adds; else empty.
    """

    directory: Path
    kind: Kind
    manifest: Mapping[str, Any]
    record: Mapping[str, Any]
    runs: Mapping[str, Recorded]
    samples: pa.Table | None
    figures: Mapping[str, tuple[Figure, ...]]
    split: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entries(self) -> Mapping[str, Any]:
        """The entries of the manifest for each run, or for the messages of a digital base."""
        if self.kind == "base":
            return {MESSAGES: self.manifest[MESSAGES]}
        entries: Mapping[str, Any] = self.manifest["runs"]
        return entries

    @property
    def first(self) -> Mapping[str, Any]:
        """What the manifest says of the first run."""
        entry: Mapping[str, Any] = next(iter(self.entries.values()))
        return entry

    @property
    def confidence(self) -> float:
        """Of all intervals."""
        return float(self.first["content"]["confidence"])

    @property
    def replications(self) -> int:
        """How many independent runs the estimates rest on."""
        return int(self.first["replications"])

    @property
    def bases(self) -> Mapping[str, Mapping[str, Any]]:
        """What digital bases do, by the part of the run that each is shown with."""
        if self.kind == "base":
            return {MESSAGES: self.record}
        return {part: run.base for part, run in self.runs.items() if run.base is not None}

    @property
    def differences(self) -> Mapping[str, Any]:
        """What ``--json`` said of the paired differences of two runs."""
        found: Mapping[str, Any] = self.record.get("differences", {})
        if self.kind in ALIASES:
            found = self.record.get(ALIASES[self.kind], {})
        return found

    def name_of(self, part: str, say: Catalogue) -> str:
        """Return what the run of a part is called."""
        key = f"twin.{part}" if self.kind == "twin" else f"part.{part}"
        if say.has(key):
            return say(key)
        return labels(self.record, say).get(part, part) if self.kind == "sweep" else part

    @property
    def faults(self) -> Mapping[str, Mapping[str, Any]]:
        """Faults of the network that were followed to parts, by the part that has them."""
        if self.kind == "twin":
            fault = self.record.get("fault")
            return {"b": fault} if fault else {}
        found: Mapping[str, Mapping[str, Any]] = self.record.get("faults", {})
        return found

    def base_beside(self, part: str) -> Mapping[str, Any] | None:
        """Return the record of the digital base of a run; the first run has a shared one."""
        return self.bases.get(part) or next(iter(self.bases.values()), None)

    def record_of(self, part: str) -> Mapping[str, Any]:
        """Return the record of one run; empty for a baseline that did not ramp up."""
        found: Mapping[str, Any] = self.record if part == "run" else self.record.get(part, {})
        return found

    @property
    def pair(self) -> tuple[Recorded, Recorded] | None:
        """The run that differences count from, and the one they count to."""
        match self.kind:
            case "planned":
                return self.runs["baseline"], self.runs["run"]
            case "compare" | "diff" | "twin":
                return self.runs["a"], self.runs["b"]
        return None


def read_contents(directory: Path) -> Contents:
    """Return what a directory holds.

    Raises:
        ManifestError: If it holds no study, or a file of it is missing or spoilt.
    """
    manifest = read(directory)
    if SWEPT in manifest:
        return Contents(
            directory=directory,
            kind="sweep",
            manifest=manifest,
            record=read_record(directory / "sweep.json", ("baseline", "points", "best")),
            runs={},
            samples=read_table(directory / "replications.parquet"),
            figures=recorded_figures(directory),
        )
    if BASE in manifest:
        record = read_record(directory / "base.json", based.KEYS)
        return Contents(directory, "base", manifest, record, {}, None, recorded_figures(directory))
    if EXPLAINED in manifest:
        record = read_record(directory / "explain.json", (*explained.KEYS, "candidates"))
        return Contents(
            directory, "explain", manifest, record, {}, None, recorded_figures(directory)
        )
    return _of_runs(directory, manifest)


def _of_runs(directory: Path, manifest: Mapping[str, Any]) -> Contents:
    """Return what a directory with runs holds."""
    runs = read_runs(directory)
    kind = PARTS.get(tuple(runs))
    if TWIN in manifest:
        kind = "twin"
    if kind is None:
        message = (
            f"{directory}: holds runs that no command writes together ({', '.join(runs)}); "
            f"give a directory that run, compare or diff wrote"
        )
        raise ManifestError(message)
    if kind == "twin":
        record = read_gains(directory)
    else:
        keys = ("a", "b") if kind == "compare" else ("estimates", "kpis", "warnings")
        record = read_record(directory / "estimates.json", keys)
    split: dict[str, Any] = {}
    if DIFFED in manifest:
        kind, split = "diff", read_record(directory / SPLIT, (*diffed.KEYS, "method", "notes"))
    figures = recorded_figures(directory)
    return Contents(directory, kind, manifest, record, runs, None, figures, split)
