"""What the twin buys, lever by lever, and what a fault of the network costs, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.base_summary import summary
from factory_sim.report.basis import basis
from factory_sim.report.comparison_table import show_bases
from factory_sim.report.costs import cost_text
from factory_sim.report.numbers import count, elapsed, plus_minus, significant
from factory_sim.report.terminal import aligned, print_lines, show_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from factory_sim.analysis.statistics import Estimate, Paired
    from factory_sim.study.faults import Chain, Cost
    from factory_sim.study.late import Late
    from factory_sim.study.twin import Gains

COLUMNS = (
    ("throughput", "parts/day", 1 / 24),
    ("downtime", "down h/day", 150.0),
    ("detection_delay", "seen after min", 60.0),
    ("first_time_through", "first time through %", 0.01),
)
"""Figures that are shown, what they are called there, and what one of that is in theirs: a
second per hour is 1/150 hours per day."""


def show_gains(gains: Gains, on: Console) -> None:
    """Print the plant without the twin, what each lever adds alone, and all together."""
    a = gains.together.a
    on.print(a.scenario.name, soft_wrap=True)
    on.print(basis(a), soft_wrap=True)
    shown = [column for column in COLUMNS if column[0] in gains.together.differences]
    pairs = gains.together.differences
    table: list[tuple[str, ...]] = [("", *(title for _, title, _ in shown))]
    table.append(("  without the twin", *(plus_minus(pairs[n].a, scale) for n, _, scale in shown)))
    for lever, comparison in zip(gains.levers, gains.alone, strict=True):
        table.append((f"  + {lever.name}", *_added(comparison.differences, shown)))
    if len(gains.levers) > 1:
        table.append(("  + all of them", *_added(pairs, shown)))
    table.append(("  with the twin", *(plus_minus(pairs[n].b, scale) for n, _, scale in shown)))
    if gains.shares:
        table.append(("of the total, by Shapley value", *("" for _ in shown)))
        for number, lever in enumerate(gains.levers):
            parts = [_share(gains.shares, n, number, scale) for n, _, scale in shown]
            table.append((f"  {lever.name}", *parts))
    print_lines(aligned(table, "<" + ">" * len(shown)), on)
    show_bases(gains.together, on)
    show_warnings(gains.warnings, on)


def _added(pairs: Mapping[str, Paired], shown: list[tuple[str, str, float]]) -> Iterator[str]:
    """Yield the difference of each figure."""
    for name, _, scale in shown:
        pair = pairs.get(name)
        yield "-" if pair is None else plus_minus(pair.difference, scale, signed=True)


def _share(shares: Mapping[str, tuple[Estimate, ...]], name: str, number: int, scale: float) -> str:
    return plus_minus(shares[name][number], scale, signed=True) if name in shares else "-"


def show_chain(chain: Chain, on: Console, *, of: str = "") -> None:
    """Print what becomes of a fault of the network, from messages to parts.

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
    print_lines(aligned(table, "<>>>>>>"), on)
    for late in chain.late:
        if late.lost is not None:
            on.print(f"  messages lost: {late.of} {late.lost:,.0f}")
    if chain.base:
        print_lines((f"  without it: {line.strip()}" for line in summary(chain.base)), on)
    expected = sum(late.downtime for late in chain.late)
    costs: list[tuple[str, ...]] = [
        ("  one fault costs", "seen later", "stations down", "parts not made")
    ]
    costs.append(("  expected from the rates of failures", f"{significant(expected, 3)} s", "", ""))
    each = f"  simulated, {significant(chain.times, 3)} faults a run back to back"
    costs.append((each, *_cost(chain.each)))
    costs.append(("  simulated, this fault once", *_cost(chain.once)))
    print_lines(aligned(costs, "<>>>"), on)
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
