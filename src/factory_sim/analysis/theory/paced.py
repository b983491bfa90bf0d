"""The rate of a paced section, whose parts move together when the last is done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RAREST = 1e-15
"""Probability below which a cycle of a paced section is left out; 1 - F loses its digits."""

STEP = 0.01
"""Probability of a single length of the cycle that is sure to be noticed."""


def paced_line_rate(takt: float, cdf: Callable[[float], float], positions: int) -> float:
    """Return the parts per second of a stop-and-go section with independent work times.

    The section has no Andon window, never waits for parts and never fails: it indexes
    when the takt has passed and all positions are done,

        E[cycle] = E[max(takt, W_1, ..., W_S)] = takt + int_takt^inf (1 - F(w)^S) dw.

    The product of the distribution functions of different positions is the F of one
    position. Cycles rarer than ``RAREST`` are left out. Steps of F, as for constant work,
    are met exactly where F^S rises by ``STEP`` or more.

    Args:
        takt: Shortest cycle, s.
        cdf: Distribution function F of the work time at one position, s to probability.
        positions: S.

    Raises:
        ValueError: If the takt is negative, there is no position, F does not reach 1, or
            there is neither takt nor work.

    Source: David & Nagaraja (2003), Order Statistics, 2.1 and 3.1.
    """
    if not 0.0 <= takt < math.inf or positions < 1:
        raise ValueError(
            f"a section needs a takt of 0 or more and a position (got {takt} s, {positions})"
        )

    def late(cycle: float) -> float:
        return 1.0 - float(cdf(cycle)) ** positions

    scale = max(takt, _falls_to(late, 0.5))
    end = max(takt, _falls_to(late, RAREST))
    ends = late(takt), late(0.5 * (takt + end)), late(end)
    cycle = takt + _area(late, takt, end, ends, 1e-13 * scale)
    if cycle == 0.0:
        raise ValueError("a section without takt and without work has no rate")
    return 1.0 / cycle


def _falls_to(survival: Callable[[float], float], level: float) -> float:
    """Return the first power of two at which a falling function is down to a level."""
    t = 1.0
    while survival(t) > level:
        t *= 2.0
        if t == math.inf:
            raise ValueError("cdf does not reach 1: every work time must end")
    while t > math.ulp(0.0) and survival(0.5 * t) <= level:
        t *= 0.5
    return t


def _area(
    falling: Callable[[float], float],
    begin: float,
    end: float,
    values: tuple[float, float, float],
    tolerance: float,
) -> float:
    """Return the integral of a falling function with its values at start, middle and end.

    Adaptive Simpson rule, to a tolerance for each panel. As the function falls, its
    values at the ends betray whatever lies between: a panel in which it falls by ``STEP``
    is always halved, down to the digits of its place, so larger steps are met exactly.
    """
    first, middle, last = values
    centre = 0.5 * (begin + end)
    left, right = falling(0.5 * (begin + centre)), falling(0.5 * (centre + end))
    coarse = (end - begin) / 6.0 * (first + 4.0 * middle + last)
    fine = (end - begin) / 12.0 * (first + 4.0 * left + 2.0 * middle + 4.0 * right + last)
    agree = abs(fine - coarse) <= 15.0 * tolerance and first - last < STEP
    if agree or end - begin <= max(tolerance, 2.0 * math.ulp(end)):
        return fine
    before, after = (first, left, middle), (middle, right, last)
    return _area(falling, begin, centre, before, tolerance) + _area(
        falling, centre, end, after, tolerance
    )
