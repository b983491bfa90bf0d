"""What is written down of a run: every visit to a queue, every loss, every update of the twin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from factory_sim.engines.reference.base.given import Message


@dataclass
class Visit:
    """A message at a queue; times in ns.

    Attributes:
        message: It.
        stage: Name of the stage.
        queue: Number of the queue in the stage.
        arrive: When it came.
        start: When a server began with it, None if none did.
        leave: When it is done, dropped, or turned out of a queue that went down; None if it
            waits when the run ends.
    """

    message: Message
    stage: str
    queue: int
    arrive: int
    start: int | None = None
    leave: int | None = None


@dataclass(frozen=True)
class Loss:
    """A message that is lost at a stage, and when, ns."""

    message: Message
    stage: str
    at: int


@dataclass(frozen=True)
class Update:
    """A message that the twin takes in, and when, ns."""

    message: Message
    at: int


@dataclass
class Log:
    """Everything that happened, in the order of time.

    Attributes:
        visits: To all queues.
        losses: Of all stages.
        updates: Of the twin.
        replicas: (moment, name of the service, how many it has from then on).
    """

    visits: list[Visit] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    replicas: list[tuple[int, str, int]] = field(default_factory=list)
