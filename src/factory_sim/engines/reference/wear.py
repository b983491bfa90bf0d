"""Failures on the busy clock: they come with the work that a station does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.line.pace import grown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.reference.clock import Pool
    from factory_sim.engines.reference.readings import Quantities
    from factory_sim.line.conditions import Growth


@dataclass(frozen=True)
class Breakdown:
    """A failure that strikes while a part is worked, and whose repair waits for a crew.

    Attributes:
        after: Processing of this part before it strikes, s.
        down: Repair time, available seconds.
        crew: The people the repair needs one of.
    """

    after: float
    down: float
    crew: Pool


class Mode:
    """One failure mode and how much work it stands until it strikes next.

    Args:
        up: Work between failures, s.
        down: Repair time, s.
        crew: The people a repair needs one of, or None.
        growth: How the times between failures grow with the work done, or None.
    """

    def __init__(
        self, up: Quantities, down: Quantities, crew: Pool | None, growth: Growth | None
    ) -> None:
        self.down, self.crew = down, crew
        self._up, self._growth = up, growth
        self.threshold = 0.0
        self.move_on()

    def move_on(self) -> None:
        """Set the threshold at which the mode strikes next."""
        up = self._up.next()
        if self._growth is not None:
            up *= float(grown(self._growth, self.threshold))
        self.threshold += up


class Wear:
    """The cumulative work of a station, all servers together, in order of start."""

    def __init__(self, modes: Sequence[Mode]) -> None:
        self._modes = modes
        self._worked = 0.0

    def passes(self, work: float) -> tuple[float, list[Breakdown], int]:
        """Return what the next part suffers.

        A mode strikes when the work passes its threshold, not when it reaches it.

        Args:
            work: Processing time of that part, s.

        Returns:
            Repair time of the breakdowns that need no crew, s, the breakdowns that do,
            first to strike first, and how many there are of both.
        """
        before = self._worked
        self._worked += work
        down, crewed, number = 0.0, [], 0
        for mode in self._modes:
            while self._worked > mode.threshold:
                number += 1
                repair = mode.down.next()
                if mode.crew is None:
                    down += repair
                else:
                    # The sum that passed the threshold was rounded; a part is not outlasted.
                    after = min(mode.threshold - before, work)
                    crewed.append(Breakdown(after, repair, mode.crew))
                mode.move_on()
        return down, sorted(crewed, key=lambda breakdown: breakdown.after), number
