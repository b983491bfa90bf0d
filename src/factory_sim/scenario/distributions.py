"""Random times: a scenario names a family by ``dist``, and each inverts its distribution.

A distribution takes one uniform draw u in [0, 1) to one time, monotonically, so
that two variants of a station share their draws. All times are in s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Tag

from factory_sim.scenario.bounded import Beta, Constant, Empirical, Triangular, Uniform
from factory_sim.scenario.model import Shorthand, Unit
from factory_sim.scenario.quantities import TIME_SCHEMA
from factory_sim.scenario.unbounded import Erlang, Exponential, Gamma, Lognormal, Normal, Weibull

Floats = NDArray[np.float64]


def _tag(value: Any) -> str | None:
    """Return the tag of a distribution's class; tags wear <> so that no key looks like one."""
    dist = value.get("dist") if isinstance(value, Mapping) else getattr(value, "dist", None)
    return f"<{dist}>" if isinstance(dist, str) else None


def _constant(value: Any) -> Any:
    """Expand a bare time to a constant."""
    return {"dist": "constant", "value": value} if isinstance(value, str | int | float) else value


def _exponential(value: Any) -> Any:
    """Expand a bare time to the mean of an exponential distribution."""
    return {"dist": "exponential", "mean": value} if isinstance(value, str | int | float) else value


_Any = Annotated[
    Annotated[Constant, Tag("<constant>")]
    | Annotated[Exponential, Tag("<exponential>")]
    | Annotated[Uniform, Tag("<uniform>")]
    | Annotated[Triangular, Tag("<triangular>")]
    | Annotated[Normal, Tag("<normal>")]
    | Annotated[Lognormal, Tag("<lognormal>")]
    | Annotated[Gamma, Tag("<gamma>")]
    | Annotated[Erlang, Tag("<erlang>")]
    | Annotated[Weibull, Tag("<weibull>")]
    | Annotated[Beta, Tag("<beta>")]
    | Annotated[Empirical, Tag("<empirical>")],
    Discriminator(_tag),
]

Distribution = Annotated[_Any, Shorthand(_constant, TIME_SCHEMA), Unit("s")]
"""A random time; a bare time is constant."""

Lifetime = Annotated[_Any, Shorthand(_exponential, TIME_SCHEMA), Unit("s")]
"""A random time; a bare time is the mean of an exponential distribution."""


class RandomTime(Protocol):
    """What every distribution tells of itself."""

    @property
    def mean(self) -> float:
        """Expected value, s."""

    @property
    def sd(self) -> float:
        """Standard deviation, s."""

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""


@dataclass(frozen=True)
class Scaled:
    """Another distribution's times, multiplied: a ``Multiple``, so one draw serves both.

    Attributes:
        of: The distribution.
        factor: What its times are multiplied by.
    """

    of: RandomTime
    factor: float

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return self.factor * self.of.mean

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return self.factor * self.of.sd

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return self.factor * self.of.quantile(u)
