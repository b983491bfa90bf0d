"""``factory-sim plot``."""

from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factory_sim.cli.output import draw_figures
from factory_sim.exits import DONE

if TYPE_CHECKING:
    from factory_sim.report.figures.gallery import Named
    from factory_sim.report.recorded import Recorded

FIGURES = "figures"
"""Directory within that of a run where its figures go."""

Given = tuple[str | None, float | None]
"""A time as it was written, and in s since the start of a run; nothing where left out."""


class Format(StrEnum):
    """What figures are written as."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def plot(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="What run, compare, sweep, explain, diff, base or twin --out wrote."
        ),
    ],
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the figures go; DIR/figures if left out."),
    ] = None,
    file_format: Annotated[Format, typer.Option("--format", help="Of the files.")] = Format.png,
    replication: Annotated[
        int | None,
        typer.Option(min=0, help="Whose events are drawn over time; the first if left out."),
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="When that begins: 6 h, 18:00 or 'tue 10:00'; after the warm-up if left out.",
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="When it ends; some parts, a shift."),
    ] = None,
) -> int:
    """Draw the figures of a run, a comparison, a sweep, an explanation, a diff or a base.

    Of a run: station states, convergence, parts in time, buffers, a shift, the devices of a
    fleet, its digital base; nothing is simulated but the one replication whose events are
    drawn over time. Of a sweep: output and costs against what was varied. Of an explanation:
    its waterfall and its prices. Of a diff: what each change adds, then what a comparison
    has. Of a digital base: latency, age of information, load. Of a twin: its levers, a fault
    followed to parts.

    Example: factory-sim plot results --format svg --from '6 h' --until '7 h'
    """
    named = _figures(directory, replication, begin, end)
    for path in draw_figures(to or directory / FIGURES, named, suffix=file_format.value):
        print(f"wrote {path}")
    return DONE


def _figures(
    directory: Path, replication: int | None, begin: str | None, end: str | None
) -> "Named":
    """Return the figures of what a directory holds."""
    from factory_sim.report.directory import BASE, DIFFED, STUDIES, SWEPT, TWIN, read_record
    from factory_sim.report.manifest import read

    kind = next((key for key in STUDIES if key in read(directory)), None)
    if kind in (None, DIFFED, TWIN):
        return _of_runs(directory, kind, replication, begin, end)
    if any(option is not None for option in (replication, begin, end)):
        message = (
            f"--replication, --from and --until choose what a run did over time; "
            f"{directory} holds the {STUDIES[kind]} of a scenario"
        )
        raise typer.BadParameter(message)
    if kind == BASE:
        from factory_sim.report.figures import based

        return based.figures(read_record(directory / "base.json", based.KEYS))
    if kind == SWEPT:
        from factory_sim.report.figures import swept

        return swept.figures(read_record(directory / "sweep.json", swept.KEYS))
    from factory_sim.report.figures import explained

    return explained.figures(read_record(directory / "explain.json", explained.KEYS))


def _of_runs(
    directory: Path,
    kind: str | None,
    replication: int | None,
    begin: str | None,
    end: str | None,
) -> "Named":
    """Return the figures of the runs in a directory, first those of what they were made for."""
    from factory_sim.report.directory import TWIN
    from factory_sim.report.figures.gained import parts
    from factory_sim.report.figures.gallery import COMPARED, figures_of
    from factory_sim.report.recorded import read_runs

    runs = read_runs(directory)
    start = next(iter(runs.values())).scenario.start
    first, last = _time("--from", begin, start), _time("--until", end, start)
    for run in runs.values():
        _check_replication(run, replication)
        _check_span(run, (begin, first), (end, last))
    called = parts() if kind == TWIN else COMPARED
    found = figures_of(runs, called=called, replication=replication, begin=first, end=last)
    return chain(_of_study(directory, kind, runs), found)


def _of_study(directory: Path, kind: str | None, runs: "dict[str, Recorded]") -> "Named":
    """Return the figures of a diff, of the gains of a twin, of faults that were compared."""
    from factory_sim.report.directory import DIFFED, SPLIT, TWIN, read_record
    from factory_sim.report.figures import diffed, gained
    from factory_sim.report.recorded import read_gains

    if kind == DIFFED:
        return diffed.figures(read_record(directory / SPLIT, diffed.KEYS))
    if kind == TWIN:
        return gained.figures(read_gains(directory))
    record = read_record(directory / "estimates.json", ())
    return gained.chains(record.get("faults", {}), runs)


def _time(option: str, text: str | None, start: float) -> float | None:
    """Return a time that was given, s since the start of a run at a moment of the week."""
    from factory_sim.scenario.readers import since_start

    if text is None:
        return None
    try:
        return since_start(text, start)
    except ValueError as error:
        message = f"{option}: {error}"
        raise typer.BadParameter(message) from None


def _check_replication(run: "Recorded", replication: int | None) -> None:
    """Check that a replication was run."""
    if replication is not None and replication not in run.replications:
        first, last = min(run.replications), max(run.replications)
        message = f"--replication must be one that was run, {first} to {last} (got {replication})"
        raise typer.BadParameter(message)


def _check_span(run: "Recorded", begin: Given, end: Given) -> None:
    """Check that a run has what is to be drawn over time."""
    from factory_sim.scenario.durations import duration

    def said(given: Given, otherwise: float) -> str:
        text, moment = given
        if text is None or moment is None:
            return duration(otherwise)
        return f"{text}, {duration(moment)} after its start" if ":" in text else text

    first = run.begin if begin[1] is None else begin[1]
    last = run.end if end[1] is None else end[1]
    if not 0 <= first < last <= run.end:
        message = (
            f"--from and --until must lie within the run, 0 to {duration(run.end)}, one after "
            f"the other (got {said(begin, run.begin)} to {said(end, run.end)})"
        )
        raise typer.BadParameter(message)
