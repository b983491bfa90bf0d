"""The command line: run, check, compare, schema, verify, init.

Nothing heavy is imported before a command needs it, so that ``--help`` is quick. Only
this file prints; what its commands exit with is in ``exits.py``.
"""

import json
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from factory_sim.exits import DONE, INTERRUPTED, USERS_ERROR, complain, exiting

if TYPE_CHECKING:
    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result

app = typer.Typer(
    name="factory-sim",
    help="Simulate production lines from a YAML file: throughput with its interval, what every "
    "station did, and the bottleneck.",
    epilog="Start with: factory-sim init line.yaml, then factory-sim run line.yaml",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class EngineName(StrEnum):
    """The engines a run can ask for."""

    auto = "auto"
    batch = "batch"
    reference = "reference"


class Shown(StrEnum):
    """Which stations the table of a run shows."""

    worst = "worst"
    all = "all"


File = Annotated[str, typer.Argument(help="Scenario, a YAML file; - reads standard input.")]
EngineOption = Annotated[
    EngineName | None,
    typer.Option(help="Engine to use. auto takes batch where it can, and says why if not."),
]
ReplicationsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Independent runs, instead of what the scenario says."),
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of all draws.")]
WorkersOption = Annotated[
    int, typer.Option(min=1, help="Processes to use. The result does not depend on it.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the scenario, e.g. --set stations.weld.buffer=6. Repeatable.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write manifest, estimates and tables (JSON, Parquet) to a directory.",
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
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over what is in --out DIR.")]


def command(body: Callable[..., int]) -> Callable[..., None]:
    """Register a function as a command that exits with the code it returns or earns."""
    return app.command()(exiting(body))


@command
def run(
    file: File,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    level: Annotated[
        str | None,
        typer.Option(help="Level of automation, instead of the plan's, e.g. '30 %' or 0.3."),
    ] = None,
    workers: WorkersOption = 1,
    overrides: SetOption = None,
    out: OutOption = None,
    trace: TraceOption = None,
    plot: PlotOption = None,
    as_json: JsonOption = False,
    stations: Annotated[
        Shown, typer.Option(help="Stations in the table of a long plant.")
    ] = Shown.worst,
    force: ForceOption = False,
) -> int:
    """Simulate a scenario: throughput, station states, bottleneck, and what to doubt.

    A scenario with an automation plan is also compared with its baseline level.

    Example: factory-sim run line.yaml --set stations.weld.buffer=6 --out results
    """
    from factory_sim.report import terminal
    from factory_sim.study.run import simulate

    traced = _replications(trace, out)
    given = {"engine": engine and engine.value, "replications": replications, "seed": seed}
    texts = _overrides(overrides, **given, **{"automation.level": level})
    scenario = _load(file, texts)
    _check_directory(out, [scenario], force=force)
    with terminal.progress_bar(terminal.console(stderr=True)) as progress:
        result = simulate(scenario, workers=workers, progress=progress)
    if as_json:
        _print_json(result.record())
    else:
        terminal.show(result, terminal.console(), every_station=stations is Shown.all)
    if plot is not None:
        from factory_sim.report.figures import save

        save(result, plot)
    runs = {"run": result}
    if result.baseline:
        runs["baseline"] = result.baseline
    _write(out, runs, result.record(), texts, traced)
    return _finished(result.replications, interrupted=result.interrupted)


@command
def compare(
    a: Annotated[str, typer.Argument(help="First scenario, from which differences count.")],
    b: Annotated[str, typer.Argument(help="Second scenario.")],
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = 1,
    overrides: SetOption = None,
    overrides_b: Annotated[
        list[str] | None,
        typer.Option(
            "--set-b",
            metavar="KEY=VALUE",
            help="Override a key of B alone: what if? e.g. compare x.yaml x.yaml --set-b ...",
        ),
    ] = None,
    out: OutOption = None,
    trace: TraceOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Simulate two scenarios on the same draws and report the paired differences.

    Example: factory-sim compare line.yaml line.yaml --set-b stations.weld.servers=3
    """
    from factory_sim.report import terminal
    from factory_sim.study.compare import compare as compared

    traced = _replications(trace, out)
    given = {"engine": engine and engine.value, "replications": replications, "seed": seed}
    texts = _overrides(overrides, **given)
    scenarios = [_load(a, texts), _load(b, [*texts, *(overrides_b or [])])]
    _check_directory(out, scenarios, force=force)
    with terminal.progress_bar(terminal.console(stderr=True)) as progress:
        comparison = compared(*scenarios, workers=workers, progress=progress)
    if as_json:
        _print_json(comparison.record())
    else:
        terminal.show_both(comparison, terminal.console())
    runs = {"a": comparison.a, "b": comparison.b}
    _write(out, runs, comparison.record(), [*texts, *(overrides_b or [])], traced)
    return _finished(comparison.replications, interrupted=comparison.interrupted)


@command
def check(
    files: Annotated[list[str], typer.Argument(help="Scenarios; - reads standard input.")],
) -> int:
    """Check scenarios and report every problem with its line and what to write.

    Example: factory-sim check scenarios/*.yaml
    """
    codes = [_check(file) for file in files]
    return max(codes)


@command
def schema() -> int:
    """Print the JSON Schema of scenarios, for editors that complete and check YAML.

    Example: factory-sim schema > factory-sim.schema.json
    """
    from factory_sim.scenario import json_schema

    _print_json(json_schema())
    return DONE


@command
def verify(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="What run --out or compare --out wrote.")
    ],
    workers: WorkersOption = 1,
) -> int:
    """Repeat a run from its manifest and compare every figure, to the last bit.

    Example: factory-sim verify results
    """
    from factory_sim.report.manifest import verify as verified

    verdict = verified(directory, workers=workers)
    if not verdict.differences:
        print(f"{directory}: reproduced, hash {verdict.digest[:16]}")
        return DONE
    complain(f"{directory}: not reproduced")
    for text in (*verdict.differences, *verdict.versions):
        print(f"  {text}", file=sys.stderr)
    return USERS_ERROR


@command
def init(
    file: Annotated[Path, typer.Argument(help="File to write.")] = Path("line.yaml"),
) -> int:
    """Write a small commented scenario to start from.

    Example: factory-sim init line.yaml
    """
    from factory_sim.scenario import EXAMPLE

    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(EXAMPLE)
    except FileExistsError:
        complain(f"{file}: exists already; choose another name")
        return USERS_ERROR
    print(f"wrote {file}; now try: factory-sim run {file}")
    return DONE


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"factory-sim {version('factory-sim')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Simulate production lines from a YAML file.

    Throughput with its interval, what every station did, and the bottleneck.
    """


def _overrides(texts: Sequence[str] | None, **given: object) -> list[str]:
    """Return ``--set`` texts and the options that stand for a key, as overrides."""
    named = [f"{key}={value}" for key, value in given.items() if value is not None]
    return [*(texts or []), *named]


def _load(file: str, overrides: Sequence[str]) -> "Scenario":
    from factory_sim.scenario import load

    return load(file, overrides=overrides)


def _check(file: str) -> int:
    """Check one scenario; report its problems, or what it holds and what would run it."""
    from factory_sim.engines import EngineError, choose
    from factory_sim.line.compile import compile_plant
    from factory_sim.report.numbers import count
    from factory_sim.scenario import ScenarioError, load

    try:
        scenario = load(file)
        plant = compile_plant(scenario)
        choice = choose(plant, scenario.engine)
    except ScenarioError as error:
        complain(str(error))
        return USERS_ERROR
    except EngineError as error:
        complain(f"{file}: engine: {error}")
        return USERS_ERROR
    lines, stations = count(len(plant.lines), "line"), count(len(plant.stations()), "station")
    print(f"{file}: ok: {lines}, {stations}; {_sources(scenario)}")
    print(f"  {choice.engine} engine: {choice.reason}")
    return DONE


def _sources(scenario: "Scenario") -> str:
    """Return how many numbers of a scenario can be traced, and how many cannot."""
    from factory_sim.report.numbers import count

    total, assumed, unsourced = map(
        len, (scenario.figures, scenario.assumptions, scenario.unsourced)
    )
    sourced = total - assumed - unsourced
    return (
        f"{count(total, 'number')}: {sourced} with a source, {count(assumed, 'assumption')}, "
        f"{unsourced} without a source"
    )


def _replications(text: str | None, out: Path | None) -> list[int]:
    """Return the replications that ``--trace`` names: 0,3 or 0-3 or both."""
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


def _check_directory(out: Path | None, scenarios: "Sequence[Scenario]", *, force: bool) -> None:
    if out is not None:
        from factory_sim.report.files import check_directory

        check_directory(out, [scenario.digest for scenario in scenarios], force=force)


def _write(
    out: Path | None,
    runs: "dict[str, Result]",
    record: dict[str, Any],
    overrides: Sequence[str],
    traced: Sequence[int],
) -> None:
    if out is None:
        return
    from factory_sim.report.files import trace_table, write

    traces = {part: trace_table(result, traced) for part, result in runs.items() if traced}
    names = write(out, runs, record, overrides=overrides, traces=traces)
    print(f"wrote {out}: {', '.join(names)}", file=sys.stderr)


def _finished(replications: int, *, interrupted: bool) -> int:
    if not interrupted:
        return DONE
    complain(f"interrupted: the {replications} replications that were finished are reported")
    return INTERRUPTED


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its code, not a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()
