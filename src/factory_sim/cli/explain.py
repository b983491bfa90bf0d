"""``factory-sim explain``."""

from typing import Annotated

import typer

from factory_sim.cli.options import (
    ClusterOption,
    EngineOption,
    File,
    ForceOption,
    JsonOption,
    LevelOption,
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
)
from factory_sim.cli.output import check_figures, draw_at_once, exit_code, print_json, print_written


def explain(
    file: File,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    level: LevelOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
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
    out: OutOption = None,
    plots: PlotsOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Explain throughput: what each cause takes, where, and what to change first.

    Follows the critical path of every replication from the last part that leaves back to
    the first start, and reads from it what a second less would gain at each station.

    Example: factory-sim explain line.yaml --measure 3
    """
    from factory_sim.report import explanation, terminal
    from factory_sim.report.directory import EXPLAINED, check_study_directory
    from factory_sim.report.explanation_files import write_explanation
    from factory_sim.study.explain import explain as explained

    given = {"engine": engine, "replications": replications, "seed": seed}
    texts = as_overrides(overrides, given | {"automation.level": level})
    scenario = load_scenario(file, texts)
    if out is not None:
        check_study_directory(out, EXPLAINED, scenario.digest, force=force)
    check_figures(plots)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        result = explained(scenario, measure=measure, **resources)
    if as_json:
        print_json(result.record())
    else:
        on = terminal.console()
        terminal.print_lines(explanation.lines(result, top=top, width=on.width), on)
        terminal.show_warnings(result.warnings, on)
    if out is not None:
        options = as_options(measure=measure)
        names = write_explanation(out, result, scenario.digest, texts, options)
        print_written(out, names)
    if plots is not None:
        from factory_sim.report.figures.explained import figures

        draw_at_once(plots, figures(result.record()))
    return exit_code(result.replications, interrupted=result.interrupted, out=out)
