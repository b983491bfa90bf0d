"""The basis of figures: what was simulated, how much of it, and by which engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from factory_sim.report.numbers import count
from factory_sim.scenario.durations import duration

if TYPE_CHECKING:
    from factory_sim.analysis.accounts import Accounts
    from factory_sim.engines import Choice
    from factory_sim.study.result import Result


class Simulated(Protocol):
    """What is read from a study of one plant: a result, or an explanation."""

    @property
    def level(self) -> float | None:
        """The level of automation, a share; None without an automation plan."""

    @property
    def choice(self) -> Choice:
        """The engine, and why."""

    @property
    def accounts(self) -> Accounts:
        """What happened."""

    @property
    def warm_up(self) -> float:
        """Start of the window, s: the start that was cut."""

    @property
    def replications(self) -> int:
        """How many independent runs it rests on."""

    @property
    def seconds(self) -> float:
        """How long it took, s."""


def basis(result: Simulated) -> str:
    """Return how much was simulated, and by which engine."""
    cut = f" (first {duration(result.warm_up)} cut)" if result.warm_up else ""
    replications = count(result.replications, "replication")
    runs = f"{replications} \N{MULTIPLICATION SIGN} {duration(result.accounts.end)}"
    return f"{runs}{cut} · {result.choice.engine} engine, {result.seconds:.1f} s"


def plan(result: Simulated) -> str:
    """Return the level of automation as the end of a name; empty without a plan."""
    return "" if result.level is None else f" at {100 * result.level:.3g} % automation"


def subject(result: Result) -> str:
    """Return what was simulated: plant, level and stations; why not by the batch engine."""
    stations = count(len(result.plant.stations()), "station")
    engine = "" if result.choice.engine == "batch" else f" (reference: {result.choice.reason})"
    return f"{result.scenario.name}{plan(result)}, {stations}{engine}"
