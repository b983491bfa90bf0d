"""The command line: one file per command, named for it.

Nothing heavy is imported before a command needs it, so that ``--help`` is quick. Only
this package prints; what its commands exit with is in ``exits.py``.
"""

import logging
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from factory_sim.cli.base import base
from factory_sim.cli.check import check
from factory_sim.cli.compare import compare
from factory_sim.cli.device import device
from factory_sim.cli.diff import diff
from factory_sim.cli.explain import explain
from factory_sim.cli.init import init
from factory_sim.cli.plot import plot
from factory_sim.cli.report import report
from factory_sim.cli.run import run
from factory_sim.cli.schema import schema
from factory_sim.cli.sweep import sweep
from factory_sim.cli.telemetry import telemetry
from factory_sim.cli.twin import twin
from factory_sim.cli.verify import verify
from factory_sim.exits import complain, exiting

COMMANDS = (
    run,
    compare,
    diff,
    explain,
    sweep,
    twin,
    base,
    device,
    telemetry,
    plot,
    report,
    check,
    schema,
    verify,
    init,
)
"""In the order of ``--help``."""

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


class _Command(TyperCommand):
    """A command whose errors say what an option takes and what was given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options; see the base class."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = _refusal(error)
            raise


def _refusal(error: typer.BadParameter) -> str:
    """Return why an option was refused, worded as for a key of a scenario."""
    mistakes = getattr(error.__cause__, "errors", None)
    if mistakes is None:
        return error.message
    details = mistakes()[0]
    match details["type"]:
        case "greater_than_equal":
            return f"must be at least {details['ctx']['ge']} (got {details['input']})"
        case "int_parsing":
            return f"must be a whole number (got {details['input']})"
        case "value_error":
            return str(details["ctx"]["error"])
    return error.message


for body in COMMANDS:
    app.command(cls=_Command)(exiting(body))


def _show_version(is_set: bool) -> None:
    if is_set:
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


class _UserLog(logging.Handler):
    """Shows log messages of this package to the user as plain lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to the current standard error, which a progress bar may have replaced."""
        complain(self.format(record))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its code, not a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    log = logging.getLogger("factory_sim")
    log.setLevel(logging.INFO)
    log.addHandler(_UserLog())
    app()
