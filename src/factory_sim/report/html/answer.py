"""The question of a study and its answer in three sentences, written from the figures.

A difference is said to rise or fall only where its interval leaves out 0, and the best of
several settings to be told apart only where the comparison of all at once says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from factory_sim.analysis.statistics import paired
from factory_sim.line.plant import Section
from factory_sim.report.html.amounts import (
    amount,
    percent,
    verdict,
    without_sign,
)
from factory_sim.report.html.points import swept
from factory_sim.report.numbers import significant
from factory_sim.report.terminal import tells
from factory_sim.report.texts import sentence
from factory_sim.study.durations import duration
from factory_sim.study.measures import SECONDS_PER_HOUR, measure
from factory_sim.study.sweep.axes import AUTOMATION

if TYPE_CHECKING:
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue

MUCH = 0.1
"""Share of the window from which on a state of the bottleneck is what to look at first."""

MOST_NAMED = 5
"""Settings that a sentence names; of more it says how many."""


@dataclass(frozen=True)
class Answer:
    """What a page begins with.

    Attributes:
        question: A line.
        sentences: Three of them.
        basis: What they rest on.
    """

    question: str
    sentences: tuple[str, ...]
    basis: tuple[str, ...]


def answer(contents: Contents, say: Catalogue) -> Answer:
    """Return the question of a study and its answer."""
    match contents.kind:
        case "run":
            question, sentences = _of_run(contents.runs["run"], say)
        case "planned":
            question, sentences = _of_plan(contents, say)
        case "compare":
            question, sentences = _of_comparison(contents, say)
        case "sweep":
            question, sentences = _of_sweep(contents, say)
    return Answer(question, sentences, tuple(_basis(contents, say)))


def _of_run(run: Recorded, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    stage, share = run.bottleneck
    at = list(run.columns["stage"]).index(stage)
    alone = f"{significant(run.columns['alone'][at], 3)} {say.unit('parts')}"
    return say("question.run", name=run.scenario.name), (
        _output(run, say),
        say("answer.bottleneck", stage=stage, share=percent(share), alone=alone),
        _todo(run, say),
    )


def _output(run: Recorded, say: Catalogue) -> str:
    """Return what a line makes, held against its takt."""
    made = amount(run.estimates["throughput"], say)
    rate = ""
    if tells("jph", run):
        rate = say("answer.on_shift", rate=amount(run.estimates["jph"], say))
    return say("answer.makes", made=made + rate, takt=_takt(run, say))


def _takt(run: Recorded, say: Catalogue) -> str:
    """Return whether the takt is met; it is held against the rate on shift."""
    takt = run.scenario.takt
    if takt is None:
        return say("answer.no_takt")
    made, asked = run.estimates["jph"], SECONDS_PER_HOUR / takt
    rate = f"{significant(asked, 3)} {say.unit('parts/h')}"
    margin = percent(abs(made.mean / asked - 1))
    if made.low >= asked:
        return say("answer.met", asked=rate, margin=margin)
    if made.high < asked:
        return say("answer.missed", asked=rate, margin=margin)
    return say("answer.open", asked=rate)


def _todo(run: Recorded, say: Catalogue) -> str:
    """Return what to do first about the bottleneck, by what it loses most time to."""
    stage, _ = run.bottleneck
    columns = {name: np.array(values) for name, values in run.columns.items()}
    at = np.flatnonzero(columns["stage"] == stage)
    busy, down, waiting, starved = (
        float(columns[state][at].mean()) for state in ("busy", "down", "waiting", "starved")
    )
    if run.scenario.arrivals != "saturated" and starved > max(MUCH, down, waiting):
        return say("answer.todo_orders", stage=stage, starved=percent(starved))
    if max(down, waiting) >= MUCH:
        if down >= waiting:
            return say("answer.todo_down", stage=stage, down=percent(down))
        return say("answer.todo_waiting", stage=stage, waiting=percent(waiting))
    sections = {s.name for line in run.plant.lines for s in line.stages if isinstance(s, Section)}
    worst = at[int(columns["lost"][at].argmax())]
    if stage in sections and columns["lost"][worst] > 0:
        lost = f"{significant(float(columns['lost'][worst]), 3)} s"
        return say("answer.todo_section", stage=stage, station=columns["name"][worst], lost=lost)
    return say("answer.todo_work", stage=stage, busy=percent(busy))


def _of_plan(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    run, base = contents.runs["run"], contents.runs["baseline"]
    question = say(
        "question.planned",
        name=run.scenario.name,
        level=percent(run.level or 0.0),
        base=percent(base.level or 0.0),
    )
    stage, share = run.bottleneck
    todo = say("answer.todo_bottleneck", stage=stage, share=percent(share), todo=_todo(run, say))
    if run.scenario.takt is not None:
        rate = amount(run.estimates["jph"], say)
        on_shift = say("answer.takt", rate=rate, takt=_takt(run, say))
        todo = say("answer.both", first=on_shift, second=todo)
    return question, (*_changes(contents, say), todo)


def _of_comparison(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    a, b = contents.runs["a"], contents.runs["b"]
    (one, one_share), (other, other_share) = a.bottleneck, b.bottleneck
    bottlenecks = say(
        "answer.bottlenecks",
        a=one,
        a_share=percent(one_share),
        b=other,
        b_share=percent(other_share),
    )
    question = say("question.compare", a=a.scenario.name, b=b.scenario.name)
    return question, (*_changes(contents, say), bottlenecks)


def _changes(contents: Contents, say: Catalogue) -> tuple[str, str]:
    """Return what changes in output, and what in labour and lead time."""
    rest = [_change(name, contents, say) for name in ("labour_hours_per_part", "lead_time")]
    defined = [text for text in rest if text]
    second = defined[0] if defined else ""
    if len(defined) == 2:
        second = say("answer.both", first=defined[0], second=defined[1])
    return _change("throughput", contents, say), second


def _change(name: str, contents: Contents, say: Catalogue) -> str:
    """Return a sentence on the paired difference of a figure; empty if it has none."""
    assert contents.pair is not None
    a, b = contents.pair
    if not (tells(name, a) or tells(name, b)):
        return ""
    samples = a.samples[name], b.samples[name]
    if np.isnan(samples).any():
        return ""
    pair = paired(*samples, contents.confidence, measure(name).unit)
    found = verdict(pair.difference)
    like = max(abs(pair.a.mean), abs(pair.b.mean))
    difference = pair.difference if found == "undecided" else without_sign(pair.difference)
    text = say(
        f"answer.{found}",
        what=say(f"measure.{name}"),
        change=amount(difference, say, like=like, signed=found == "undecided"),
        a=amount(pair.a, say, like=like),
        b=amount(pair.b, say, like=like),
    )
    return sentence(text)


def _of_sweep(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    record = contents.record
    keys = record["keys"]
    what = say("question.level")
    if keys != [AUTOMATION]:
        what = say("question.setting", keys=say("answer.and").join(keys))
    best = {found["name"]: found for found in record["best"]}
    output = "output" if record["availability"] is not None else "throughput"
    second = next(
        (name for name in ("cost", "gain", "labour", "held") if name in best), "lead_time"
    )
    return say("question.sweep", name=record["scenario"], what=what), (
        _best(output, best, contents, say),
        _best(second, best, contents, say),
        _payback(contents, best, say),
    )


def _best(name: str, best: dict[str, Any], contents: Contents, say: Catalogue) -> str:
    """Return which point is best by a figure, and which others may be."""
    what = say(f"measure.{name}")
    if name not in best:
        return say("answer.best_same", what=what)
    found, (_, points) = best[name], swept(contents)
    leader = next(point for point in points if point.label == found["point"])
    join = say("answer.and")
    label = join.join(points[place].label for place in found["equal"])
    value = amount(leader.estimates[name], say)
    others = [points[place].label for place in found["possible"] if place not in found["equal"]]
    if not others:
        return say("answer.best_alone", what=what, label=label, value=value)
    named = join.join(others)
    if len(others) > MOST_NAMED:
        named = say("answer.others", number=str(len(others)))
    return say("answer.best_open", what=what, label=label, value=value, others=named)


def _payback(contents: Contents, best: dict[str, Any], say: Catalogue) -> str:
    """Return whose capital comes back first, with the interval."""
    _, points = swept(contents)
    paid = {
        point.label: point.record["recoveries"]["payback"]
        for point in points
        if "payback" in point.record["recoveries"] and point.record["invested"]
    }
    soonest = {label: found for label, found in paid.items() if found["value"] is not None}
    if not soonest:
        return say("answer.payback_never" if paid else "answer.payback_none")
    first = best.get("payback", {}).get("point")
    label = first if first in soonest else min(soonest, key=lambda one: soonest[one]["value"])
    return say("answer.payback", label=label, value=recovery(soonest[label], say))


def recovery(found: dict[str, Any], say: Catalogue) -> str:
    """Return a time of recovery with its interval."""
    value, low, high = (
        say("answer.never") if end is None else _count(end)
        for end in (found["value"], found["low"], found["high"])
    )
    unit = say.unit(found["unit"])
    text = (
        value if value == low == high else say("answer.interval", value=value, low=low, high=high)
    )
    return text if found["value"] is None else f"{text} {unit}"


def _count(value: float) -> str:
    digits = significant(value, 3)
    return f"{float(digits):,.0f}" if abs(value) >= 1000 else digits


def _basis(contents: Contents, say: Catalogue) -> list[str]:
    """Return what the answer rests on, a sentence each."""
    begin, end = contents.first["window"]
    lines = [
        say(
            "answer.basis",
            replications=str(contents.replications),
            horizon=duration(end),
            cut=say("answer.cut", warm_up=duration(begin)) if begin else "",
            engine=say(f"engine.{contents.first['engine']}"),
            confidence=percent(contents.confidence),
        )
    ]
    if contents.replications == 1:
        lines.append(say("answer.basis_one"))
    elif contents.kind != "run":
        lines.append(say("answer.basis_paired"))
    if contents.kind == "sweep":
        lines.append(say("answer.basis_best", confidence=percent(contents.confidence)))
    return lines
