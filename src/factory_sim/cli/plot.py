"""``factory-sim plot``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from factory_sim.cli.output import draw_figures
from factory_sim.exits import DONE

if TYPE_CHECKING:
    from factory_sim.report.recorded import Recorded

FIGURES = "figures"
"""Directory within that of a run where its figures go."""


class Format(StrEnum):
    """What figures are written as."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def plot(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="What run --out or compare --out wrote.")
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
            "--from", metavar="TIME", help="When that begins, e.g. '6 h'; after the warm-up."
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="When it ends; some parts, a shift."),
    ] = None,
) -> int:
    """Draw the figures of a run: states, convergence, parts in time, buffers, a shift.

    Nothing is simulated but the one replication whose events are drawn over time.

    Example: factory-sim plot results --format svg --from '6 h' --until '7 h'
    """
    from factory_sim.report.recorded import read_runs

    runs = read_runs(directory)
    window = [_time("--from", begin), _time("--until", end)]
    for run in runs.values():
        _check(run, replication, *window)
    written = draw_figures(
        to or directory / FIGURES,
        runs,
        suffix=file_format.value,
        replication=replication,
        begin=window[0],
        end=window[1],
    )
    for path in written:
        print(f"wrote {path}")
    return DONE


def _time(option: str, text: str | None) -> float | None:
    """Return a time that was given, s."""
    from factory_sim.scenario.quantities import duration

    if text is None:
        return None
    try:
        return duration(text)
    except ValueError as error:
        message = f"{option}: {error}"
        raise typer.BadParameter(message) from None


def _check(
    run: "Recorded", replication: int | None, begin: float | None, end: float | None
) -> None:
    """Check that a run has what is to be drawn."""
    from factory_sim.study.doubts import duration

    if replication is not None and replication not in run.replications:
        first, last = min(run.replications), max(run.replications)
        message = f"--replication must be one that was run, {first} to {last} (got {replication})"
        raise typer.BadParameter(message)
    first_moment = run.begin if begin is None else begin
    last_moment = run.end if end is None else end
    if not 0 <= first_moment < last_moment <= run.end:
        message = (
            f"--from and --until must lie within the run, 0 to {duration(run.end)}, one after "
            f"the other (got {duration(first_moment)} to {duration(last_moment)})"
        )
        raise typer.BadParameter(message)
