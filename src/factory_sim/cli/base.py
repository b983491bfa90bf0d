"""``factory-sim base``."""

from typing import Annotated

import typer

from factory_sim.cli.options import (
    MESSAGES,
    File,
    ForceOption,
    JsonOption,
    OutOption,
    PlotsOption,
    SeedOption,
    SetOption,
    as_overrides,
    load_scenario,
    open_progress,
)
from factory_sim.cli.output import check_figures, draw_at_once, print_json, print_written
from factory_sim.exits import DONE


def base(
    file: File,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help="Begin of the window, time of day, e.g. 06:00."
        ),
    ] = None,
    length: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="Length of the window, e.g. '8 h'."),
    ] = None,
    seed: SeedOption = None,
    overrides: SetOption = None,
    out: OutOption = None,
    plots: PlotsOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Simulate every message of the connected devices, from the air to the twin.

    Shows load, queue, loss and latency of every stage, how old what the twin knows of the
    devices is, how soon it sees a failure, and how long the base takes to recover from faults.

    Example: factory-sim base plant.yaml --for '8 h' --out results
    """
    from factory_sim.fleet.base.run import simulate_base
    from factory_sim.report import terminal
    from factory_sim.report.base_files import write_base
    from factory_sim.report.base_table import show_base
    from factory_sim.report.directory import BASE, check_study_directory

    window = {"digital_base.window.from": begin, "digital_base.window.for": length}
    texts = as_overrides(overrides, {"seed": seed, **window})
    scenario = load_scenario(file, texts)
    if out is not None:
        check_study_directory(out, BASE, scenario.digest, force=force)
    check_figures(plots)
    with open_progress(silent=as_json) as counter:
        result = simulate_base(scenario, progress=counter(MESSAGES))
    if as_json:
        print_json(result.record())
    else:
        show_base(result, terminal.console())
    if out is not None:
        names = write_base(out, result, scenario, texts)
        print_written(out, names)
    if plots is not None:
        from factory_sim.report.figures.based import figures

        draw_at_once(plots, figures(result.record()))
    return DONE
