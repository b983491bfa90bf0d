"""The difference between two scenarios in a line: their names, or the keys that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.changed_values import value_texts
from factory_sim.report.figures.style import columns
from factory_sim.report.settings import changed_key
from factory_sim.study.changes import Between, change_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from factory_sim.report.texts import Catalogue
    from factory_sim.scenario import Scenario

    Record = Mapping[str, Any]

MOST = 2
"""Most changes that a line names; of more it gives only the number."""

LONGEST = 52
"""Columns that their words may take; beyond that, it gives only the number, too."""


def changes_between(a: Scenario, b: Scenario) -> list[Record]:
    """Return what differs between two scenarios, as plain data; see :class:`Between`."""
    return [change_record(change) for change in Between(a, b).changes]


def of_two(a: str, b: str, changes: Sequence[Record], say: Catalogue) -> str:
    """Return a title for A and B: their names or, where they have one, what B changes.

    Args:
        a: Name of the scenario before.
        b: Name of the scenario after.
        changes: What differs between them, as plain data.
        say: The texts of a language.
    """
    if a != b or not changes:
        return say("figure.two", a=a, b=b)
    return say("figure.two_same", name=a, changes=summary(changes, say))


def summary(changes: Sequence[Record], say: Catalogue) -> str:
    """Return changes in a few words, such as ``buffer of weld 6 instead of 4``."""
    text = say("answer.and").join(_said(change, say) for change in changes[:MOST])
    if len(changes) <= MOST and columns(text) <= LONGEST:
        return text
    if len(changes) == 1:
        return say("changes.one", what=changed_key(changes[0], say).name)
    return say("changes.number", number=str(len(changes)))


def _said(change: Record, say: Catalogue) -> str:
    key = changed_key(change, say)
    before, after = value_texts(key, change["before"], change["after"], say)
    return say(f"changes.{change['kind']}", what=key.name, before=before, after=after)
