"""``factory-sim sweep``."""

from typing import Annotated

import typer

from factory_sim.cli.options import (
    ClusterOption,
    EngineOption,
    File,
    ForceOption,
    JsonOption,
    OutOption,
    PlotsOption,
    ReplicationsOption,
    SeedOption,
    SetOption,
    WorkersOption,
    as_options,
    as_overrides,
    load_scenario,
    open_resources,
    parse_share,
)
from factory_sim.cli.output import check_figures, draw_at_once, exit_code, print_json, print_written


def sweep(
    file: File,
    automation: Annotated[
        str | None,
        typer.Option(
            metavar="LEVELS",
            help="Levels of automation: from, to and step as in 0:1:0.1, or '0,25 %,50 %'. "
            "Differences count from the plan's baseline.",
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUES",
            help="A key as --set takes it and its values, e.g. stations.weld.buffer=2:8:2 or "
            "stations.weld.servers=1,2. Repeatable; several make a grid.",
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Draw so many points of a Latin hypercube, not the grid."),
    ] = None,
    fastest_takt: Annotated[
        str | None,
        typer.Option(
            metavar="AVAILABILITY",
            help="Run every point at the fastest takt at which its main line still meets this "
            "availability, e.g. '95 %'. The work content stays.",
        ),
    ] = None,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    overrides: SetOption = None,
    out: OutOption = None,
    plots: PlotsOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Simulate a scenario at many levels of automation or settings, on the same draws.

    Shows what every point makes, loses, takes and costs, when its capital has come back,
    and which point is best by each figure as far as that can be told.

    Example: factory-sim sweep plant.yaml --automation 0:1:0.1 --out results
    """
    from factory_sim.report import terminal
    from factory_sim.report.directory import SWEPT, check_study_directory
    from factory_sim.report.sweep_files import write_sweep
    from factory_sim.report.sweep_table import show_sweep
    from factory_sim.study.sweep.run import sweep as swept

    availability = parse_share("--fastest-takt", fastest_takt)
    texts = as_overrides(overrides, {"engine": engine, "replications": replications, "seed": seed})
    scenario = load_scenario(file, texts)
    if out is not None:
        check_study_directory(out, SWEPT, scenario.digest, force=force)
    check_figures(plots)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        result = swept(
            scenario,
            automation=automation,
            vary=vary or (),
            samples=samples,
            fastest_takt=availability,
            **resources,
        )
    if as_json:
        print_json(result.record())
    else:
        show_sweep(result, terminal.console())
    if out is not None:
        options = as_options(
            automation=automation, vary=vary, samples=samples, fastest_takt=fastest_takt
        )
        names = write_sweep(out, result, scenario, options, texts)
        print_written(out, names)
    if plots is not None:
        from factory_sim.report.figures.swept import figures

        draw_at_once(plots, figures(result.record()))
    return exit_code(result.replications, interrupted=result.interrupted, out=out)
