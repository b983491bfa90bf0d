"""Random times: one class per family, each the inverse of its distribution function.

A distribution takes one uniform draw u in [0, 1) to one time, monotonically, so
that two variants of a station share their draws. All times are in s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp, expm1, gamma, log1p, sqrt
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, model_validator

from factory_sim.scenario import quantiles
from factory_sim.scenario.columns import read_column
from factory_sim.scenario.model import Schema, Shorthand
from factory_sim.scenario.quantities import (
    TIME_SCHEMA,
    Count,
    Duration,
    NonNegative,
    Positive,
    PositiveDuration,
)

Floats = NDArray[np.float64]


def _require_one_form(distribution: Schema, *forms: tuple[str, ...]) -> None:
    """Raise ValueError unless exactly the parameters of one form are given."""
    names = {f.alias or name: name for name, f in type(distribution).model_fields.items()}
    given = [
        key
        for key, name in names.items()
        if key != "dist" and getattr(distribution, name) is not None
    ]
    if set(given) not in [set(form) for form in forms]:
        choices = ", or ".join(" and ".join(form) for form in forms)
        raise ValueError(f"needs {choices} (got {', '.join(given) or 'none of them'})")


def _require_bounded_spread(distribution: Gamma | Lognormal | Weibull) -> None:
    """Raise ValueError if the sd exceeds 100 times the mean, where draws lose their meaning."""
    try:
        if distribution.sd <= 100 * distribution.mean:
            return
    except OverflowError:
        pass
    raise ValueError("has too wide a spread; its standard deviation may be 100 times its mean")


class Constant(Schema):
    """Always the same time; a bare time such as ``48 s`` is short for it."""

    dist: Literal["constant"] = "constant"
    value: Duration
    """The time, s."""

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return self.value

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return 0.0

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return np.full_like(u, self.value)


class Exponential(Schema):
    """Memoryless times; what a bare ``mtbf`` or ``mttr`` is the mean of."""

    dist: Literal["exponential"] = "exponential"
    mean: PositiveDuration
    """Expected value, s."""

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return -self.mean * np.log1p(-u)


class Uniform(Schema):
    """Equally likely anywhere between two bounds."""

    dist: Literal["uniform"] = "uniform"
    low: Duration
    """Lower bound, s."""
    high: Duration
    """Upper bound, s."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low must not exceed high (got {self.low:g} s and {self.high:g} s)")
        return self

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return (self.low + self.high) / 2

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return (self.high - self.low) / sqrt(12)

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return self.low + (self.high - self.low) * u


