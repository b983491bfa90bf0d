"""Which setting of a sweep is best, and when it pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from factory_sim.report.figures import swept as swept_figures
from factory_sim.report.html.amounts import amount
from factory_sim.report.html.points import swept
from factory_sim.report.numbers import percent_text, three_digits
from factory_sim.report.settings import labels, varied
from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.texts import Catalogue

MOST_NAMED = 5
"""Settings that a sentence names; of more it says how many."""


def of_sweep(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a sweep and its answer."""
    record = contents.record
    keys = record["keys"]
    what = say("question.level")
    if keys != [AUTOMATION]:
        named = [key.name for key in varied(record, say)]
        what = say("question.setting", keys=say.listed(named))
    best = {found["name"]: found for found in record["best"]}
    output = swept_figures.output(record)
    second = next(
        (name for name in ("cost", "gain", "labour", "held") if name in best), "lead_time"
    )
    priced = any(point["recoveries"] for point in record["points"])
    question = "question.sweep" if priced else "question.sweep_unpriced"
    return say(question, name=record["scenario"], what=what), (
        _fastest(best, contents, say) + _best(output, best, contents, say),
        _best(second, best, contents, say),
        _payback(contents, best, say),
    )


def _fastest(best: dict[str, Any], contents: Contents, say: Catalogue) -> str:
    """Return at which takt the points run, where that was looked for; else nothing."""
    availability = contents.record["availability"]
    if availability is None:
        return ""
    fastest = _best("fastest_takt", best, contents, say)
    return say("answer.fastest", share=percent_text(availability), fastest=fastest) + say(
        "page.between"
    )


def _best(name: str, best: dict[str, Any], contents: Contents, say: Catalogue) -> str:
    """Return which point is best by a figure, and which others may be."""
    what = say(f"measure.{name}")
    _, points = swept(contents, say)
    if len(points) == 1 and name in points[0].estimates:
        value = amount(points[0].estimates[name], say)
        return say("answer.best_only", what=what, label=points[0].label, value=value)
    if name not in best:
        return say("answer.best_same", what=what)
    found = best[name]
    leader = points[found["equal"][0]]
    label = _listed([points[place].label for place in found["equal"]], contents, say)
    if len(found["equal"]) > 1:
        label = say("answer.best_equal", labels=label)
    value = amount(leader.estimates[name], say)
    others = [points[place].label for place in found["possible"] if place not in found["equal"]]
    if not others:
        return say("answer.best_alone", what=what, label=label, value=value)
    named = _listed(others, contents, say)
    if len(others) > MOST_NAMED:
        named = say("answer.others", number=str(len(others)))
    return say("answer.best_open", what=what, label=label, value=value, others=named)


def _listed(points: list[str], contents: Contents, say: Catalogue) -> str:
    """Return points one after the other; the label of one of several keys is itself a list."""
    several = len(contents.record["keys"]) > 1
    return say("answer.then").join(points) if several else say.listed(points)


def _payback(contents: Contents, best: dict[str, Any], say: Catalogue) -> str:
    """Return whose capital comes back first, with the interval."""
    _, points = swept(contents, say)
    paid = {
        point.label: point.record["recoveries"]["payback"]
        for point in points
        if "payback" in point.record["recoveries"] and point.record["invested"]
    }
    soonest = {label: found for label, found in paid.items() if found["value"] is not None}
    if not soonest:
        return say("answer.payback_never" if paid else "answer.payback_none")
    first = labels(contents.record, say).get(best.get("payback", {}).get("point", ""))
    label = first if first in soonest else min(soonest, key=lambda one: soonest[one]["value"])
    return say("answer.payback", label=label, value=recovery(soonest[label], say))


def recovery(found: dict[str, Any], say: Catalogue) -> str:
    """Return a time of recovery with its interval."""
    value, low, high = (
        say("answer.never") if end is None else three_digits(end)
        for end in (found["value"], found["low"], found["high"])
    )
    unit = say.unit(found["unit"])
    text = (
        value if value == low == high else say("answer.interval", value=value, low=low, high=high)
    )
    return text if found["value"] is None else say("answer.amount", value=text, unit=unit)
