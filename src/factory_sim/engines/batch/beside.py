"""Plants that differ only in what stands in their paced sections, simulated as one.

Levels of automation change the work content, failures and defects of the stations of a
section; parts move in the same way. So the replications of all such plants advance together,
as columns of the same arrays: the overhead of a cycle is paid once, and the draws of a kind
of station are made once for all plants that have it. The results of a plant are those it has
alone, to the bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from factory_sim.engines.batch.run import diverges, has_devices, is_in_order, run
from factory_sim.line.plant import Section, Station
from factory_sim.line.side_by_side import SideBySide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.record import Slab
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Plant, Stage

NOTHING = Station("", work=())
"""A station with nothing in it: its values replace those in which plants may differ."""

PASSIVE = ("crew", "automated", "operations", "hand_content")
"""Fields of a station on which no event depends."""

MADE_AHEAD = ("work", "failures", "defect_rate", "learning", "defect_learning")
"""Fields whose effects are computed ahead for each kind of station; see ``ahead``."""


def run_beside(
    plants: Sequence[Plant], draws: Draws, until: float, window: tuple[float, float]
) -> Iterator[Slab]:
    """Simulate plants that are all alike and yield what happens in them, slab by slab.

    Args:
        plants: What to simulate.
        draws: The randomness, the same for each; gives the replications.
        until: As in ``run``.
        window: Likewise.
    """
    wide = SideBySide(draws, len(plants)) if len(plants) > 1 else draws
    yield from run(plants[0], wide, until, window=window, beside=plants[1:])


def groups(plants: Sequence[Plant]) -> list[list[int]]:
    """Return the places of plants, those together that can be simulated beside each other."""
    found: list[tuple[Plant | None, list[int]]] = []
    for place, plant in enumerate(plants):
        common = _common(plant) if _known_ahead(plant) else None
        same = (places for known, places in found if known is not None and known == common)
        together = next(same, None)
        if together is None:
            found.append((common, [place]))
        else:
            together.append(place)
    return [places for _, places in found]


def _common(plant: Plant) -> Plant:
    """Return a plant without what plants beside each other may differ in."""

    def common(stage: Stage) -> Stage:
        if isinstance(stage, Section):
            stations = (_without(s, (*PASSIVE, *MADE_AHEAD)) for s in stage.stations)
            return replace(stage, stations=tuple(stations))
        return _without(stage, PASSIVE)

    lines = (replace(line, stages=tuple(map(common, line.stages))) for line in plant.lines)
    return replace(plant, name="", lines=tuple(lines))


def _without(station: Station, names: Sequence[str]) -> Station:
    return replace(station, **{name: getattr(NOTHING, name) for name in names})


def _known_ahead(plant: Plant) -> bool:
    """Return whether all that plants of a group may differ in can be computed ahead."""
    if diverges(plant) or plant.staffing or not any(plant.sections()):
        return False
    return all(
        stage.uniform
        and not has_devices(stage)
        and is_in_order(line, stage)
        and not any(map(_depends_on_the_moment, stage.stations))
        for line in plant.lines
        for stage in line.stages
        if isinstance(stage, Section)
    )


def _depends_on_the_moment(station: Station) -> bool:
    """Return whether the time of a visit, or its breakdowns, depend on more than the draws."""
    varies = station.setup or station.tool_change or station.fatigue or station.defect_fatigue
    repairs = station.inspection is not None and station.failures
    return bool(varies or station.slowing or repairs)
