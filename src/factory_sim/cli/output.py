"""What commands write: JSON on standard output, files of a run, how it ended."""

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
        record: What ``estimates.json`` is to hold.
        overrides: What was set on top of the scenario's file, as ``key=value``.
        options: The other options that the command needs to do the same again.
        traced: Replications of which every event is written.
        split: Of a diff: the shares of the changes.
        keys: What else the manifest is to say of the study.
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
    say_written(out, names)


def followed(
    study: "Callable[..., Found]", *asked: object, **means: Any
) -> "tuple[Found | None, int]":
    """Return what follows the faults of plants that were studied already, and the exit code.

    There is nothing but a word of why where they delay nothing or Ctrl-C was pressed: what was
    found before is shown all the same.

    Args:
        study: Of the faults.
        asked: Its positional arguments.
        means: Those of :func:`cli.options.computing`.
    """
    from factory_sim.study.case import StudyError

    try:
        kept = {key: value for key, value in means.items() if key != "chunks"}
        return study(*asked, **kept), DONE
    except StudyError as problem:
        complain(f"warning: {problem}")
    except KeyboardInterrupt:
        complain("interrupted: faults of the network are not followed to parts")
        return None, INTERRUPTED
    return None, DONE


def draw_figures(directory: Path, named: "Named", *, suffix: str = "png") -> list[Path]:
    """Write figures into a directory; say which letters no font has."""
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
    say_written(directory, [path.name for path in written])


def finished(replications: int, *, interrupted: bool, out: Path | None = None) -> int:
    """Return the exit code of a study; say so if it was interrupted.

    Args:
        replications: How many are reported.
        interrupted: Whether more were wanted.
        out: Where its tiles are kept, if anywhere.
    """
    if not interrupted:
        return DONE
    complain(f"interrupted: the {replications:,} replications that were finished are reported")
    if out is not None:
        complain("the same command again computes the rest")
    return INTERRUPTED


def say_written(directory: Path, names: Sequence[str]) -> None:
    """Say on standard error which files were written, and where."""
    from factory_sim.report.terminal import console, print_lines, wrapped

    on = console(stderr=True)
    print_lines(wrapped(f"wrote {directory}: {', '.join(names)}", on.width), on)


def print_json(record: dict[str, Any]) -> None:
    """Print a record as JSON, and nothing else."""
    print(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False))
