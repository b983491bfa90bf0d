"""Parts, and the stages they pass through."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simpy import Event

    from factory_sim.engines.reference.clock import Flow, Pool


@dataclass(slots=True)
class Part:
    """A part on its way.

    Attributes:
        order: Its number in its line, from 0.
        model: Index of its model.
        begun: The event of its first start.
        born: When it entered its line, s.
        defective: Whether it carries a defect that was not found.
        touched: Whether an inspection ever stopped it.
        repair: What its repair off line will take, s.
    """

    order: int
    model: int
    begun: Event
    born: float = math.inf
    defective: bool = False
    touched: bool = False
    repair: float = 0.0


class Stage(Protocol):
    """What a part passes through: a station, a section, a shop, an end of a line.

    A part that comes to a stage already holds one of its places; the stage before has
    waited for it.
    """

    @property
    def places(self) -> Pool:
        """The free places, and who waits for one."""

    def visit(self, part: Part) -> Flow[Stage | None]:
        """Take a part through; return where it goes next, or None when its way is over."""


def journey(part: Part, first: Stage) -> Flow[None]:
    """Lead a part from the first stage of its line to where its way ends."""
    stage: Stage | None = first
    while stage is not None:
        stage = yield from stage.visit(part)
