"""The digital base of a run in a few lines: load, speed, and what misses its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.report.numbers import count, rate_text, significant, time_text
from factory_sim.report.terminal import wrapped
from factory_sim.scenario.durations import duration
from factory_sim.scenario.shifts import clock_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factory_sim.fleet.base.result import BaseResult, ClassFigures

MOST_STALE = 3
"""Classes that miss their target and are named; the others are counted."""

TARGET = 0.99
"""Share of time and devices that must be within the target of a class for it to be met."""


def summary(base: BaseResult, width: int) -> list[str]:
    """Return three sentences about a digital base as lines; ``factory-sim base`` tells the rest."""
    return [line for sentence in _sentences(base) for line in wrapped(sentence, width)]


def _sentences(base: BaseResult) -> Iterator[str]:
    window = f"{duration(base.length)} from {clock_text(base.begin)}"
    yield (
        f"digital base, {window}: {count(base.messages, 'message')} of "
        f"{count(base.devices, 'device')}, {rate_text(base.messages / base.length)}/s, "
        f"{significant(100 * lost_share(base), 2)} % lost"
    )
    busiest = max(base.stages, key=lambda stage: stage.utilisation.mean)
    yield (
        f"  device to twin: p50 {time_text(base.latency['p50'])}, "
        f"p99 {time_text(base.latency['p99'])}; "
        f"busiest stage: {busiest.name}, load {busiest.utilisation.mean:.3f}"
    )
    yield f"  {_about_age(base)}"


def lost_share(base: BaseResult) -> float:
    """Return the share of the messages of the window that never reached the twin."""
    lost = sum(sum(each.lost.values()) for each in base.classes)
    return lost / base.messages if base.messages else 0.0


def stale(base: BaseResult) -> list[ClassFigures]:
    """Return the classes whose information is too old too often, the worst first.

    These are within their target, ``fresh_within``, for less than 99 % of time and devices.
    """
    missed = [(each.fresh.mean, each) for each in base.classes if each.fresh is not None]
    return [each for share, each in sorted(missed, key=lambda one: one[0]) if share < TARGET]


def _about_age(base: BaseResult) -> str:
    aims = sum(each.fresh is not None for each in base.classes)
    missed = stale(base)
    if not aims:
        return "age of information: no class has a target; give one with fresh_within"
    if not missed:
        classes = "its class" if aims == 1 else f"all {aims} classes that have one"
        return f"age of information: within the target of {classes}"
    named = [_missed(each) for each in missed[:MOST_STALE]]
    if rest := len(missed) - MOST_STALE:
        named += [f"{rest} more"] if rest > 0 else []
    return f"too old for their target: {', '.join(named)}"


def _missed(each: ClassFigures) -> str:
    assert each.fresh is not None
    assert each.fresh_within is not None
    share = significant(100 * each.fresh.mean, 3)
    return f"{each.name} ({share} % within {time_text(each.fresh_within)})"