class Triangular(Schema):
    """A lowest, a most likely and a highest time, as estimated by an expert."""

    dist: Literal["triangular"] = "triangular"
    low: Duration
    """Lowest time, s."""
    mode: Duration
    """Most likely time, s."""
    high: Duration
    """Highest time, s."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> Self:
        if not self.low <= self.mode <= self.high:
            got = f"{self.low:g} s, {self.mode:g} s and {self.high:g} s"
            raise ValueError(f"low, mode and high must ascend (got {got})")
        return self

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return (self.low + self.mode + self.high) / 3

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        left, right = self.mode - self.low, self.high - self.mode
        return sqrt((left**2 + left * right + right**2) / 18)

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        width, left = self.high - self.low, self.mode - self.low
        right = self.high - self.mode
        rising = self.low + np.sqrt(u * (width * left))
        falling = self.high - np.sqrt((1 - u) * (width * right))
        return np.where(u * width < left, rising, falling)


class Spread(Schema):
    """The parameters mean and cv, or mean and sd."""

    stated_mean: PositiveDuration | None = Field(None, alias="mean")
    """Mean, s."""
    cv: NonNegative | None = None
    """Coefficient of variation: standard deviation over mean."""
    stated_sd: Duration | None = Field(None, alias="sd")
    """Standard deviation, s."""

    def _stated(self) -> tuple[float, float]:
        """Return mean and sd, s, of a distribution given in this form."""
        mean = self.stated_mean or 0.0
        return mean, mean * self.cv if self.cv is not None else self.stated_sd or 0.0


class Normal(Spread):
    """Normally distributed times, without the negative ones: the condition is time >= 0.

    ``mean`` and ``sd`` or ``cv`` in the file are those before truncation; the
    attributes ``mean`` and ``sd`` are the true moments.
    """

    dist: Literal["normal"] = "normal"

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        _require_one_form(self, ("mean", "cv"), ("mean", "sd"))
        return self

    def _moments(self) -> tuple[float, float]:
        """Return mean and sd after truncation, s.

        Source: Johnson, Kotz & Balakrishnan (1994), Continuous Univariate
        Distributions 1, section 13.10.1.
        """
        from scipy.special import ndtr

        mean, sd = self._stated()
        if not sd:
            return mean, 0.0
        bound = -mean / sd
        hazard = exp(-0.5 * bound**2) / sqrt(2 * np.pi) / float(ndtr(-bound))
        return mean + sd * hazard, sd * sqrt(1 + bound * hazard - hazard**2)

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return self._moments()[0]

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return self._moments()[1]

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        from scipy.special import ndtr, ndtri

        mean, sd = self._stated()
        if not sd:
            return np.full_like(u, mean)
        positive = float(ndtr(mean / sd))
        above = positive * (1 - u)
        below = float(ndtr(-mean / sd)) + positive * u
        # the smaller tail keeps its digits
        score = ndtri(np.minimum(above, below))
        return np.maximum(mean + sd * np.where(below < above, score, -score), 0)


class Lognormal(Spread):
    """Skewed times whose logarithm is normal; usual for manual work and repairs."""

    dist: Literal["lognormal"] = "lognormal"
    median: PositiveDuration | None = None
    """Median, s."""
    sigma: NonNegative | None = None
    """Standard deviation of the logarithm."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        _require_one_form(self, ("mean", "cv"), ("mean", "sd"), ("median", "sigma"))
        _require_bounded_spread(self)
        return self

    def _parameters(self) -> tuple[float, float]:
        """Return median, s, and sigma."""
        if self.median is not None:
            return self.median, self.sigma or 0.0
        mean, sd = self._stated()
        variance = log1p((sd / mean) ** 2)
        return mean * exp(-variance / 2), sqrt(variance)

    @property
    def mean(self) -> float:
        """Expected value, s."""
        median, sigma = self._parameters()
        return median * exp(sigma**2 / 2)

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return self.mean * sqrt(expm1(self._parameters()[1] ** 2))

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        from scipy.special import ndtri

        median, sigma = self._parameters()
        if not sigma:
            return np.full_like(u, median)
        return median * np.exp(sigma * ndtri(u))


class Gamma(Spread):
    """Skewed times with a light tail; cv below 1 is more regular than exponential."""

    dist: Literal["gamma"] = "gamma"
    shape: Positive | None = None
    """Shape, 1 for exponential."""
    scale: PositiveDuration | None = None
    """Scale, s: mean over shape."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        _require_one_form(self, ("mean", "cv"), ("mean", "sd"), ("shape", "scale"))
        _require_bounded_spread(self)
        return self

    @property
    def mean(self) -> float:
        """Expected value, s."""
        if self.shape is not None and self.scale is not None:
            return self.shape * self.scale
        return self._stated()[0]

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        if self.shape is not None and self.scale is not None:
            return sqrt(self.shape) * self.scale
        return self._stated()[1]

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        mean, sd = self.mean, self.sd
        if sd < 1e-12 * mean:
            return np.full_like(u, mean)
        # from cv where it is given: stations with the same cv share a table
        shape = self.shape or (self.cv or sd / mean) ** -2
        return quantiles.gamma(shape, u) * (mean / shape)


class Erlang(Schema):
    """The sum of k exponential phases."""

    dist: Literal["erlang"] = "erlang"
    mean: PositiveDuration
    """Expected value of the sum, s."""
    k: Count
    """Number of phases."""

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        return self.mean / sqrt(self.k)

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return quantiles.gamma(self.k, u) * (self.mean / self.k)


class Weibull(Schema):
    """Lifetimes: shape above 1 wears out, 1 is exponential, below 1 fails early."""

    dist: Literal["weibull"] = "weibull"
    shape: Positive
    """Shape."""
    stated_mean: PositiveDuration | None = Field(None, alias="mean")
    """Mean, s."""
    scale: PositiveDuration | None = None
    """Characteristic life, s: 63.2 % fail before it."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        _require_one_form(self, ("mean", "shape"), ("scale", "shape"))
        _require_bounded_spread(self)
        return self

    def _scale(self) -> float:
        """Return the scale, s."""
        if self.scale is not None:
            return self.scale
        return (self.stated_mean or 0.0) / gamma(1 + 1 / self.shape)

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return self._scale() * gamma(1 + 1 / self.shape)

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        first, second = gamma(1 + 1 / self.shape), gamma(1 + 2 / self.shape)
        return self._scale() * sqrt(max(second - first**2, 0.0))

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return self._scale() * (-np.log1p(-u)) ** (1 / self.shape)


