"""Conditions that change with output, with the hour and with the age of the plant.

People learn, tire and are absent; machines become more reliable. ``line.pace`` holds
the functions that both engines evaluate these with.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Learning:
    """A power curve of experience: part k, from 0, takes ((made + k + 1) / reference)^b.

    Source: Wright (1936), "Factors affecting the cost of airplanes", Journal of the
    Aeronautical Sciences 3(4), 122-128.

    Attributes:
        exponent: b, at most 0; Wright's curve of 85 % has log2(0.85) = -0.234.
        reference: The part at which the factor is 1.
        made: Parts made before time 0.
        floor: The factor never falls below it.
    """

    exponent: float
    reference: float
    made: float = 0.0
    floor: float = 0.0


@dataclass(frozen=True)
class Fatigue:
    """What grows as a shift goes on: pieces of straight lines that repeat.

    From ``begins[i]`` on, work takes ``1 + values[i] + slopes[i] * (t - begins[i])``
    times its content, until the next begin; or defects are so many times as frequent.

    Attributes:
        period: Length of the pattern, s.
        begins: (n,) ascending within [0, period), the first is 0.
        values: (n,) share that is added at each begin.
        slopes: (n,) its growth, 1/s.
    """

    period: float
    begins: tuple[float, ...]
    values: tuple[float, ...]
    slopes: tuple[float, ...]


@dataclass(frozen=True)
class Staffing:
    """People of some stations who may be absent, and those who stand in for them.

    At each shift every person, one for each whole of a station's ``crew``, is absent
    with a probability. Utility workers fill open posts in the order of ``stations``.
    A post that stays open slows its station: work takes crew / (crew - open) times its
    content, as it is in the shift in which the work begins.

    Attributes:
        name: The line or the plant they work in.
        stations: Names, in flow order.
        rate: Probability to be absent.
        utility: People who stand in; they count in the labour hours.
        unmanned: Factor on the work content where nobody is left, at least 1.
        period: Length of the pattern of shifts, s.
        ends: When each shift ends and people are those of the next, within
            [0, period), ascending, at least one.
    """

    name: str
    stations: tuple[str, ...]
    rate: float
    utility: int
    unmanned: float
    period: float
    ends: tuple[float, ...]


@dataclass(frozen=True)
class Growth:
    """Reliability that grows: times between failures are shorter at first.

    Attributes:
        first: Factor on the time to the next failure at clock 0, in (0, 1]. It rises
            linearly to 1 and applies as it is when that time begins.
        over: Time on the clock of the failure until it is 1, s.
    """

    first: float
    over: float
