"""The response to failures: detection, dispatch, repair and planned repair, as drawn.

Each life of a failure mode has draws of its own for the detection delay, the dispatch
time, the repair time, whether its wear is detected, and the planned repair that would
follow. They do not depend on what the scenario does about failures, so that plants with
and without a twin differ in their maintenance and not in their luck.
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
"""Purposes of the draws of a life besides its repair time; part of their addresses."""


@dataclass(frozen=True)
class Response:
    """The response at the end of each of some lives; all arrays have the same shape.

    Attributes:
        chance: Uniform draw from which the detection delay follows.
        takes: Dispatch and repair time, s.
        warned: Whether the wear is detected before the failure.
        planned: Time of the planned repair, s.
    """

    chance: Floats
    takes: Floats
    warned: Bools
    planned: Floats

    def of_life(self, life: int) -> Response:
        """Return the response to one of the lives, arrays without their first axis."""
        return Response(self.chance[life], self.takes[life], self.warned[life], self.planned[life])

    def per_life(self) -> list[Response]:
        """Return one response per life of a single replication, arrays (lives, 1), as scalars."""
        return [
            Response(self.chance[n, 0], self.takes[n, 0], self.warned[n, 0], self.planned[n, 0])
            for n in range(len(self.takes))
        ]

    def seen(self, failure: Failure, t: Floats) -> Floats:
        """Return the detection delay of failures at clock times ``t``, s."""
        return np.zeros_like(t) if failure.seen is None else failure.seen.delay(t, self.chance)


class Responses:
    """The responses to the failures of one mode, life after life, in R replications.

    Most modes never fail, so nothing is drawn before it is asked for.

    Args:
        station: Name of the station, part of the address of the draws.
        failure: The failure mode.
        draws: The randomness; gives the replications.
    """

    def __init__(self, station: str, failure: Failure, draws: Draws) -> None:
        self._station, self._failure, self._draws = station, failure, draws
        self._streams: dict[str, Stream] | None = None

    def next(self, lives: int) -> Response:
        """Return the responses to the next ``lives`` lives, (lives, R)."""
        if self._streams is None:
            self._streams = self._open()
        failure, streams = self._failure, self._streams
        takes = streams["repair"].times([failure.down], lives)[0]
        if failure.dispatch is not None:
            takes = takes + streams["dispatch"].times([failure.dispatch], lives)[0]
        none = np.zeros_like(takes)
        ahead = failure.prediction
        return Response(
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
    failure: Failure, response: Response, begin: Floats, life: Floats, fails: Floats
) -> tuple[Bools, Floats]:
    """Return which failures on the calendar clock a planned repair prevents.

    Args:
        failure: The mode.
        response: The response to each life.
        begin: When each life began, or time 0 if that is later, s.
        life: Its full length, s, counted from before time 0 if it began there.
        fails: When it would end in a failure, s.

    Returns:
        Whether a planned repair comes first, and when the break of that repair begins, s.
    """
    ahead = failure.prediction
    if ahead is None:
        return np.zeros(fails.shape, dtype=np.bool_), fails
    shows = np.maximum(fails - (1.0 - ahead.begins) * life, begin)
    at = next_break(ahead.breaks, shows)
    return response.warned & (at < fails), at
