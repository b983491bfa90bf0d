"""``factory-sim explain``."""

from typing import Annotated

import typer

from factory_sim.cli.options import (
    EngineOption,
    File,
    JsonOption,
    ReplicationsOption,
    SeedOption,
    SetOption,
    loaded,
    overridden,
)
from factory_sim.cli.output import finished, print_json


def explain(
    file: File,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    level: Annotated[
        str | None,
        typer.Option(help="Level of automation, instead of the plan's, e.g. '30 %' or 0.3."),
    ] = None,
    measure: Annotated[
        int,
        typer.Option(
            min=0,
            help="Simulate so many of the best changes whose price is not exact. "
            "Each takes as long as a run.",
        ),
    ] = 1,
    top: Annotated[int, typer.Option(min=1, help="Lines of each list.")] = 10,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> int:
    """Explain throughput: what each cause takes, where, and what to change first.

    Follows the critical path of every replication from the last part that leaves back to
    the first start, and reads from it what a second less would gain at each station.

    Example: factory-sim explain line.yaml --measure 3
    """
    from factory_sim.report import explanation, terminal
    from factory_sim.study.explain import explain as explained

    given = {"engine": engine and engine.value, "replications": replications, "seed": seed}
    scenario = loaded(file, overridden(overrides, **given, **{"automation.level": level}))
    with terminal.progress_bar(terminal.console(stderr=True)) as progress:
        result = explained(scenario, measure=measure, progress=progress)
    if as_json:
        print_json(result.record())
    else:
        on = terminal.console()
        terminal.print_lines(explanation.lines(result, top=top, width=on.width), on)
        terminal.show_warnings(result.warnings, on)
    return finished(result.replications, interrupted=result.interrupted)
