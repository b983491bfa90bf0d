"""Whether a run was long enough: the estimate as replications add up, and the warm-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from factory_sim.analysis.convergence import running
from factory_sim.report.figures.fonts import legible
from factory_sim.report.figures.style import (
    BAND,
    BLUE,
    SOFT,
    VERMILION,
    drawing,
    grid,
    headline,
    key,
    sheet,
    time_scale,
)
from factory_sim.report.numbers import percent_text
from factory_sim.scenario.durations import duration

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from factory_sim.line.arrays import Floats

STRETCHES = 250
"""Steps at most in which deliveries over time are drawn: noise hides the rise in more."""


@dataclass(frozen=True)
class Start:
    """How deliveries settle after the empty start.

    Attributes:
        end: Length of a replication, s.
        deliveries: (B,) mean over replications of the deliveries in equal spans of [0, end].
        asked: The warm-up that the rule MSER-5 asks for, s.
        reliable: Whether the rule can be relied on.
        cut: The warm-up that was cut, s.
    """

    end: float
    deliveries: Floats
    asked: float
    reliable: bool
    cut: float


def convergence(
    samples: Floats,
    confidence: float,
    *,
    what: str,
    unit: str,
    start: Start | None = None,
    title: str = "",
) -> Figure:
    """Return the running mean with its interval and, if given, deliveries from the start on.

    Args:
        samples: (R,) one value per replication, in order.
        confidence: Of the intervals.
        what: What is estimated.
        unit: Of the samples.
        start: Deliveries over time with the warm-up.
        title: Of the figure.
    """
    with drawing([title, what]):
        figure = sheet(2.4 if start is None else 4.2)
        panels = figure.subplots(1 if start is None else 2, squeeze=False)[:, 0]
        _running(panels[0], samples, confidence)
        panels[0].set_ylabel(f"{legible(what)}{', ' if unit else ''}{unit}")
        headline(figure, title)
        if start is not None:
            _start(panels[1], start)
        figure.align_ylabels()
    return figure


def _running(axes: Axes, samples: Floats, confidence: float) -> None:
    """Draw the mean of the first n replications against n."""
    means, half_widths = running(samples, confidence)
    numbers = np.arange(1, samples.size + 1)
    label = f"{percent_text(confidence)} interval"
    axes.fill_between(
        numbers, means - half_widths, means + half_widths, color=BAND, linewidth=0, label=label
    )
    axes.plot(numbers, means, color=BLUE, label="mean of the first n replications")
    axes.axhline(means[-1], color=SOFT, linewidth=0.7, linestyle=":")
    axes.set_xlim(1, max(samples.size, 2))
    # The interval of two or three replications would flatten all that comes after.
    known = half_widths[min(4, samples.size - 1) :]
    widest = np.nanmax(known) if np.isfinite(known).any() else 0.0
    reach = max(1.3 * widest, 1.1 * float(np.ptp(means[min(4, samples.size - 1) :])))
    if reach > 0:
        axes.set_ylim(means[-1] - reach, means[-1] + reach)
    axes.set_xlabel("replications n")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    key(axes)
    grid(axes, "y")


def _start(axes: Axes, start: Start) -> None:
    """Draw deliveries per hour over time, what the rule would cut and what was cut."""
    unit, size = time_scale(start.end)
    group = -(-start.deliveries.size // STRETCHES)
    edges = np.linspace(0.0, start.end, start.deliveries.size + 1)
    first = np.arange(0, start.deliveries.size, group)
    ends = np.append(edges[first], start.end)
    rate = 3600.0 * np.add.reduceat(start.deliveries, first) / np.diff(ends)
    if start.cut > 0:
        cut = f"cut, {duration(start.cut)}"
        axes.axvspan(0.0, start.cut / size, color="#eeeeee", linewidth=0.0, label=cut, zorder=0)
    axes.stairs(rate, ends / size, color=BLUE, linewidth=0.9, baseline=None)
    asked = f"steady after {duration(start.asked)} (MSER-5)"
    if not start.reliable:
        asked = "no steady state (MSER-5)"
    axes.axvline(start.asked / size, color=VERMILION, linestyle="--", linewidth=1.2, label=asked)
    axes.set_xlim(0.0, start.end / size)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(f"time since the start, {unit}")
    axes.set_ylabel("deliveries, parts/h")
    key(axes)
    grid(axes, "y")
