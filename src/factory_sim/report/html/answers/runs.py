"""What one run says, what a plan changes, and what two runs differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from factory_sim.analysis.statistics import paired
from factory_sim.report.changed_keys import changes_between, summary
from factory_sim.report.html.amounts import amount, changed
from factory_sim.report.html.answers.advice import advice
from factory_sim.report.html.answers.fault import fault_sentence
from factory_sim.report.html.answers.ramp import met, of_ramp, of_two_ramps
from factory_sim.report.numbers import percent, percent_text
from factory_sim.report.readable import is_informative
from factory_sim.report.rows import bottlenecks, of_station, shifts
from factory_sim.study.measures import measure
from factory_sim.study.ramp import ramps_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from factory_sim.analysis.statistics import Estimate
    from factory_sim.report.html.contents import Contents
    from factory_sim.report.recorded import Recorded
    from factory_sim.report.texts import Catalogue


def of_run(run: Recorded, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a run and its answer."""
    if run.ramp is not None and ramps_up(run.plant):
        question = say("question.ramp", name=run.scenario.name)
        return question, (*of_ramp(run, say), _held_up(run, say))
    found = bottlenecks(run)
    held = _shifting(found, say)
    if not shifts(found):
        stage, share = found[0]
        at = list(run.columns["stage"]).index(stage)
        alone = amount(of_station(run, "alone", at, "parts"), say)
        held = say("answer.bottleneck", stage=stage, share=percent(share), alone=alone)
    question = say("question.run", name=run.scenario.name)
    return question, (_output(run, say), held, advice(run, say))


def _held_up(run: Recorded, say: Catalogue) -> str:
    """Return the bottleneck and what to do first about it, as one sentence after the other."""
    found, todo = bottlenecks(run), advice(run, say)
    if shifts(found):
        return say("answer.both", first=_shifting(found, say), second=todo)
    stage, share = found[0]
    return say("answer.todo_bottleneck", stage=stage, share=percent(share), todo=todo)


def _shifting(found: Sequence[tuple[str, Estimate]], say: Catalogue) -> str:
    """Return the two stages that are the bottleneck longest; empty if there is but one."""
    if len(found) < 2:
        return ""
    (stage, share), (other, other_share) = found[:2]
    return say(
        "answer.bottleneck_shifts",
        stage=stage,
        share=percent(share),
        other=other,
        other_share=percent(other_share),
    )


def _output(run: Recorded, say: Catalogue) -> str:
    """Return what a line makes, held against its takt."""
    made = amount(run.estimates["throughput"], say)
    rate = ""
    if is_informative("jph", run):
        rate = say("answer.on_shift", rate=amount(run.estimates["jph"], say))
    return say("answer.makes", made=made + rate, takt=_met(run, say))


def _met(run: Recorded, say: Catalogue) -> str:
    """Return whether the takt is met; it is held against the rate on shift."""
    return met(run.estimates["jph"], run.scenario.takt, say)


def of_plan(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a plan and its answer."""
    run, base = contents.runs["run"], contents.runs["baseline"]
    question = say(
        "question.planned",
        name=run.scenario.name,
        level=percent_text(run.level or 0.0),
        base=percent_text(base.level or 0.0),
    )
    if run.ramp is not None and ramps_up(run.plant):
        question = say("question.ramp", name=run.scenario.name)
        return question, (*of_ramp(run, say), _change("throughput", contents, say))
    todo = _held_up(run, say)
    if run.scenario.takt is not None:
        rate = amount(run.estimates["jph"], say)
        on_shift = say("answer.takt", rate=rate, takt=_met(run, say))
        todo = say("answer.both", first=on_shift, second=todo)
    return question, (*_changes(contents, say), todo)


def of_two(kind: str, a: str, b: str, say: Catalogue) -> str:
    """Return the question about two scenarios, which may have one name."""
    if a == b:
        return say(f"question.{kind}_same", name=a)
    return say(f"question.{kind}", a=a, b=b)


def of_comparison(contents: Contents, say: Catalogue) -> tuple[str, tuple[str, ...]]:
    """Return the question of a comparison and its answer."""
    a, b = contents.runs["a"], contents.runs["b"]
    (one, one_share), (other, other_share) = bottlenecks(a)[0], bottlenecks(b)[0]
    held_up = say(
        "answer.bottlenecks",
        a=one,
        a_share=percent(one_share),
        b=other,
        b_share=percent(other_share),
    )
    question = of_two("compare", a.scenario.name, b.scenario.name, say)
    changes = changes_between(a.scenario, b.scenario)
    if a.scenario.name == b.scenario.name and changes:
        question = say(
            "question.compare_changed", name=a.scenario.name, changes=summary(changes, say)
        )
    last = of_two_ramps(contents, say) if a.ramp and b.ramp else held_up
    return question, (*_changes(contents, say), fault_sentence(contents, say) or last)


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
    if not (is_informative(name, a) or is_informative(name, b)):
        return ""
    samples = a.samples[name], b.samples[name]
    if np.isnan(samples).any():
        return ""
    return changed(name, paired(*samples, contents.confidence, measure(name).unit), say)
