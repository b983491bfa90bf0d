"""Numbers on a page: rounded as everywhere, their units in its language."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from factory_sim.report.numbers import plus_minus, thousands, true_minus
from factory_sim.report.readable import readable
from factory_sim.report.texts import sentence

if TYPE_CHECKING:
    from factory_sim.analysis.statistics import Estimate, Paired
    from factory_sim.report.texts import Catalogue

Verdict = Literal["rises", "falls", "same", "undecided"]


def amount(
    estimate: Estimate, say: Catalogue, *, like: float | None = None, signed: bool = False
) -> str:
    """Return an estimate with its unit, such as ``43.2 ± 0.6 parts/h``.

    Args:
        estimate: What to write.
        say: The texts of the page.
        like: The magnitude that chooses the unit, so that several amounts share one;
            that of the mean if left out.
        signed: Whether a positive mean gets a plus sign.
    """
    unit, scale = scaled(estimate.unit, estimate.mean if like is None else like)
    return f"{true_minus(plus_minus(estimate, scale, signed=signed))} {say.unit(unit)}"


def scaled(unit: str, magnitude: float) -> tuple[str, float]:
    """Return the unit in which an amount is read, and its size in the unit it has."""
    if unit.removesuffix("/year").isupper():  # a currency
        return thousands(unit, abs(magnitude))
    return readable(unit, magnitude)


def verdict(difference: Estimate) -> Verdict:
    """Return what may be said of a difference: its interval holds 0, or it does not."""
    if difference.mean == 0 and difference.half_width == 0:
        return "same"
    if difference.low > 0:
        return "rises"
    return "falls" if difference.high < 0 else "undecided"


def without_sign(estimate: Estimate) -> Estimate:
    """Return the size of a difference whose direction is said in words."""
    return replace(estimate, mean=abs(estimate.mean))


def change(difference: Estimate, say: Catalogue, *, like: float | None = None) -> str:
    """Return a difference beside words that say its direction: a sign only if that is open."""
    is_open = verdict(difference) == "undecided"
    return amount(
        difference if is_open else without_sign(difference), say, like=like, signed=is_open
    )


def changed(name: str, pair: Paired, say: Catalogue) -> str:
    """Return a sentence on the paired difference of a figure."""
    like = max(abs(pair.a.mean), abs(pair.b.mean))
    text = say(
        f"answer.{verdict(pair.difference)}",
        what=say(f"measure.{name}"),
        change=change(pair.difference, say, like=like),
        a=amount(pair.a, say, like=like),
        b=amount(pair.b, say, like=like),
    )
    return sentence(text)
