"""``factory-sim diff``."""

from enum import StrEnum
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
    WorkersOption,
    as_options,
    as_overrides,
    as_overrides_of_b,
    load_both,
    open_resources,
)
from factory_sim.cli.output import (
    check_figures,
    check_output,
    draw_at_once,
    exit_code,
    print_json,
    write_output,
)


class By(StrEnum):
    """What changes are grouped by."""

    key = "key"
    station = "station"
    line = "line"


def diff(
    a: Annotated[str, typer.Argument(help="Scenario before.")],
    b: Annotated[str, typer.Argument(help="Scenario after.")],
    by: Annotated[By, typer.Option(help="What changes are counted by.")] = By.key,
    orders: Annotated[
        int | None,
        typer.Option(
            min=4,
            help="Orders of the changes to sample, an even number. "
            "Without it, up to 6 changes are split exactly, and 16 orders are sampled of more.",
        ),
    ] = None,
    engine: EngineOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = 1,
    cluster: ClusterOption = None,
    overrides: SetOption = None,
    overrides_b: SetOfBOption = None,
    out: OutOption = None,
    plots: PlotsOption = None,
    as_json: JsonOption = False,
    force: ForceOption = False,
) -> int:
    """Say what differs between two scenarios, and what each change adds to every figure.

    The parts add up to the difference, whatever the order of the changes (Shapley value).

    Example: factory-sim diff before.yaml after.yaml --by station
    """
    from factory_sim.report import terminal
    from factory_sim.report.diff_table import show_diff
    from factory_sim.study.diff import diff as split

    texts = as_overrides(overrides, {"engine": engine, "replications": replications, "seed": seed})
    texts_b = [*texts, *as_overrides_of_b(overrides_b)]
    scenarios = load_both(a, b, texts, texts_b)
    check_output(out, scenarios, force=force, diffed=True)
    check_figures(plots)
    with open_resources(workers, cluster, out, silent=as_json) as resources:
        found = split(*scenarios, by=by.value, orders_sampled=orders, **resources)
    if as_json:
        print_json(found.record())
    else:
        show_diff(found, terminal.console())
    runs = {"a": found.comparison.a, "b": found.comparison.b}
    write_output(
        out,
        runs,
        found.comparison.record(),
        texts_b,
        options=as_options(by=by.value, orders=orders),
        split=found.record(),
    )
    if plots is not None:
        from factory_sim.report.figures import diffed

        draw_at_once(plots, diffed.figures(found.record()))
    return exit_code(found.replications, interrupted=found.interrupted, out=out)
