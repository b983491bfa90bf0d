"""The price of one second: how throughput responds to a small change, from the same runs.

With C the time from the last departure before the window to the last one in it, and
D = dC / d(parameter),

    d throughput / d parameter = - throughput * D / (C on shift and not down by the calendar)

since a window of fixed length holds fewer parts in proportion; breakdowns on the calendar
clock take their share of it whatever is done in it, as breaks do. D is read off the critical
path: the end moves as much as what is on the path moves (infinitesimal perturbation
analysis; Ho & Cao 1991; Glasserman 1991). Both ends of the window have a path, and D is
the difference of the two.

What is changed, and how good the price is:

    cycle    Work contents are scaled, so that their mean over the mix of models is one
             second shorter; a draw is a fixed quantile, so it shrinks in proportion. Exact
             in expectation. To first order with breakdowns, since more work meets more of
             those on the busy clock: they count in proportion to the work on the path.
    takt     Of a section. Exact.
    mttr     Repairs of a station with one failure mode are scaled, so that their mean changes
             by a minute. Exact for breakdowns on the busy clock. On the calendar clock to first
             order: a longer repair also moves the next breakdown, so that the time it takes
             is not broken down itself.
    repairs  Of a station with several modes, or with a response to failures, a tenth of every
             repair: a minute of their mean would be much of a short stop and little of a long
             one. As exact; to first order where detection and dispatch add to the downtime.
    mtbf     A share of the breakdowns does not happen (for exponential times between
             failures the same as a longer mtbf). *At most* this: a breakdown that is taken
             away gains no more than its seconds on the path, and less where buffers
             would have covered part of it. (To first order with parallel servers.)
    place    One more place in a buffer: what the waits for a place on the path would lose,
             one at a time. It says what to try first and not what it gains: a place that
             frees earlier changes which part waits for which from there on.

All are rates at the present plant. A second that is a good part of the work gains more than
its price where the station stays the bottleneck, as 1 / (c - 1) - 1 / c is more than 1 / c^2,
and less where another becomes it; so does a share of the breakdowns, by as little as it is
small.

What is exact is so no more than to first order where shifts or breakdowns on the calendar
clock cut the time that is gained, where people tire, learn or are absent or reliability
grows, so that work depends on the hour, where parts are sent back and overtake others, and
where people are shared. Where people learn or reliability grows, a second is gained at the
mean pace of the window, and worth more at the pace of its end. Work
content below a second and repairs below a minute change by a tenth.

Each replication gives one price, so each has an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from factory_sim.analysis.path.contents import mean_content
from factory_sim.line.plant import UNLIMITED, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.analysis.path.critical_path import CriticalPath
    from factory_sim.line.arrays import Floats
    from factory_sim.line.failures import Failure
    from factory_sim.line.plant import Plant, Station

    Kind = Literal["cycle", "takt", "mttr", "repairs", "mtbf", "place"]
    Claim = Literal["exact", "first order", "at most", "rank", "measured"]
    Saved = tuple[Kind, str, float, Claim, Floats]

FEWER = 0.10
"""Share that the prices of ``mtbf`` and ``repairs`` take away."""

MINUTE = 60.0


@dataclass(frozen=True)
class Price:
    """What a change is worth.

    Attributes:
        kind: What is changed; see the module.
        place: Name of the station or section; of a feeder for the places after it.
        amount: How much, to the better: s less, share fewer, places more.
        claim: How good the price is.
        samples: (R,) gain in throughput, parts/h, one value per replication.
    """

    kind: Kind
    place: str
    amount: float
    claim: Claim
    samples: Floats


def prices(plant: Plant, path: CriticalPath, throughput: Floats) -> tuple[Price, ...]:
    """Return the price of every change that affects the path.

    Each change is found with the seconds (R,) by which it shortens the path.

    Args:
        plant: What was simulated.
        path: Its critical paths.
        throughput: (R,) parts delivered per hour.
    """
    by_work = np.column_stack(
        [_share_by_work(number, one, path) for number, one in enumerate(plant.stations())]
    )
    up = _up(plant, path, by_work)
    found = (
        *_cycles(plant, path, by_work),
        *_takts(plant, path),
        *_repairs(plant, path, by_work, up),
        *_breakdowns(plant, path),
        *_buffers(plant, path),
    )
    open_ = path.open * up
    rate = np.divide(throughput, open_, out=np.zeros_like(open_), where=open_ > 0)
    steady = not plant.pools and all(
        (s.inspection is None or s.inspection.then != "rework")
        and all(f.clock == "busy" or f.visits for f in s.failures)
        for s in plant.stations()
    )
    evolves = any(s.learning or any(f.growth for f in s.failures) for s in plant.stations())
    lowered = _lowered(steady=steady, evolves=evolves)
    return tuple(
        Price(kind, place, amount, lowered.get(claim, claim), rate * saved)
        for kind, place, amount, claim, saved in found
        if np.any(saved)
    )


def _lowered(*, steady: bool, evolves: bool) -> dict[Claim, Claim]:
    """Return which claims are no more than first order, and become that.

    Args:
        steady: Whether the same parts and breakdowns meet after a change.
        evolves: Whether the pace of the plant changes as it gains experience.
    """
    if evolves:
        return {"exact": "first order", "at most": "first order"}
    return {} if steady else {"exact": "first order"}


def _up(plant: Plant, path: CriticalPath, by_work: Floats) -> Floats:
    """Return the share (R,) of the path on shift without breakdowns on the calendar clock."""
    down = np.zeros_like(path.open)
    for number, station in enumerate(plant.stations()):
        if station.failures:
            down += path.of(station.name, "down") * (1.0 - by_work[:, number])
    share: Floats = 1.0 - np.divide(
        np.minimum(down, path.open), path.open, out=np.zeros_like(down), where=path.open > 0
    )
    return share


def _share_by_work(number: int, station: Station, path: CriticalPath) -> Floats:
    """Return which share (R,) of the breakdowns of a station on the path comes with its work.

    That is those on the busy clock. Records do not tell the modes of a station apart, so
    where both clocks run it is the share that the modes' rates give for the path's time there;
    false alarms fall into breaks.
    """
    per_work, per_time = (
        sum(f.down.mean / f.up.mean for f in station.failures if f.clock == clock and not f.visits)
        for clock in ("busy", "calendar")
    )
    if not per_time:
        return np.ones_like(path.open)
    work = per_work * path.processing[:, number]
    time = per_time * (path.processing + path.repairs)[:, number]
    share: Floats = np.divide(work, work + time, out=np.zeros_like(work), where=work > 0)
    return share


def amount_less(mean: float, unit: float) -> float:
    """Return a unit of time, or a tenth of the mean where that is shorter, s."""
    return unit if mean > unit else 0.1 * mean


def repair_share(failures: Sequence[Failure]) -> float:
    """Return the share of repairs in the downtime of some modes; the rest is the response."""
    repairs = sum(f.down.mean / f.up.mean for f in failures)
    downtime = sum((f.down.mean + _response(f)) / f.up.mean for f in failures)
    return repairs / downtime if downtime else 0.0


def _response(failure: Failure) -> float:
    """Return the mean time until a repair begins, s, of a failure that begins at time 0."""
    seen = 0.0 if failure.seen is None else float(failure.seen.mean(np.zeros(1))[0])
    return seen + (failure.dispatch.mean if failure.dispatch else 0.0)


def _cycles(plant: Plant, path: CriticalPath, by_work: Floats) -> Iterator[Saved]:
    absent = {name for group in plant.staffing for name in group.stations}
    for number, station in enumerate(plant.stations()):
        mean = mean_content(plant, station)
        if not mean:
            continue
        content, processing = path.content[:, number], path.processing[:, number]
        repairs = path.repairs[:, number] * by_work[:, number]
        per_work = np.divide(repairs, processing, out=np.zeros_like(repairs), where=processing > 0)
        amount = amount_less(mean, 1.0)
        saved = content * (1.0 + per_work) * amount / mean
        varies = station.fatigue or station.defect_fatigue or station.name in absent
        exact = not (station.failures or station.calendar.off or varies)
        yield "cycle", station.name, amount, "exact" if exact else "first order", saved


def _takts(plant: Plant, path: CriticalPath) -> Iterator[Saved]:
    for line in plant.lines:
        for stage in line.stages:
            if isinstance(stage, Section) and stage.takt:
                amount = amount_less(stage.takt, 1.0)
                paced = path.pace[:, path.places.index(stage.name)]
                claim: Claim = "first order" if stage.calendar.off else "exact"
                yield "takt", stage.name, amount, claim, paced * amount / stage.takt


def _repairs(plant: Plant, path: CriticalPath, by_work: Floats, up: Floats) -> Iterator[Saved]:
    for number, station in enumerate(plant.stations()):
        failures = [failure for failure in station.failures if not failure.visits]
        share = repair_share(failures)
        if not share:
            continue
        kept = by_work[:, number] + (1.0 - by_work[:, number]) * up
        repairs = path.repairs[:, number] * kept * share
        inexact = station.calendar.off or share < 1.0
        claim: Claim = "first order" if inexact else "exact"
        if len(failures) > 1 or share < 1.0:
            yield "repairs", station.name, FEWER, claim, repairs * FEWER
        else:
            mean = failures[0].down.mean
            amount = amount_less(mean, MINUTE)
            yield "mttr", station.name, amount, claim, repairs * amount / mean


def _breakdowns(plant: Plant, path: CriticalPath) -> Iterator[Saved]:
    for number, station in enumerate(plant.stations()):
        if station.failures:
            yield "mtbf", station.name, FEWER, "at most", path.repairs[:, number] * FEWER


def _buffers(plant: Plant, path: CriticalPath) -> Iterator[Saved]:
    for number, line in enumerate(plant.lines):
        for stage in line.stages[1:]:
            if stage.buffer != UNLIMITED:
                saved = path.release[:, path.places.index(stage.name)]
                yield "place", stage.name, 1.0, "rank", saved
        if line.joins is not None:
            after = path.release[:, len(path.places) + number]
            yield "place", line.name, 1.0, "rank", after
