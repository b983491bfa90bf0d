"""Two plants side by side, figure by figure, for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len

from factory_sim.fleet.bases import share_base
from factory_sim.report.base_summary import summary
from factory_sim.report.basis import basis, subject
from factory_sim.report.numbers import plus_minus
from factory_sim.report.readable import is_informative, readable
from factory_sim.report.terminal import aligned, facts, print_lines, show_warnings, wrapped
from factory_sim.study.measures import measures
from factory_sim.study.ramp import COMPARED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from factory_sim.analysis.statistics import Paired
    from factory_sim.study.result import Comparison

SHARED = "variance"


def show_both(comparison: Comparison, on: Console, about: Sequence[str] = ()) -> None:
    """Print the basis of two results, their differences, and the doubts about either.

    Args:
        comparison: Of the two.
        on: Where.
        about: Lines that say what they differ in.
    """
    print_lines(facts(basis(comparison.a), on.width), on)
    show_comparison(comparison, on, about)
    show_bases(comparison, on)
    show_warnings(dict.fromkeys((*comparison.a.warnings, *comparison.b.warnings)), on)


def show_comparison(comparison: Comparison, on: Console, about: Sequence[str] = ()) -> None:
    """Print the paired differences of two results, each figure with its interval.

    The last column is what pairing did to the variance of the difference; a narrow terminal
    omits it.
    """
    for side, result in (("A", comparison.a), ("B", comparison.b)):
        print_lines(wrapped(f"{side}  {subject(result)}", on.width), on)
    print_lines(about, on)
    table = [("", "A", "B", "B - A", SHARED)]
    for label, unit, scale, pair in _worth_showing(comparison):
        difference = plus_minus(pair.difference, scale, signed=True)
        paired = -100 * pair.variance_reduction
        gained = "-" if math.isnan(paired) else f"{paired:+.1f} %"
        sides = plus_minus(pair.a, scale), plus_minus(pair.b, scale)
        table.append((f"  {label} {unit}", *sides, difference, gained))
    lines = aligned(table, "<>>>>")
    if comparison.replications == 1 or max(map(cell_len, lines)) > on.width:
        print_lines(aligned([row[:4] for row in table], "<>>>"), on)
        return
    print_lines(lines, on)
    on.print(f"  {SHARED}: what the shared draws take off the variance of B - A")


def show_bases(comparison: Comparison, on: Console) -> None:
    """Print the summary of the digital base that two results share, or of each."""
    a, b = comparison.a, comparison.b
    if a.base and b.base and share_base(a.scenario, b.scenario):
        print_lines(summary(a.base, on.width), on)
        return
    for letter, result in (("A", a), ("B", b)):
        if result.base:
            lines = summary(result.base, on.width - 3)
            print_lines((f"{letter}  {line}" for line in lines), on)


def _worth_showing(comparison: Comparison) -> Iterator[tuple[str, str, float, Paired]]:
    """Yield label, unit, its size and the pair of every figure informative in either result."""
    a, b, pairs = comparison.a, comparison.b, comparison.differences
    labels = {
        what.name: what.label
        for what in measures(a.plant, b.plant)
        if what.name in pairs and (is_informative(what.name, a) or is_informative(what.name, b))
    }
    labels |= {name: label for name, (label, _) in COMPARED.items() if name in pairs}
    for name, label in labels.items():
        pair = pairs[name]
        unit, scale = readable(pair.difference.unit, max(abs(pair.a.mean), abs(pair.b.mean)))
        yield label, unit, scale, pair
