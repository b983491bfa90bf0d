"""``factory-sim compare``."""

import itertools
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
    SetOfBOption,
    SetOption,
    TraceOption,
    WorkersOption,
    as_options,
    as_overrides,
    as_overrides_of_b,
    check_traced,
    load_both,
    open_resources,
    parse_replications,
)
from factory_sim.cli.output import (
    check_figures,
    check_output,
    draw_at_once,
    exit_code,
    follow_faults,
    print_json,
    write_output,
)
from factory_sim.exits import DONE


def compare(
    a: Annotated[str, typer.Argument(help="First scenario, from which differences count.")],
    b: Annotated[str, typer.Argument(help="Second scenario.")],
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    overrides: SetOption = None,
    overrides_b: SetOfBOption = None,
    out: OutOption = None,
    trace: TraceOption = None,
    plots: PlotsOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Simulate two scenarios on the same draws and report the paired differences.

    Faults of the network that only one of them has are followed to parts not made.

    Example: factory-sim compare line.yaml line.yaml --set-b stations.weld.servers=3
    """
    from factory_sim.report import terminal
    from factory_sim.report.comparison_table import show_both
    from factory_sim.report.diff_table import changed_lines
    from factory_sim.report.gains_table import show_chain
    from factory_sim.study.changes import Between
    from factory_sim.study.compare import compare as compared
    from factory_sim.study.faults import chains_compared

    traced = parse_replications(trace, out)
    texts = as_overrides(overrides, {"engine": engine, "replications": replications, "seed": seed})
    texts_b = [*texts, *as_overrides_of_b(overrides_b)]
    scenarios = load_both(a, b, texts, texts_b)
    check_output(out, scenarios, force=force)
    check_figures(plots)
    check_traced(traced, *scenarios)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        comparison = compared(*scenarios, **resources)
        chains, code = None, DONE
        if not comparison.interrupted:
            chains, code = follow_faults(chains_compared, comparison, **resources)
    record = comparison.record()
    if chains:
        record["faults"] = {part: chain.record() for part, chain in chains.items()}
    if as_json:
        print_json(record)
    else:
        on = terminal.console()
        about = changed_lines(Between(*scenarios).changes, on.width)
        show_both(comparison, on, about)
        for part, chain in (chains or {}).items():
            on.print()
            show_chain(chain, on, of=part.upper())
    runs = {"a": comparison.a, "b": comparison.b}
    options = as_options(trace=trace)
    write_output(out, runs, record, texts_b, options=options, traced=traced)
    if plots is not None:
        from factory_sim.report.figures.gained import chains as followed_figures
        from factory_sim.report.figures.gallery import figures_of
        from factory_sim.report.recorded import recorded_runs

        drawn = recorded_runs(runs)
        faults = followed_figures(record.get("faults", {}), drawn)
        draw_at_once(plots, itertools.chain(faults, figures_of(drawn)))
    return exit_code(comparison.replications, interrupted=comparison.interrupted, out=out) or code
