"""``factory-sim twin``."""

import itertools
import json
from typing import Annotated

import typer

from factory_sim.cli.options import (
    ClusterOption,
    EngineOption,
    ForceOption,
    JsonOption,
    OutOption,
    PlotsOption,
    ReplicationsOption,
    SeedOption,
    SetOption,
    WorkersOption,
    as_overrides,
    load_scenario,
    open_resources,
)
from factory_sim.cli.output import (
    check_figures,
    draw_at_once,
    exit_code,
    follow_faults,
    print_json,
    write_output,
)
from factory_sim.exits import DONE


def twin(
    scenario: Annotated[str, typer.Argument(help="Scenario file, - for standard input.")],
    shares: Annotated[
        bool,
        typer.Option("--shares", help="Split the total over the levers, which takes more runs."),
    ] = False,
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
    """Say what connecting the devices buys: each lever of the twin alone, and all together.

    Where the scenario states a fault of the network, it is followed to parts not made.

    Example: factory-sim twin plant.yaml --shares
    """
    from factory_sim.report import terminal
    from factory_sim.report.directory import ASKED, TWIN, check_study_directory
    from factory_sim.report.gains_table import show_chain, show_gains
    from factory_sim.study.faults import fault_chain
    from factory_sim.study.twin import gains

    texts = as_overrides(overrides, {"engine": engine, "replications": replications, "seed": seed})
    plant = load_scenario(scenario, texts)
    if out is not None:
        check_study_directory(out, TWIN, plant.digest, force=force)
    check_figures(plots)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        found = gains(plant, shares=shares, **resources)
        chain, code = None, DONE
        if not found.interrupted:
            chain, code = follow_faults(fault_chain, plant, **resources)
    record = found.record()
    if chain is not None:
        record["fault"] = chain.record()
    if as_json:
        print_json(record)
    else:
        on = terminal.console()
        show_gains(found, on)
        if chain is not None:
            on.print()
            show_chain(chain, on)
    runs = {"a": found.together.a, "b": found.together.b}
    keys = {TWIN: plant.digest, ASKED: json.loads(plant.canonical)}
    write_output(out, runs, record, texts, options=["--shares"] * shares, keys=keys)
    if plots is not None:
        from factory_sim.report.figures.gained import figures, parts
        from factory_sim.report.figures.gallery import figures_of
        from factory_sim.report.recorded import recorded_runs

        drawn = itertools.chain(figures(record), figures_of(recorded_runs(runs), called=parts()))
        draw_at_once(plots, drawn)
    return exit_code(found.replications, interrupted=found.interrupted, out=out) or code
