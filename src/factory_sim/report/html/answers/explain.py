"""What holds a line up, and what to change first, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from factory_sim.report.estimates import read_estimate
from factory_sim.report.explanation import GIVEN
from factory_sim.report.figures.explained import priced_label
from factory_sim.report.html.amounts import amount, verdict, without_sign
from factory_sim.report.texts import sentence
from factory_sim.study.phrases import recorded_phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

    Entry = Mapping[str, Any]


def of_explanation(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of an explanation and its answer."""
    question = say("question.explain", name=contents.record["scenario"])
    return question, (_lost(contents, say), _path(contents, say), _first(contents, say))


def of_entry(entry: Entry, contents: Contents, name: str = "mean") -> Estimate:
    """Return the estimate of an entry of the record, whose mean may have another name."""
    named = {**entry, "mean": entry[name]}
    return read_estimate(named, "mean", contents.confidence, contents.replications)


def _lost(contents: Contents, say: Catalogue) -> str:
    """Return what is made of what could be, and what takes most of the rest."""
    start, *changes, made = contents.record["waterfall"]
    asked = of_entry(start, contents, "value")
    makes = say(
        "answer.of_ideal",
        made=amount(of_entry(made, contents, "value"), say),
        start=say.phrase(recorded_phrase(start)),
        asked=f"{asked.mean:.4g} {say.unit(asked.unit)}",
    )
    losses = sorted(
        (one for one in changes if one["value"] < 0 and one["key"] != "step.off_shift"),
        key=lambda one: one["value"],
    )
    if not losses:
        return makes
    first, *rest = ((one, of_entry(one, contents, "value")) for one in losses)
    most = _loss(*first, say)
    has_shifts = any(one["key"] == "step.off_shift" for one in changes)
    apart = say("answer.apart_shifts") if has_shifts else ""
    if rest and not first[1].high < rest[0][1].low:
        second = say("answer.losses", apart=apart, first=most, second=_loss(*rest[0], say))
    else:
        second = say("answer.loss", apart=apart, first=most)
    return say("answer.both", first=makes, second=sentence(second))


def _loss(entry: Entry, value: Estimate, say: Catalogue) -> str:
    cause = say.phrase(recorded_phrase(entry))
    return say("answer.taken", cause=cause, value=amount(without_sign(value), say))


def _path(contents: Contents, say: Catalogue) -> str:
    """Return where the critical path spends most time that neither takt nor shifts ask for."""
    all_of_it = contents.record["charges"]
    charges = [one for one in all_of_it if one["cause"] not in GIVEN]
    if not charges:
        return ""
    most = charges[0]
    time = replace(of_entry(most, contents), unit="s")  # of every hour, as the sentence says
    text = say(
        "answer.path",
        apart=say("answer.apart_given") if len(charges) < len(all_of_it) else "",
        place=most["place"],
        cause=cause_text(most["cause"], say),
        time=amount(time, say),
    )
    return sentence(text)


def _first(contents: Contents, say: Catalogue) -> str:
    """Return the change that gains most, of those whose gain is known."""
    prices = [one for one in contents.record["prices"] if one["mean"] > 0]
    if not prices:
        candidates = contents.record["candidates"]
        if not candidates:
            return say("answer.no_price")
        return say("answer.try", change=say.phrase(recorded_phrase(candidates[0])))
    gains = [(one, of_entry(one, contents)) for one in prices]
    certain = next((pair for pair in gains if verdict(pair[1]) == "rises"), None)
    if certain is None:
        return sentence(_gains("answer.first_open", *gains[0], say))
    first = sentence(_gains("answer.first", *certain, say))
    if certain is gains[0]:
        return first
    return say("answer.both", first=first, second=_gains("answer.first_maybe", *gains[0], say))


def _gains(key: str, entry: Entry, gain: Estimate, say: Catalogue) -> str:
    is_certain = verdict(gain) == "rises"
    return say(key, change=priced_label(entry, say), gain=amount(gain, say, signed=not is_certain))


def cause_text(cause: str, say: Catalogue) -> str:
    """Return what a cause on the critical path is called."""
    return say(f"cause.{cause.replace(' ', '_').replace('-', '_')}")
