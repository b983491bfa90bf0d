"""How often a failure mode fails in a run, also where wear that is seen prevents failures.

Repairs in breaks prevent the failures of long lives rather than those of short ones, whose
wear shows for a shorter time, and a run may be too short to hold long lives at all. So the
lives are followed from time 0 on: with m(t) the expected number of lives that begin at t of
the mode's clock, and K(s, t) the probability that one that began at s is followed by one at t,

    m = first + m K,    failures = those of the first lives + m F

where F(s) are those of a life that begins at s. Lives begin on a grid; what falls between two
of its points is shared between them, so that it keeps its mean, and lives that are all equal
spread a little.

Source: Cinlar (1975), Introduction to Stochastic Processes, chapter 10 (Markov renewal).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np

from factory_sim.line.calendars import breaks_until, off_until

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats
    from factory_sim.line.calendars import Calendar
    from factory_sim.line.distributions import Lifetime
    from factory_sim.line.failures import Failure

BIRTHS = 200
"""Steps of the grid on which lives begin."""

LIVES = 256
"""Lives that stand for all that begin at a time."""

FIRST = 4096
"""Lives that stand for all the first ones, which may have an age."""

GOLDEN = 0.6180339887498949
"""Multiples of it fill [0, 1) evenly: a lattice of ages and of what is left at them."""


@dataclass(frozen=True)
class Window:
    """What is watched of a run.

    Attributes:
        begin: Its begin, s from time 0.
        end: Its end, s.
    """

    begin: float
    end: float


@dataclass(frozen=True)
class _Clock:
    """What a mode's clock shows: the window, s, and when breaks begin, (n,), s ascending."""

    begin: float
    end: float
    breaks: Floats


def rate_of(failure: Failure, load: float, calendar: Calendar, window: Window) -> float:
    """Return how often a mode fails, 1/s.

    That is in the long run where nothing is prevented, and on average over the window where
    predictive maintenance does that.

    Args:
        failure: The mode, as good as new after repairs and without growth.
        load: Servers of its station that work on average in the window.
        calendar: When the station is off; it works evenly in the rest of the time.
        window: What is watched of the run.
    """
    if failure.prediction is None:
        if failure.clock == "busy":
            return load / failure.up.mean
        return 1.0 / (failure.up.mean + failure.down.mean)
    # Devices of a class share their law: what only tells them apart is left out.
    alike = replace(failure, name="", address=None, seen=None, dispatch=None, rank=0)
    if failure.clock == "calendar":
        return _prevented_rate(alike, 0.0, failure.prediction.breaks, window)
    return _prevented_rate(alike, load, calendar, window)


@lru_cache(maxsize=4096)
def _prevented_rate(failure: Failure, load: float, calendar: Calendar, window: Window) -> float:
    """Return the rate of failures that may be prevented, 1/s."""
    clock = _clock(failure, load, calendar, window)
    if clock.end <= 0.0:
        return 0.0
    from scipy.linalg import solve_triangular

    failures, births = _lived(failure, clock, np.zeros(1), *_first_lives(failure, clock))
    begins = np.linspace(0.0, clock.end, BIRTHS + 1)
    ups, share = _lives(failure, clock)
    later, followed = _lived(failure, clock, begins, ups, ups, np.full(ups.size, share))
    # No life is followed by an earlier one.
    many = solve_triangular(np.eye(begins.size) - followed.T, births[0], lower=True)
    return float(failures[0] + many @ later) / (window.end - window.begin)


def _clock(failure: Failure, load: float, calendar: Calendar, window: Window) -> _Clock:
    """Return what the clock of a mode shows that has a prediction."""
    assert failure.prediction is not None
    breaks = breaks_until(failure.prediction.breaks, window.end)
    if failure.clock == "calendar":
        return _Clock(window.begin, window.end, breaks)
    edges = np.array([window.begin, window.end])
    begin, end = (edges - off_until(calendar, edges)).tolist()
    if load <= 0.0 or end <= begin:
        return _Clock(0.0, 0.0, breaks)
    speed = load * (window.end - window.begin) / (end - begin)
    return _Clock(speed * begin, speed * end, speed * (breaks - off_until(calendar, breaks)))


