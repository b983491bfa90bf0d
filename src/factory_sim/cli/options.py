"""The options that several commands share, and the functions that read them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from factory_sim.fleet.bases import Bases
    from factory_sim.report.progress import Counter
    from factory_sim.scenario import Scenario

MESSAGES = "seconds of messages"
"""Unit of the progress bar while a digital base is simulated."""


class EngineName(StrEnum):
    """The engines to choose from."""

    auto = "auto"
    batch = "batch"
    reference = "reference"


File = Annotated[str, typer.Argument(help="Scenario, a YAML file; - reads standard input.")]
EngineOption = Annotated[
    EngineName | None,
    typer.Option(help="Engine to use. auto takes batch where it can, and says why if not."),
]
LevelOption = Annotated[
    str | None,
    typer.Option(help="Level of automation, instead of the plan's, e.g. '30 %' or 0.3."),
]
ReplicationsOption = Annotated[
    int | None,
    typer.Option(
        "--replications",
        "-r",
        min=1,
        help="Independent runs, instead of what the scenario says.",
    ),
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of all draws.")]
WorkersOption = Annotated[
    int, typer.Option(min=1, help="Processes to use. The result does not depend on it.")
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Dask cluster to use instead of this machine, e.g. tcp://host:8786.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the scenario, e.g. --set stations.weld.buffer=6. Repeatable.",
    ),
]
SetOfBOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set-b",
        metavar="KEY=VALUE",
        help="Override a key of B alone: what if? e.g. x.yaml x.yaml --set-b ... Repeatable.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write manifest, estimates and tables (JSON, Parquet) to a directory. A run that "
        "was stopped goes on from what is there.",
    ),
]
TraceOption = Annotated[
    str | None,
    typer.Option(
        metavar="REPLICATIONS",
        help="With --out: write every event of these replications, e.g. 0,3 or 0-3.",
    ),
]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw how the stations spend their time, e.g. states.svg, .png or .pdf.",
    ),
]
PlotsOption = Annotated[
    Path | None,
    typer.Option("--plots", metavar="DIR", help="Draw all figures to a directory, too."),
]
FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="TIME",
        help="A time of day, 10:00, a moment of the week, 'tue 10:00', or the time "
        "since the start, '4 h'.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over what is in --out DIR.")]


@contextmanager
def open_resources(
    workers: int, cluster: str | None, out: Path | None, *, silent: bool = False
) -> Iterator[dict[str, Any]]:
    """Open what a study is computed with, and yield it as keyword arguments of the study.

    Args:
        workers: Of ``--workers``.
        cluster: Of ``--cluster``.
        out: Of ``--out``: finished tiles are cached in it until the study is complete.
        silent: Whether to show no progress, as with ``--json``.

    Yields:
        The arguments ``workers``, ``executor``, ``chunks``, ``progress`` and ``bases``.
    """
    from factory_sim.report.directory import CHUNKS

    with open_executor(cluster, workers) as executor, open_progress(silent=silent) as counter:
        yield {
            "workers": workers,
            "executor": executor,
            "chunks": out and out / CHUNKS,
            "progress": counter("replications"),
            "bases": bases_with_progress(counter),
        }


@contextmanager
def open_progress(*, silent: bool = False) -> "Iterator[Counter]":
    """Open the progress bar of a command on standard error; see ``progress_bar``."""
    from factory_sim.report.progress import progress_bar
    from factory_sim.report.terminal import console

    with progress_bar(console(stderr=True), silent=silent) as counter:
        yield counter


def bases_with_progress(counter: "Counter") -> "Bases":
    """Return digital bases that show their progress while they are simulated."""
    from factory_sim.fleet.bases import Bases

    return Bases(counter(MESSAGES))


@contextmanager
def open_executor(cluster: str | None, workers: int) -> "Iterator[Executor | None]":
    """Open the executor on the cluster that ``--cluster`` names; yield None without one.

    Raises:
        BadParameter: If both are given.
        WorkersError: If the cluster cannot be used; see :func:`study.cluster.cluster`.
    """
    if cluster is None:
        yield None
        return
    if workers > 1:
        raise typer.BadParameter("--cluster has workers of its own; leave out --workers")
    from factory_sim.study import cluster as dask

    with dask.cluster(cluster) as executor:
        yield executor


def as_overrides(texts: Sequence[str] | None, given: Mapping[str, object]) -> list[str]:
    """Return ``--set`` texts and the options that stand for a key, as overrides.

    Args:
        texts: The ``--set`` texts.
        given: Values by key; the last word of a key is the name of its option.
    """
    from factory_sim.scenario import Setting

    named = [
        Setting(f"{key}={value}", f"--{key.rpartition('.')[2]} {value}")
        for key, value in given.items()
        if value is not None
    ]
    return [*(texts or []), *named]


def as_overrides_of_b(texts: Sequence[str] | None) -> list[str]:
    """Return ``--set-b`` texts as overrides."""
    from factory_sim.scenario import Setting

    return [Setting(text, f"--set-b {text}", of_b=True) for text in texts or []]


def as_options(**given: object) -> list[str]:
    """Return options as words of a command line, without those whose value is None.

    Args:
        given: Values by name, such as ``fastest_takt`` for ``--fastest-takt``; a list
            repeats its option.
    """
    words: list[str] = []
    for name, value in given.items():
        several = value if isinstance(value, list) else [value]
        for one in several:
            if one is not None:
                words += [f"--{name.replace('_', '-')}", str(one)]
    return words


def load_scenario(file: str, overrides: Sequence[str]) -> "Scenario":
    """Return the scenario in a file, with overrides."""
    from factory_sim.scenario import load

    return load(file, overrides=overrides)


def load_both(
    a: str, b: str, overrides: Sequence[str], overrides_b: Sequence[str]
) -> "list[Scenario]":
    """Return the scenarios of two files, each with its overrides."""
    if a == b == "-":
        message = "standard input holds one scenario; write it to a file and name that twice"
        raise typer.BadParameter(message)
    return [load_scenario(a, overrides), load_scenario(b, overrides_b)]


def parse_replications(text: str | None, out: Path | None) -> list[int]:
    """Return the replications that ``--trace`` names, ascending: 0,3 or 0-3 or both.

    Raises:
        BadParameter: If it names none, or there is no ``--out``.
    """
    if text is None:
        return []
    if out is None:
        raise typer.BadParameter("--trace needs --out DIR to write to")
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            message = f"--trace takes replications like 0,3 or 0-3 (got '{text}')"
            raise typer.BadParameter(message)
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def check_traced(traced: Sequence[int], *scenarios: "Scenario") -> None:
    """Check that ``--trace`` names only replications that will be run.

    Raises:
        BadParameter: If it names another.
    """
    for scenario in scenarios:
        replications = scenario.replications
        most = replications if isinstance(replications, int) else replications.max
        if traced and max(traced) >= most:
            message = f"--trace must name some that are run, 0 to {most - 1} (got {max(traced)})"
            raise typer.BadParameter(message)


def parse_share(option: str, text: str | None) -> float | None:
    """Return the share strictly between 0 and 1 that an option names: ``95 %`` or 0.95.

    Raises:
        BadParameter: If it names none.
    """
    if text is None:
        return None
    from factory_sim.scenario.readers import ratio

    try:
        share = ratio(text if "%" in text else float(text))
    except ValueError:
        share = 0.0
    if not 0.0 < share < 1.0:
        message = f"{option} takes a share between 0 and 1, such as '95 %' (got '{text}')"
        raise typer.BadParameter(message)
    return share
