"""Groups of changes: by key, station or line, joined where one alone is not valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from factory_sim.scenario import ScenarioError, rebuilt
from factory_sim.study.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from factory_sim.analysis.shapley import Made
    from factory_sim.scenario import Scenario
    from factory_sim.scenario.keys import Subject
    from factory_sim.study.changes import Between, Change
    from factory_sim.study.phrases import Phrase

    By = Literal["key", "station", "line"]


@dataclass(frozen=True)
class Group:
    """Changes that are made together.

    Attributes:
        about: The key, station or line they are grouped by; several if groups were joined.
        changes: At least one.
        joined: Why groups were joined; None if they were not.
    """

    about: tuple[Subject, ...]
    changes: tuple[Change, ...]
    joined: Phrase | None = None

    @property
    def label(self) -> str:
        """The keys that they are grouped by, joined with ``+``."""
        return " + ".join(self.keys)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that they are grouped by."""
        return tuple(about.key for about in self.about)


def groups_of(between: Between, by: By) -> list[Group]:
    """Return changes grouped by key, station or line, in the order of the first of each."""
    found: dict[Subject, list[Change]] = {}
    for change in between.changes:
        about = change.about if by == "key" else between.about(getattr(change, by))
        found.setdefault(about, []).append(change)
    return [Group((about,), tuple(some)) for about, some in found.items()]


class Grouping:
    """Groups of changes, joined until every required set of them makes a valid scenario.

    Args:
        between: The two scenarios.
        ends: The scenarios themselves, A and B.
        by: What the changes are grouped by before any are joined.

    Attributes:
        groups: The groups; joined where a set is not valid.
        scenarios: The scenario of each set of groups, by their numbers.
    """

    def __init__(self, between: Between, ends: tuple[Scenario, Scenario], by: By) -> None:
        self.groups = groups_of(between, by)
        self.scenarios: dict[Made, Scenario] = {}
        self._between, self._ends = between, ends

    def settle(self, needed: Callable[[int], list[Made]]) -> None:
        """Build every scenario that is needed; join groups until all are valid.

        Where changes need others to make a valid scenario (a removed pool and a station that
        still uses it), they are joined with the fewest groups that make it valid.

        Args:
            needed: Returns the sets needed for a number of groups, the smallest first.
        """
        while True:
            self.scenarios = {}
            for made in needed(len(self.groups)):
                try:
                    self.scenarios[made] = self._scenario(made)
                except ScenarioError as error:
                    self._join(made, error)
                    break
            else:
                return

    def _scenario(self, made: Made) -> Scenario:
        """Return A with the changes of some groups made.

        Raises:
            ScenarioError: If that is not a valid scenario.
        """
        if not made:
            return self._ends[0]
        if len(made) == len(self.groups):
            return self._ends[1]
        changes = {change for number in made for change in self.groups[number].changes}
        scenario = rebuilt(self._between.content(changes), self._ends[0].name)
        return scenario.with_figures(self._ends[1].figures)

    def _join(self, made: Made, error: ScenarioError) -> None:
        """Join the groups of an invalid set and the fewest others that make it valid."""
        joined = set(range(len(self.groups)))
        for number in sorted(joined - made, reverse=True):
            if self._is_valid(frozenset(joined - {number})):
                joined.remove(number)
        some = [self.groups[number] for number in sorted(joined)]
        problem = error.problems[0]
        about = tuple(about for group in some for about in group.about)
        causes = [key for number in sorted(made) for key in self.groups[number].keys]
        text = ", ".join(filter(None, (problem.path, problem.message)))
        together = Group(
            about=about,
            changes=tuple(change for group in some for change in group.changes),
            joined=phrase(
                "note.counted_together",
                label=tuple(one.key for one in about),
                cause=tuple(causes),
                problem=text,
            ),
        )
        first = min(joined)
        self.groups = [
            together if number == first else group
            for number, group in enumerate(self.groups)
            if number == first or number not in joined
        ]

    def _is_valid(self, made: Made) -> bool:
        try:
            self._scenario(made)
        except ScenarioError:
            return False
        return True
