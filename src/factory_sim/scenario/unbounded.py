"""Random times without an upper bound: lifetimes, repairs, manual work."""

from __future__ import annotations

from math import exp, expm1, gamma, log1p, sqrt
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from factory_sim.scenario import quantiles
from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import Count, Duration, NonNegative, Positive, PositiveDuration

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
        times = quantiles.exponential(u)
        times *= self.mean
        return times

    def hazard(self, age: Floats) -> Floats:
        """Return the cumulative hazard at ages, s."""
        return age / self.mean

    def age(self, hazard: Floats) -> Floats:
        """Return the ages, s, at which the cumulative hazard reaches some values."""
        return hazard * self.mean


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

        return self.of_score(ndtri(u))

    def of_score(self, z: Floats) -> Floats:
        """Return the times at standard normal scores, s, shaped like ``z``."""
        median, sigma = self._parameters()
        if not sigma:
            return np.full_like(z, median)
        times: Floats = np.multiply(z, sigma)
        np.exp(times, out=times)
        times *= median
        return times


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

    def hazard(self, age: Floats) -> Floats:
        """Return the cumulative hazard at ages, s."""
        return (age / self._scale()) ** self.shape

    def age(self, hazard: Floats) -> Floats:
        """Return the ages, s, at which the cumulative hazard reaches some values."""
        return self._scale() * hazard ** (1 / self.shape)

    def steady_age(self, u: Floats) -> Floats:
        """Return the u-quantiles of the age after many renewals, s.

        Its density is the chance to live longer over the mean life, so that the hazard
        at that age is gamma distributed with shape 1 / k.

        Source: Cox (1962), Renewal Theory, section 5.4.
        """
        from scipy.special import gammaincinv

        return self.age(np.asarray(gammaincinv(1 / self.shape, u), dtype=np.float64))