def _lives(failure: Failure, clock: _Clock) -> tuple[Floats, float]:
    """Return lives whose wear shows in the run, and the share of all that each stands for."""
    middles = (np.arange(LIVES) + 0.5) / LIVES
    share = _share_shorter(failure, _longest(failure, clock))
    return failure.up.quantile(share * middles), share / LIVES


def _first_lives(failure: Failure, clock: _Clock) -> tuple[Floats, Floats, Floats]:
    """Return what is left at time 0 of the first lives, these lives, and their shares."""
    middles = (np.arange(FIRST) + 0.5) / FIRST
    longest = _longest(failure, clock)
    if failure.age is None:
        share = _share_shorter(failure, longest)
        ups = failure.up.quantile(share * middles)
        return ups, ups, np.full(FIRST, share / FIRST)
    law = cast("Lifetime", failure.up)
    ages = failure.age.quantile(middles)
    endured = law.hazard(ages)
    # Wear shows before the end if the life is shorter than (age + end) / begins.
    ends = -np.expm1(endured - law.hazard(longest * (1.0 + ages / clock.end)))
    chances = np.arange(FIRST) * GOLDEN % 1.0
    lives = law.age(endured - np.log1p(-chances * ends))
    return lives - ages, lives, ends / FIRST


def _longest(failure: Failure, clock: _Clock) -> float:
    """Return the longest life from time 0 whose wear shows in the run, s."""
    assert failure.prediction is not None
    begins = failure.prediction.begins
    return clock.end / begins if begins > 0.0 else np.inf


def _share_shorter(failure: Failure, longest: float) -> float:
    """Return a share of the lives, as small as may be, that holds all up to a length."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if float(failure.up.quantile(np.array([middle]))[0]) > longest:
            high = middle
        else:
            low = middle
    return high


def _lived(
    failure: Failure, clock: _Clock, begins: Floats, ups: Floats, lives: Floats, shares: Floats
) -> tuple[Floats, Floats]:
    """Return what becomes of lives.

    Args:
        failure: The mode.
        clock: Its clock.
        begins: (n,) when lives begin, or time 0 if that is later, s.
        ups: (m,) what is left of them then, s.
        lives: (m,) how long they are, s.
        shares: (m,) how many of all each stands for.

    Returns:
        (n,) expected failures in the window, and (n, BIRTHS + 1) births of lives after them.
    """
    ahead = failure.prediction
    assert ahead is not None
    fails = begins[:, None] + ups
    shows = np.maximum(fails - (1.0 - ahead.begins) * lives, begins[:, None])
    at = np.append(clock.breaks, np.inf)[np.searchsorted(clock.breaks, shows)]
    spared = shares * np.where(at < fails, ahead.chance, 0.0)
    failed = shares - spared
    watched = (fails > clock.begin) & (fails <= clock.end)
    down, planned = 0.0, 0.0
    if failure.clock == "calendar":
        down, planned = failure.down.mean, ahead.repair.mean
    births = _on_grid(fails + down, failed, clock.end) + _on_grid(at + planned, spared, clock.end)
    return np.where(watched, failed, 0.0).sum(axis=1), births


def _on_grid(times: Floats, shares: Floats, end: float) -> Floats:
    """Return the shares (n, m) of what comes at times (n, m), s, by points of the grid."""
    rows, points = len(times), BIRTHS + 1
    inside = times < end
    place = np.where(inside, times, 0.0) * (BIRTHS / end)
    left = np.minimum(place.astype(np.int64), BIRTHS - 1)
    part = place - left
    cell = (left + points * np.arange(rows)[:, None]).ravel()
    shares = np.where(inside, shares, 0.0)
    size = rows * points
    total = np.zeros(size)
    total += np.bincount(cell, (shares * (1.0 - part)).ravel(), size)
    total += np.bincount(cell + 1, (shares * part).ravel(), size)
    return total.reshape(rows, points)
