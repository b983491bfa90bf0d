"""What the twin buys, lever by lever, and what a fault of the network costs, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from factory_sim.report.base_summary import summary
from factory_sim.report.basis import basis
from factory_sim.report.comparison_table import show_bases
from factory_sim.report.costs import cost_text
from factory_sim.report.numbers import count, elapsed, plus_minus, significant
from factory_sim.report.terminal import blocks, facts, print_lines, show_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from factory_sim.analysis.statistics import Estimate, Paired
    from factory_sim.study.faults import Chain, Cost
    from factory_sim.study.late import Late
    from factory_sim.study.twin import Gains


class Column(NamedTuple):
    """A figure of the table.

    Attributes:
        name: As the results have it.
        title: What it is called here.
        unit: In which it is shown.
        scale: What one of that is in the unit of the results.
    """

    name: str
    title: str
    unit: str
    scale: float


COLUMNS = (
    Column("throughput", "throughput", "parts/day", 1 / 24),
    Column("downtime", "down", "h/day", 150.0),  # a second per hour is 1/150 hours per day
    Column("detection_delay", "seen after", "min", 60.0),
    Column("first_time_through", "first time through", "%", 0.01),
)
"""Figures that are shown."""


def show_gains(gains: Gains, on: Console) -> None:
    """Print the plant without the twin, what each lever adds alone, and all together."""
    a = gains.together.a
    on.print(a.scenario.name, soft_wrap=True)
    print_lines(facts(basis(a), on.width), on)
    pairs = gains.together.differences
    shown = [column for column in COLUMNS if column.name in pairs]
    table: list[tuple[str, ...]] = [
        ("", *(column.title for column in shown)),
        ("", *(column.unit for column in shown)),
        ("  without the twin", *(plus_minus(pairs[c.name].a, c.scale) for c in shown)),
    ]
    for lever, comparison in zip(gains.levers, gains.alone, strict=True):
        table.append((f"  + {lever.name}", *_added(comparison.differences, shown)))
    if len(gains.levers) > 1:
        table.append(("  + all of them", *_added(pairs, shown)))
    table.append(("  with the twin", *(plus_minus(pairs[c.name].b, c.scale) for c in shown)))
    if gains.shares:
        table.append(("of the total, by Shapley value", *("" for _ in shown)))
        for number, lever in enumerate(gains.levers):
            table.append((f"  {lever.name}", *(_share(gains.shares, number, c) for c in shown)))
    _show_table(table, on)
    show_bases(gains.together, on)
    show_warnings(gains.warnings, on)


def _show_table(table: Sequence[Sequence[str]], on: Console) -> None:
    """Print a table, the first column with the names of its rows, in blocks that fit."""
    names, *columns = zip(*table, strict=True)
    for number, block in enumerate(blocks([names], columns, on.width)):
        print_lines([""] * (number > 0) + block, on)


def _added(pairs: Mapping[str, Paired], shown: Sequence[Column]) -> Iterator[str]:
    """Yield the difference of each figure."""
    for column in shown:
        pair = pairs.get(column.name)
        yield "-" if pair is None else plus_minus(pair.difference, column.scale, signed=True)


def _share(shares: Mapping[str, tuple[Estimate, ...]], number: int, column: Column) -> str:
    if column.name not in shares:
        return "-"
    return plus_minus(shares[column.name][number], column.scale, signed=True)


def show_chain(chain: Chain, on: Console, *, of: str = "") -> None:
    """Print the effects of a fault of the network, from messages to parts.

    Args:
        chain: What to print.
        on: Where.
        of: Which of two plants has the fault, such as ``B``.
    """
    on.print(f"from the fault of the network{of and f' of {of}'} to parts:")
    table: list[tuple[str, ...]] = [
        ("  seen late", "devices", "from", "until", "failures then", "later by", "down longer")
    ]
    table += [_row(late) for late in chain.late]
    _show_table(table, on)
    for late in chain.late:
        if late.lost is not None:
            on.print(f"  messages lost: {late.of} {late.lost:,.0f}")
    if chain.base:
        print_lines(
            ["  without it:", *(f"  {line}" for line in summary(chain.base, on.width - 2))], on
        )
    expected = sum(late.downtime for late in chain.late)
    costs: list[tuple[str, ...]] = [
        ("  one fault costs", "seen later", "stations down", "parts not made")
    ]
    costs.append(("  expected from the rates of failures", f"{significant(expected, 3)} s", "", ""))
    each = f"  simulated, {significant(chain.times, 3)} faults a run back to back"
    costs.append((each, *_cost(chain.each)))
    costs.append(("  simulated, this fault once", *_cost(chain.once)))
    _show_table(costs, on)
    on.print(f"  on {count(chain.replications, 'replication')}; differences are paired")


def _row(late: Late) -> tuple[str, ...]:
    return (
        f"  {late.of}",
        f"{late.devices:,}",
        elapsed(late.begin),
        elapsed(late.end),
        significant(late.failures, 2),
        f"{significant(late.delay, 3)} s",
        f"{significant(late.downtime, 3)} s",
    )


def _cost(cost: Cost) -> tuple[str, str, str]:
    return (
        cost_text(cost.unseen, unit="s"),
        cost_text(cost.downtime, unit="s"),
        cost_text(cost.parts),
    )