class Beta(Schema):
    """Times between two bounds with a freely chosen shape."""

    dist: Literal["beta"] = "beta"
    low: Duration
    """Lower bound, s."""
    high: Duration
    """Upper bound, s."""
    a: Positive
    """Shape at the lower bound."""
    b: Positive
    """Shape at the upper bound."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low must not exceed high (got {self.low:g} s and {self.high:g} s)")
        if not (min(self.a, self.b) >= 1e-3 and max(self.a, self.b) <= 1e6):
            raise ValueError(f"a and b must be from 0.001 to 1e6 (got {self.a:g} and {self.b:g})")
        return self

    @property
    def mean(self) -> float:
        """Expected value, s."""
        return self.low + (self.high - self.low) * self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        """Standard deviation, s."""
        both = self.a + self.b
        return (self.high - self.low) * sqrt(self.a * self.b / (both + 1)) / both

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``."""
        return self.low + (self.high - self.low) * quantiles.beta(self.a, self.b, u)


def _ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted(values))


@dataclass(frozen=True, eq=False)
class _Sample:
    """An array that compares by identity, so that its owner compares by its fields."""

    ascending: Floats


class Empirical(Schema):
    """Measured times, each as likely: given as a list or as a column of a file.

    A file is read when the scenario is loaded; afterwards only its values remain,
    in ascending order.
    """

    dist: Literal["empirical"] = "empirical"
    values: Annotated[tuple[Duration, ...], Field(min_length=1), AfterValidator(_ascending)]
    """The times, s."""
    file: str | None = Field(None, exclude=True)
    """CSV or Parquet file, relative to the scenario file, instead of ``values``."""
    column: str | None = Field(None, exclude=True)
    """Name of the column in the file; not needed if it has one column."""

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        if "values" in data:
            if surplus := {"file", "column"} & data.keys():
                raise ValueError(f"has values; leave out {' and '.join(sorted(surplus))}")
            return data
        if not isinstance(data.get("file"), str):
            raise ValueError("needs values: [48 s, 52 s, ...] or file: times.csv")  # noqa: TRY004
        folder = (info.context or {}).get("folder", ".")
        return {**data, "values": read_column(folder, data["file"], data.get("column"))}

    @cached_property
    def _sample(self) -> _Sample:
        return _Sample(np.array(self.values))

    @property
    def mean(self) -> float:
        """Mean of the values, s."""
        return float(self._sample.ascending.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the values, s."""
        return float(self._sample.ascending.std())

    def quantile(self, u: Floats) -> Floats:
        """Return the u-quantiles, s, shaped like ``u``: the inverse of the empirical cdf."""
        values = self._sample.ascending
        return values[np.minimum((u * len(values)).astype(np.intp), len(values) - 1)]


@dataclass(frozen=True)
class Scaled:
    """Another distribution's times, multiplied; the work of a model given by a factor.

    Attributes:
        of: The distribution.
        factor: What its times are multiplied by.
    """

    of: Distribution
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

Distribution = Annotated[_Any, Shorthand(_constant, TIME_SCHEMA)]
"""A random time; a bare time is constant."""

Lifetime = Annotated[_Any, Shorthand(_exponential, TIME_SCHEMA)]
"""A random time; a bare time is the mean of an exponential distribution."""
