"""The digital base on the terminal: stages, what the twin knows of the devices, faults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from factory_sim.report.numbers import NOISE, count, rate_text, significant, time_text
from factory_sim.report.terminal import blocks, facts, print_lines, show_warnings, wrapped
from factory_sim.scenario.durations import duration
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.fleet.base.result import BaseResult, ClassFigures, Recovery, StageFigures

DASH = "-"


def show_base(result: BaseResult, on: Console) -> None:
    """Print a run of the digital base."""
    print_lines(lines(result, on.width), on)
    show_warnings(result.doubts, on)


def lines(result: BaseResult, width: int) -> Iterator[str]:
    """Yield a run of the digital base as lines of text that fit a width."""
    window = f"{duration(result.length)} from {clock_text(result.begin)}"
    yield from facts(
        f"{result.name}, {count(result.devices, 'device')} · {window} · "
        f"{count(result.messages, 'message')}, {rate_text(result.messages / result.length)}/s · "
        f"{result.seconds:.1f} s",
        width,
    )
    tail = ", ".join(f"{key} {time_text(value)}" for key, value in result.latency.items())
    yield from wrapped(f"  from device to twin: {tail}", width)
    for rows in (_stage_rows(result), _class_rows(result)):
        names, *columns = zip(*rows, strict=True)
        for block in blocks([names], columns, width):
            yield ""
            yield from block
    if result.recoveries:
        yield ""
    for recovery in result.recoveries:
        yield from wrapped(f"  {_recovery(recovery, result)}", width)


def _with_interval(estimate: Estimate) -> str:
    """Return a time with its half-width as a share of it."""
    if not estimate.half_width > NOISE * estimate.mean or not estimate.mean > 0:
        return time_text(estimate.mean)
    spread = significant(100 * estimate.half_width / estimate.mean, 2)
    return f"{time_text(estimate.mean)} ± {spread} %"


def _stage_rows(result: BaseResult) -> Iterator[tuple[str, ...]]:
    heads = "  stage", "messages/s", "load", "queue", "longest", "lost", "mean"
    yield (*heads, *(key for key in result.stages[0].latency if key != "p50"))
    for stage in result.stages:
        yield (
            f"  {stage.name}{_replicas(stage)}",
            rate_text(stage.arrived / result.length),
            f"{stage.utilisation.mean:.3f}",
            significant(stage.queue.mean, 3),
            f"{stage.longest_queue:,}",
            f"{stage.lost:,}",
            _with_interval(stage.mean_latency),
            *(time_text(value) for key, value in stage.latency.items() if key != "p50"),
        )


def _replicas(stage: StageFigures) -> str:
    """Return the servers of a stage: one number, or from where to where they went."""
    low, high = stage.course.replicas.min(), stage.course.replicas.max()
    return f" x {high:.3g}" if low == high else f" x {low:.3g} to {high:.3g}"


def _class_rows(result: BaseResult) -> Iterator[tuple[str, ...]]:
    yield "  class", "devices", "messages/s", "lost", "p99", "age", "age p99", "fresh", "seen after"
    for each in result.classes:
        yield (
            f"  {each.name}",
            f"{each.devices:,}",
            f"{each.sent / result.length:,.4g}",
            f"{sum(each.lost.values()):,}",
            time_text(each.latency["p99"]),
            _with_interval(each.age),
            time_text(each.age_p99.mean),
            _fresh(each),
            time_text(each.detection.mean(each.detection.normal)),
        )


def _fresh(each: ClassFigures) -> str:
    """Return the share of time and devices within the aim."""
    if each.fresh is None or each.fresh_within is None:
        return DASH
    return f"{100 * each.fresh.mean:.2f} % < {time_text(each.fresh_within)}"


def _recovery(recovery: Recovery, result: BaseResult) -> str:
    begin, end = (
        clock_text((result.begin + moment) % 86400) for moment in (recovery.begin, recovery.end)
    )
    lost = f"{count(recovery.lost, 'message')} lost"
    if recovery.end >= result.length:
        back = "it lasts to the end of the window"
    elif recovery.after is None:
        back = f"{recovery.last} not back to normal within the window"
    elif math.isnan(recovery.after):
        back = "too little time before it to say what is normal; let it begin later"
    elif recovery.last:
        step = result.steps[1] - result.steps[0]
        back = f"back to normal {time_text(recovery.after)} after its end (to {time_text(step)}), "
        back += f"last the {recovery.last}"
    else:
        back = "back to normal at its end"
    return f"{recovery.what}, {begin} to {end}: {lost}; {back}"
