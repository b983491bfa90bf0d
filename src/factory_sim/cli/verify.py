"""``factory-sim verify``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from factory_sim.cli.options import (
    ClusterOption,
    WorkersOption,
    bases_with_progress,
    open_executor,
    open_progress,
)
from factory_sim.exits import DONE, USERS_ERROR, complain


def verify(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="What run --out or compare --out wrote.")
    ],
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
) -> int:
    """Repeat a run from its manifest and compare every figure, to the last bit.

    Example: factory-sim verify results
    """
    from factory_sim.report.replay import verify as verified

    with open_executor(cluster, workers) as executor, open_progress() as counter:
        bases = bases_with_progress(counter)
        verdict = verified(directory, workers=workers, executor=executor, bases=bases)
    if not verdict.differences:
        print(f"{directory}: reproduced, hash {verdict.digest[:16]}")
        return DONE
    complain(f"{directory}: not reproduced")
    for text in (*verdict.differences, *verdict.versions):
        print(f"  {text}", file=sys.stderr)
    return USERS_ERROR
