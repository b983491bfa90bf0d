"""Simulated time in whole ns, and who goes first at the same instant: the smaller number."""

from __future__ import annotations

from factory_sim.engines.reference.clock import Clock

DECIDES = 0
"""Autoscaling decides."""

ROLLS_OUT = 1
"""New replicas are ready."""

BREAKS = 2
"""A fault begins or ends, and the number of replicas becomes what has been settled."""

RESTARTS = 3
"""A replica restarts."""

RESUMES = 4
"""After all changes: servers that are free take messages that wait."""

FINISHES = 5
"""A server finishes, and takes the next message that waits."""

ARRIVES = 6
"""A message arrives; to this its number is added."""


class Instants(Clock):
    """A clock of whole ns."""

    @property
    def ns(self) -> int:
        """The time now, ns."""
        return int(self.now)
