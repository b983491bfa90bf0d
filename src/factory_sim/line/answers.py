"""What follows the end of each life of a failure mode: drawn once, used as the engines need.

Each life of a mode has draws of its own: how late its end is seen, how long the way takes,
the repair, whether its wear is seen and how long the planned repair would take. They are the
same whatever is done about the failure, so that plants with and without a twin differ
in what they do and not in their luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from factory_sim.line.calendars import next_break
from factory_sim.line.lives import repairs

if TYPE_CHECKING:
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.draws import Draws, Stream
    from factory_sim.line.failures import Failure

PURPOSES = ("seen", "dispatch", "warned", "planned")
"""What is drawn for each life besides the repair; part of the address of the draws."""


@dataclass(frozen=True)
class Answer:
    """What follows the end of lives; all arrays alike, one entry per life.

    Attributes:
        chance: Uniform draw of the time until the failure is seen.
        takes: Way and repair, s.
        warned: Whether the wear is seen.
        planned: Planned repair, s.
    """

    chance: Floats
    takes: Floats
    warned: Bools
    planned: Floats

    def of_life(self, life: int) -> Answer:
        """Return what follows one of the lives, arrays without their first axis."""
        return Answer(self.chance[life], self.takes[life], self.warned[life], self.planned[life])

    def alone(self) -> list[Answer]:
        """Return what follows each life (lives, 1) of a single replication."""
        return [
            Answer(self.chance[n, 0], self.takes[n, 0], self.warned[n, 0], self.planned[n, 0])
            for n in range(len(self.takes))
        ]

    def seen(self, failure: Failure, t: Floats) -> Floats:
        """Return how late failures at clock times ``t`` are seen, s."""
        return np.zeros_like(t) if failure.seen is None else failure.seen.delay(t, self.chance)


class Answers:
    """What follows the end of each life of one mode, in R replications.

    Most modes never fail, so nothing is drawn before it is asked for.

    Args:
        station: Name of the station, part of the address of the draws.
        failure: The failure mode.
        draws: The randomness; gives the replications.
    """

    def __init__(self, station: str, failure: Failure, draws: Draws) -> None:
        self._station, self._failure, self._draws = station, failure, draws
        self._streams: dict[str, Stream] | None = None

    def next(self, lives: int) -> Answer:
        """Return what follows the next ``lives`` lives, (lives, R)."""
        if self._streams is None:
            self._streams = self._open()
        failure, streams = self._failure, self._streams
        takes = streams["repair"].times([failure.down], lives)[0]
        if failure.dispatch is not None:
            takes = takes + streams["dispatch"].times([failure.dispatch], lives)[0]
        none = np.zeros_like(takes)
        ahead = failure.prediction
        return Answer(
            chance=none if failure.seen is None else streams["seen"].take(lives),
            takes=takes,
            warned=none > 0 if ahead is None else streams["warned"].take(lives) < ahead.chance,
            planned=none if ahead is None else streams["planned"].times([ahead.repair], lives)[0],
        )

    def _open(self) -> dict[str, Stream]:
        address = self._failure.drawn_as
        wanted = (
            self._failure.seen,
            self._failure.dispatch,
            self._failure.prediction,
            self._failure.prediction,
        )
        return {"repair": repairs(self._station, self._failure, self._draws)} | {
            purpose: self._draws.stream(self._station, f"{address}/{purpose}")
            for purpose, asked in zip(PURPOSES, wanted, strict=True)
            if asked is not None
        }


def prevented(
    failure: Failure, answer: Answer, begin: Floats, life: Floats, fails: Floats
) -> tuple[Bools, Floats]:
    """Return which failures on the calendar clock are prevented, and the breaks, s.

    Args:
        failure: The mode.
        answer: What follows each life.
        begin: When each life began, or time 0 if that is later, s.
        life: How long it is, from its true begin, s.
        fails: When it ends in a failure, s.

    Returns:
        Whether a planned repair comes first, and when the break of that begins.
    """
    ahead = failure.prediction
    if ahead is None:
        return np.zeros(fails.shape, dtype=np.bool_), fails
    shows = np.maximum(fails - (1.0 - ahead.begins) * life, begin)
    at = next_break(ahead.breaks, shows)
    return answer.warned & (at < fails), at
