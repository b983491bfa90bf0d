"""The notes of a sweep: what was left out or done once, and what to write to have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.study.phrases import Phrase, phrase
from factory_sim.study.sweep.takt import FURTHEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.study.sweep.point import Point
    from factory_sim.study.sweep.wishes import Wish

MOST_GROUPS = 3
"""Groups of equal plants that a note lists one by one."""


def shared(wishes: Sequence[Wish], places: Sequence[int]) -> list[Phrase]:
    """Return a note on the points that are one plant and were simulated once."""
    groups: dict[int, list[str]] = {}
    for wish, place in zip(wishes, places, strict=True):
        groups.setdefault(place, []).append(wish.label)
    alike = [tuple(labels) for labels in groups.values() if len(labels) > 1]
    if len(alike) > MOST_GROUPS:
        return [phrase("note.plants_once", points=len(wishes), plants=len(groups))]
    return [phrase("note.same_plant", labels=labels) for labels in alike]


def without_takt(wish: Wish, wanted: float | None) -> Phrase:
    """Return why a point has no fastest takt."""
    return phrase(
        "note.no_takt",
        label=wish.label,
        shortest=1 / FURTHEST,
        longest=FURTHEST,
        availability=wanted or 0.0,
    )


def about_takt(wanted: float | None) -> Iterator[Phrase]:
    """Yield how to read figures at a takt that was searched."""
    if wanted is not None:
        yield phrase("note.takt_luck")


def about_money(points: Sequence[Point]) -> Iterator[Phrase]:
    """Yield which figures of energy and money are left out of the points, and why."""
    economics = points[0].economics
    powered = "energy" in points[0].samples
    if not powered:
        yield phrase("note.no_energy")
    if economics is None:
        yield phrase("note.no_money")
        return
    if powered and economics.electricity is None:
        yield phrase("note.free_energy")
    if powered and economics.co2 is None:
        yield phrase("note.no_co2")
    if points[0].capital is None:
        yield phrase("note.no_payback")
    elif economics.lifetime is None:
        yield phrase("note.no_lifetime")
    yield phrase("note.no_margin" if economics.margin is None else "note.all_sold")
