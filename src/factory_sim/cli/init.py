"""``factory-sim init``."""

from pathlib import Path
from typing import Annotated

import typer

from factory_sim.exits import DONE, USERS_ERROR, complain


def init(
    file: Annotated[Path, typer.Argument(help="File to write.")] = Path("line.yaml"),
) -> int:
    """Write a small commented scenario to start from.

    Example: factory-sim init line.yaml
    """
    from factory_sim.report.writable import check_file
    from factory_sim.scenario import EXAMPLE

    check_file(file)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(EXAMPLE)
    except FileExistsError:
        complain(f"{file}: exists already; choose another name")
        return USERS_ERROR
    print(f"wrote {file}; now try: factory-sim run {file}")
    return DONE
