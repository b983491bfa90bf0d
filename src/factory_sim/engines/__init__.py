"""The two engines and the choice between them.

``batch`` advances all replications at once; ``reference`` simulates one after the
other, event by event. Where both can run a plant they agree on every event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from factory_sim.engines.record import Slab
    from factory_sim.line.draws import Draws
    from factory_sim.line.plant import Plant

__all__ = ["Choice", "Engine", "EngineError", "choose", "groups", "simulate", "simulate_beside"]

Engine = Literal["batch", "reference"]


class EngineError(ValueError):
    """The engine that was asked for cannot run the plant; the text says why."""


@dataclass(frozen=True)
class Choice:
    """Which engine runs a plant, and why.

    Attributes:
        engine: The engine.
        reason: A clause for reports.
    """

    engine: Engine
    reason: str


def choose(plant: Plant, wanted: Literal["auto", "batch", "reference"] = "auto") -> Choice:
    """Return the engine that runs a plant: the one wanted, or the fastest that can.

    Raises:
        EngineError: If the batch engine is wanted and cannot run the plant.
    """
    from factory_sim.engines.batch import refusal

    if wanted == "reference":
        return Choice("reference", "as asked")
    reason = refusal(plant)
    if reason is None:
        return Choice("batch", "as asked" if wanted == "batch" else "it can run this plant")
    if wanted == "batch":
        message = f"batch cannot run this plant: {reason}; use engine: reference"
        raise EngineError(message)
    return Choice("reference", f"the batch engine cannot run this plant: {reason}")


def simulate(
    plant: Plant,
    draws: Draws,
    until: float,
    engine: Engine,
    *,
    detailed: Collection[str] = (),
    window: tuple[float, float] | None = None,
    traced: bool = False,
) -> Iterator[Slab]:
    """Simulate a plant and yield what happens, slab by slab.

    A slab is only valid until the next is asked for.

    Args:
        plant: What to simulate.
        draws: The randomness; gives the replications, one for ``reference``.
        until: How far, s.
        engine: Which engine.
        detailed: Stations at which to record which part took which server.
        window: Begin and end, s, of what the accounts look at: visits within it may be
            summed up (``SectionRecord.summed``). None if every visit is of interest.
        traced: Whether to say what cycles brought where visits are summed up
            (``SectionRecord.trace``).
    """
    if engine == "batch":
        from factory_sim.engines import batch

        yield from batch.run(plant, draws, until, detailed=detailed, window=window, traced=traced)
    else:
        from factory_sim.engines import reference

        # Visits that the end of the window cuts count pro rata: their finish must be known.
        yield reference.run(plant, draws, until, finish=True)


def groups(plants: Sequence[Plant]) -> list[list[int]]:
    """Return the indices of plants, grouped into those that ``simulate_beside`` takes together."""
    from factory_sim.engines import batch

    return batch.groups(plants)


def simulate_beside(
    plants: Sequence[Plant], draws: Draws, until: float, window: tuple[float, float]
) -> Iterator[Slab]:
    """Simulate plants of a group on the batch engine and yield what happens in them.

    Columns are the replications of the first plant, then those of the second, and so on.
    The results of a plant are those it has alone, to the bit. The records name the stations
    of the first plant.

    Args:
        plants: What to simulate.
        draws: The randomness, the same for each; gives the replications.
        until: How far, s.
        window: As in ``simulate``.
    """
    from factory_sim.engines import batch

    yield from batch.run_beside(plants, draws, until, window)
