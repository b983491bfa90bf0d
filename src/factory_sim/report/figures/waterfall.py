"""Where the output goes: from what was planned to what was made, loss by loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.analysis.statistics import Estimate
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BLUE,
    INK,
    ORANGE,
    ROW,
    SOFT,
    drawing,
    headline,
    sheet,
    short,
)
from factory_sim.report.numbers import plus_minus
from factory_sim.report.texts import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.report.texts import Catalogue

ROUNDING = 1e-9
"""Of the sum, relative to the largest step."""

SMALL = 0.5
"""Where all losses together are a smaller share of the whole, the axis begins above 0."""

MARGIN = 0.01
"""Beyond the longest bar or interval, so that its end shows, as a share of the axis."""

COLOURS = {"whole": BLUE, "loss": ORANGE, "gain": "#ffffff"}
HATCHES = {"whole": None, "loss": None, "gain": "////"}


@dataclass(frozen=True)
class Step:
    """A bar of a figure.

    Attributes:
        label: What it represents.
        value: How much, in the unit of the figure.
        half_width: Of its interval; 0 for what is exact, NaN where it is not known.
    """

    label: str
    value: float
    half_width: float = 0.0


def waterfall(
    whole: Step,
    changes: Sequence[Step],
    rest: Step,
    *,
    unit: str,
    title: str,
    say: Catalogue = ENGLISH,
) -> Figure:
    """Return a waterfall from a whole through losses to what is left.

    Args:
        whole: What could have been, such as the rate of the takt.
        changes: What comes on top; losses are negative. In the order of the figure.
        rest: What was, which is the sum of the whole and the changes.
        unit: Of all values.
        title: Of the figure.
        say: The texts of a language.

    Raises:
        ValueError: If the steps do not sum exactly.
    """
    total = math.fsum([whole.value, *(change.value for change in changes)])
    size = max(abs(whole.value), abs(rest.value), *(abs(c.value) for c in changes), 0.0)
    if abs(total - rest.value) > ROUNDING * size:
        message = f"the steps sum to {total} {unit}, not to {rest.label}, {rest.value} {unit}"
        raise ValueError(message)
    steps = [whole, *changes, rest]
    with drawing([title, unit, *(step.label for step in steps)]):
        figure = sheet(1.0 + 1.3 * ROW * len(steps))
        axes = figure.subplots()
        spans = _spans(whole, changes, rest)
        origin = _origin([*_edges(steps, spans)])
        _bars(axes, steps, spans, origin)
        axes.set_yticks(range(len(steps)), [short(legible(step.label), 40) for step in steps])
        axes.set_ylim(len(steps) - 0.4, -0.6)
        begins = say("figure.begins", origin=f"{origin:g}") if origin else ""
        axes.set_xlabel(f"{unit}{begins}")
        headline(figure, title)
    return figure


def _spans(whole: Step, changes: Sequence[Step], rest: Step) -> list[tuple[float, float]]:
    """Return from where to where each bar reaches."""
    spans, level = [(0.0, whole.value)], whole.value
    for change in changes:
        spans.append((level, level + change.value))
        level += change.value
    return [*spans, (0.0, rest.value)]


def _edges(steps: Sequence[Step], spans: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Yield what the axis must hold: the ends of the bars and of their intervals."""
    for step, (begin, end) in zip(steps, spans, strict=True):
        half = step.half_width if step.half_width > 0 else 0.0
        yield from (begin, end, end - half, end + half)


def _origin(edges: Sequence[float]) -> float:
    """Return where the axis begins: at 0, unless that would make the losses invisible."""
    inner = [edge for edge in edges if edge != 0.0]
    low, high = min(inner, default=0.0), max(inner, default=0.0)
    if low <= 0 or high - low > SMALL * high:
        return 0.0
    margin = 0.35 * (high - low) or 0.1 * high
    step = 10.0 ** math.floor(math.log10(margin))
    return math.floor((low - margin) / step) * step


def _bars(
    axes: Axes, steps: Sequence[Step], spans: Sequence[tuple[float, float]], origin: float
) -> None:
    """Draw the bars, what ties them together, and their values beside the axes."""
    edges = [*_edges(steps, spans)]
    low, high = origin or min(0.0, *edges), max(edges)
    axes.set_xlim(low, high + MARGIN * (high - low))
    last = len(steps) - 1
    for row, (step, (begin, end)) in enumerate(zip(steps, spans, strict=True)):
        is_total = row in (0, last)
        kind = "whole" if is_total else "loss" if step.value < 0 else "gain"
        begin = max(begin, origin)
        axes.barh(
            row,
            end - begin,
            left=begin,
            height=0.7,
            color=COLOURS[kind],
            hatch=HATCHES[kind],
            edgecolor=INK,
            linewidth=0.6,
        )
        if step.half_width > 0:
            axes.errorbar(end, row, xerr=step.half_width, color=INK, linewidth=0.9, capsize=2)
        if row < last:
            axes.plot([end, end], [row + 0.35, row + 0.65], color=SOFT, linewidth=0.7)
        axes.annotate(
            _written(step, signed=not is_total),
            (1.015, row),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
        )


def _written(step: Step, *, signed: bool) -> str:
    """Return the value of a step with its interval; what is exact has none."""
    if step.half_width == 0.0:
        return f"{step.value:+.4g}" if signed else f"{step.value:.4g}"
    return plus_minus(Estimate(step.value, step.half_width, 0.95, 0), signed=signed)
