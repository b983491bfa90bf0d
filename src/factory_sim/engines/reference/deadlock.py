"""Asking for a place, and the loops in which everybody waits for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.reference.clock import Clock, Flow, Pool


class Deadlock(RuntimeError):  # noqa: N818, the field's word
    """The parts of a rework loop wait for each other's places for ever."""


class Place(Protocol):
    """Where a part can go: a pool of places."""

    @property
    def places(self) -> Pool:
        """The free places, and who waits for one."""


class Holder(Place, Protocol):
    """A stage that holds parts until there is a place for them elsewhere.

    Attributes:
        names: Of its stations.
        width: How many finished parts can wait on it.
        circuit: The stages of its line if there is a rework loop, else empty.
    """

    names: Sequence[str]
    width: int
    circuit: Sequence[Holder]

    @property
    def exits(self) -> Sequence[Place]:
        """Where its parts may go."""


def enter(clock: Clock, origin: Holder, destination: Place) -> Flow[None]:
    """Wait for a place and take it.

    Raises:
        Deadlock: If the wait could never end.
    """
    turn = destination.places.ask(origin)
    if turn is not None:
        stuck = _stuck(origin.circuit)
        if stuck:
            names = ", ".join(name for stage in stuck for name in stage.names)
            raise Deadlock(
                f"deadlock at {clock.now:.10g} s: every part on {names} is finished and waits "
                f"for a place at another of them; give them more buffer places, or let "
                f"fewer parts go back for rework"
            )
        yield turn


def _stuck(stages: Sequence[Holder]) -> list[Holder]:
    """Return the stages on which every part waits, and only for another of these stages.

    None of them can move: a place at one is freed by a part that leaves another. It is
    the largest such set, found by striking out who waits for a stage outside the set.
    """
    stuck = list(stages)
    while True:
        rest = []
        for stage in stuck:
            within = [place for place in stage.exits if place in stuck]
            waiting = sum(who is stage for place in within for _, who in place.places.queue)
            if waiting == stage.width:
                rest.append(stage)
        if len(rest) == len(stuck):
            return stuck
        stuck = rest
