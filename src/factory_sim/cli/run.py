"""``factory-sim run``."""

from enum import StrEnum
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
    PlotOption,
    PlotsOption,
    ReplicationsOption,
    SeedOption,
    SetOption,
    TraceOption,
    WorkersOption,
    as_options,
    as_overrides,
    check_traced,
    load_scenario,
    open_resources,
    parse_replications,
)
from factory_sim.cli.output import (
    check_figures,
    check_output,
    draw_at_once,
    exit_code,
    print_json,
    write_output,
)


class Shown(StrEnum):
    """What the table of a long plant shows."""

    shops = "shops"
    worst = "worst"
    all = "all"


def run(
    file: File,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    level: LevelOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    overrides: SetOption = None,
    out: OutOption = None,
    trace: TraceOption = None,
    plot: PlotOption = None,
    plots: PlotsOption = None,
    kpis: Annotated[
        bool, typer.Option("--kpis", help="Show OEE and the other KPIs by ISO 22400-2, too.")
    ] = False,
    as_json: JsonOption = False,
    stations: Annotated[
        Shown,
        typer.Option(help="Table of a long plant: its shops, its worst stations, or all."),
    ] = Shown.shops,
    force: ForceOption = False,
) -> int:
    """Simulate a scenario: throughput, station states, bottleneck, and what to doubt.

    A scenario with an automation plan is also compared with its baseline level.

    Example: factory-sim run line.yaml --set stations.weld.buffer=6 --out results
    """
    from factory_sim.report import terminal
    from factory_sim.report.run_summary import show_run
    from factory_sim.study.run import simulate

    traced = parse_replications(trace, out)
    given = {"engine": engine, "replications": replications, "seed": seed}
    texts = as_overrides(overrides, given | {"automation.level": level})
    scenario = load_scenario(file, texts)
    check_output(out, [scenario], force=force)
    check_figures(plots, plot)
    check_traced(traced, scenario)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        result = simulate(scenario, **resources)
    if as_json:
        print_json(result.record())
    else:
        show_run(result, terminal.console(), detail=stations.value)
        if kpis:
            from factory_sim.report.kpi_table import show_kpis

            show_kpis(result, terminal.console(), every_station=stations is Shown.all)
    runs = {"run": result}
    if result.baseline:
        runs["baseline"] = result.baseline
    options = as_options(trace=trace)
    write_output(out, runs, result.record(), texts, options=options, traced=traced)
    if plot is not None:
        from factory_sim.report.figures.station_states import station_states
        from factory_sim.report.figures.style import save

        save(station_states(result), plot)
    if plots is not None:
        from factory_sim.report.figures.gallery import figures_of
        from factory_sim.report.recorded import recorded_runs

        draw_at_once(plots, figures_of(recorded_runs(runs)))
    return exit_code(result.replications, interrupted=result.interrupted, out=out)
