"""The notes of a sweep: what it left out or simulated once, and how to include it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factory_sim.study.phrases import Phrase, phrase
from factory_sim.study.sweep.takt import FURTHEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.study.sweep.point import Point
    from factory_sim.study.sweep.requested import RequestedPoint

MOST_GROUPS = 3
"""The most groups of equal plants that are listed one by one."""


def shared(points: Sequence[RequestedPoint], places: Sequence[int]) -> list[Phrase]:
    """Return notes on points whose plants are equal, and were therefore simulated once."""
    groups: dict[int, list[str]] = {}
    for point, place in zip(points, places, strict=True):
        groups.setdefault(place, []).append(point.label)
    alike = [tuple(labels) for labels in groups.values() if len(labels) > 1]
    if len(alike) > MOST_GROUPS:
        return [phrase("note.plants_once", points=len(points), plants=len(groups))]
    return [phrase("note.same_plant", labels=labels) for labels in alike]


def without_takt(point: RequestedPoint, availability: float | None) -> Phrase:
    """Return a note on why a point has no fastest takt."""
    return phrase(
        "note.no_takt",
        label=point.label,
        shortest=1 / FURTHEST,
        longest=FURTHEST,
        availability=availability or 0.0,
    )


def about_takt(availability: float | None) -> Iterator[Phrase]:
    """Yield a note on how to read figures at a takt that was searched."""
    if availability is not None:
        yield phrase("note.takt_luck")


def about_money(points: Sequence[Point]) -> Iterator[Phrase]:
    """Yield notes on which figures of energy and money the points lack, and why."""
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
