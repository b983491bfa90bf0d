"""Failures on the busy clock: they come with the work that a station does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory_sim.line.lives import grown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from factory_sim.engines.reference.clock import Pool
    from factory_sim.line.conditions import Growth


@dataclass(frozen=True)
class Breakdown:
    """A failure that strikes while a part is worked.

    Attributes:
        mode: Which of the failures of its station.
        after: Processing of this part before it strikes, s.
        down: Repair time, available seconds.
        crew: The people the repair needs one of, or None.
    """

    mode: int
    after: float
    down: float
    crew: Pool | None


class Mode:
    """One failure mode and how much work it stands until it strikes next.

    Args:
        number: Which of the failures of its station.
        up: Work between failures, s.
        down: Repair times, s.
        crew: The people a repair needs one of, or None.
        growth: How the times between failures grow with the work done, or None.
    """

    def __init__(
        self,
        number: int,
        up: Iterator[float],
        down: Iterator[float],
        crew: Pool | None,
        growth: Growth | None,
    ) -> None:
        self.number, self.down, self.crew = number, down, crew
        self._up, self._growth = up, growth
        self.threshold = 0.0
        self.move_on()

    def move_on(self) -> None:
        """Set the threshold at which the mode strikes next."""
        up = next(self._up)
        if self._growth is not None:
            up *= float(grown(self._growth, self.threshold))
        self.threshold += up


class Wear:
    """The cumulative work of a station, all servers together, in order of start."""

    def __init__(self, modes: Sequence[Mode]) -> None:
        self._modes = modes
        self._worked = 0.0

    def passes(self, work: float) -> list[Breakdown]:
        """Return what the next part suffers, mode by mode.

        A mode strikes when the work passes its threshold, not when it reaches it.

        Args:
            work: Processing time of that part, s.
        """
        before = self._worked
        self._worked += work
        met = []
        for mode in self._modes:
            while self._worked > mode.threshold:
                # The sum that passed the threshold was rounded; a part is not outlasted.
                after = min(max(mode.threshold - before, 0.0), work)
                met.append(Breakdown(mode.number, after, next(mode.down), mode.crew))
                mode.move_on()
        return met
