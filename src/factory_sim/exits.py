"""How commands end: the exit code, and what the user is told when something went wrong.

0 done, 1 the user's error, 2 usage (from typer), 3 a defect of this program, 130
interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

DONE, USERS_ERROR, OUR_DEFECT, INTERRUPTED = 0, 1, 3, 130


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")


def exiting(body: Callable[..., int]) -> Callable[..., None]:
    """Return a command that exits with the code that its body returns or earns."""

    @wraps(body)
    def command(*args: Any, **kwargs: Any) -> None:
        try:
            code = body(*args, **kwargs)
            sys.stdout.flush()
        except (typer.Exit, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            complain("interrupted before anything was finished")
            code = INTERRUPTED
        except BrokenPipeError:
            # The reader has what it wanted. Nothing may be flushed into the pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = DONE
        except Exception as error:
            code = _code(error)
        raise typer.Exit(code)

    return command


def _code(error: Exception) -> int:
    """Tell the user what went wrong and return the exit code it deserves."""
    from factory_sim.engines import EngineError
    from factory_sim.engines.reference import Deadlock
    from factory_sim.fleet.telemetry import TelemetryError
    from factory_sim.report.manifest import ManifestError
    from factory_sim.scenario import ScenarioError
    from factory_sim.study.case import StudyError
    from factory_sim.study.tiles import WorkersError

    ours = ScenarioError | StudyError | WorkersError | ManifestError | TelemetryError
    if isinstance(error, ours):
        complain(str(error))
    elif isinstance(error, EngineError | Deadlock):
        complain(f"engine: {error}")
    elif isinstance(error, OSError):
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    else:
        _report_defect(error)
        return OUR_DEFECT
    return USERS_ERROR


def _report_defect(error: Exception) -> None:
    """Write what a report of our defect needs to a file and say where it is."""
    import tempfile
    import traceback

    from factory_sim.study.versions import versions

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="factory-sim-", suffix=".log", delete=False
    ) as log:
        log.write(f"{json.dumps(versions(), indent=2)}\n{' '.join(sys.argv)}\n\n")
        log.writelines(traceback.format_exception(error))
    complain(f"this is a defect of factory-sim, not of your scenario: {error!r}")
    complain(f"please report it with {log.name}")
