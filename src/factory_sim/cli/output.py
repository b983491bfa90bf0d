"""What commands write: JSON on standard output, the files of a run, its exit code."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from factory_sim.exits import DONE, INTERRUPTED, complain

if TYPE_CHECKING:
    from factory_sim.report.figures.gallery import Named
    from factory_sim.scenario import Scenario
    from factory_sim.study.result import Result

Found = TypeVar("Found")


def check_output(
    out: Path | None, scenarios: "Sequence[Scenario]", *, force: bool, diffed: bool = False
) -> None:
    """Check that ``--out`` may be written, before any time is spent."""
    if out is not None:
        from factory_sim.report.directory import check_directory

        digests = [scenario.digest for scenario in scenarios]
        check_directory(out, digests, diffed=diffed, force=force)


def check_figures(plots: Path | None, plot: Path | None = None) -> None:
    """Check that ``--plots`` and ``--plot`` may be written, before any time is spent."""
    from factory_sim.report.writable import check_figure, check_writable

    if plots is not None:
        check_writable(plots)
    if plot is not None:
        check_figure(plot)


def write_output(
    out: Path | None,
    runs: "dict[str, Result]",
    record: dict[str, Any],
    overrides: Sequence[str],
    *,
    options: Sequence[str] = (),
    traced: Sequence[int] = (),
    split: dict[str, Any] | None = None,
    keys: dict[str, Any] | None = None,
) -> None:
    """Write runs and their event logs to ``--out``, if it was given.

    Args:
        out: Of ``--out``.
        runs: The results, by the part they play.
        record: The content of ``estimates.json``.
        overrides: Overrides of the scenario's file, as ``key=value``.
        options: The other options needed to repeat the command.
        traced: Replications whose event logs are written.
        split: The record of a diff; None for other studies.
        keys: Further keys of the manifest.
    """
    if out is None:
        return
    from factory_sim.report.event_log import trace_table
    from factory_sim.report.run_files import write_runs

    traces = {part: trace_table(result, traced) for part, result in runs.items() if traced}
    names = write_runs(
        out,
        runs,
        record,
        overrides=overrides,
        options=options,
        traces=traces,
        split=split,
        keys=keys,
    )
    print_written(out, names)


def follow_faults(
    study: "Callable[..., Found]", *subjects: object, **resources: Any
) -> "tuple[Found | None, int]":
    """Run the study of faults that comes after another study; return its result and exit code.

    If the faults delay no failure, or Ctrl-C is pressed, the result is None and the reason is
    printed, so that the results of the study before can still be shown.

    Args:
        study: The study of the faults.
        subjects: Its positional arguments, such as a scenario or a comparison.
        resources: As yielded by :func:`cli.options.open_resources`.
    """
    from factory_sim.study.case import StudyError

    try:
        uncached = {key: value for key, value in resources.items() if key != "chunks"}
        return study(*subjects, **uncached), DONE
    except StudyError as problem:
        complain(f"warning: {problem}")
    except KeyboardInterrupt:
        complain("interrupted: faults of the network are not followed to parts")
        return None, INTERRUPTED
    return None, DONE


def draw_figures(directory: Path, named: "Named", *, suffix: str = "png") -> list[Path]:
    """Write figures into a directory; warn of characters that no font has."""
    from factory_sim.report.figures.fonts import MissingGlyphs
    from factory_sim.report.figures.gallery import write

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", MissingGlyphs)
        written = list(write(directory, named, suffix=suffix))
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        complain(f"warning: {text}")
    return written


def draw_at_once(directory: Path, named: "Named") -> None:
    """Write the figures of a study that has just been run, and name the files."""
    written = draw_figures(directory, named)
    print_written(directory, [path.name for path in written])


def exit_code(replications: int, *, interrupted: bool, out: Path | None = None) -> int:
    """Return the exit code of a study; print a note if it was interrupted.

    Args:
        replications: How many are reported.
        interrupted: Whether it stopped before all were done.
        out: Where its tiles are cached, if anywhere.
    """
    if not interrupted:
        return DONE
    complain(f"interrupted: the {replications:,} replications that were finished are reported")
    if out is not None:
        complain("the same command again computes the rest")
    return INTERRUPTED


def print_written(directory: Path, names: Sequence[str]) -> None:
    """Print on standard error which files were written, and where."""
    from factory_sim.report.terminal import console, print_lines, wrapped

    on = console(stderr=True)
    print_lines(wrapped(f"wrote {directory}: {', '.join(names)}", on.width), on)


def print_json(record: dict[str, Any]) -> None:
    """Print a record as JSON, and nothing else."""
    print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
