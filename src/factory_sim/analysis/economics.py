"""What a plant costs and when its capital comes back: plain formulas of money and energy.

Money is in one currency, energy in kWh. An estimated gain keeps its interval through every
formula that is monotone in it: transforming the ends of an interval that way leaves its
confidence unchanged.

Source: Blank & Tarquin (2017), Engineering Economy, 8th ed., chapters 2, 5 and 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.line.arrays import Floats

    Rule = Callable[[float, float], float]


@dataclass(frozen=True)
class Recovery:
    """When an investment is paid back, with its interval.

    Attributes:
        value: At the mean gain; infinite if never, NaN where there is nothing to pay back.
        low: At the upper end of the interval of the gain.
        high: At its lower end; infinite where that is no gain.
        confidence: Share of such intervals that hold the true value.
        unit: Of all three.
    """

    value: float
    low: float
    high: float
    confidence: float
    unit: str


def annuity_factor(interest: float, years: float) -> float:
    """Return the present value of 1 a year, paid at the end of each year.

        a = (1 - (1 + i)^-n) / i,  n where i = 0

    Args:
        interest: i, a share per year, >= 0.
        years: n, > 0.
    """
    if interest == 0:
        return years
    return -math.expm1(-years * math.log1p(interest)) / interest


def net_present_value(investment: float, gain: float, interest: float, years: float) -> float:
    """Return what an investment is worth today: ``-I + g a``, with a the annuity factor.

    Args:
        investment: I, paid today.
        gain: g, per year.
        interest: A share per year, >= 0.
        years: For which the gain is received, > 0.
    """
    return -investment + gain * annuity_factor(interest, years)


def payback(investment: float, gain: float) -> float:
    """Return the amount of a gain that pays an investment back: ``I / g``.

    With g per year it is the simple payback time in years; with g per part it is the
    break-even volume in parts. Infinite where there is no gain. Where nothing is invested it
    is 0 for a gain, and NaN where there is nothing to pay back.

    Args:
        investment: I, negative where capital becomes free.
        gain: g.
    """
    if math.isnan(gain):
        return math.nan
    if investment > 0:
        return investment / gain if gain > 0 else math.inf
    return 0.0 if gain > 0 or (gain == 0 and investment < 0) else math.nan


def discounted_payback(investment: float, gain: float, interest: float) -> float:
    """Return the years until the present value of a yearly gain reaches an investment.

        T = -ln(1 - i I / g) / ln(1 + i),  I / g where i = 0

    Infinite where the interest on I alone takes the gain; else as :func:`payback`.

    Args:
        investment: I, negative where capital becomes free.
        gain: g, per year.
        interest: i, a share per year, >= 0.
    """
    simple = payback(investment, gain)
    if interest == 0 or not 0 < simple < math.inf:
        return simple
    if interest * simple >= 1:
        return math.inf
    return -math.log1p(-interest * simple) / math.log1p(interest)


def recovery(investment: float, gain: Estimate, rule: Rule, unit: str) -> Recovery:
    """Return a payback with the interval that the gain gives it.

    The investment is known and the rule falls with the gain, so the ends of the gain's
    interval, swapped, are those of the payback: at the same confidence, exactly.

    Args:
        investment: What is to be recovered.
        gain: Per year or per part, with its interval.
        rule: The payback of an investment at a gain, such as :func:`payback`.
        unit: Of what the rule returns.
    """
    value, low, high = (rule(investment, g) for g in (gain.mean, gain.high, gain.low))
    return Recovery(value, low, high, gain.confidence, unit)


def energy(
    states: Floats, busy: Floats, idle: Floats, base: float, hours: float, on_shift: Floats
) -> Floats:
    """Return the electric energy of a window, kWh.

        E = h sum_s (busy_s p_busy,s + (1 - off_s - busy_s) p_idle,s) + h_on p_base

    with busy_s and off_s shares of the window h: a station draws its idle power
    whenever it is on shift and does not work, and no power off shift.

    Args:
        states: (R, S, 6) share of the window in each of ``STATES``.
        busy: (S,) power at work, kW.
        idle: (S,) power on shift without work, kW.
        base: Power on shift whatever the stations do, kW.
        hours: h, length of the window.
        on_shift: (R,) h_on, hours of the window that the plant is on shift.

    Returns:
        (R,) kWh.
    """
    at_work, off = (states[:, :, STATES.index(state)] for state in ("busy", "off"))
    drawn = at_work @ busy + np.maximum(1.0 - off - at_work, 0.0) @ idle
    total: Floats = hours * drawn + on_shift * base
    return total
