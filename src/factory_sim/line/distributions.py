"""Protocols of random quantities: what the engines need of a scenario's distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from factory_sim.line.arrays import Floats


class Distribution(Protocol):
    """A random quantity, given as the monotone transform of one uniform draw."""

    @property
    def mean(self) -> float:
        """Expected value."""

    @property
    def sd(self) -> float:
        """Standard deviation; 0 only for a constant."""

    def quantile(self, u: Floats) -> Floats:
        """Return the value below which a share ``u`` in [0, 1) of the draws fall."""


@runtime_checkable
class Scored(Protocol):
    """A distribution that is a function of a standard normal variable, the score of its draw."""

    def of_score(self, z: Floats) -> Floats:
        """Return the values at scores, shaped like ``z``: ``quantile(u)`` at ``ndtri(u)``."""


class Lifetime(Distribution, Protocol):
    """A distribution of lifetimes that gives the residual life at an age."""

    def hazard(self, age: Floats) -> Floats:
        """Return the cumulative hazard at ages: minus the log of the survival probability."""

    def age(self, hazard: Floats) -> Floats:
        """Return the ages at which the cumulative hazard reaches some values."""


class Age(Protocol):
    """A random age at time 0, given as the monotone transform of one uniform draw."""

    def quantile(self, u: Floats) -> Floats:
        """Return the age below which a share ``u`` in [0, 1) of the draws fall, s."""


class DetectionDelay(Protocol):
    """The delay from a failure until somebody knows of it, as a law over clock time."""

    def delay(self, t: Floats, u: Floats) -> Floats:
        """Return delays, s, shaped like both.

        Args:
            t: Clock times of the failures, s.
            u: Uniform draws in [0, 1), one for each.
        """

    def mean(self, t: Floats) -> Floats:
        """Return the expected delay of failures at clock times ``t``, s, shaped like it."""

    def edges(self, begin: float, end: float) -> tuple[float, ...]:
        """Return the times in (begin, end), s, ascending, between which ``mean`` is linear."""


@runtime_checkable
class Multiple(Protocol):
    """A distribution that is another one times a factor: one draw serves both."""

    of: Distribution
    factor: float
