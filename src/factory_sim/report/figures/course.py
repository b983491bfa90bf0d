"""What figures of a window of the day share: the clock, and faults with the recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from factory_sim.report.figures.style import FAINT, SOFT
from factory_sim.report.numbers import time_text
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from factory_sim.line.arrays import Floats
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

DAY = 86400
NICE = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, DAY)
"""Times between ticks to choose from, s."""

SECONDS = 1.5
"""Room of a tick such as 08:00:20, in those of 08:00."""

MOST_TOLD = 2
"""Most faults that a title names."""

BACK: dict[str, Any] = {"facecolor": "none", "edgecolor": SOFT, "hatch": "////", "linewidth": 0.0}
"""Style of the time after a fault until everything is back to normal."""


def values(course: Sequence[float | None]) -> Floats:
    """Return figures over time as an array; NaN for missing values."""
    return np.array(course, dtype=float)


def clock_axis(axes: Axes, record: Record, *, most: int = 7) -> None:
    """Show the time of day on an axis in s of a window, with at most so many ticks.

    Ticks with seconds are longer, so fewer of them fit. The end of the window has none, so
    that those of a panel beside it do not touch it.
    """
    begin, length = float(record["begin"]), float(record["length"])
    rooms = ((nice, SECONDS if nice % 60 else 1.0) for nice in NICE)
    step = next((nice for nice, room in rooms if length / nice * room <= most), length / most)
    first = np.ceil(begin / step) * step - begin
    axes.xaxis.set_major_locator(FixedLocator(np.arange(first, 0.97 * length, step).tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: clock(record, x)))
    axes.set_xlim(0.0, length)


def clock(record: Record, moment: float) -> str:
    """Return the time of day of a moment, s from the start of the window."""
    return clock_text((float(record["begin"]) + moment) % DAY)


def mark_faults(axes: Axes, record: Record) -> None:
    """Shade the faults, and hatch the time from their end until all is back to normal."""
    for fault in record["recoveries"]:
        axes.axvspan(fault["begin"], fault["end"], facecolor=FAINT, linewidth=0.0, zorder=0)
        if (back := back_at(fault, record)) is not None and back > fault["end"]:
            axes.axvspan(fault["end"], back, zorder=0, **BACK)


def back_at(fault: Record, record: Record) -> float | None:
    """Return when a base is back to normal, s; None if nothing is known of it.

    That is the end of the window where it is not back by then.
    """
    length = float(record["length"])
    if fault["after"] is not None:
        return min(float(fault["end"]) + float(fault["after"]), length)
    return length if fault["last"] else None


def legend_of_faults(record: Record, say: Catalogue) -> list[Patch]:
    """Return what shade and hatch mean, if there are any."""
    if not record["recoveries"]:
        return []
    marks = [Patch(facecolor=FAINT, label=say("base.fault"))]
    backs = [back_at(fault, record) or 0.0 for fault in record["recoveries"]]
    if any(back > f["end"] for back, f in zip(backs, record["recoveries"], strict=True)):
        marks.append(Patch(**BACK, label=say("base.recovering")))
    return marks


def fault_lines(record: Record, say: Catalogue) -> Iterator[str]:
    """Yield two lines on each fault: what, when and what was lost; when all was back to normal."""
    for fault in record["recoveries"][:MOST_TOLD]:
        yield say(
            "base.told",
            what=say.line(fault["what"]),
            begin=clock(record, fault["begin"]),
            end=clock(record, fault["end"]),
            lost=f"{fault['lost']:,}",
        )
        yield back_text(fault, record, say)
    if (left := len(record["recoveries"]) - MOST_TOLD) > 0:
        yield say("base.more_faults", number=str(left))


def back_text(fault: Record, record: Record, say: Catalogue) -> str:
    """Return when all was back to normal after a fault, and what was last."""
    if fault["end"] >= record["length"]:
        return say("base.lasts")
    if fault["after"] is None:
        last = say.line(fault["last"])
        return say("base.not_back", last=last) if fault["last"] else say("base.no_normal")
    if not fault["last"]:
        return say("base.back_at_once")
    return say("base.back", after=time_text(fault["after"]), last=say.line(fault["last"]))
