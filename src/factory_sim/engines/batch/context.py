"""What every stage is given: its neighbours, its randomness, and how much it records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from factory_sim.engines.batch.flow import BORN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.engines.batch.flow import Join, Ledger, Mailbox
    from factory_sim.engines.batch.rows import Columns
    from factory_sim.line.arrays import Bools, Floats
    from factory_sim.line.draws import Draws
    from factory_sim.line.pace import Pace
    from factory_sim.line.plant import Orders, Station


class Inlet(Protocol):
    """The next stage or join, as seen by a stage that needs a place there for its parts."""

    def knows_place(self) -> bool | Bools:
        """Return in which replications ``place`` can be called: the time is determined."""

    def place(self, at: Columns) -> Floats | float:
        """Return when a place becomes free for the next part, (n,), s."""


@dataclass(frozen=True)
class Entry:
    """The begin of the main line, where parts enter the plant.

    Attributes:
        ledger: Where they are noted.
        saturated: Whether parts enter when they start, not when their order arrives.
    """

    ledger: Ledger
    saturated: bool

    def enter(self, at: Columns, start: Floats, cargo: Floats) -> None:
        """Note parts (n,) that start, in what they carry and in the ledger."""
        if self.saturated:
            cargo[BORN] = start
        self.ledger.enter(at, cargo[BORN])


@dataclass(frozen=True)
class Exit:
    """Where the parts of a stage go: to the next stage, to a join, or out of the plant.

    Attributes:
        mailbox: Of the next stage or the join; None at the end of the main line.
        ahead: That stage or join; None likewise.
        ledger: Of the main line; None on a feeder.
    """

    mailbox: Mailbox | None
    ahead: Inlet | None
    ledger: Ledger | None

    def is_open(self) -> bool | Bools:
        """Return in which replications a part can be passed on, its place being known."""
        if self.mailbox is None or self.ahead is None:
            return True
        vacant, known = self.mailbox.vacant(), self.ahead.knows_place()
        return vacant if known is True else vacant & known

    def place(self, at: Columns) -> Floats | float:
        """Return when a place becomes free for the next part, (n,), s."""
        return 0.0 if self.ahead is None else self.ahead.place(at)

    def pass_on(self, at: Columns, time: Floats, cargo: Floats) -> None:
        """Lay good parts (n,) that left at ``time``, s, into the mailbox, or deliver them."""
        if self.mailbox is not None:
            self.mailbox.put(at, time, cargo)
        elif self.ledger is not None:
            self.ledger.deliver(at, time, cargo)


@dataclass(frozen=True)
class Context:
    """The surroundings of a stage.

    Attributes:
        draws: The randomness; gives the replications of all plants side by side, R.
        pace: The factor on the work content at its stations by the moment work begins.
        joins: The feeders that join, with the position of the station where they do.
        entry: Set where its line is the main line and begins here.
        exit: Where its parts go.
        first: Whether its line begins here.
        in_step: Whether all replications fire together.
        rows: Firings in a slab, at most.
        cargo: Rows of what a part carries.
        detail: Whether to record which part took which server.
    """

    draws: Draws
    pace: Pace
    joins: Sequence[tuple[int, Join]]
    entry: Entry | None
    exit: Exit
    first: bool
    in_step: bool
    rows: int
    cargo: int
    detail: bool

    @property
    def replications(self) -> int:
        """Number of replications of all plants side by side, R."""
        return len(self.draws.replications)


@dataclass(frozen=True)
class SectionContext:
    """What a paced section is given besides.

    Attributes:
        variants: Its S stations, as they are in each of the plants side by side.
        orders: Which model each part is.
        ordered: Whether parts arrive in the order in which they entered their line.
        window: Begin and end of the window of the accounts, s, within which visits are
            summed up; None to record every visit.
        traced: Whether to keep what cycles brought where visits are summed up.
    """

    variants: Sequence[Sequence[Station]]
    orders: Orders
    ordered: bool
    window: tuple[float, float] | None
    traced: bool
