"""An explanation as lines of text: the waterfall, the critical path, what to do first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.basis import basis, plan
from factory_sim.report.numbers import plus_minus, rounded, significant
from factory_sim.report.terminal import aligned, facts, shortened, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.study.explanation import Explanation
    from factory_sim.study.waterfall import Step

CLAIMS = {"exact": "", "first order": "about", "at most": "at most", "measured": "measured"}
"""How good a price is, in the words of the list; an exact one needs none."""

GIVEN = ("takt", "off shift")
"""Causes that the list of the path leaves out: they are in the waterfall, and of no station."""

LEAST = 3.6
"""Seconds per hour, a thousandth, from which on the list of the path has a place."""

OPEN = 3
"""Most changes listed without a significant gain, after those that have one."""

CANDIDATES = 3
"""Most changes listed whose gain is not known."""

NARROWEST = 24
"""Columns that the words of a change keep, however narrow the terminal."""


def lines(result: Explanation, *, top: int, width: int) -> list[str]:
    """Return the lines that say what an explanation found.

    Args:
        result: What was found.
        top: Entries of each list.
        width: Columns of the terminal.
    """
    charges = [c for c in result.charges if c.cause not in GIVEN and c.per_hour.mean >= LEAST][:top]
    path = [
        (f"  {c.place}", c.line if len(result.plant.lines) > 1 else "", c.cause, _of(c.per_hour))
        for c in charges
    ]
    found = [
        *facts(f"{result.scenario.name}{plan(result)} · {basis(result)}", width),
        "",
        "what the line loses, parts/h",
        *aligned([_step(step, result) for step in result.waterfall], "<>"),
        "",
        *wrapped(
            "where the critical path spends its time, beside takt and shifts, s per hour", width
        ),
        *aligned(_fitting(path, width), "<<<>"),
    ]
    return [*found, *_todo(result, top, width), *_candidates(result)]


def _todo(result: Explanation, top: int, width: int) -> list[str]:
    """Return the changes with a significant gain, then the best of those that may gain."""
    gains = [gain for gain in result.gains if gain.gain.mean > 0]
    known = [gain for gain in gains if gain.gain.low > 0][:top]
    open_yet = [gain for gain in gains if not gain.gain.low > 0]
    shown = open_yet[: OPEN if known else top]
    cells = [
        (f"  {g.label}", f"{plus_minus(g.gain, signed=True)} parts/h", CLAIMS[g.price.claim])
        for g in (*known, *shown)
    ]
    lines = aligned(_fitting(cells, width), "<><")
    found = ["", "what to do first", *lines[: len(known)]] if known else []
    if shown:
        best = f", the best {len(shown)} of {len(open_yet)}" if len(open_yet) > len(shown) else ""
        found += [*[""] * (not known), f"not told from no gain yet{best}", *lines[len(known) :]]
    return found


def _candidates(result: Explanation) -> list[str]:
    """Return the first changes whose gain only a run can tell, and how to get it."""
    shown = result.candidates[:CANDIDATES]
    if not shown:
        return []
    measured = sum(gain.price.claim == "measured" for gain in result.gains)
    return [
        f"what only a run can tell; try --measure {measured + len(shown)}",
        *(f"  {gain.label}" for gain in shown),
    ]


def _step(step: Step, result: Explanation) -> tuple[str, str]:
    """Return a row of the waterfall, its changes set in."""
    if step.kind == "total" and not step.half_width:
        return f"  {step.label}", significant(step.value, 4)
    estimate = Estimate(
        step.value, step.half_width, result.scenario.confidence, result.replications
    )
    if step.kind == "total":
        return f"  {step.label}", plus_minus(estimate)
    return f"    {step.label}", plus_minus(estimate, signed=True)


def _of(per_hour: Estimate) -> str:
    """Return seconds per hour, without an interval where there is none."""
    return plus_minus(per_hour) if per_hour.half_width > 0 else rounded(per_hour.mean, 1)


def _fitting(table: Sequence[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Return a table with its first column cut to what the others leave of the width."""
    if not table:
        return [("",) * 4]
    rest = sum(max(map(cell_len, column)) + 2 for column in list(zip(*table, strict=True))[1:])
    left = max(width - rest, NARROWEST)
    return [(shortened(first, left), *others) for first, *others in table]
