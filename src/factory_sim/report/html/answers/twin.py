"""What connecting the devices buys, in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from factory_sim.analysis.statistics import Paired
from factory_sim.report.estimates import read_estimate, read_pair
from factory_sim.report.figures.gained import FIGURES
from factory_sim.report.html.amounts import amount, changed, verdict
from factory_sim.report.html.answers.fault import fault_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Record = Mapping[str, Any]

OUTPUT, DOWN, SEEN, RIGHT = (name for name, _, _ in FIGURES)


def of_twin(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of what a twin buys and its answer."""
    record, fleet = contents.record, contents.runs["a"].scenario.fleet
    question = say("question.twin", name=record["scenario"])
    if fleet is not None:
        devices = f"{sum(each.count for each in fleet.classes.values()):,}"
        question = say("question.twin_devices", name=record["scenario"], devices=devices)
    last = fault_sentence(contents, say) or _changed(contents, (SEEN, RIGHT), say)
    return question, (_changed(contents, (OUTPUT, DOWN), say), _levers(contents, say), last)


def _changed(contents: Contents, names: tuple[str, ...], say: Catalogue) -> str:
    """Return what all levers together change in some figures, as far as they are defined."""
    found = [
        changed(name, _pair(contents, name), say) for name in names if name in contents.differences
    ]
    return (
        say("answer.both", first=found[0], second=found[1]) if len(found) == 2 else "".join(found)
    )


def _pair(contents: Contents, name: str) -> Paired:
    """Return a figure without and with the twin, in the unit in which it is read."""
    pair = read_pair(contents.differences[name], contents.confidence, contents.replications)
    difference, a, b = (_read(side, name) for side in (pair.difference, pair.a, pair.b))
    return Paired(difference, a, b, math.nan)


def _read(estimate: Estimate, name: str) -> Estimate:
    """Return an estimate of output or downtime per day; any other as it is."""
    unit, size = next((unit, size) for figure, unit, size in FIGURES if figure == name)
    if name not in (OUTPUT, DOWN):
        return estimate
    mean, half = estimate.mean / size, estimate.half_width / size
    return replace(estimate, mean=mean, half_width=half, unit=unit)


def _levers(contents: Contents, say: Catalogue) -> str:
    """Return what each lever adds to the output, the most first: its share, or by itself."""
    asked, found = (contents.confidence, contents.replications), []
    shared = all(OUTPUT in lever["shares"] for lever in contents.record["levers"])
    for lever in contents.record["levers"]:
        entry = lever["shares"][OUTPUT] if shared else lever["differences"][OUTPUT]["difference"]
        estimate = _read(read_estimate(entry, "mean", *asked), OUTPUT)
        found.append((say.line(lever["name"]), estimate))
    texts = [
        say(
            f"twin.adds_{verdict(estimate)}",
            lever=name,
            value=amount(estimate, say, signed=True),
            n=str(contents.replications),
        )
        for name, estimate in sorted(found, key=_sure_and_large)
    ]
    levers = say("answer.then").join(texts)
    return say("twin.split" if shared else "twin.alone", levers=levers)


def _sure_and_large(lever: tuple[str, Estimate]) -> tuple[bool, float]:
    """Return a sort key: significant levers first, among them those that add most."""
    _, gain = lever
    return verdict(gain) not in ("rises", "falls"), -gain.mean
