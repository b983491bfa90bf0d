"""Which change makes the difference, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.statistics import Estimate, Paired
from factory_sim.report.figures.diffed import STEPPED, ranked, share, side
from factory_sim.report.html.amounts import amount, changed, scaled
from factory_sim.report.html.answers.runs import of_two
from factory_sim.report.numbers import significant, true_minus
from factory_sim.report.settings import called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

NAMED = 3
"""Changes that a sentence names; the others are added up."""

SECOND = ("cost", "labour_hours_per_part", "lead_time")
"""Figures that the third sentence may be about, the first that differs."""


def of_diff(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a diff and its answer."""
    split = contents.split
    question = of_two("diff", split["a"], split["b"], say)
    if not split["changes"]:
        return question, (say("answer.nothing_differs"),)
    names = [name for name in (STEPPED,) if name in split["differences"]]
    names += [name for name in SECOND if name in split["differences"] and _differs(split, name)][:1]
    sentences = [changed(name, pair_of(split, name), say) for name in names]
    shares = [_shares(split, name, say) for name in names]
    if len(names) < 2:
        return question, (*sentences, *shares)
    last = say("answer.both", first=sentences[1], second=shares[1])
    return question, (sentences[0], shares[0], last)


def pair_of(split: Record, name: str) -> Paired:
    """Return a figure of A and of B, and their paired difference."""
    a, b, difference = (side(split, name, of) for of in ("a", "b", "difference"))
    return Paired(difference, a, b, math.nan)


def _differs(split: Record, name: str) -> bool:
    return any(share(split, one, name).mean != 0.0 for one in split["changes"])


def _shares(split: Record, name: str, say: Catalogue) -> str:
    """Return what the changes that move a figure most add to it; they add up to its difference."""
    largest = max(abs(side(split, name, of).mean) for of in ("a", "b"))
    found = sorted(
        ((one, share(split, one, name)) for one in ranked(split)),
        key=lambda pair: -abs(pair[1].mean),
    )
    if len(found) == 1:
        return say("answer.all_of_it", change=called(found[0][0], say))
    number = len(found) if len(found) == NAMED + 1 else NAMED  # a name is as short as "1 other"
    named = [
        say(
            "answer.adds",
            change=called(one, say),
            value=amount(value, say, like=largest, signed=True),
        )
        for one, value in found[:number]
    ]
    if rest := [value for _, value in found[number:]]:
        named.append(_others(rest, largest, say))
    return say("answer.of_it", what=say(f"measure.{name}"), shares=say("answer.then").join(named))


def _others(rest: list[Estimate], largest: float, say: Catalogue) -> str:
    """Return the sum of several shares; of its interval nothing is known."""
    unit, scale = scaled(rest[0].unit, largest)
    total = math.fsum(value.mean for value in rest) / scale
    text = f"{'+' if total > 0 else ''}{true_minus(significant(total, 2))} {say.unit(unit)}"
    return say("answer.others_add", number=str(len(rest)), value=text)
