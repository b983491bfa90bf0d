"""Random times between two bounds, measured times among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from factory_sim.scenario import quantiles
from factory_sim.scenario.columns import read_column
from factory_sim.scenario.durations import exact
from factory_sim.scenario.model import Schema
from factory_sim.scenario.quantities import Duration, Positive

Floats = NDArray[np.float64]


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
            got = f"{exact(self.low)} and {exact(self.high)}"
            raise ValueError(f"low must not exceed high (got {got})")
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
            got = f"{exact(self.low)}, {exact(self.mode)} and {exact(self.high)}"
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
            got = f"{exact(self.low)} and {exact(self.high)}"
            raise ValueError(f"low must not exceed high (got {got})")
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
