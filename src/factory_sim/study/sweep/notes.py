"""The notes of a sweep: what was left out or done once, and what to write to have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.study.sweep.takt import FURTHEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.study.sweep.point import Point
    from factory_sim.study.sweep.wishes import Wish

MOST_GROUPS = 3
"""Groups of equal plants that a note lists one by one."""


def shared(wishes: Sequence[Wish], places: Sequence[int]) -> list[str]:
    """Return a note on the points that are one plant and were simulated once."""
    groups: dict[int, list[str]] = {}
    for wish, place in zip(wishes, places, strict=True):
        groups.setdefault(place, []).append(wish.label)
    alike = [labels for labels in groups.values() if len(labels) > 1]
    if len(alike) > MOST_GROUPS:
        return [f"{len(wishes)} points are {len(groups)} plants; each was simulated once."]
    return [f"{' and '.join(labels)} are the same plant, simulated once." for labels in alike]


def without_takt(wish: Wish, wanted: float | None) -> str:
    """Return why a point has no fastest takt."""
    return (
        f"{wish.label}: no takt from {1 / FURTHEST:g} to {FURTHEST:g} times that of the scenario "
        f"meets an availability of just {100 * (wanted or 0.0):.4g} %. Ask for another."
    )


def about_takt(wanted: float | None) -> Iterator[str]:
    """Yield how to read figures at a takt that was searched."""
    if wanted is not None:
        yield (
            "The takt and the JPH at it carry what luck does to the search; all other figures "
            "are those of the plant at the takt that was found."
        )


def about_money(points: Sequence[Point]) -> Iterator[str]:
    """Yield which figures of energy and money are left out of the points, and why."""
    economics = points[0].economics
    powered = "energy" in points[0].samples
    if not powered:
        yield "No energy: no station states its `power:`."
    if economics is None:
        yield "No money: the scenario has no `economics:`; see its keys in `factory-sim schema`."
        return
    if powered and economics.electricity is None:
        yield "Energy costs nothing: write `economics.electricity`, the price of 1 kWh."
    if powered and economics.co2 is None:
        yield "No carbon dioxide: write `economics.co2`, kg per kWh."
    if points[0].capital is None:
        yield "No payback: no station states its `capital:`."
    elif economics.lifetime is None:
        yield "Capital is no part of the cost: write `economics.lifetime`, years."
    if economics.margin is None:
        yield (
            "Gains are those of the parts that the baseline makes in a year. Write "
            "`economics.margin` to value parts made beyond, or missed."
        )
    else:
        yield "Gains take it that every part that is made is sold."
